"""Texts in the console and over the API: listed, read, and previewed on an account, which records nothing.

The story of `told_book`, and C-3000, a debtor in Italy with an e-mail address and an address.
"""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pypdf import PdfReader

from arrears.access.tokens import add_token
from arrears.access.users import add_user
from arrears.delivery.templates import NotWorded, template, worded_in
from arrears.serving import application
from tests.test_web_account import words
from tests.told_book import Desk, moment, tell

PAGE = "/accounts/C-3000/preview"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path_factory.mktemp('texts') / 'book.db'}"
    tell(url)
    desk = Desk(url, "2026-03-31 10:00")
    details = {"name": "Sample <Bakery>", "country": "IT", "language": "it", "email": "ada@debtor.example"}
    desk.open("2026-03-31 10:00", "C-3000", address="Via Esempio 1, 20100 Milano", **details)
    desk.invoice("2026-03-31 10:00", "C-3000", "INV-30", "99.50", "EUR", due="2026-03-31")
    desk.open("2026-03-31 10:00", "E/8", name="Example Imports")
    desk.now = moment("2026-04-20 09:00")
    add_user(desk.book.database, "viewer", "viewer", None, desk.now)
    desk.book.catch_up()
    yield desk
    desk.book.close()


@pytest.fixture(scope="module")
def browser(desk: Desk) -> TestClient:
    _, token = add_token(desk.book.database, "viewer", "tests", desk.now)
    headers = {"Authorization": f"Bearer {token}"}
    return TestClient(application(desk.book), headers=headers, follow_redirects=False)


@pytest.fixture(autouse=True)
def nothing_recorded(desk: Desk) -> Iterator[None]:
    """Whatever is previewed, the log stays as it is."""
    before = desk.book.store.end
    yield
    assert desk.book.store.end == before


def read(browser: TestClient, path: str, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status, answer.text[-2000:]
    return words(answer.text)


# --- on an account ----------------------------------------------------------------------------------------


def test_a_step_is_shown_as_it_would_be_sent_and_what_is_lacking_is_said(browser: TestClient) -> None:
    page = read(browser, PAGE)
    assert "Nothing is sent, and nothing is recorded." in page
    assert "Channel e-mail To ada@debtor.example" in page
    assert "Dear Sample <Bakery>," in page
    assert "INV-30" in page
    assert "There are no texts in the debtor's language 'it': 'en' is used." in page
    assert "debtor's language" not in read(browser, f"{PAGE}?language=de")
    by_post = read(browser, f"{PAGE}?text=notice")
    assert "Channel letter To Via Esempio 1, 20100 Milano" in by_post
    nowhere = "No postal address is known: it would not reach the debtor by letter."
    assert nowhere not in by_post
    assert nowhere in read(browser, "/accounts/C-1042/preview?text=notice&channel=letter")
    no_phone = "There is no telephone number: it would not reach the debtor by text message."
    short = read(browser, f"{PAGE}?text=notice&channel=sms&language=fr")
    assert no_phone in short
    assert "one message holds 160" in short
    assert "Channel call script" in read(browser, "/accounts/C-1042/preview?text=first-call")


def test_the_mail_stands_in_a_frame_that_runs_nothing_and_fetches_nothing(browser: TestClient) -> None:
    page = browser.get(f"{PAGE}?text=notice&channel=email")
    assert f'src="{PAGE}/mail?text=notice&amp;channel=email" sandbox>' in page.text
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    assert "frame-src" not in browser.get("/accounts/C-3000").headers["content-security-policy"]
    mail = browser.get(f"{PAGE}/mail?text=notice&channel=email&language=es")
    assert "Sample &lt;Bakery&gt;" in mail.text
    assert '<html lang="es">' in mail.text
    rules = mail.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "sandbox", "frame-ancestors 'self'"} <= set(rules)
    assert not any("script" in rule or "http" in rule for rule in rules)
    assert mail.headers["x-frame-options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    "path",
    [f"{PAGE}/letter?text=notice&language=de", "/api/v1/accounts/C-3000/templates/notice/letter?language=de"],
)
def test_the_letter_is_a_pdf_to_open(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    for said in ("Sample <Bakery>", "Via Esempio 1", "INV-30", "99,50"):
        assert said in text


@pytest.mark.parametrize(
    ("account", "query", "said"),
    [
        ("C-3000", "text=nothing", "There is no template 'nothing'; there are: "),
        ("C-3000", "text=notice&language=ja", "There are no texts in 'ja'; there are: de, en, es, fr."),
        ("E%2F8", "", "Account 'E/8' has no open item that could be demanded"),
    ],
)
def test_what_cannot_be_shown_is_said_in_a_sentence(
    browser: TestClient, account: str, query: str, said: str
) -> None:
    page = read(browser, f"/accounts/{account}/preview?{query}", 422)
    assert said in page
    assert "Step or text" in page
    assert said in read(browser, f"/accounts/{account}/preview/mail?text=notice&{query}", 422)


def test_where_there_is_no_letter_it_is_refused_with_the_reason(browser: TestClient) -> None:
    api = "/api/v1/accounts/C-1042/templates"
    for path, status, title in (
        (f"{api}/notice/letter", 409, "NowhereToWrite"),
        (f"{api}/first-call/letter", 409, "ReadOut"),
        ("/api/v1/accounts/C-3000/templates/notice/letter?language=ja", 422, "UnknownLanguage"),
        (f"{api}/nothing/letter", 422, "UnknownTemplate"),
        ("/api/v1/accounts/C-9/templates/notice/letter", 404, "AccountUnknown"),
    ):
        answer = browser.get(path)
        assert (answer.status_code, answer.json()["title"]) == (status, title)
    refused = read(browser, "/accounts/C-1042/preview/letter?text=notice", 422)
    assert "Account 'C-1042' has no postal address: no letter can be written to it." in refused
    assert read(browser, "/accounts/C-9/preview", 404)


def test_the_api_says_what_is_lacking(browser: TestClient) -> None:
    told = browser.get("/api/v1/accounts/C-1042/templates/notice", params={"channel": "email"}).json()
    assert told["lacking"] == ["there is no e-mail address: it would not reach the debtor by e-mail"]
    told = browser.get("/api/v1/accounts/C-3000/templates/notice", params={"language": "fr"}).json()
    assert (told["language"], told["lacking"]) == ("fr", [])


# --- by themselves ----------------------------------------------------------------------------------------


def test_the_texts_are_listed_with_the_steps_that_use_them_and_read(browser: TestClient) -> None:
    page = read(browser, "/texts")
    assert "collection-notice letter or message de, en, es, fr " in page
    assert "notice-calls-agency/notice" in page
    assert "first-call call script" in page
    shown = read(browser, "/texts/collection-notice?language=de")
    assert template("collection-notice", "de").sha256 in shown
    assert "{% block subject %}" in shown
    assert "There is no template 'nothing'" in read(browser, "/texts/nothing", 404)
    assert "There are no texts in 'ja'" in read(browser, "/texts/collection-notice?language=ja", 404)


def test_from_a_text_to_an_account(browser: TestClient) -> None:
    answer = browser.get("/texts/notice/preview?account=+E/8+&language=fr")
    assert (answer.status_code, answer.headers["location"]) == (
        303, "/accounts/E%2F8/preview?text=notice&language=fr",
    )  # fmt: skip
    assert "say on which account" in read(browser, "/texts/notice/preview?account=", 422)


def test_a_text_of_ones_own_in_one_language_is_said_to_be_in_no_other(
    browser: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "our-notice.j2").write_text(template("collection-notice", "de").source)
    monkeypatch.setenv("ARREARS_TEXTS", str(tmp_path))
    assert worded_in("our-notice") == ("de",)
    with pytest.raises(NotWorded, match="there is no text 'our-notice' in 'fr'; it is in: de"):
        template("our-notice", "fr")
    assert "our-notice letter or message de no step" in read(browser, "/texts")
    assert "Language" not in read(browser, "/texts/our-notice")
    lacking = "There is no text 'our-notice' in 'en'; it is in: de."
    assert lacking in read(browser, f"{PAGE}?text=our-notice", 422)
    assert "INV-30" in read(browser, f"{PAGE}?text=our-notice&language=de")
