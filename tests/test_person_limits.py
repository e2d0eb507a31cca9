"""Accounts of one person share limits: two workers, or two accounts, cannot both use the last call."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from arrears.commands.carrying import carry_out
from arrears.commands.contacts import ReserveContact, SendContact
from arrears.wiring import Book, open_book, whole
from engine.application import Command
from engine.domain.account import Account
from engine.domain.decisions import accounts, contacts, items
from engine.domain.errors import ContactRefused
from engine.domain.facts.base import Fact
from engine.domain.facts.contacts import CallOutcome, CallScheduled, ContactDeferred
from engine.domain.people import person_stream
from policies.book import PolicyBook
from policies.contact_limits.case import Proposal
from policies.publishing import make_default, publish
from tests.history_books import at_once
from tests.postgres import PROJECT
from tests.replays import controlled, under
from tests.stories import moment

DOCUMENT = """
name = "reg-f"
[contact]
limits = ["us-consumer-third-party"]
[[steps]]
id = "call"
days_past_due = 1
call = { script = "first" }
[[steps]]
id = "call-again"
after = "call"
days = 1
call = { script = "second" }
"""
TUESDAY = moment("2026-05-12T15:00")  # eleven in the morning in New York
US: dict[str, Any] = {"timezone": "America/New_York", "country": "US", "kind": "consumer"}
PERSONS = {"A": "pat", "B": "pat", "C": "kim"}


class Desk:
    """A book under Regulation F with the accounts A and B of Pat, and C of Kim."""

    def __init__(self, url: str, now: datetime = TUESDAY) -> None:
        self.now = now
        self.book: Book = open_book(url, ZoneInfo("UTC"), "a clerk", create=True, clock=lambda: self.now)

    def found(self, **debts: str) -> None:
        self.book.decide_on_policies(lambda book: publish(book, whole(DOCUMENT), "f", self.now, None))
        self.book.decide_on_policies(lambda book: make_default(book, "reg-f", self.now, None))
        for number, person in PERSONS.items():
            details = US | {"person": person, "debt": debts.get(number), "number": number}
            self.do(accounts.open_account, number, known=False, opened_on=self.now.date(), **details)
            self.do(
                contacts.record_reminder, number, contact="notice", channel="letter", issued_at=self.now,
                purpose="validation-notice",
            )  # fmt: skip

    def do(
        self, command: Callable[..., list[Fact]], account: str, known: bool = True, **given: Any
    ) -> list[Fact]:
        return self.book.execute(account, lambda one, _: command(one, **given), known)

    def call(self, account: str, name: str, outcome: CallOutcome = CallOutcome.NO_ANSWER) -> list[Fact]:
        return self.do(contacts.record_call, account, call=name, called_at=self.now, outcome=outcome)

    def calls(self, account: str, count: int) -> None:
        """So many calls, two hours ago and on the days before."""
        now = self.now
        for number in range(count):
            self.now = now - timedelta(hours=2, days=number % 6)
            self.call(account, f"{account}-{number}")
        self.now = now

    def reserve(self, account: str, name: str) -> bool:
        """Whether leave was given to call."""
        until = self.now + timedelta(hours=8)

        def decide(known: Account, _: PolicyBook) -> list[Fact]:
            return contacts.reserve_contact(
                known, contact=name, channel="call", reserved_at=self.now, until=until
            )

        with self.book.account(account) as known:
            account_id, debt = known.id, known.debt
        asking = Proposal(self.now, "call", frozenset([debt]) if debt else frozenset())
        try:
            self.book.engine.execute(Command(account_id, decide, self.book.stamp(), asking))
        except ContactRefused as refused:
            said = refused.data
        else:
            return True
        assert (said["broken"], len(said["counted"])) == ("REGF_7_IN_7", 7)
        return False

    def owe(self, account: str) -> None:
        on = self.now.date()
        self.do(
            items.raise_invoice, account, invoice="I-1", amount=Decimal(100), currency="USD",
            issued_on=on - timedelta(40), due_on=on - timedelta(10),
        )  # fmt: skip

    def facts(self, account: str, *kinds: type[Fact]) -> list[Fact]:
        stream = self.book.account_id(account)
        facts = [stored.fact for stored in self.book.store.stream(stream)]
        return [fact for fact in facts if isinstance(fact, kinds)]


@pytest.fixture
def desk(book_url: str) -> Iterator[Desk]:
    made = Desk(book_url)
    yield made
    made.book.close()


def test_two_accounts_of_one_person_share_the_seventh_call(desk: Desk) -> None:
    desk.found()
    desk.calls("A", 4)
    desk.calls("B", 2)
    assert desk.reserve("A", "seventh")
    assert not desk.reserve("B", "eighth")
    assert desk.reserve("C", "of-another-person")


def test_debts_that_are_told_apart_have_counts_of_their_own(desk: Desk) -> None:
    desk.found(A="card", B="medical")
    desk.calls("A", 7)
    assert not desk.reserve("A", "eighth")
    assert desk.reserve("B", "first")


def test_what_is_given_back_is_free_for_the_other(desk: Desk) -> None:
    desk.found()
    desk.calls("A", 6)
    assert desk.reserve("A", "seventh")
    assert not desk.reserve("B", "eighth")
    desk.do(contacts.release_contact, "A", contact="seventh", at=desk.now, reason="nobody at the desk")
    assert desk.reserve("B", "eighth")


def test_a_reserved_call_that_was_busy_frees_its_place(desk: Desk) -> None:
    desk.found()
    desk.calls("A", 6)
    assert desk.reserve("A", "seventh")
    [made] = desk.call("A", "made", CallOutcome.BUSY)
    assert "seventh" in made.model_dump()["answers"]
    assert not made.model_dump()["breaches"]
    assert desk.reserve("B", "another")


def test_a_reservation_that_is_over_counts_no_more(desk: Desk) -> None:
    desk.found()
    desk.calls("A", 6)
    assert desk.reserve("A", "seventh")
    desk.now += timedelta(hours=8)
    assert desk.reserve("B", "another")


@pytest.mark.parametrize("attempt", range(3))
def test_of_two_threads_one_gets_the_seventh_call(desk: Desk, attempt: int) -> None:
    desk.found()
    desk.calls("A", 6)
    other = Desk(desk.book.url)
    same = at_once(partial(desk.reserve, "A", "by-one"), partial(other.reserve, "A", "by-other"))
    assert sorted(same) == [False, True]
    other.book.close()


@pytest.mark.parametrize("attempt", range(3))
def test_of_two_accounts_at_once_one_gets_the_seventh_call(desk: Desk, attempt: int) -> None:
    desk.found()
    desk.calls("A", 6)
    other = Desk(desk.book.url)
    at = at_once(partial(desk.reserve, "A", "by-one"), partial(other.reserve, "B", "by-other"))
    assert sorted(at) == [False, True]
    within = at_once(partial(desk.reserve, "C", "c-1"), partial(desk.reserve, "C", "c-2"))
    assert within == [True, True]
    other.book.close()


AS_INSTALLED = """
import sys
from datetime import datetime
from functools import partial
from arrears.cli import session
from arrears.cli.main import main
from arrears.wiring import open_book
at = datetime.fromisoformat(sys.argv.pop(1))
session.open_book = partial(open_book, clock=lambda: at)
main()
"""


def test_of_two_processes_one_gets_the_seventh_call(desk: Desk) -> None:
    desk.found()
    desk.calls("A", 6)
    asked = [TUESDAY.isoformat(), "--book", desk.book.url, "reserve"]
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", AS_INSTALLED, *asked, account, "call"], cwd=PROJECT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for account in "AB"
    ]  # fmt: skip
    said = [run.communicate(timeout=60) for run in runs]
    assert sorted(run.returncode for run in runs) == [0, 3], said
    assert any("REGF_7_IN_7" in errors for _, errors in said)


def test_the_engine_schedules_the_seventh_call_for_one_account_only(desk: Desk) -> None:
    desk.found()
    desk.calls("A", 6)
    for account in "AB":
        desk.owe(account)
    desk.now = moment("2026-05-13T14:00")  # a day after the last contact, at ten in New York
    desk.book.tick(desk.now)
    made = [fact for account in "AB" for fact in desk.facts(account, CallScheduled, ContactDeferred)]
    assert sorted(fact.TOPIC for fact in made) == ["CallScheduled", "ContactDeferred"]
    [deferred] = [fact for fact in made if isinstance(fact, ContactDeferred)]
    assert (deferred.rule, len(deferred.counted)) == ("REGF_7_IN_7", 7)
    assert "1006.14" in deferred.source
    # The first of the six counts no more on the 14th: at nine, when the policy's hours begin.
    assert deferred.until == moment("2026-05-14T13:00")
    desk.book.tick(moment("2026-05-14T12:59"))
    assert len([fact for account in "AB" for fact in desk.facts(account, CallScheduled)]) == 1
    assert desk.book.tick(deferred.until).by_kind["CallScheduled"] == 1


def test_wake_ups_at_once_schedule_it_once(desk: Desk) -> None:
    desk.found()
    desk.calls("A", 6)
    for account in "AB":
        desk.owe(account)
    desk.now = moment("2026-05-13T14:00")
    other = Desk(desk.book.url, desk.now)
    at_once(partial(desk.book.tick, desk.now), partial(other.book.tick, desk.now))
    made = [fact for account in "AB" for fact in desk.facts(account, CallScheduled)]
    assert len(made) == 1
    other.book.close()


def test_a_replay_knows_the_contacts_with_the_other_account(desk: Desk) -> None:
    desk.found()
    start = desk.now
    desk.calls("A", 6)
    for account in "AB":
        desk.owe(account)
    desk.now = moment("2026-05-12T13:00")  # woken right when something is due, as a replay is
    for _ in range(12):
        desk.now += timedelta(1)
        desk.book.tick(desk.now)
        desk.call("C", f"C-{desk.now.day}")
    found = controlled(desk.book)
    assert found.differences.count == 0
    assert found.decisions > 2
    diff, _ = under(desk.book, whole(DOCUMENT), start)
    assert diff.changed.count == 0


def test_the_stream_of_a_person_says_nothing_about_them() -> None:
    assert person_stream("pat") == person_stream("pat") != person_stream("kim")
    assert "pat" not in person_stream("pat")


ONE_TEXT = """
name = "one-text"
[contact]
limits = ["us-consumer-third-party", "one"]
[profiles.one]
title = "One text a week"
applies = ["the number"]
does_not_apply = []
[[profiles.one.frequency]]
rule = "ONE_IN_7"
source = "house rules"
channels = ["sms"]
at_most = 1
days = 7
[[steps]]
id = "call"
days_past_due = 1
call = { script = "first" }
"""


@pytest.mark.parametrize(
    ("purpose", "rule"), [("opt-out-confirmation", "CHANNEL_REFUSED"), ("collect", "ONE_IN_7")]
)
def test_a_message_that_was_reserved_may_be_sent_and_is_the_one_that_counts(
    desk: Desk, purpose: str, rule: str
) -> None:
    desk.found()
    desk.now += timedelta(days=4)  # min_gap_days after the notice
    desk.book.decide_on_policies(lambda book: publish(book, whole(ONE_TEXT), "1", desk.now, None))
    desk.book.decide_on_policies(lambda book: make_default(book, "one-text", desk.now, None))
    if purpose != "collect":
        desk.do(contacts.change_preferences, "A", changed_at=desk.now, refuse=("sms",))
    text: dict[str, Any] = {"channel": "sms", "purpose": purpose, "opt_out_notice": True}
    assert carry_out(desk.book, ReserveContact(account="A", contact="TEXT-1", **text)).facts
    with pytest.raises(ContactRefused, match=rule):
        carry_out(desk.book, SendContact(account="B", contact="TEXT-2", **text))
    assert carry_out(desk.book, SendContact(account="A", contact="TEXT-1", **text)).facts
    with pytest.raises(ContactRefused, match=rule):
        carry_out(desk.book, SendContact(account="B", contact="TEXT-3", **text))
