"""Dispute bundles: what is inside, what is not, and that anybody can check it without us.

The book is the told one: C-1042 owes INV-1 and INV-2, is reminded, promises and breaks its promise. It
disputes INV-2, and on 2 April a payment becomes known that came on 10 March. C-2000, Sample Bakery, owes
INV-9.
"""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from arrears.cli.main import run
from arrears.dossier.movements import closing, movements
from arrears.dossier.scope import about, items_of
from engine.domain.decisions.accounts import add_note
from engine.domain.decisions.payments import receive_payment
from engine.domain.decisions.stops import open_dispute, place_hold, release_hold
from engine.domain.facts.accounts import AccountOpened, NoteAdded
from engine.domain.facts.base import Erased, Fact, Stored
from engine.domain.facts.items import InvoiceRaised
from projections.statement import statement
from tests.stories import Story
from tests.test_readme import PROJECT, _commands
from tests.told_book import Desk, Terminal, tell, told_book

ALL_FILES = {
    *("README.txt", "checkpoint.json", "dossier.pdf", "facts-readable.ndjson", "facts.ndjson"),
    *("proof.json", "public-key.txt", "verify_bundle.py"),
}
IBAN = "DE89370400440532013000"
OTHERS = ("C-2000", "Sample Bakery", "INV-9")


def go_on(url: str) -> None:
    """What happens after the told story."""
    desk = Desk(url, "2026-03-31 10:00")
    desk.do(
        "2026-03-31 10:00", "C-1042", lambda a, _: open_dispute(
            a, dispute="D-1", opened_on=date(2026, 3, 31), items=["INV-2"], reason="never ordered"
        ),
    )  # fmt: skip
    desk.do(
        "2026-04-02 10:00", "C-1042", lambda a, _: receive_payment(
            a, payment="PAY-1", amount=Decimal("300.00"), currency="EUR", received_on=date(2026, 3, 10),
            designated=["INV-1"],
        ),
    )  # fmt: skip
    desk.book.close()


class Bundles:
    """A terminal that makes bundles, and unpacks them."""

    def __init__(self, terminal: Terminal, folder: Path) -> None:
        self.terminal, self.folder = terminal, folder
        terminal.ask("seal", "--new-key", str(folder / "seal.key"))
        self.key = ("--key", str(folder / "seal.key"))

    def make(self, *words: str, name: str = "bundle", key: bool = True) -> "Bundle":
        file = self.folder / f"{name}.zip"
        signing = self.key if key else ()
        answer = self.terminal.answer("dossier", *words, "--output", str(file), *signing)
        return Bundle(file, answer)


class Bundle:
    def __init__(self, file: Path, answer: Any) -> None:
        self.file, self.answer, self.folder = file, answer, file.with_suffix("")
        with zipfile.ZipFile(file) as archive:
            archive.extractall(self.folder)
            self.files = {name: archive.read(name) for name in archive.namelist()}

    @property
    def text(self) -> str:
        """The words of the PDF, in one line."""
        pages = PdfReader(io.BytesIO(self.files["dossier.pdf"])).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())

    def facts(self, name: str = "facts.ndjson") -> list[Any]:
        return [json.loads(line) for line in self.files[name].splitlines()]

    def check(self) -> tuple[int, list[str]]:
        """Runs the script in the unpacked folder, where nothing of ours can be imported."""
        command = [sys.executable, "-I", "verify_bundle.py"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        return done.returncode, done.stdout.splitlines()


@pytest.fixture
def bundles(book_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Bundles:
    """Bundles of the told book, once on SQLite and once on PostgreSQL."""
    tell(book_url)
    go_on(book_url)
    return Bundles(Terminal(book_url, capsys), tmp_path)


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Bundles:
    """Bundles of the told book on SQLite."""
    url = told_book(tmp_path)
    go_on(url)
    return Bundles(Terminal(url, capsys), tmp_path)


# --- what is inside, and what is not ----------------------------------------------------------------------


def test_a_bundle_tells_the_whole_story_and_can_be_checked_without_us(bundles: Bundles) -> None:
    bundle = bundles.make("C-1042", "--creditor", "Example Trading")
    text = bundle.text
    assert set(bundle.files) == ALL_FILES
    code, lines = bundle.check()
    assert (code, lines[-1]) == (0, "all that was given holds")
    assert sum(line.startswith("holds: fact ") for line in lines) == bundle.answer["proved"]
    assert len(bundle.facts()) == len(bundle.facts("facts-readable.ndjson")) == bundle.answer["proved"]
    for said in (
        *("Dispute dossier", "Example Joinery", "Balance in EUR", "Balance in GBP", "PAY-1", "-300.00"),
        *("Dear Example Joinery,", "Example Trading", "Why it was allowed", "min_gap_days: 3"),
        *("It was due on 2026-03-02 09:00 UTC and decided on 2026-03-02 12:30 UTC", "promise-1 was broken"),
        *("0 EUR of 500.00 EUR came in time", "D-1", "never ordered", "notice-calls-agency, version 1"),
        *(
            "Call about overdue invoices",
            "Asked for a copy of the invoice",
            "1 of ",
            bundle.answer["facts_sha256"],
        ),
    ):
        assert said in text, said


def test_nothing_of_another_account_is_in_it(bundles: Bundles) -> None:
    bundle = bundles.make("C-1042")
    everything = b"\n".join(bundle.files.values()).decode("latin-1") + bundle.text
    assert [word for word in OTHERS if word in everything] == []
    assert "Sample Bakery" in bundles.make("C-2000", name="other").text


def test_equal_input_gives_equal_bytes(bundles: Bundles) -> None:
    first, again = bundles.make("C-1042", name="first"), bundles.make("C-1042", name="again")
    assert first.file.read_bytes() == again.file.read_bytes()


def test_the_lines_are_those_of_an_export(here: Bundles) -> None:
    bundle = here.make("C-1042")
    exported = here.terminal.ask("export", "facts")[1].splitlines()
    lines = bundle.files["facts.ndjson"].decode().splitlines()
    assert [line for line in lines if line not in exported] == []
    assert {json.loads(line)["stream"].split("-")[0] for line in lines} == {"policies", "account"}


def test_as_known_at_a_moment_leaves_out_what_came_later_and_lists_what_it_changed(bundles: Bundles) -> None:
    bundle = bundles.make("C-1042", "--as-known", "2026-03-31")
    assert bundle.check()[0] == 0
    assert "PaymentReceived" not in {fact["topic"] for fact in bundle.facts()}
    assert b"PAY-1" not in bundle.files["facts.ndjson"] + bundle.files["facts-readable.ndjson"]
    text = bundle.text
    assert "As known then, 1,200.00 EUR, 80.00 GBP was owed; as known now, 900.00 EUR, 80.00 GBP." in text
    assert "Learnt since" in text
    assert "2026-03-10 2026-04-02 10:00 payment PAY-1 -300.00 EUR" in text
    later = bundles.make("C-1042", "--as-known", "2026-04-02", name="later")
    assert "PAY-1" in later.files["facts.ndjson"].decode()
    assert "both clocks agree" in later.text


def test_of_one_invoice_only_what_is_about_it_is_inside(bundles: Bundles) -> None:
    bundle = bundles.make("C-1042", "--invoice", "INV-2")
    topics = [fact["topic"] for fact in bundle.facts()]
    assert bundle.check()[0] == 0
    assert ("DisputeOpened" in topics, "PromiseMade" in topics, "NoteAdded" in topics) == (True, False, False)
    assert ("PaymentReceived" in topics, "AccountOpened" in topics) == (False, True)
    assert ("Balance in GBP" in bundle.text, "Balance in EUR" in bundle.text) == (True, False)
    other = bundles.make("C-1042", "--invoice", "INV-1", name="other")
    assert {"PromiseMade", "PromiseBroken", "PaymentReceived"} <= {fact["topic"] for fact in other.facts()}
    assert "DisputeOpened" not in {fact["topic"] for fact in other.facts()}


def test_texts_are_in_the_language_asked_for(here: Bundles) -> None:
    assert "Guten Tag Example Joinery," in here.make("C-1042", "--language", "de").text


def test_texts_say_where_to_pay_as_those_that_were_sent_did(
    here: Bundles, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "IBAN" not in here.make("C-1042").text
    for name, value in {"": "Example Trading", "_IBAN": IBAN, "_BIC": "COBADEFFXXX"}.items():
        monkeypatch.setenv(f"ARREARS_CREDITOR{name}", value)
    text = here.make("C-1042", name="paying").text
    for said in ("Payee: Example Trading", "IBAN: DE89 3704 0044 0532 0130 00", "BIC: COBADEFFXXX"):
        assert said in text, said


# --- what is proved, and what is not ----------------------------------------------------------------------


def change(name: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        before = (folder / name).read_bytes()
        assert old in before
        (folder / name).write_bytes(before.replace(old, new, 1))

    return edit


def without_line(number: int) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        lines = (folder / "facts.ndjson").read_bytes().splitlines(keepends=True)
        del lines[number]
        (folder / "facts.ndjson").write_bytes(b"".join(lines))

    return edit


@pytest.mark.parametrize(
    ("edit", "code", "says"),
    [
        (change("facts.ndjson", b"1200.00", b"1100.00"), 1, "FAILS: fact "),
        (change("facts.ndjson", b'"version":3', b'"version":4'), 1, "FAILS: fact "),
        (change("facts.ndjson", b'{"stream":"account', b'{"stream":"aqcount'), 1, "FAILS: fact "),
        (change("facts.ndjson", b"PromiseBroken", b"PromiseKept"), 1, "FAILS: fact "),
        (change("proof.json", b'"size": ', b'"size": 1'), 2, "FAILS: checkpoint"),
        (change("checkpoint.json", b'"root": "', b'"root": "0'), 1, "FAILS: checkpoint"),
        (change("public-key.txt", b"", b"00" * 32 + b"\n#"), 2, "not what it should be"),
        (without_line(3), 2, "not what it should be"),
        (lambda folder: (folder / "proof.json").unlink(), 2, "not what it should be"),
    ],
)
def test_a_changed_byte_is_found(edit: Callable[[Path], None], code: int, says: str, here: Bundles) -> None:
    bundle = here.make("C-1042")
    edit(bundle.folder)
    done, lines = bundle.check()
    assert (done, any(line.startswith(says) for line in lines)) == (code, True), lines[-3:]


def test_each_byte_of_each_fact_counts(here: Bundles) -> None:
    bundle = here.make("C-1042")
    whole = bundle.files["facts.ndjson"]
    for at in range(whole.index(b'"state":') + 20, len(whole), len(whole) // 7):
        other = b"x" if whole[at : at + 1] != b"x" else b"y"
        (bundle.folder / "facts.ndjson").write_bytes(whole[:at] + other + whole[at + 1 :])
        assert bundle.check()[0] in (1, 2), at


def test_without_a_key_what_is_not_sealed_is_told_and_kept_apart(here: Bundles) -> None:
    bare = here.make("C-1042", key=False)
    assert (bare.answer["checkpoint"], bare.answer["proved"]) == (None, 0)
    assert set(bare.files) == (ALL_FILES | {"facts-not-sealed.ndjson"}) - {
        *("checkpoint.json", "facts.ndjson", "proof.json", "public-key.txt")
    }
    assert "NOTHING CAN BE CHECKED" in bare.files["README.txt"].decode()
    assert "no checkpoint was ever made" in bare.text
    here.make("C-1042", name="sealed")
    here.terminal.ask("note", "C-1042", "after the sealing")
    half = here.make("C-1042", name="half", key=False)
    assert (half.answer["not_sealed"], half.check()[0]) == (1, 0)
    assert "MISSING: 1 of the facts" in half.files["README.txt"].decode()
    assert "1 facts came after the checkpoint" in half.text
    assert b'"NoteAdded"' in half.files["facts-not-sealed.ndjson"]
    assert b"after the sealing" in half.files["facts-readable.ndjson"]
    assert half.files["facts-not-sealed.ndjson"].strip() not in half.files["facts.ndjson"]
    whole = here.make("C-1042", name="whole")
    assert (whole.answer["not_sealed"], whole.answer["checkpoint"]) == (0, 2)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["C-9"], 3, "C-9"),
        (["C-1042", "--invoice", "INV-9"], 3, "has no invoice 'INV-9'"),
        (["C-1042", "--invoice", "INV-2", "--as-known", "2026-01-05"], 3, "that was known then"),
        (["C-1042", "--language", "ja"], 2, "there are no texts in 'ja'"),
        (["C-1042", "--as-known", "soon"], 2, "'soon' is no moment"),
        (["C-1042", "--key", "book.db"], 2, "holds no key"),
    ],
)
def test_what_cannot_be_made_is_said_and_nothing_written(
    words: list[str], code: int, said: str, here: Bundles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(here.folder)
    done, out, err = here.terminal.ask("dossier", *words)
    assert (done, out, said in err) == (code, "", True), err
    assert not list(here.folder.glob("*.zip"))


# --- hard cases for the pages -----------------------------------------------------------------------------

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def record(url: str, number: str, *facts: Fact, name: Any = None) -> None:
    """Facts as the log holds them, on an account of its own."""
    stamp: dict[str, Any] = {"by": "kim", "recorded_at": NOON, "known_at": NOON}
    opened = AccountOpened(number=number, opened_on=NOON.date(), name=name, country="DE", **stamp)
    rest = [fact.model_copy(update=stamp) for fact in facts]
    desk = Desk(url, "2026-03-02 12:00")
    stream = desk.book.engine.account_ids([number])[number]
    desk.book.store.append([Stored(0, stream, at, fact) for at, fact in enumerate([opened, *rest], start=1)])
    desk.book.close()


def raised(number: str) -> InvoiceRaised:
    return InvoiceRaised(
        invoice=number,
        amount=Decimal("123456789.01"),
        currency="EUR",
        issued_on=NOON.date(),
        due_on=NOON.date(),
    )


@pytest.mark.parametrize(
    ("name", "facts", "said"),
    [
        ("No Contact Ltd", [raised("I-1")], "No contact was made with the debtor"),
        ("Nothing At All", [], "Nothing had moved the balance."),
        (Erased(), [raised("I-1"), NoteAdded(text=Erased())], "Personal data of this account was erased"),
        ("Łódź Őrség Ωmega Бета 東京商事株式会社", [raised("I-1")], "東京商事株式会社"),
        ("شركة", [raised("I-1")], "have no glyph in the fonts"),
        ("<b>Bold & Co</b> {{ x }}" + "y" * 150, [raised("I-" + "9" * 90)], "<b>Bold & Co</b> {{ x }}"),
        ("Talker", [NoteAdded(text="word " * 2_500)], "word word word"),
        ("Many", [raised(f"I-{number}") for number in range(300)], "I-299"),
    ],
)  # fmt: skip
def test_pages_are_made_of_whatever_an_account_holds(
    name: Any, facts: list[Fact], said: str, here: Bundles
) -> None:
    record(here.terminal.url, "X-1", *facts, name=name)
    bundle = here.make("X-1")
    assert said in bundle.text
    assert bundle.check()[0] == 0


# --- the parts --------------------------------------------------------------------------------------------


def test_the_movements_are_those_of_the_statement(story: Story) -> None:
    """Two ways to the same lines: from the facts, and from the tables."""
    story.invoice("INV-1", "500.00", due="2026-01-10")
    story.invoice("INV-2", "80.00", due="2026-01-20")
    story.at("2026-01-15")
    story.pay("300.00", "INV-1", payment="P")
    story.at("2026-01-20")
    story.bounce("P")
    story.credit("50.00", "INV-2")
    story.pay("700.00")
    story.at("2026-02-01")
    story.book.catch_up()
    facts = story.book.store.stream(story.account.id)
    tables = statement(story.book.database, story.account.id, story.today)
    ours = movements(facts, story.today)
    assert [(m.on, m.kind, m.document, m.amount, m.balance) for m in ours] == [
        (line.on, line.kind, line.document, line.amount, line.balance) for line in tables.lines
    ]
    assert closing(ours) == tables.closing
    for item in ("INV-1", "INV-2"):
        known = story.account.item(item)
        assert known is not None
        assert closing(movements(facts, story.today, frozenset([item]))) == {"EUR": known.open}


def test_an_invoice_has_the_facts_that_it_cannot_be_understood_without(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.invoice("INV-2", due="2026-01-10")
    story.at("2026-02-09")
    story.pay("100.00", "INV-2", payment="P-2")
    story.bounce("P-2")
    story.promise("50.00", "INV-1", by="2026-02-12")
    story.withdraw()
    story._do(place_hold, hold="h", kind="review", from_on=story.today, items=[])
    story._do(release_hold, hold="h", released_on=story.today)
    story.hold("INV-2")
    story.release()
    story.hear()
    story.call("reached")
    story._do(add_note, note="about nothing in particular")
    facts = story.book.store.stream(story.account.id)

    def topics(invoice: str) -> list[str]:
        return [one.fact.TOPIC for one in about(facts, items_of(facts, "A", invoice))]

    of_the_account = ["HoldPlaced", "HoldReleased"]
    heard = ["InboundContactReceived", "CallMade"]
    promised = ["PromiseMade", "PromiseWithdrawn"]
    paid = ["PaymentReceived", "PaymentReversed"]
    begun = ["AccountOpened", "InvoiceRaised"]
    assert topics("INV-1") == [*begun, *promised, *of_the_account, *heard]
    assert topics("INV-2") == [*begun, *paid, *of_the_account, "HoldPlaced", "HoldReleased", *heard]


def test_every_command_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (PROJECT / "docs" / "dossier.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ARREARS_SEAL_KEY", raising=False)
    for program, *words in _commands(page):
        assert (program, run(words)) == ("arrears", 0), words
    assert "    python -I verify_bundle.py\n" in page
    assert Bundle(tmp_path / "acme.zip", {}).check()[0] == 0
