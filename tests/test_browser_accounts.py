"""An auditor reviews a dispute on two clocks, in a real browser; and what a viewer must not see."""

import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from engine.domain.decisions.stops import open_dispute
from engine.domain.facts.contacts import ReminderIssued
from engine.sealing.keys import new_key, read_key
from engine.sealing.seal import seal
from tests.browser import NARROW, WIDE, Console, Scheme, axe, picture

pytestmark = pytest.mark.xdist_group("browser")

QUERY = """
SELECT contacts.account, contact, contact_items.item FROM contacts
JOIN contact_items ON contact_items.position = contacts.position
JOIN items ON items.account = contacts.account AND items.item = contact_items.item AND open_minor > 0
WHERE kind = 'reminder'
AND contacts.account IN (SELECT account FROM timeline GROUP BY account HAVING count(*) > 30)
ORDER BY at DESC LIMIT 1
"""
LOOKS: list[tuple[int, Scheme]] = [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")]


@dataclass(frozen=True)
class Case:
    """A letter on an invoice that was disputed afterwards, in a book that is sealed."""

    number: str
    invoice: str
    letter: int
    sent_on: str


@pytest.fixture(scope="module")
def case(console: Console, tmp_path_factory: pytest.TempPathFactory) -> Case:
    book = console.book
    with book.database.connect() as connection:
        [[stream, contact, invoice]] = connection.exec_driver_sql(QUERY).all()
    facts = book.store.stream(stream)
    letter = next(one for one in facts if getattr(one.fact, "contact", "") == contact)
    assert isinstance(letter.fact, ReminderIssued)
    number = str(getattr(facts[0].fact, "number"))  # noqa: B009
    disputed_on = book.today - timedelta(1)
    book.execute(
        number,
        lambda account, _: open_dispute(
            account, dispute="dispute-9", items=(invoice,), opened_on=disputed_on, reason="never delivered"
        ),
    )
    key = tmp_path_factory.mktemp("key") / "seal.key"
    new_key(key)
    seal(book.store, read_key(key), book.clock())
    return Case(number, invoice, letter.version, f"{letter.fact.issued_at:%Y-%m-%d}")


def test_an_auditor_reviews_a_dispute_on_two_clocks(console: Console, case: Case, tmp_path: Path) -> None:
    with console.reader("auditor", accept_downloads=True) as page:
        page.goto("/")
        page.keyboard.press("/")
        page.keyboard.type(case.invoice)
        page.keyboard.press("Enter")  # the one account on which something is called that
        expect(page).to_have_url(re.compile(f"/accounts/{case.number}$"))
        row = page.get_by_role("row", name=case.invoice).first
        expect(row).to_contain_text("disputed")
        axe(page)
        picture(page, "account")

        what_was_known_then(page, case)
        why_it_was_sent(page, case)
        bundle_is_accepted(page, case, tmp_path)


def what_was_known_then(page: Page, case: Case) -> None:
    """On the day of the letter nobody knew of the dispute; now somebody does, also of that day."""
    page.get_by_label("As of", exact=True).fill(case.sent_on)
    page.get_by_label("As known", exact=True).fill(case.sent_on)
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".note.info")).to_contain_text(f"As of {case.sent_on}")
    expect(page.get_by_text("dispute-9")).to_have_count(0)
    axe(page)
    picture(page, "account-then")
    slider = page.get_by_label("As known at the end of")
    slider.focus()
    slider.press("End")  # as known now, of the same day
    expect(page.locator(".note.info")).to_contain_text("as known now")
    assert f"as_of={case.sent_on}" in page.url
    assert "as_known" not in page.url
    expect(page.get_by_label("As known at the end of")).to_be_focused()


def why_it_was_sent(page: Page, case: Case) -> None:
    """The letter stands in the timeline, and is explained in place and on a page of its own."""
    page.get_by_label("Kind", exact=True).select_option("contacts")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#timeline").get_by_text("was issued on")).to_have_count(0)  # it has been narrowed
    why = page.locator("details", has=page.get_by_text(f"(fact {case.letter})", exact=False))
    why.locator("summary").click()
    told = page.locator(f"#why-{case.letter}")
    expect(told).to_contain_text("The engine decided it under policy")
    expect(told).to_contain_text("The figures it was decided on")
    axe(page)
    picture(page, "account-explained")
    page.get_by_role("link", name=f"Fact {case.letter}", exact=True).click()
    expect(page.get_by_text("as sealed", exact=True)).to_be_visible()
    axe(page)
    picture(page, "fact")
    page.get_by_role("link", name=case.number).first.click()
    page.get_by_role("link", name="Explain a day").click()
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_text(re.compile(f"^{case.number} on {case.sent_on}"))).to_be_visible()
    axe(page)
    picture(page, "account-day")


def bundle_is_accepted(page: Page, case: Case, folder: Path) -> None:
    """The bundle says the same, and the script in it accepts it without us."""
    page.goto(f"/accounts/{case.number}")
    page.get_by_text("Download", exact=True).click()
    with page.expect_download() as started:
        page.get_by_role("link", name="Dispute bundle").click()
    zipfile.ZipFile(started.value.path()).extractall(folder)
    checked = subprocess.run(
        [sys.executable, "verify_bundle.py"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_without_a_script_the_page_is_a_form(console: Console, case: Case) -> None:
    with console.reader("viewer", java_script_enabled=False) as page:
        page.goto(f"/accounts/{case.number}")
        page.get_by_label("As of the end of").fill("0")
        page.get_by_role("button", name="Move").click()
        expect(page.locator(".note.info")).to_be_visible()
        page.goto(f"/accounts/{case.number}")
        before = page.locator("li.fact").count()
        page.get_by_role("link", name="Earlier facts").click()
        assert page.locator("li.fact").count() > 0
        assert before == 20


def test_earlier_facts_are_added_below(console: Console, case: Case) -> None:
    with console.reader("viewer") as page:
        page.goto(f"/accounts/{case.number}")
        more = page.get_by_role("link", name="Earlier facts")
        while more.count():
            more.click()
            expect(more.or_(page.locator(".fact").last)).to_have_count(1)
        expect(page.locator("#facts .fact")).to_have_count(len(console.book.facts_of(case.number)))


def test_a_viewer_sees_accounts_and_explanations_but_neither_audit_nor_record(
    console: Console, case: Case
) -> None:
    with console.reader("viewer") as page:
        page.goto(f"/accounts/{case.number}/facts/{case.letter}")
        expect(page.get_by_text("The engine decided it")).to_be_visible()
        expect(page.get_by_role("heading", name="The record")).to_have_count(0)
        expect(page.get_by_role("link", name="Audit")).to_have_count(0)
        assert page.goto("/audit").status == 403  # type: ignore[union-attr]
        expect(page.get_by_text("needs the permission")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_pages_of_accounts_can_be_used_by_everybody(
    console: Console, case: Case, width: int, scheme: Scheme
) -> None:
    paths = {
        "accounts": "/accounts", "account": f"/accounts/{case.number}", "audit": "/audit?seals=1",
        "timeline": f"/accounts/{case.number}/timeline",
        "fact": f"/accounts/{case.number}/facts/{case.letter}",
    }  # fmt: skip
    with console.reader("manager", width=width, scheme=scheme) as page:
        for name, path in paths.items():
            page.goto(path)
            axe(page)
            picture(page, f"{name}-{width}-{scheme}")
