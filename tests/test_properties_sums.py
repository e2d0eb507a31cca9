"""What the database adds up of promises, agencies and contacts is what these come to one by one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple, get_args

from hypothesis import strategies as st
from sqlalchemy import Engine

from engine.domain.facts.base import Allocation, Fact, Stored
from engine.domain.facts.contacts import Line
from engine.domain.facts.escalation import (
    AccountPlaced,
    AgencyRemittanceReceived,
    PlacementProposed,
    PlacementRecalled,
)
from engine.domain.facts.items import CreditNoteIssued, PaymentAllocated, PaymentReceived, PaymentReversed
from engine.domain.facts.promises import (
    Instalment,
    PromiseBroken,
    PromiseKept,
    PromiseMade,
    PromisePartlyKept,
    PromiseTerms,
    PromiseTermsChanged,
    PromiseWithdrawn,
    RepaymentPlanAgreed,
)
from projections.agencies import agency_news, agency_rows
from projections.catch_up import rebuild
from projections.clocks import end_of, start_of
from projections.connection import reading
from projections.contact_pages import Wanted, contact_page, contact_sums
from projections.contacts import contact_counts, contact_list
from projections.promise_sums import By, promise_summaries
from projections.promises import promise_list
from projections.slices import Slice
from tests.histories import BEGIN, History, histories
from tests.history_books import for_any, new_book, new_url
from tests.plain_agencies import plain_agency_rows
from tests.plain_promises import plain_promises, said_by, summarise
from tests.report_log import ADA, BEN, Log, book_at, invoice, opened
from tests.test_properties_clocks import learnt_late, reader, whole_log

FIRST = date(2026, 3, 1)
ITEMS = ("I-1", "I-2")
CURRENCY = {ADA: "EUR", BEN: "JPY"}


# --- facts that nobody would have to decide ---------------------------------------------------------------


class Move(NamedTuple):
    """Something that happens to an account, days after the last, with the numbers that it is made of."""

    what: str
    account: str
    later: int
    pick: int
    amount: int
    days: int


def moves(often: str) -> st.SearchStrategy[list[Move]]:
    """So many that one is about what the others left behind."""
    small, whom = st.integers(0, 7), st.sampled_from([ADA, ADA, ADA, BEN])
    one = st.builds(Move, st.sampled_from(often.split()), whom, st.integers(0, 4), small, small, small)
    return st.lists(one, min_size=25, max_size=25)


PROMISES = "promise promise promise plan terms judge judge judge withdraw pay pay pay credit allocate reverse"
AGENCIES = "propose place place place recall recall remit pay pay pay credit allocate reverse"


class Told:
    """What was said of an account: the names that later facts speak of."""

    def __init__(self, account: str) -> None:
        self.currency = CURRENCY[account]
        self.promises: list[str] = []
        self.plans: list[str] = []
        self.payments: dict[str, dict[str, Decimal]] = {}
        self.placements: list[str] = []

    def amount(self, number: int) -> Decimal:
        return Decimal(number + 1) * (Decimal("12.50") if self.currency == "EUR" else 10)

    def items(self, move: Move) -> tuple[str, ...]:
        """One or both of them, one perhaps named twice."""
        named = ITEMS[move.pick % 2 :][: move.days % 2 + 1]
        return (*named, named[0]) if move.pick == 7 else named


def _terms(on: date, days: int, policy: str | None = None) -> PromiseTerms:
    at = datetime.combine(on + timedelta(days + 2), time(4), UTC)
    return PromiseTerms(tolerance=Decimal(0), deadline=on + timedelta(days), judge_at=at, policy=policy)


def _promise(told: Told, move: Move, on: date, number: int) -> Iterator[Fact]:
    told.promises.append(name := f"promise-{number}")
    yield PromiseMade(
        promise=name, amount=told.amount(move.amount), currency=told.currency, made_on=on,
        promised_on=on + timedelta(move.days), items=told.items(move), taken_by=("mia", "")[move.pick % 2],
        terms=_terms(on, move.days, (None, "firm", "gentle")[move.pick % 3]),
        collector=(None, "", "kim")[move.amount % 3],
    )  # fmt: skip


def _plan(told: Told, move: Move, on: date, number: int) -> Iterator[Fact]:
    told.plans.append(name := f"plan-{number}")
    told.promises += [f"{name}/1", f"{name}/2"]
    amount, terms = told.amount(move.amount), _terms(on, move.days)
    parts = [
        Instalment(promised_on=on + timedelta(days), amount=amount, terms=terms)
        for days in (move.days, move.pick)
    ]
    yield RepaymentPlanAgreed(
        plan=name, currency=told.currency, agreed_on=on, items=told.items(move), instalments=tuple(parts)
    )


def _terms_changed(told: Told, move: Move, on: date, _: int) -> Iterator[Fact]:
    if told.promises:
        yield PromiseTermsChanged(
            promise=told.promises[move.pick % len(told.promises)], terms=_terms(on, move.days - 3),
            changed_on=on, reason="agreed",
        )  # fmt: skip


def _judge(told: Told, move: Move, on: date, _: int) -> Iterator[Fact]:
    if told.promises:
        kind = (PromiseBroken, PromisePartlyKept, PromiseKept)[move.amount % 3]
        paid = list(told.payments)
        counted = [(paid[-1 - move.days % len(paid)], told.amount(move.amount))] if paid else []
        yield kind(
            promise=told.promises[-1 - move.pick % len(told.promises)], counted=tuple(counted),
            received=sum((part for _, part in counted), Decimal(0)) if move.days % 2 else Decimal(0),
            judged_at=datetime.combine(on, time(9), UTC),
        )  # fmt: skip


def _withdraw(told: Told, move: Move, on: date, number: int) -> Iterator[Fact]:
    if names := [*told.promises, *told.plans]:
        by = f"promise-{number}" if move.days % 2 else None
        yield PromiseWithdrawn(promise=names[move.pick % len(names)], withdrawn_on=on, replaced_by=by)


def _parts(told: Told, move: Move, on: date, whole: Decimal) -> tuple[Allocation, ...]:
    named = dict.fromkeys(told.items(move))
    return tuple(
        Allocation(item=item, amount=whole / len(named), on=on + timedelta(move.pick % 3)) for item in named
    )


def _pay(told: Told, move: Move, on: date, number: int) -> Iterator[Fact]:
    whole = told.amount(move.amount) * 2
    parts = () if move.pick == 0 else _parts(told, move, on, whole)
    told.payments[name := f"payment-{number}"] = {part.item: part.amount for part in parts}
    yield PaymentReceived(
        payment=name, amount=whole, currency=told.currency, received_on=on, allocations=parts
    )


def _credit(told: Told, move: Move, on: date, number: int) -> Iterator[Fact]:
    whole = told.amount(move.amount) * 2
    yield CreditNoteIssued(
        credit=f"credit-{number}", amount=whole, currency=told.currency, issued_on=on,
        allocations=_parts(told, move, on, whole),
    )  # fmt: skip


def _allocate(told: Told, move: Move, on: date, _: int) -> Iterator[Fact]:
    """More than there is, maybe: nobody asks here."""
    if told.payments:
        name = list(told.payments)[-1 - move.pick % len(told.payments)]
        parts = _parts(told, move, on, told.amount(move.amount) * 2)
        for part in parts:
            paid = told.payments[name]
            paid[part.item] = paid.get(part.item, Decimal(0)) + part.amount
        yield PaymentAllocated(payment=name, currency=told.currency, allocated_on=on, allocations=parts)


def _reverse(told: Told, move: Move, on: date, _: int) -> Iterator[Fact]:
    if told.payments:
        name = list(told.payments)[move.pick % len(told.payments)]
        paid = told.payments[name]
        back = tuple(Allocation(item=item, amount=part, on=on + timedelta(2)) for item, part in paid.items())
        yield PaymentReversed(
            payment=name, amount=sum(paid.values(), Decimal(0)), currency=told.currency, reversed_on=on,
            reopened=back, unapplied=Decimal(0),
        )  # fmt: skip
        paid.clear()


def _lines(told: Told, move: Move, on: date) -> tuple[Line, ...]:
    return tuple(
        Line(
            item=item, step="agency", open=told.amount(move.amount), currency=told.currency, due_on=on,
            days_past_due=9,
        )
        for item in told.items(move)
    )  # fmt: skip


def _agency(move: Move) -> str:
    return ("Cash & Co", "Duns")[move.amount % 2]


def _propose(told: Told, move: Move, on: date, number: int) -> Iterator[Fact]:
    told.placements.append(name := f"placement-{number}")
    yield PlacementProposed(placement=name, agency=_agency(move), step="agency", lines=_lines(told, move, on))


def _place(told: Told, move: Move, on: date, number: int) -> Iterator[Fact]:
    told.placements.append(name := f"placement-{number}")
    yield AccountPlaced(placement=name, agency=_agency(move), placed_on=on, lines=_lines(told, move, on))


def _recall(told: Told, move: Move, on: date, _: int) -> Iterator[Fact]:
    if told.placements:
        name = told.placements[move.pick % len(told.placements)]
        items = told.items(move) if move.amount % 2 else ()
        yield PlacementRecalled(placement=name, recalled_on=on, declined=move.days == 7, items=items)


def _remit(told: Told, move: Move, on: date, number: int) -> Iterator[Fact]:
    if told.placements and told.payments:
        yield AgencyRemittanceReceived(
            remittance=f"remittance-{number}", placement=told.placements[0], agency=_agency(move),
            payment=list(told.payments)[move.pick % len(told.payments)], gross=told.amount(move.amount),
            commission=told.amount(0), currency=told.currency, received_on=on, remitted_on=on,
        )  # fmt: skip


_MAKE = {
    "promise": _promise, "plan": _plan, "terms": _terms_changed, "judge": _judge, "withdraw": _withdraw,
    "pay": _pay, "credit": _credit, "allocate": _allocate, "reverse": _reverse, "propose": _propose,
    "place": _place, "recall": _recall, "remit": _remit,
}  # fmt: skip


def tell(database: Engine, made: Sequence[Move], lag: int) -> None:
    """Makes the tables anew from the facts of these moves, each known some days after its own."""
    told = {account: Told(account) for account in (ADA, BEN)}
    log = Log()
    for account in (ADA, BEN):
        log.add(account, opened(account[-3:].upper(), "2026-01-01", collector="lea"))
        for item in ITEMS:
            log.add(account, invoice(item, "500", "2026-03-01", currency=CURRENCY[account]))
    on = FIRST
    for number, move in enumerate(made):
        on += timedelta(move.later)
        for fact in _MAKE[move.what](told[move.account], move, on, number):
            known_on = on + timedelta(number * lag % 7)
            basis = "backfill: a file" if lag else None
            log.add(move.account, fact, known=f"{known_on} 12:00", basis=basis)
    rebuild(database, log.read)


CLOCKS = (st.integers(20, 60), st.one_of(st.none(), st.integers(20, 60)))


def clocks(days: int, known_days: int | None) -> tuple[date, datetime | None]:
    known = None if known_days is None else datetime.combine(FIRST + timedelta(known_days), time(12), UTC)
    return FIRST + timedelta(days), known


@contextmanager
def tables(server: str | None) -> Iterator[Engine]:
    """Tables for one log after the other."""
    with new_url(server) as url, book_at(url) as book:
        yield book.database


def test_promises_add_up_to_what_each_of_them_came_to(server: str | None) -> None:
    def holds(made: list[Move], lag: int, days: int, known_days: int | None) -> None:
        tell(database, made, lag)
        check_promises(database, *clocks(days, known_days))

    with tables(server) as database:
        for_any(server, holds, moves(PROMISES), st.integers(0, 5), *CLOCKS, sqlite=50, postgresql=8)


def check_promises(database: Engine, as_of: date, as_known: datetime | None) -> None:
    plain = plain_promises(database, as_of, as_known)
    assert promise_list(database, as_of, as_known) == plain
    for by in (None, *get_args(By)):
        found = promise_summaries(database, as_of, as_known, by)
        assert [said_by(one) for one in found] == summarise(plain, by)


def test_the_work_of_agencies_adds_up_to_what_each_placement_came_to(server: str | None) -> None:
    def holds(made: list[Move], lag: int, days: int, known_days: int | None) -> None:
        tell(database, made, lag)
        asked = clocks(days, known_days)
        rows = agency_rows(database, *asked)
        assert rows == plain_agency_rows(database, *asked)
        for row in rows:
            news = agency_news(database, row.agency, date.min, *asked)
            paid = [one for one in news if (one.what, one.currency) == ("payment to us", row.currency)]
            assert sum(one.amount or 0 for one in paid) == row.direct

    with tables(server) as database:
        for_any(server, holds, moves(AGENCIES), st.integers(0, 5), *CLOCKS, sqlite=50, postgresql=8)


# --- books that were lived through ------------------------------------------------------------------------


def test_sums_of_a_book_that_was_lived_through_are_those_of_its_rows(server: str | None) -> None:
    def holds(history: History, lag: int, days: int, chosen: int) -> None:
        with new_book(server) as living:
            living.live(history)
            facts: list[Stored] = learnt_late(whole_log(living), lag)
            rebuild(living.book.database, reader(facts))
            as_of = BEGIN.date() + timedelta(days)
            for as_known in (None, facts[chosen % len(facts)].fact.known_at):
                check_promises(living.book.database, as_of, as_known)
                asked = (living.book.database, as_of, as_known)
                assert agency_rows(*asked) == plain_agency_rows(*asked)
                check_contacts(*asked)

    chosen = st.integers(0, 10_000)
    for_any(server, holds, histories(), st.integers(0, 5), st.integers(0, 60), chosen, sqlite=8)


def check_contacts(database: Engine, as_of: date, as_known: datetime | None) -> None:
    first = as_of - timedelta(30)
    rows = contact_list(database, first, as_of, as_known, as_of=as_of)
    wanted = Wanted(start_of(first, UTC), end_of(as_of, UTC), end_of(as_of, UTC))
    with reading(database, as_known) as connection:
        assert contact_sums(connection, wanted) == contact_counts(rows)
        assert contact_page(connection, wanted, Slice("at", descending=False)) == (rows, len(rows))
