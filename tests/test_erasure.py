"""Erasing a person: unreadable everywhere in the book, while amounts, dates, proofs and others stay."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import make_url, text

from arrears.keys import ring_url
from arrears.wiring import Book, open_book
from engine.application import Command
from engine.domain.decisions.accounts import add_note, change_details, open_account, set_follow_up
from engine.domain.decisions.items import raise_invoice
from engine.domain.decisions.payments import receive_payment
from engine.domain.decisions.stops import open_dispute
from engine.domain.errors import AccountIsErased, StillOpen
from engine.domain.facts.accounts import AccountErased
from engine.domain.facts.base import Erased, Fact
from engine.encryption.connection import connect
from engine.encryption.faults import KeyMissing, KeyRingDiffers, KeyRingMissing, MasterKeyDiffers, SealBroken
from projections.aging import aging, aging_detail
from projections.catch_up import rebuild
from projections.check import differences
from projections.connection import writing
from projections.exceptions import exceptions
from projections.statement import statement
from tests.keys import copy_book
from tests.postgres import PROJECT
from tests.replays import controlled
from tests.sealed_book import SealedBook
from tests.stories import Story

ADA = {
    "name": "Ada Example", "phone": "+49 30 000000", "email": "ada@example.com", "address": "1 Example Lane",
}  # fmt: skip
WORDS = [*ADA.values(), "Ada's sister called", "paid by Ada", "Ada says it never came"]
TODAY = date(2026, 3, 2)


def live(book: Book, number: str) -> None:
    """An account that was invoiced, noted, paid and disputed, each with words that name Ada."""
    book.execute(number, lambda a, _: open_account(a, number=number, opened_on=TODAY, **ADA), known=False)
    book.execute(number, lambda a, _: raise_invoice(
        a, invoice="INV-1", amount=Decimal(100), currency="EUR", issued_on=TODAY, due_on=TODAY,
        reference="paid by Ada",
    ))  # fmt: skip
    book.execute(number, lambda a, _: add_note(a, note="Ada's sister called"))
    book.execute(number, lambda a, _: open_dispute(
        a, dispute="D-1", items=["INV-1"], opened_on=TODAY, reason="Ada says it never came"
    ))  # fmt: skip
    book.execute(number, lambda a, _: receive_payment(
        a, payment="P-1", amount=Decimal(100), currency="EUR", received_on=TODAY, designated=["INV-1"]
    ))  # fmt: skip


@pytest.fixture
def book(book_url: str) -> Iterator[Book]:
    """Two accounts, A-1 and B-1, with the same words on both; all is paid."""
    with_accounts = open_book(book_url, ZoneInfo("UTC"), "kim", create=True)
    for number in ("A-1", "B-1"):
        live(with_accounts, number)
    yield with_accounts
    with_accounts.close()


def facts(book: Book, number: str) -> list[Fact]:
    return [stored.fact for stored in book.store.stream(book.account_id(number))]


def said(book: Book, number: str) -> str:
    """All that the log and the tables say of an account."""
    stream = book.account_id(number)
    whole = statement(book.database, stream, date.max)
    details = aging_detail(book.database, date.max, account=stream)
    return "\n".join([*map(repr, facts(book, number)), repr(whole), repr(details)])


def stored_bytes(book: Book) -> bytes:
    """Everything that any table of the book's database holds, the log included."""
    found = []
    with book.database.connect() as connection:
        if connection.dialect.name == "postgresql":
            query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        else:
            query = "SELECT name FROM sqlite_master WHERE type = 'table'"
        for (name,) in connection.execute(text(query)).all():
            for row in connection.execute(text(f'SELECT * FROM "{name}"')):
                found += [value if isinstance(value, bytes) else str(value).encode() for value in row]
    return b"\n".join(found)


def erase(book: Book, number: str = "A-1", *, force: bool = False) -> Any:
    return book.erase(number, TODAY, "a request", force)


# --- what is kept, and what is gone -----------------------------------------------------------------------


def test_nothing_personal_is_stored_in_the_clear(book: Book) -> None:
    kept = stored_bytes(book)
    assert [word for word in (*WORDS, "A-1", "B-1") if word.encode() in kept] == []
    assert all(word in said(book, "A-1") for word in (*ADA.values(), "Ada's sister called"))


def test_the_person_is_gone_from_log_and_tables_and_nobody_else_is(book: Book) -> None:
    before = said(book, "B-1")
    erasure = erase(book)
    assert (erasure.is_new, erasure.had_key, erasure.readable) == (True, True, 0)

    assert [word for word in WORDS if word in said(book, "A-1")] == []
    rebuild(book.database, book.store.read)
    assert [word for word in WORDS if word in said(book, "A-1")] == []
    assert statement(book.database, book.account_id("A-1"), date.max).name == "[erased]"
    assert said(book, "B-1") == before


def test_amounts_dates_and_every_check_stay_as_they_were(book: Book) -> None:
    before = [(row.key, row.total) for row in aging(book.database, date.max)]
    lines = statement(book.database, book.account_id("A-1"), date.max).lines
    erase(book)
    assert [(row.key, row.total) for row in aging(book.database, date.max)] == before
    assert statement(book.database, book.account_id("A-1"), date.max).lines == lines
    assert differences(book.database, book.store.read) == []
    assert not controlled(book).differences.count


def test_seals_and_proofs_stand_over_an_erasure(book_url: str) -> None:
    sealed = SealedBook(book_url)
    cipher = sealed.store.cipher
    assert cipher is not None
    cipher.ring.erase("account-a")
    assert not sealed.verify(*sealed.checkpoints).findings
    notes = {stream: sealed.store.stream(stream)[1:] for stream in ("account-a", "account-b")}
    assert {str(getattr(one.fact, "text")) for one in notes["account-a"]} == {"[erased]"}  # noqa: B009
    assert all(getattr(one.fact, "text").startswith("note ") for one in notes["account-b"])  # noqa: B009
    sealed.close()


def test_the_key_itself_is_gone_from_the_ring(book: Book) -> None:
    cipher = book.store.cipher
    assert cipher is not None
    stream = book.account_id("A-1")
    ring = connect(ring_url(book.url))
    with ring.connect() as connection:
        table = "arrears_keys.keys" if book.url.startswith("postgresql") else "keys"
        query = text(f"SELECT wrapped FROM {table} WHERE stream = :stream")
        wrapped = bytes(connection.execute(query, {"stream": stream}).scalar_one())
    ring.dispose()
    erase(book)
    assert not cipher.ring.holds(stream)
    if book.url.startswith("sqlite"):
        file = Path(make_url(ring_url(book.url)).database or "")
        assert [one.name for one in file.parent.iterdir() if wrapped in one.read_bytes()] == []
        assert stream.encode() in file.read_bytes()  # among those that were erased


def test_another_process_stops_reading_at_once(book: Book) -> None:
    other = open_book(book.url, ZoneInfo("UTC"), "lee")
    with other.account("A-1") as account:
        assert account.name == "Ada Example"
    erase(book)
    assert [word for word in WORDS if word in said(other, "A-1")] == []
    with other.account("A-1") as account:
        assert account.name == account.number == Erased()
    other.close()


# --- the command ------------------------------------------------------------------------------------------


def test_it_is_refused_while_something_is_open_unless_forced(book: Book) -> None:
    book.execute("A-1", lambda a, _: raise_invoice(
        a, invoice="INV-2", amount=Decimal(70), currency="EUR", issued_on=TODAY, due_on=TODAY
    ))  # fmt: skip
    with pytest.raises(StillOpen, match=r"70\.00 EUR open, nothing unapplied"):
        erase(book)
    assert "Ada Example" in said(book, "A-1")
    assert erase(book, force=True).is_new
    assert facts(book, "A-1")[-1].forced  # type: ignore[attr-defined]


def test_unapplied_money_is_open_too(book: Book) -> None:
    book.execute("A-1", lambda a, _: receive_payment(
        a, payment="P-2", amount=Decimal(5), currency="EUR", received_on=TODAY
    ))  # fmt: skip
    with pytest.raises(StillOpen, match=r"nothing open, 5\.00 EUR unapplied"):
        erase(book)


def test_done_twice_it_is_recorded_once(book: Book) -> None:
    assert erase(book).is_new
    again = erase(book)
    assert (again.is_new, again.had_key) == (False, False)
    assert sum(isinstance(fact, AccountErased) for fact in facts(book, "A-1")) == 1


def test_what_comes_later_is_recorded_without_the_person(book: Book) -> None:
    erase(book)
    recorded = book.execute("A-1", lambda a, _: raise_invoice(
        a, invoice="INV-2", amount=Decimal(70), currency="EUR", issued_on=TODAY, due_on=TODAY,
        reference="paid by Ada",
    ))  # fmt: skip
    assert [fact.reference for fact in recorded] == [Erased()]  # type: ignore[attr-defined]
    assert facts(book, "A-1")[-1].reference == Erased()  # type: ignore[attr-defined]
    assert book.store.cipher is not None
    assert not book.store.cipher.ring.holds(book.account_id("A-1"))
    for refused in (
        lambda a, _: add_note(a, note="Ada's sister called"),
        lambda a, _: set_follow_up(a, on=TODAY, note="ask Ada"),
        lambda a, _: change_details(a, changed_on=TODAY, phone="+49"),
        lambda a, _: open_account(a, number="A-1", opened_on=TODAY, **ADA),
    ):
        with pytest.raises(AccountIsErased):
            book.execute("A-1", refused)


KILLED = """
import os, signal, sys
from zoneinfo import ZoneInfo
from datetime import date
from arrears.wiring import open_book
from engine.encryption.ring import Ring
Ring.erase = lambda ring, stream: os.kill(os.getpid(), signal.SIGKILL)
open_book(sys.argv[1], ZoneInfo("UTC"), "kim").erase("A-1", date(2026, 3, 2), "a request", False)
"""


def test_killed_between_fact_and_key_it_is_completed_by_running_it_again(book: Book) -> None:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-c", KILLED, book.url]
    killed = subprocess.run(command, env=environment, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert isinstance(facts(book, "A-1")[-1], AccountErased)
    assert "Ada Example" in said(book, "A-1")

    completed = erase(book)
    assert (completed.is_new, completed.had_key) == (False, True)
    assert [word for word in WORDS if word in said(book, "A-1")] == []


def test_who_decides_meanwhile_sees_it_and_stores_nothing_of_the_person(book: Book) -> None:
    """The other process has the account in memory from before; it loses the race and decides again."""
    other = open_book(book.url, ZoneInfo("UTC"), "lee")
    stream = other.account_id("A-1")
    erased: list[Any] = []

    def late(account: Any, _: Any) -> list[Fact]:
        if not erased:
            erased.append(erase(book))
        return open_dispute(account, dispute="D-2", items=["INV-1"], opened_on=TODAY, reason="Ada again")

    other.engine.execute(Command(stream, late, other.stamp()))
    assert facts(book, "A-1")[-1].reason == Erased()  # type: ignore[attr-defined]
    assert b"Ada again" not in stored_bytes(book)
    other.close()


# --- what the engine does then ----------------------------------------------------------------------------


def test_nobody_is_reminded_whom_nobody_can_name(story: Story) -> None:
    story.invoice("INV-1", due="2026-02-01")
    story.tick("2026-01-29")
    assert story.contacts() == ["2026-01-29 ReminderIssued friendly-reminder INV-1"]
    story.at("2026-02-10")
    story.erase()
    story.until("2026-06-30")
    assert story.decisions(since="2026-02-01T00:00") == ["2026-03-03 StepWithheld notice INV-1 erased"]
    assert not controlled(story.book).differences.count


def test_what_waits_to_be_done_is_taken_back(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-02")
    story.until("2026-02-28")
    assert story.account.calls_due
    story.erase()
    story.tick("2026-03-01")
    assert not story.account.calls_due
    assert story.decisions("ReminderCancelled") == ["2026-03-01 ReminderCancelled first-call erased"]
    [found] = exceptions(story.book.database, story.now)
    assert (found.kind, found.number, found.since) == ("erased", "[erased]", date(2026, 2, 28))

    story.pay("100.00", "INV-1")
    story.tick("2026-03-02")
    assert exceptions(story.book.database, story.now) == []


def test_a_proposed_placement_is_declined(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-02")
    for until in ("2026-02-28", "2026-04-30", "2026-05-30"):
        story.until(until)
        if story.account.calls_due:
            story.call("no_answer")
    assert [one.status for one in story.account.placements.values()] == ["proposed"]
    story.erase()
    story.tick("2026-05-31")
    assert [one.status for one in story.account.placements.values()] == ["declined"]
    assert not controlled(story.book).differences.count


# --- keys that are not there, or not the right ones --------------------------------------------------------


def reopened(url: str) -> str:
    book = open_book(url, ZoneInfo("UTC"), "kim")
    try:
        return said(book, "A-1")
    finally:
        book.close()


def test_a_wrong_master_key_is_one_sentence(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARREARS_MASTER_KEY", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=")
    with pytest.raises(MasterKeyDiffers, match="nothing was read or stored"):
        reopened(book.url)


def test_a_lost_ring_is_no_erasure(sqlite_url: str, tmp_path: Path) -> None:
    book = open_book(sqlite_url, ZoneInfo("UTC"), "kim", create=True)
    live(book, "A-1")
    copy_book(sqlite_url, f"sqlite:///{tmp_path / 'early.db'}")
    live(book, "B-1")
    book.close()
    ring = Path(make_url(ring_url(sqlite_url)).database or "")
    ring.rename(tmp_path / "away")
    with pytest.raises(KeyRingMissing, match="put it back"):
        reopened(sqlite_url)

    os.link(tmp_path / "early.keys.db", ring)
    assert "Ada Example" in reopened(sqlite_url)
    again = open_book(sqlite_url, ZoneInfo("UTC"), "kim")
    with pytest.raises(KeyMissing, match="an older copy"):
        said(again, "B-1")
    again.close()


def test_the_ring_of_another_book_is_refused(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = f"sqlite:///{tmp_path / 'other.db'}"
    for url in (sqlite_url, other):
        open_book(url, ZoneInfo("UTC"), "kim", create=True).close()
    monkeypatch.setenv("ARREARS_KEYS", ring_url(other))
    with pytest.raises(KeyRingDiffers, match="another book"):
        open_book(sqlite_url, ZoneInfo("UTC"), "kim")


def test_sealed_data_moved_to_another_account_are_a_fault(book: Book) -> None:
    """With the same key or another: nobody is taken for erased whose data somebody changed."""
    stream = book.account_id("A-1")
    notes = [row for row in book.store.rows() if row.topic == "NoteAdded"]
    ours, theirs = (next(r for r in notes if (r.originator_id == stream) is own) for own in (True, False))
    log = getattr(book.store.log.recorder, "events_table_name")  # noqa: B009
    with writing(book.database) as connection:
        connection.execute(
            text(f"UPDATE {log} SET state = :state WHERE originator_id = :stream AND topic = 'NoteAdded'"),
            {"state": theirs.state, "stream": stream},
        )
    assert ours.state != theirs.state
    with pytest.raises(SealBroken, match="NoteAdded:/text"):
        facts(book, "A-1")


def test_a_book_made_without_encryption_is_read_as_it_is(book_url: str) -> None:
    plain = open_book(book_url, ZoneInfo("UTC"), "kim", create=True, plain=True)
    live(plain, "A-1")
    assert b"Ada Example" in stored_bytes(plain)
    plain.close()
    assert "Ada Example" in reopened(book_url)
