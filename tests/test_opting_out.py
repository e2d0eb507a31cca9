"""A debtor refuses e-mail by the link in one: looking changes nothing, one click of any mail program does."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser
from pydantic import SecretStr

from arrears.delivery.carriers import deliver
from arrears.delivery.opting_out import token
from arrears.delivery.settings import DeliverySettings
from engine.domain.facts.contacts import ContactPreferenceChanged
from tests.browser import NARROW, WIDE, Console, Scheme, axe, picture, served
from tests.mail_server import MailServer, mail_server
from tests.stories import Story, on_sqlite

KEY = "a key for tests"

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def post() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"UNSUBSCRIBE_KEY": KEY, "CREDITOR": "Example Trading"}.items():
        monkeypatch.setenv(f"ARREARS_{name}", value)


def reminded(story: Story, post: MailServer) -> str:
    """The path of the link in the e-mail that A got."""
    story.open(name="Ada Example", email="ada@debtor.example", language="de", country="DE")
    story.follow("gentle-to-firm")
    story.invoice("INV-1", "1234.50", due="2026-02-01")
    story.tick("2026-02-08T09:00")
    sent_by = DeliverySettings(
        smtp_url=SecretStr(post.url), mail_from="accounts@creditor.example", public_url="https://a.example",
    )  # fmt: skip
    assert deliver(story.book.engine, sent_by, lambda: story.now).total("delivered") == 1
    link = post.mails[-1]["List-Unsubscribe"].strip("<>")
    assert post.mails[-1]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return str(urlsplit(link).path)


def refusals(story: Story) -> list[ContactPreferenceChanged]:
    return [fact for fact in story.facts() if isinstance(fact, ContactPreferenceChanged)]


def test_one_click_of_a_mail_program_is_recorded_once_and_ends_the_e_mails(
    story: Story, post: MailServer
) -> None:
    path = reminded(story, post)
    with served(story.book) as address, httpx.Client(base_url=address) as program:
        for looked in (program.get(path), program.head(path), program.post(path)):
            assert looked.status_code in (200, 405)
        assert refusals(story) == []
        for form in (
            {"data": {"List-Unsubscribe": "One-Click"}},
            {"files": {"List-Unsubscribe": (None, "One-Click")}},
        ):
            clicked = program.post(path, **form)
            assert (clicked.status_code, clicked.cookies) == (200, httpx.Cookies())
        assert "Sie erhalten keine E-Mails mehr von Example Trading." in clicked.text
        assert not any(name in clicked.text for name in ("Ada", "debtor.example"))
    [refused] = refusals(story)
    assert (refused.refuse, refused.by) == (("email",), "the debtor, by a link")
    assert "email" in story.account.standing.refused


@on_sqlite
def test_a_link_that_is_not_ours_does_nothing(
    story: Story, post: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = reminded(story, post)
    other = token("another key", story.account.id, "email")
    click = {"List-Unsubscribe": "One-Click"}
    with served(story.book) as address, httpx.Client(base_url=address) as program:
        for forged in (path[:-1], f"/unsubscribe/{other}"):
            answer = program.post(forged, data=click)
            assert answer.status_code == 404
            assert "This link is not, or not wholly, one that we sent" in answer.text
        monkeypatch.delenv("ARREARS_UNSUBSCRIBE_KEY")
        assert program.post(path, data=click).status_code == 404
    assert refusals(story) == []


@pytest.mark.parametrize(("width", "scheme", "language"), [(WIDE, "light", "fr"), (NARROW, "dark", "de")])
@on_sqlite
def test_a_person_looks_and_then_presses_the_button(
    story: Story, chromium: Browser, width: int, scheme: Scheme, language: str
) -> None:
    story.open(language=language)
    link = f"/unsubscribe/{token(KEY, story.account.id, 'sms')}"
    with (
        served(story.book) as address,
        Console(chromium, story.book, address).reader(width=width, scheme=scheme) as page,
    ):
        page.goto(link)
        axe(page)
        picture(page, f"unsubscribe-{width}-{scheme}")
        assert refusals(story) == []
        page.get_by_role("button").click()
        page.get_by_role("status").wait_for()
        axe(page)
        picture(page, f"unsubscribed-{width}-{scheme}")
    assert [fact.refuse for fact in refusals(story)] == [("sms",)]
