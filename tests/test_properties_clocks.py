"""Both clocks, for any history: a report as known then is that report on a book which holds no more."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

from hypothesis import strategies as st
from sqlalchemy import Engine

from engine.domain.facts.base import Stored
from projections.agencies import agency_news, agency_rows
from projections.aging import UNAPPLIED, aging, aging_detail
from projections.aging_changes import aging_changes
from projections.balances import By
from projections.catch_up import catch_up, create_tables, rebuild
from projections.clocks import end_of
from projections.connection import connect
from projections.contacts import contact_list
from projections.exceptions import exceptions
from projections.follow_ups import follow_ups_due
from projections.placements import placement_list
from projections.promises import promise_list
from projections.statement import UnknownAccount, statement
from projections.worklist import worklist
from tests.histories import BEGIN, History, histories
from tests.history_books import HistoryBook, for_any, new_book

INSTANT = timedelta(microseconds=1)
DAYS = st.integers(0, 60)


def all_reports(
    database: Engine, accounts: Sequence[str], as_of: date, as_known: datetime | None = None
) -> dict[str, Any]:
    """Every report of that day, as known at that moment."""
    clocks = (database, as_of, as_known)
    at = end_of(as_of, UTC)
    answers: dict[str, Any] = {f"aging by {by}": _told(aging(*clocks, by)) for by in get_args(By)}
    answers |= {
        "items": _told(aging_detail(*clocks)),
        "promises": promise_list(*clocks),
        "contacts": contact_list(database, date.min, date.max, as_known, as_of=as_of),
        "placements": placement_list(*clocks),
        "agencies": agency_rows(*clocks),
        "news": [agency_news(database, agency, date.min, as_of, as_known) for agency in ("agency", "other")],
        "worklist": worklist(database, at, as_known),
        "exceptions": exceptions(database, at, as_known, unmade_days=0),
        "follow-ups": follow_ups_due(*clocks),
    }
    return answers | {account: _statement(*clocks, account) for account in accounts}


def what_they_rest_on(database: Engine, as_of: date, as_known: datetime) -> list[bool]:
    """Of each row of aging, and each open item, whether it rests on backfilled history, as known then."""
    clocks = (database, as_of, as_known)
    rows: list[Any] = [row for by in get_args(By) for row in aging(*clocks, by)]
    return [row.rests_on_backfill for row in (*rows, *aging_detail(*clocks))]


def _told(rows: Sequence[Any]) -> list[Any]:
    """The rows without what they rest on, which is said only where the knowledge of the past is asked for."""
    return [replace(row, rests_on_backfill=False) for row in rows]


def _statement(database: Engine, as_of: date, as_known: datetime | None, account: str) -> Any:
    try:
        found = statement(database, account, as_of, as_known)
    except UnknownAccount:
        return None
    return [
        found.number,
        found.name,
        found.opening,
        found.lines,
        found.closing,
        _told(found.open_items),
        found.timeline,
    ]


def learnt_late(facts: Sequence[Stored], lag: int) -> list[Stored]:
    """The log, with some facts learnt days after they were stored, and half of the book backfilled."""
    return [
        one._replace(
            fact=one.fact.model_copy(
                update={
                    "known_at": one.fact.known_at + timedelta(one.position * lag % 11),
                    "basis": "backfill: a file" if one.position % 2 else None,
                }
            )
        )
        for one in facts
    ]


@contextmanager
def tables_of(facts: Sequence[Stored], url: str = "sqlite://") -> Iterator[Engine]:
    """The tables that follow a log of these facts."""
    database = connect(url)
    create_tables(database)
    catch_up(database, reader(facts))
    yield database
    database.dispose()


def reader(facts: Sequence[Stored]) -> Callable[[int, int], Sequence[Stored]]:
    return lambda after, limit: [one for one in facts if one.position > after][:limit]


def whole_log(living: HistoryBook) -> list[Stored]:
    return list(living.book.store.read_all())


def test_a_report_as_known_then_is_the_report_on_a_book_that_holds_no_more(server: str | None) -> None:
    def holds(history: History, lag: int, days: int, chosen: int) -> None:
        with new_book(server) as living:
            living.live(history)
            facts = learnt_late(whole_log(living), lag)
            rebuild(living.book.database, reader(facts))
            accounts = list(living.ids.values())
            as_of = BEGIN.date() + timedelta(days)
            known = facts[chosen % len(facts)].fact.known_at
            for moment in (known, known - INSTANT):
                then = [one for one in facts if one.fact.known_at <= moment]
                with tables_of(then) as held:
                    expected = all_reports(held, accounts, as_of)
                    rests = what_they_rest_on(held, as_of, moment)
                assert all_reports(living.book.database, accounts, as_of, moment) == expected
                assert what_they_rest_on(living.book.database, as_of, moment) == rests

    for_any(server, holds, histories(), st.integers(0, 5), DAYS, st.integers(0, 10_000), sqlite=8)


def test_two_states_of_knowledge_differ_by_exactly_the_facts_learnt_in_between(server: str | None) -> None:
    def holds(history: History, lag: int, days: int, first: int, second: int) -> None:
        with new_book(server) as living:
            living.live(history)
            facts, database = learnt_late(whole_log(living), lag), living.book.database
            rebuild(database, reader(facts))
            as_of = BEGIN.date() + timedelta(days)
            learnt = sorted({one.fact.known_at for one in facts})
            before, after = sorted((learnt[first % len(learnt)], learnt[second % len(learnt)] + INSTANT))
            changes = aging_changes(database, as_of, before, after)
            news = {(one.stream, one.version) for one in facts if before < one.fact.known_at <= after}
            assert {(one.account, one.version) for one in changes} <= news
            sums = _buckets(database, as_of, before)
            for change in changes:
                for name, amount in change.moves.items():
                    sums[change.currency, name] += amount
            assert _nonzero(sums) == _nonzero(_buckets(database, as_of, after))

    chosen = st.integers(0, 10_000)
    for_any(server, holds, histories(), st.integers(0, 5), DAYS, chosen, chosen, sqlite=10)


def _buckets(database: Engine, as_of: date, as_known: datetime) -> dict[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in aging(database, as_of, as_known):
        for name, amount in (*row.buckets.items(), (UNAPPLIED, row.unapplied)):
            found[row.currency, name] = amount
    return found


def _nonzero(sums: dict[tuple[str, str], Decimal]) -> dict[tuple[str, str], Decimal]:
    return {key: amount for key, amount in sums.items() if amount}
