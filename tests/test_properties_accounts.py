"""An account that is looked at is kept as it stands: what is shown is what the log and the tables say."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import strategies as st

from arrears.casework.account_at import AccountAt, Coming, account_at
from arrears.casework.briefing import briefing
from arrears.delivery.recipient import Creditor
from arrears.telling.asking import Question
from engine import looking
from engine.domain.account import Account
from engine.domain.facts.base import Erased
from engine.replay.knowledge import with_late
from policies.due import decide, next_due_at
from policies.standings import asleep
from policies.view import View
from projections.aging import UNAPPLIED, aging_detail, by_part
from projections.clocks import end_of
from projections.placements import placement_list
from projections.rows import happened_on
from tests.histories import History, histories
from tests.history_books import HistoryBook, for_any, new_book
from tests.stories import Story

LOOKS = 60


def test_any_account_is_shown_as_the_log_and_the_tables_have_it(server: str | None) -> None:
    def holds(history: History, back: int, known_back: int) -> None:
        with new_book(server) as living, pytest.MonkeyPatch.context() as patch:
            patch.setattr(looking, "LARGE", 3)
            for move in history:
                living.make(move)
                if move.pick % 3 == 0:
                    living.tick(move.at)
                if move.pick % 4 == 0:
                    check(living, move.today - timedelta(back), timedelta(known_back))
            check(living, living.now.date(), timedelta(0))

    for_any(server, holds, histories(), st.integers(-9, 30), st.integers(0, 30), sqlite=6, postgresql=2)


def check(living: HistoryBook, day: date, ago: timedelta) -> None:
    living.book.catch_up()
    known = end_of(living.now.date() - ago, living.book.zone)
    for number, stream in living.ids.items():
        if living.facts(stream):
            check_briefing(living, number)
        compare(Question(living.book, living.book.today, None), stream, None)
        compare(Question(living.book, day, None), stream, day)
        compare(Question(living.book, day, known), stream, day)


def compare(asked: Question, stream: str, until: date | None) -> None:
    placed = placement_list(asked.book.database, asked.as_of, asked.as_known)
    of_account = [one for one in placed if one.account == stream]
    assert placement_list(asked.book.database, asked.as_of, asked.as_known, stream) == of_account
    with account_at(asked, stream, until) as shown:
        facts = [
            one
            for one in asked.book.store.stream(stream)
            if asked.is_known(one.fact) and (until is None or happened_on(one.fact, asked.zone) <= until)
        ]
        assert (shown is None) == (not facts)
        if shown is not None:
            account = with_late((), Account(stream), (one.fact for one in facts))
            assert (list(shown.facts), repr(shown.account)) == (facts, repr(account))
            assert shown.coming == coming(account, asked, shown.at)
            check_amounts(shown, account)


def coming(account: Account, asked: Question, at: datetime) -> Coming:
    if why := asleep(account, asked.policies, at):
        return Coming(why)
    for _ in range(LOOKS):
        if facts := decide(account, asked.policies, at):
            return Coming(at=at, facts=tuple(facts))
        if (later := next_due_at(account, asked.policies, at)) is None:
            return Coming()
        at = later
    return Coming(at=at)


def check_amounts(shown: AccountAt, account: Account) -> None:
    asked = shown.asked
    rows = aging_detail(asked.book.database, asked.as_of, asked.as_known, account=shown.stream)
    parts = by_part(rows)
    assert [one.currency for one in shown.owed] == list(parts)
    for one in shown.owed:
        assert {name: getattr(one, name) for name in parts[one.currency]} == parts[one.currency]
        in_buckets = {label: Decimal(0) for label in one.buckets}
        for row in rows:
            if row.currency == one.currency and row.bucket != UNAPPLIED:
                in_buckets[row.bucket] += row.open
        assert (one.buckets, one.open) == (in_buckets, one.balance + one.unapplied)
    amounts: dict[Any, Decimal] = {row.item: row.open for row in rows if row.due_on is not None}
    every = [*account.open_items.values(), *account.closed_items.values()]
    open_, closed = shown.items
    of_open = sorted((one.due_on, one.id) for one in every if one.id in amounts)
    of_closed = sorted((one.closed_on or date.max, one.id) for one in every if one.id not in amounts)
    assert [(one.item.due_on, one.item.id) for one in shown.stood(open_)] == of_open
    assert [(one.closed_on or date.max, one.id) for one in closed] == of_closed[::-1]
    assert {one.item.id: one.open for one in shown.stood(open_)} == {
        one.id: amounts[one.id] for one in every if one.id in amounts
    }


def check_briefing(living: HistoryBook, number: str) -> None:
    at, policies = living.now, living.book.engine.policies()
    known, today = briefing(living.book, number, Creditor("Trader")), living.book.today
    account = living.folded(living.ids[number])
    oldest = sorted(account.open_items.values(), key=lambda one: (one.due_on, one.id))
    assert [one.id for one, _ in known.items] == [one.id for one in oldest[:12]]
    assert known.more_items == len(oldest[12:])
    assert [one.currency for one in known.owed] == sorted(
        {one.currency for one in oldest} | account.unapplied.keys()
    )
    view = View(account, policies, at)
    for owed in known.owed:
        mine = [one for one in oldest if one.currency == owed.currency]
        overdue = [one for one in mine if one.due_on < today]
        asked = filter(view.demandable, overdue)
        assert owed.open == sum((one.open for one in mine), Decimal(0))
        assert owed.overdue == sum((one.open for one in overdue), Decimal(0))
        assert owed.demand == view.demand(owed.currency, asked)


# --- what is kept -----------------------------------------------------------------------------------------


@pytest.fixture
def keeps_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "LARGE", 1)


@pytest.mark.usefixtures("keeps_all")
def test_whoever_looks_keeps_nobody_from_recording_and_sees_it_the_next_time(story: Story) -> None:
    story.invoice("INV-1", "100.00", due="2026-02-01")
    stream, lookers = story.account.id, story.book.engine.looking
    with lookers.at(stream) as before:
        story.pay("100.00")
        assert list(before.account.open_items) == ["INV-1"]
    with lookers.at(stream) as after:
        assert after is before, "it is kept"
        assert not after.account.open_items
        assert after.facts == story.book.store.stream(stream)


@pytest.mark.usefixtures("keeps_all")
def test_who_was_erased_is_forgotten(story: Story) -> None:
    story.open("A", name="Forgotten Gardens")
    stream, lookers = story.account.id, story.book.engine.looking
    with lookers.at(stream) as before:
        assert before.account.name == "Forgotten Gardens"
    story.erase()
    with lookers.at(stream) as after:
        assert isinstance(after.account.name, Erased)
        assert "Forgotten" not in repr(after.facts)


@pytest.mark.usefixtures("keeps_all")
def test_those_looked_at_last_are_kept_as_far_as_there_is_room(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.invoice("INV-1", "100.00", due="2026-02-01")
    lookers = story.book.engine.looking
    streams = [story.account.id, *story.book.engine.account_ids(["B"]).values()]
    with lookers.at(streams[0]) as first, lookers.at(streams[1]) as second:
        monkeypatch.setattr(looking, "KEPT_FACTS", len(first) + len(second) - 1)
    with lookers.at(streams[1]) as again:
        assert again is second
    with lookers.at(streams[0]) as again:
        assert again is not first


def test_a_small_account_is_read_each_time(story: Story) -> None:
    story.invoice("INV-1", "100.00", due="2026-02-01")
    lookers = story.book.engine.looking
    with lookers.at(story.account.id) as first, lookers.at(story.account.id) as second:
        assert first is not second
