"""The tables follow the log: each fact once, whoever folds it in, however often, and in pages of any size."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Row, func, select, update

from engine.domain.facts.accounts import DebtorDetailsChanged, PolicyAssigned, WentLive
from engine.domain.facts.base import Erased, Fact, Stored
from engine.domain.facts.items import (
    ChargeWaived,
    CreditAllocated,
    CreditNoteIssued,
    FeeCharged,
    InterestCharged,
    InvoiceCorrected,
    InvoiceWrittenOff,
    PaymentAllocated,
    PaymentRefunded,
    PaymentReversed,
    WriteOffReversed,
)
from engine.domain.facts.policy import PolicyRetired
from projections import tables
from projections.accounts import awaiting_go_live, find_accounts, has_accounts, last_decision
from projections.catch_up import catch_up, create_tables, current_position, follow, rebuild
from projections.connection import connect, reading, writing
from projections.postings import TRANSFERS, postings
from tests.postgres import PROJECT
from tests.report_log import (
    ADA,
    BEN,
    Book,
    Log,
    allocations,
    because,
    book_at,
    contents,
    day,
    invoice,
    moment,
    opened,
    payment,
)


@pytest.fixture
def book(bare_url: str) -> Iterator[Book]:
    with book_at(bare_url) as book:
        yield book


def busy_log(invoices: int = 40) -> Log:
    """Two accounts with invoices, payments, corrections and changed details, and facts of other streams."""
    log = Log()
    log.add(
        "policies", PolicyAssigned(policy="gentle", effective_from=moment("2026-01-01")), known="2026-01-01"
    )
    for stream in (ADA, BEN):
        log.add(stream, opened(f"number of {stream}", timezone="Europe/Vienna"))
    for number in range(invoices):
        stream, item = (ADA, BEN)[number % 2], f"I-{number}"
        log.add(stream, invoice(item, "100.00", "2026-05-31", "2026-05-01"))
        if number % 3 == 0:
            log.add(stream, payment(f"P-{number}", "60.00", "2026-05-20", (item, "60.00")))
        if number % 5 == 0:
            log.add(stream, DebtorDetailsChanged(changed_on=day("2026-05-21"), phone=f"+43 1 {number}"))
            log.add(stream, correction(item, "100.00", "90.00"))
    return log


def correction(item: str, previous: str, amount: str, **more: Any) -> InvoiceCorrected:
    return InvoiceCorrected.model_validate({
        "invoice": item, "amount": amount, "previous_amount": previous, "due_on": "2026-06-30",
        "previous_due_on": "2026-05-31", "currency": "EUR", "effective_on": "2026-05-25", **more,
    })  # fmt: skip


# --- what each fact adds ----------------------------------------------------------------------------------

CASES: list[tuple[type[Fact], dict[str, Any], list[tuple[str, str | None, int, str]]]] = [
    (FeeCharged, {"charge": "F-1", "amount": "5", "charged_on": "2026-05-02", "due_on": "2026-05-09"},
        [("fee", "F-1", 500, "2026-05-02")]),
    (InterestCharged, {"charge": "N-1", "amount": "0.01", "charged_on": "2026-05-02", "due_on": "2026-05-02"},
        [("interest", "N-1", 1, "2026-05-02")]),
    (ChargeWaived, {"charge": "F-1", "amount": "5.00", "waived_on": "2026-05-03"},
        [("waiver", "F-1", -500, "2026-05-03")]),
    (InvoiceWrittenOff, {"invoice": "I-1", "amount": "7.50", "written_off_on": "2026-05-03"},
        [("write_off", "I-1", -750, "2026-05-03")]),
    (WriteOffReversed, {"invoice": "I-1", "amount": "7.50", "reversed_on": "2026-05-04"},
        [("write_off_reversal", "I-1", 750, "2026-05-04")]),
    (CreditNoteIssued,
        {"credit": "C-1", "amount": "9", "issued_on": "2026-05-03",
         "allocations": allocations("2026-05-03", ("I-1", "4"), ("I-2", "3", "2026-05-08"))},
        [("credit", None, -900, "2026-05-03"),
         ("allocation", "I-1", -400, "2026-05-03"), ("allocation", None, 400, "2026-05-03"),
         ("allocation", "I-2", -300, "2026-05-08"), ("allocation", None, 300, "2026-05-08")]),
    (CreditAllocated,
        {"credit": "C-1", "allocated_on": "2026-05-09",
         "allocations": allocations("2026-05-09", ("I-1", "2"))},
        [("allocation", "I-1", -200, "2026-05-09"), ("allocation", None, 200, "2026-05-09")]),
    (PaymentAllocated,
        {"payment": "P-1", "allocated_on": "2026-05-09",
         "allocations": allocations("2026-05-09", ("I-1", "2"))},
        [("allocation", "I-1", -200, "2026-05-09"), ("allocation", None, 200, "2026-05-09")]),
    (PaymentRefunded, {"payment": "P-1", "amount": "1.10", "refunded_on": "2026-05-10"},
        [("refund", None, 110, "2026-05-10")]),
    (PaymentReversed,
        {"payment": "P-1", "amount": "10", "reversed_on": "2026-05-11", "unapplied": "3",
         "reopened": allocations("2026-05-11", ("I-1", "5"), ("I-2", "2", "2026-05-15"))},
        [("reversal", None, 1000, "2026-05-11"),
         ("reopening", "I-1", 500, "2026-05-11"), ("reopening", None, -500, "2026-05-11"),
         ("reopening", "I-2", 200, "2026-05-15"), ("reopening", None, -200, "2026-05-15")]),
    (InvoiceCorrected,
        {"invoice": "I-1", "amount": "6", "previous_amount": "10", "effective_on": "2026-05-12",
         "due_on": "2026-05-31", "previous_due_on": "2026-05-31",
         "released": [{"receipt": "P-1", "amount": "1.50", "on": "2026-05-14"}]},
        [("correction", "I-1", -400, "2026-05-12"),
         ("release", "I-1", 150, "2026-05-14"), ("release", None, -150, "2026-05-14")]),
    (DebtorDetailsChanged, {"changed_on": "2026-05-12"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "fields", "expected"), CASES, ids=[case[0].__name__ for case in CASES])
def test_what_each_fact_adds_to_items_and_to_unapplied_money(
    kind: type[Fact], fields: dict[str, Any], expected: list[tuple[str, str | None, int, str]]
) -> None:
    """Kind, item (None: unapplied), smallest units, and the day it counts from."""
    currency = {"currency": "EUR"} if "currency" in kind.model_fields else {}
    found = postings(kind.model_validate(fields | currency))
    assert [(p.kind, p.item, p.amount_minor, p.effective_on.isoformat()) for p in found] == expected


def test_transfers_leave_the_balance_as_it_was() -> None:
    for kind, fields, _ in CASES:
        currency = {"currency": "EUR"} if "currency" in kind.model_fields else {}
        moved = [p for p in postings(kind.model_validate(fields | currency)) if p.kind in TRANSFERS]
        assert sum(posting.amount_minor for posting in moved) == 0


def test_an_invoice_and_its_payment_in_a_currency_of_three_decimals() -> None:
    raised = invoice("I-1", "1.005", "2026-05-31", "2026-05-01", currency="KWD")
    paid = payment("P-1", "0.500", "2026-05-20", ("I-1", "0.400"), currency="KWD")
    amounts = [(p.item, p.amount_minor) for fact in (raised, paid) for p in postings(fact)]
    assert amounts == [("I-1", 1005), (None, -500), ("I-1", -400), (None, 400)]


# --- catching up ------------------------------------------------------------------------------------------


def test_a_catch_up_folds_in_what_is_new_and_says_how_much(book: Book) -> None:
    book.log = busy_log()
    assert catch_up(book.database, book.log.read) == len(book.log.facts)
    assert catch_up(book.database, book.log.read) == 0
    book.log.add(ADA, invoice("one more", "1.00", "2026-07-31"))
    assert catch_up(book.database, book.log.read) == 1
    with reading(book.database) as connection:
        assert current_position(connection) == book.log.facts[-1].position
        assert connection.scalar(select(func.count()).select_from(tables.timeline)) == len(book.log.facts)


def test_an_empty_log_is_no_work(book: Book) -> None:
    assert catch_up(book.database, book.log.read) == 0


def test_where_nothing_is_new_nothing_is_locked(book: Book) -> None:
    """Somebody else holds the lock of every writer meanwhile."""
    book.log = busy_log(4)
    catch_up(book.database, book.log.read)
    with writing(book.database) as connection:
        connection.execute(select(tables.position).with_for_update())
        with ThreadPoolExecutor() as pool:
            assert pool.submit(catch_up, book.database, book.log.read).result(timeout=10) == 0


def test_a_catch_up_that_stops_half_way_is_gone_on_with(book: Book) -> None:
    book.log = busy_log()

    def breaks_off(position: int, limit: int) -> Sequence[Stored]:
        if position >= book.log.facts[20].position:
            raise ConnectionError
        return book.log.read(position, limit)

    with pytest.raises(ConnectionError):
        catch_up(book.database, breaks_off, page_size=7)
    assert catch_up(book.database, book.log.read) == len(book.log.facts) - 21
    assert contents(book.database) == contents_of(book.log)


def test_a_page_that_cannot_be_written_leaves_no_trace(book: Book) -> None:
    def fails(connection: Connection, facts: Sequence[Stored]) -> None:
        connection.execute(update(tables.position).values(at=99))
        raise ArithmeticError

    book.log = busy_log(2)
    with pytest.raises(ArithmeticError):
        follow(book.database, book.log.read, "projections", list, fails)
    assert catch_up(book.database, book.log.read) == len(book.log.facts)
    assert contents(book.database) == contents_of(book.log)


def contents_of(log: Log) -> dict[str, list[Any]]:
    """The tables that the log makes when it is folded at once, in memory."""
    database = connect("sqlite://")
    create_tables(database)
    catch_up(database, log.read)
    return contents(database)


@pytest.mark.parametrize("page_size", [1, 7, 5_000])
def test_the_tables_do_not_depend_on_pages_nor_on_when_they_were_brought_up(
    book: Book, page_size: int
) -> None:
    expected = contents_of(busy_log())
    for stored in busy_log().facts:
        book.log.facts.append(stored)
        if stored.position % 4 == 0:
            catch_up(book.database, book.log.read, page_size=page_size)
    catch_up(book.database, book.log.read, page_size=page_size)
    assert contents(book.database) == expected
    assert rebuild(book.database, book.log.read, page_size=page_size) == len(book.log.facts)
    assert contents(book.database) == expected


def test_a_rebuild_mends_what_was_changed_by_hand(book: Book) -> None:
    book.log = busy_log()
    catch_up(book.database, book.log.read)
    with writing(book.database) as connection:
        connection.execute(update(tables.items).values(open_minor=1))
        connection.execute(tables.postings.delete())
    rebuild(book.database, book.log.read)
    assert contents(book.database) == contents_of(book.log)


def test_a_rebuild_of_nothing(book: Book) -> None:
    assert rebuild(book.database, book.log.read) == 0
    assert catch_up(book.database, book.log.read) == 0


# --- several at once --------------------------------------------------------------------------------------


def at_once(*works: Callable[[], object]) -> None:
    """Does all of it at the same time, each in a thread of its own; raises what one of them raised."""
    with ThreadPoolExecutor(len(works)) as pool:
        for future in [pool.submit(work) for work in works]:
            future.result(timeout=60)


def test_catch_ups_at_once_fold_each_fact_in_once(book: Book) -> None:
    """Two threads on each of two connection pools, as two processes would have; many rounds."""
    other = connect(book.url)
    whole = busy_log(60)
    counted: list[int] = []

    def bring_up(database: Engine) -> Callable[[], None]:
        return lambda: counted.append(catch_up(database, book.log.read, page_size=3))

    for start in range(0, len(whole.facts), 10):
        book.log.facts += whole.facts[start : start + 10]
        at_once(*(bring_up(database) for database in (book.database, other) * 2))
    other.dispose()
    assert sum(counted) == len(whole.facts)
    assert contents(book.database) == contents_of(whole)


def test_catch_ups_while_the_tables_are_rebuilt(book: Book) -> None:
    other = connect(book.url)
    book.log = busy_log()
    catch_up(book.database, book.log.read)
    seen: list[int] = []
    for number in range(5):
        book.log.add(ADA, invoice(f"round {number}", "1.00", "2026-07-31"))
        at_once(
            lambda: rebuild(other, book.log.read, page_size=10),
            lambda: catch_up(book.database, book.log.read, page_size=10),
            lambda: seen.extend(total_open(book.database) for _ in range(30)),
        )
    other.dispose()
    assert contents(book.database) == contents_of(book.log)
    # A reader sees the tables whole, each time before a rebuild or after it.
    assert set(seen) <= {total_open(book.database) - 100 * rounds for rounds in range(6)}


def total_open(database: Engine) -> int:
    with reading(database) as connection:
        return connection.scalar(select(func.sum(tables.items.c.open_minor))) or 0


START = """
import sys
from projections import catch_up, connection
catch_up.create_tables(connection.connect(sys.argv[1]))
"""


def test_processes_that_start_at_once_make_the_tables_once(bare_url: str) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", START, bare_url], cwd=PROJECT, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    assert [process.communicate(timeout=60)[1] for process in started] == [""] * 4
    with book_at(bare_url) as book:
        assert catch_up(book.database, busy_log(2).read) == len(busy_log(2).facts)


def test_a_reader_sees_one_state_however_long_it_reads(book: Book) -> None:
    book.add(ADA, invoice("I-1", "1.00", "2026-07-31"))
    query = select(func.count()).select_from(tables.postings)
    with reading(book.database) as connection:
        before = connection.scalar(query)
        book.add(ADA, invoice("I-2", "1.00", "2026-07-31"))
        assert connection.scalar(query) == before == 1


def test_a_catch_up_waits_for_one_that_is_at_work(book: Book) -> None:
    book.log = busy_log(4)
    with ThreadPoolExecutor() as pool:
        with writing(book.database) as connection:
            connection.execute(select(tables.position).with_for_update())
            waiting = pool.submit(catch_up, book.database, book.log.read)
            time.sleep(0.2)
            assert not waiting.done()
        assert waiting.result(timeout=60) == len(book.log.facts)


# --- the tables of the present ----------------------------------------------------------------------------


def account(book: Book, stream: str = ADA) -> Row[Any]:
    with reading(book.database) as connection:
        return connection.execute(select(tables.accounts).where(tables.accounts.c.stream == stream)).one()


def test_details_stay_until_others_are_given(book: Book) -> None:
    book.add(ADA, opened("A-1", name="Ada Example", phone="+43 1 1", segment="retail"))
    book.add(BEN, opened("B-1", name="Ben Example", phone="+43 1 2"))
    book.add(
        ADA, DebtorDetailsChanged(changed_on=day("2026-02-01"), phone="+43 1 3", timezone="Europe/Vienna")
    )
    ada, ben = account(book), account(book, BEN)
    assert (ada.number, ada.name, ada.phone, ada.segment) == ("A-1", "Ada Example", "+43 1 3", "retail")
    assert (ada.timezone, ada.opened_on) == ("Europe/Vienna", date(2026, 1, 1))
    assert (ben.name, ben.phone, ben.timezone) == ("Ben Example", "+43 1 2", None)


def test_erased_details_say_so(book: Book) -> None:
    book.add(ADA, opened("A-1", name=Erased(), phone=Erased()))
    assert (account(book).name, account(book).phone) == ("[erased]", "[erased]")


def test_a_backfilled_account_waits_until_it_went_live(book: Book) -> None:
    live = WentLive(on=day("2026-03-01"), invoices="fresh")
    flags = []
    for fact, basis in ((opened("A-1"), "backfill: accounts.csv, line 2"), (live, None)):
        book.add(ADA, fact, basis=basis)
        flags.append((account(book).backfilled, account(book).went_live))
    assert flags == [(True, False), (True, True)]


def test_a_played_account_is_not_a_backfilled_one(book: Book) -> None:
    book.add(ADA, opened("A-1"), basis="demo: line 2")
    assert not account(book).backfilled


def test_the_policy_last_assigned_stands_on_the_account(book: Book) -> None:
    for policy in ("gentle", "firm"):
        book.add(ADA, PolicyAssigned(policy=policy, effective_from=moment("2026-03-01")), known="2026-03-01")
    assert account(book).policy == "firm"


def test_items_hold_what_is_open_of_them_closed_ones_too(book: Book) -> None:
    book.add(ADA, invoice("I-1", "100.00", "2026-05-31"), invoice("I-2", "50.00", "2026-05-31"))
    book.add(BEN, invoice("I-1", "30.00", "2026-05-31"))
    book.add(ADA, payment("P-1", "120.00", "2026-05-20", ("I-1", "100.00"), ("I-2", "20.00")))
    book.add(ADA, correction("I-2", "50.00", "45.00"))
    with reading(book.database) as connection:
        rows = connection.execute(select(tables.items).order_by(tables.items.c.account, tables.items.c.item))
        found = [(row.account, row.item, row.item_kind, row.open_minor, row.due_on) for row in rows]
    assert found == [
        (ADA, "I-1", "invoice", 0, day("2026-05-31")), (ADA, "I-2", "invoice", 2500, day("2026-06-30")),
        (BEN, "I-1", "invoice", 3000, day("2026-05-31")),
    ]  # fmt: skip


def test_the_timeline_holds_every_fact_and_why_the_engine_decided(book: Book) -> None:
    retired = PolicyRetired(policy="gentle", effective_from=moment("2026-03-01"))
    book.add("policy-gentle", retired, known="2026-02-01")
    decided = WentLive(on=day("2026-03-01"), invoices="fresh", because=because("first", "2026-03-02 09:00"))
    book.add(ADA, opened("A-1", on="2026-01-10"), decided, known="2026-03-02 09:00")
    with reading(book.database) as connection:
        rows = connection.execute(select(tables.timeline).order_by(tables.timeline.c.position)).all()
    assert [(r.account, r.version, r.topic, r.happened_on, r.policy, r.step, r.by) for r in rows] == [
        ("policy-gentle", 1, "PolicyRetired", day("2026-02-01"), None, None, "test"),
        (ADA, 1, "AccountOpened", day("2026-01-10"), None, None, "test"),
        (ADA, 2, "WentLive", day("2026-03-01"), "gentle", "first", "test"),
    ]
    assert {row.known_at for row in rows[1:]} == {moment("2026-03-02 09:00")}


def test_accounts_are_found_by_their_numbers(book: Book) -> None:
    book.add(ADA, opened("A-1"))
    book.add(BEN, opened("B-1"))
    assert find_accounts(book.database, ["B-1", "nobody", "A-1"]) == {"A-1": ADA, "B-1": BEN}
    many = [f"number {number}" for number in range(2_500)]
    assert find_accounts(book.database, [*many, "A-1"]) == {"A-1": ADA}


def test_what_is_asked_of_the_book_as_a_whole(book: Book) -> None:
    """Whether it has accounts, which of them wait to go live, and when the engine last decided."""
    live = WentLive(on=day("2026-03-01"), invoices="fresh", because=because("first", "2026-03-01 09:00"))
    answers = []
    for stream, fact, basis in (
        ("policies", PolicyAssigned(policy="gentle", effective_from=moment("2026-01-01")), None),
        (ADA, opened("A-1"), "backfill: line 2"), (BEN, opened("B-1"), None), (ADA, live, None),
    ):  # fmt: skip
        book.add(stream, fact, known="2026-03-01 09:00", basis=basis)
        answers.append((has_accounts(book.database), awaiting_go_live(book.database)))
    assert answers == [(False, []), (True, [ADA]), (True, [ADA]), (True, [])]
    assert last_decision(book.database) == moment("2026-03-01 09:00")


def test_a_book_in_which_the_engine_decided_nothing(book: Book) -> None:
    book.add(ADA, opened("A-1"))
    assert last_decision(book.database) is None


def test_of_accounts_with_one_number_the_first_is_found(book: Book) -> None:
    book.add(ADA, opened("A-1", on="2026-02-01"))
    book.add(BEN, opened("A-1", on="2026-01-01"))
    assert find_accounts(book.database, ["A-1"]) == {"A-1": BEN}


def test_moments_come_back_as_they_went_in(book: Book) -> None:
    """To the microsecond, and also the moment that stands for always."""
    for text in ("2026-03-01 09:00:00.000001", "0001-01-01"):
        book.add(ADA, PolicyAssigned(policy="gentle", effective_from=moment(text)), known="2026-03-01")
    with reading(book.database) as connection:
        moments = connection.scalars(select(tables.assignments.c.effective_from)).all()
    assert sorted(moments) == [moment("0001-01-01"), moment("2026-03-01 09:00:00.000001")]


def test_amounts_beyond_32_bits_are_kept(book: Book) -> None:
    book.add(ADA, invoice("I-1", "99999999999.99", "2026-05-31"))
    with reading(book.database) as connection:
        assert connection.scalar(select(tables.items.c.open_minor)) == int(Decimal("9999999999999"))
