"""Letters leave as batches for the printer: in the window, whole, once, and under one name."""

import csv
import io
import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pypdfium2
import pytest
import zxingcpp
from pypdf import PdfReader
from reportlab.lib.units import mm

from arrears.casework.unusual import unusual
from arrears.delivery.carrier import Undeliverable
from arrears.delivery.carriers import deliver, print_letters
from arrears.delivery.letters.pages import Print, check_address
from arrears.delivery.letters.text import LetterText, letter_text
from arrears.delivery.letters.windows import WINDOWS, WindowName
from arrears.delivery.recipient import Creditor, Recipient
from arrears.delivery.sending import Tally
from arrears.delivery.settings import DeliverySettings
from arrears.remittance.reference import in_fours, payment_reference
from engine.domain.facts.contacts import Demanded, Line, ReminderDelivered, ReminderIssued
from tests.stories import Story, on_sqlite

ADDRESS = "Weg 1, 12345 Musterstadt"
IBAN, RF = "DE89370400440532013000", "RF18539007547034"
TRADING = Creditor(
    "Example Trading", "+49 30 000000", "", "Beispielweg 12, 10115 Berlin", "DE", IBAN, "COBADEFFXXX"
)
BAKERY = Recipient("C-7", "Bäckerei Müller & Söhne", "business", "DE", "Europe/Berlin", "de", ADDRESS)


def letter(
    count: int = 1, currency: str = "EUR", asked: str = "", to: Recipient = BAKERY, **more: Any
) -> LetterText:
    lines = tuple(
        Line(item=f"INV-{number:03}", step="notice", open=Decimal("10.00"), currency=currency,
             due_on=date(2026, 1, 31), days_past_due=30)
        for number in range(1, count + 1)
    )  # fmt: skip
    demand = (Demanded(currency=currency, amount=Decimal(asked)),) if asked else ()
    contact = ReminderIssued(
        contact="c", channel="letter", template="collection-notice", step="notice", lines=lines,
        demand=demand, issued_at=datetime(2026, 3, 2, 8, tzinfo=UTC), **more,
    )  # fmt: skip
    return letter_text(contact, to, TRADING, to.language or "en", {"notice": "collection-notice"}, RF)


def printed(*texts: LetterText, window: WindowName = "din-5008-b", duplex: bool = False) -> bytes:
    made = Print(WINDOWS[window], duplex=duplex)
    for text in texts:
        made.add(text, "C-7")
    return made.finished()


def words_at(pdf: bytes, page: int = 0) -> list[tuple[float, float, str]]:
    """The pieces of text of a page: how many millimetres from the left and from the top their baseline is."""
    found = []

    def visit(text: str, at: Any, within: Any, *_: Any) -> None:
        if text.strip():
            x, y = at[4] + within[4], at[5] + within[5]
            found.append((x / mm, 297 - y / mm, text.strip()))

    PdfReader(io.BytesIO(pdf)).pages[page].extract_text(visitor_text=visit)
    return found


def codes(pdf: bytes) -> list[str]:
    """What a scanner reads in the picture of the first page."""
    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=3).to_pil()
    return [one.text for one in zxingcpp.read_barcodes(picture)]


# --- the page ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "left", "top", "bottom"),
    [("din-5008-b", 25, 62.7, 90), ("din-5008-a", 25, 44.7, 72), ("uk-dl", 24, 57, 81)],
)
def test_the_address_stands_in_the_window(window: WindowName, left: float, top: float, bottom: float) -> None:
    lines = "Dept. 4, Mill House, Long Lane 17, 12345 Musterstadt"
    text = letter(to=Recipient("C-7", "Example Ltd", country="GB", language="en", address=lines))
    placed = words_at(printed(text, window=window))
    rows = [
        "Example Ltd",
        "Dept. 4",
        "Mill House",
        "Long Lane 17",
        "12345 Musterstadt",
        "VEREINIGTES KÖNIGREICH",
    ]
    found = [(x, y) for row in rows for x, y, said in placed if said == row]
    assert len(found) == len(rows)
    assert {round(x, 1) for x, _ in found} == {left}
    assert top < min(y for _, y in found) - 2
    assert max(y for _, y in found) + 0.7 < bottom
    returned = next(y for _, y, said in placed if said.startswith("Example Trading · Beispielweg 12"))
    assert returned < min(y for _, y in found) - 2


def test_an_address_that_cannot_be_seen_whole_is_refused() -> None:
    many = ", ".join(f"line {number}" for number in range(20))
    with pytest.raises(Undeliverable, match="does not fit"):
        check_address(letter(to=Recipient("C-7", "N", address=many)), WINDOWS["din-5008-b"])


@pytest.mark.parametrize("count", [1, 5, 12, 40, 120])
def test_long_letters_go_over_pages_with_every_invoice_once_and_numbers(count: int) -> None:
    pdf = printed(letter(count))
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    rows = [said for n in range(len(pages)) for x, _, said in words_at(pdf, n) if said.startswith("INV-")]
    assert rows[:count] == [f"INV-{n:03}" for n in range(1, count + 1)]
    for number, page in enumerate(pages, start=1):
        assert f"Seite {number} von {len(pages)}" in page
        assert ("Fälligkeit" in page) == ("überfällig" in page.replace("Ihr Konto ist überfällig", ""))
    body = [y for n in range(len(pages)) for _, y, said in words_at(pdf, n) if "Seite" not in said]
    assert max(y for y in body if y < 284) < 297 - 18
    assert len(pages[-1].split()) > 30, "no page for a name alone"


def test_each_letter_begins_on_a_sheet_of_its_own() -> None:
    texts = (letter(), letter(40), letter())
    assert [len(PdfReader(io.BytesIO(printed(*texts, duplex=way))).pages) for way in (False, True)] == [5, 8]
    assert printed(*texts) == printed(*texts)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
def test_a_letter_says_what_the_e_mail_says_in_every_language(language: str) -> None:
    to = Recipient("C-7", "Example SA", country="FR", language=language, address=ADDRESS)
    page = PdfReader(io.BytesIO(printed(letter(2, asked="12.50", to=to, time_barred=("OLD-1",))))).pages[0]
    text = page.extract_text()
    for part in (
        "INV-001",
        "INV-002",
        "OLD-1",
        "RF18 5390 0754 7034",
        "DE89 3704 0044 0532 0130 00",
        "FRANKREICH",
    ):
        assert part in text
    assert "12,50" in text or "12.50" in text


def test_the_code_asks_for_exactly_what_the_letter_demands() -> None:
    [read] = codes(printed(letter(2, asked="12.50")))
    assert read.split("\n") == [
        "BCD", "002", "1", "SCT", "COBADEFFXXX", "Example Trading", IBAN, "EUR12.5", "", RF,
    ]  # fmt: skip
    assert codes(printed(letter(2)))[0].split("\n")[7] == "EUR20"


@pytest.mark.parametrize(("currency", "asked"), [("GBP", "5.00"), ("EUR", "1000000000.00")])
def test_other_money_and_sums_beyond_the_scheme_have_no_code(currency: str, asked: str) -> None:
    assert codes(printed(letter(1, currency, asked))) == []


# --- from the outbox to the folder ------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "outgoing"
    made.mkdir()
    return made


def reminded(story: Story, **details: Any) -> None:
    """A owes an invoice, and the engine has decided on a letter."""
    story.open(**{"name": "Ada Example", "address": ADDRESS, "language": "de", "country": "DE"} | details)
    story.invoice("INV-1", "1234.50", due="2026-02-01")
    story.until("2026-03-03", hours=(9,))


def settings(**more: Any) -> DeliverySettings:
    return DeliverySettings(creditor="Example Trading", creditor_iban=IBAN, deliver_within_days=60, **more)


def run(story: Story, folder: Path, **more: Any) -> Tally:
    return print_letters(story.book.engine, settings(**more), folder, lambda: story.now)


def files(folder: Path) -> list[str]:
    return sorted(file.suffix for file in folder.iterdir())


def delivered(story: Story) -> list[ReminderDelivered]:
    return [fact for fact in story.facts() if isinstance(fact, ReminderDelivered)]


def test_a_batch_is_one_pdf_with_a_list_beside_it_and_each_letter_is_recorded(
    story: Story, folder: Path
) -> None:
    reminded(story)
    assert run(story, folder).outcomes == {("letter", "delivered"): 1}
    assert run(story, folder).outcomes == {}
    assert files(folder) == [".csv", ".json", ".pdf"]

    [fact] = delivered(story)
    told = orjson.loads((folder / f"{fact.reference}.json").read_bytes())
    [row] = told["letters"]
    assert (row["account"], row["contact"], row["pages"], row["first_page"]) == ("A", fact.contact, 1, 1)
    assert (row["language"], row["template_sha256"]) == (fact.language, fact.template_sha256)
    table = (folder / f"{fact.reference}.csv").read_text("utf-8-sig")
    assert [one["contact"] for one in csv.DictReader(io.StringIO(table))] == [fact.contact]
    text = PdfReader(folder / f"{fact.reference}.pdf").pages[0].extract_text()
    assert "INV-1" in text
    assert in_fours(payment_reference(story.account.id)) in text


@on_sqlite
def test_delivering_prints_too_where_a_folder_is_set(story: Story, folder: Path) -> None:
    reminded(story)
    tally = deliver(story.book.engine, settings(letters_dir=folder), lambda: story.now)
    assert tally.outcomes == {("letter", "delivered"): 1}
    assert deliver(story.book.engine, settings(letters_dir=folder / "none"), lambda: story.now).down


@on_sqlite
def test_who_has_no_address_waits_for_one_and_has_not_failed(story: Story, folder: Path) -> None:
    reminded(story, address=None)
    assert run(story, folder).outcomes == {("letter", "without an address"): 1}
    assert (files(folder), story.account.failures.letters_returned, delivered(story)) == ([], 0, [])
    assert exceptional(story) == [("no_address", "A")]
    story.learn(address=ADDRESS)
    story.at("2026-03-03T12:00")
    assert run(story, folder).outcomes == {("letter", "delivered"): 1}
    assert exceptional(story) == []


@on_sqlite
def test_a_printed_letter_that_came_back_is_an_exception_and_counts_against_the_address(
    story: Story, folder: Path
) -> None:
    reminded(story)
    run(story, folder)
    story.now += timedelta(days=3)
    story.send_back()
    assert (story.account.failures.letters_returned, exceptional(story)) == (1, [("came_back", "A")])
    assert run(story, folder).outcomes == {}
    story.learn(address="Weg 2, 12345 Musterstadt")
    assert (story.account.failures.letters_returned, exceptional(story)) == (0, [])


def exceptional(story: Story) -> list[tuple[str, str]]:
    """What waits for a person on A, by kind."""
    story.book.catch_up()
    found = unusual(story.book.database, story.now)
    return [(one.kind, one.number) for one in found if one.number == "A" and one.kind != "call_not_made"]


@on_sqlite
def test_what_was_paid_meanwhile_is_not_printed(story: Story, folder: Path) -> None:
    reminded(story)
    story.pay("1234.50")
    assert run(story, folder).outcomes == {("letter", "called off"): 1}
    assert files(folder) == []


CUTS = {
    "before the PDF is there": "manifest._put",
    "after it is there": "printing.PrintRun._record",
}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("meanwhile", ["nothing", "paid"])
def test_a_printer_killed_in_between_leaves_one_fact_and_one_name(
    story: Story, folder: Path, cut: str, meanwhile: str
) -> None:
    reminded(story)
    words = [
        sys.executable,
        "-m",
        "tests.printing_process",
        story.book.url,
        story.now.isoformat(),
        str(folder),
    ]
    root = Path(__file__).parent.parent
    environment = os.environ | {"ARREARS_DELIVER_LEASE_SECONDS": "0", "ARREARS_DELIVER_WITHIN_DAYS": "60"}
    killed = subprocess.run([*words, CUTS[cut]], cwd=root, env=environment, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    there = [file.name for file in folder.glob("*.pdf")]
    assert (len(there), delivered(story)) == (cut == "after it is there", [])

    if meanwhile == "paid":
        story.pay("1234.50")
    assert subprocess.run(words, cwd=root, env=environment, timeout=60).returncode == 0
    names = [file.stem for file in folder.glob("*.pdf")]
    if meanwhile == "paid" and not there:
        assert (names, delivered(story)) == ([], [])
    else:
        assert [fact.reference for fact in delivered(story)] == names
        assert len(names) == 1
    assert subprocess.run(words, cwd=root, env=environment, timeout=60).returncode == 0
    assert len(delivered(story)) == len(list(folder.glob("*.pdf"))) == len(names)
    assert not list(folder.glob(".*.part")) or meanwhile == "paid"
