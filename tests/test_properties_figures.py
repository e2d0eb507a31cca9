"""Figures by month, for any history: they are what aging says of that day, however they are kept."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, timedelta
from decimal import Decimal

from hypothesis import strategies as st
from sqlalchemy import Engine, select

from engine.domain.facts.base import Stored
from engine.domain.money import ZERO
from projections.aging import EDGES, aging, aging_detail, bucket_labels
from projections.catch_up import rebuild
from projections.figures.kept import refresh
from projections.figures.months import Month, months
from projections.tables import figures
from tests.histories import BEGIN, History, histories
from tests.history_books import for_any, new_book
from tests.test_properties_clocks import learnt_late, reader, whole_log

LABELS = bucket_labels()
LATEST = BEGIN.date() + timedelta(400)


def by_currency(found: Mapping[str, Sequence[Month]]) -> dict[str, dict[str, Decimal]]:
    """The buckets and unapplied money at the end of the last month, by currency; calls have none."""
    last = {currency: months[-1] for currency, months in found.items() if currency}
    buckets = {
        currency: {label: month.bucket(label) for label in LABELS} | {"unapplied": month.unapplied}
        for currency, month in last.items()
    }
    return {currency: amounts for currency, amounts in buckets.items() if any(amounts.values())}


def as_aged(database: Engine, as_of: date, *known: object) -> dict[str, dict[str, Decimal]]:
    rows = aging(database, as_of, *known)  # type: ignore[arg-type]
    return {row.currency: {**row.buckets, "unapplied": row.unapplied} for row in rows}


def kept(database: Engine) -> set[tuple[object, ...]]:
    with database.connect() as connection:
        return {tuple(row) for row in connection.execute(select(figures).where(figures.c.amount != 0))}


def test_they_are_what_aging_says_however_they_are_kept(server: str | None) -> None:
    """Buckets at the end of any day, and from which bucket accounts went to which in a month; the same where
    they were brought up step by step or made anew, and as known at any moment."""

    def holds(history: History, steps: int, month: int, lag: int, chosen: int) -> None:
        with new_book(server) as living:
            for number, move in enumerate(history):
                living.make(move)
                living.tick(move.at)
                if number % steps == 0:
                    refresh(living.book.database, UTC)
            database = living.book.database
            assert_like_aging(database, month)
            step_by_step = kept(database)
            living.book.rebuild()
            refresh(database, UTC)
            assert step_by_step == kept(database)
            assert_as_known(database, learnt_late(whole_log(living), lag), chosen)

    for_any(
        server, holds, histories(), st.integers(1, 5), st.integers(1, 8), st.integers(0, 5),
        st.integers(0, 10_000), sqlite=12, postgresql=3,
    )  # fmt: skip


def assert_like_aging(database: Engine, month: int) -> None:
    before, end = month_ends(month)
    for as_of in (before, before + timedelta(9), LATEST):
        assert by_currency(months(database, UTC, as_of)) == as_aged(database, as_of)
    found = {currency: one[-1] for currency, one in months(database, UTC, end).items() if currency}
    matrix = {
        (currency, *measure.split("/")): count
        for currency, last in found.items()
        for measure, count in last.standing.items()
        if measure.startswith("went/") and count
    }
    assert matrix == went_by_hand(database, before, end)


def assert_as_known(database: Engine, facts: Sequence[Stored], chosen: int) -> None:
    rebuild(database, reader(facts))
    known = facts[chosen % len(facts)].fact.known_at
    for as_of in (date(2026, 2, 28), LATEST):
        assert by_currency(months(database, UTC, as_of, known)) == as_aged(database, as_of, known)
    last = max(one.fact.known_at for one in facts)
    assert months(database, UTC, LATEST, last) == months(database, UTC, LATEST)


def month_ends(month: int) -> tuple[date, date]:
    first, following = date(2026, month + 1, 1), date(2026, month + 2, 1)
    return first - timedelta(1), following - timedelta(1)


def went_by_hand(database: Engine, before: date, end: date) -> dict[tuple[str, ...], int]:
    sources, targets = (oldest_bucket(database, day) for day in (before, end))
    found: dict[tuple[str, ...], int] = {}
    for (account, currency), source in sources.items():
        went = (currency, "went", source, targets.get((account, currency), "paid"))
        found[went] = found.get(went, 0) + 1
    return found


def oldest_bucket(database: Engine, as_of: date) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for item in aging_detail(database, as_of, edges=EDGES):
        if item.due_on is not None and item.open > ZERO:
            known = found.get((item.account, item.currency), LABELS[0])
            found[item.account, item.currency] = max(known, item.bucket, key=LABELS.index)
    return found
