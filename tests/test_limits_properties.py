"""No sequence of wake-ups and permitted commands breaks a limit, judged by a second, naive counter.

The counter below shares nothing with `policies.contact_limits`: it looks at the facts that were recorded and
walks over every span of days, hour by hour of the clock on the wall.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from arrears.wiring import whole
from engine.accounts import Stamp, Work
from engine.application import Batch, Command
from engine.domain.account import Account
from engine.domain.decisions import accounts, contacts, items
from engine.domain.facts.base import Fact
from engine.domain.facts.contacts import (
    CallMade,
    CallOutcome,
    CallScheduled,
    ContactPreferenceChanged,
    ContactReserved,
    InboundContactReceived,
    ReminderIssued,
)
from engine.domain.money import from_minor
from policies.contact_limits.case import Proposal
from policies.due import decide
from tests.rehearsals import policies

DOCUMENT = """
name = "limited"
[contact]
limits = ["us-consumer-third-party", "us-massachusetts"]
[[steps]]
id = "notice"
days_past_due = 0
remind = { channel = "letter", template = "validation", purpose = "validation-notice" }
[[steps]]
id = "first"
days_past_due = 1
call = { script = "first", if_unmade_after = 1 }
[[steps]]
id = "message"
after = "first"
days = 1
remind = { channel = "sms", template = "a-text", opt_out_notice = true }
[[steps]]
id = "second"
after = "message"
days = 1
call = { script = "second", if_unmade_after = 0 }
[[steps]]
id = "third"
after = "second"
days = 1
call = { script = "third" }
"""
SPRING = datetime(2026, 3, 4, 13, 20, tzinfo=UTC)  # four days before daylight saving begins in New York
AUTUMN = datetime(2026, 10, 29, 13, 20, tzinfo=UTC)
BOOK = policies(whole(DOCUMENT), default="limited")
NEW_YORK, CHICAGO = ZoneInfo("America/New_York"), ZoneInfo("America/Chicago")
OUTCOMES = [CallOutcome.NO_ANSWER, CallOutcome.VOICEMAIL, CallOutcome.BUSY, CallOutcome.REACHED]
US: dict[str, Any] = {"timezone": "America/New_York", "country": "US", "region": "MA", "kind": "consumer"}

MOVES = st.lists(
    st.tuples(
        st.sampled_from(["call"] * 3 + ["sms", "wake", "wake", "inbound", "consent", "refuse", "invoice"]),
        st.sampled_from("AB"), st.integers(0, 3), st.sampled_from([0, 1, 3, 7, 11, 16, 23, 24, 24]),
    ),
    min_size=10, max_size=45,
)  # fmt: skip


class Desk:
    """Accounts A and B of one person, who may be in another time zone too, as was said on B. Nothing is done
    without leave."""

    book = BOOK

    def __init__(self, begin: datetime, region: str) -> None:
        self.now, self.work = begin, Work({number: Account(number) for number in "AB"})
        for number in "AB":
            details = US | {"region": region, "number": number, "person": "pat"}
            self.do(number, lambda one, d=details: accounts.open_account(one, opened_on=self.now.date(), **d))
        zones = ("America/Chicago",)
        self.do("B", lambda one: contacts.change_preferences(one, changed_at=self.now, zones=zones))
        self.invoice("A", 0)
        self.invoice("B", 0)

    def do(self, account: str, decide: Any, asking: Proposal | None = None) -> None:
        stamp = Stamp("a clerk", self.now)
        command = Command(account, lambda one, _: decide(one), stamp, asking)
        Batch().carry_out(self.work, self.book, command)

    def invoice(self, account: str, number: int) -> None:
        on = self.now.date()
        self.do(account, lambda one: items.raise_invoice(
            one, invoice=f"I-{len(self.work.staged)}", amount=from_minor(5000, "USD"), currency="USD",
            issued_on=on, due_on=on,
        ))  # fmt: skip

    def wake(self) -> None:
        for account in self.work.accounts.values():
            while facts := decide(account, self.book, self.now):
                self.work.record(account, facts, Stamp("engine", self.now))

    def make(self, what: str, account: str, pick: int) -> None:
        name = f"{what}-{len(self.work.staged)}"
        match what:
            case "call":
                self.do(account, lambda one: contacts.record_call(
                    one, call=name, called_at=self.now, outcome=OUTCOMES[pick]
                ), Proposal(self.now, "call"))  # fmt: skip
            case "sms":
                self.do(account, lambda one: contacts.record_reminder(
                    one, contact=name, channel="sms", issued_at=self.now
                ), Proposal(self.now, "sms", has_opt_out_notice=True))  # fmt: skip
            case "inbound":
                self.do(account, lambda one: contacts.record_inbound(
                    one, contact=name, channel="call", received_at=self.now
                ))  # fmt: skip
            case "consent":
                self.do(
                    account, lambda one: contacts.change_preferences(one, changed_at=self.now, consent=True)
                )
            case "refuse" if pick == 0:
                self.do(account, lambda one: contacts.change_preferences(
                    one, changed_at=self.now, refuse=("sms",)
                ))  # fmt: skip
            case "invoice":
                self.invoice(account, pick)
            case "wake":
                self.wake()


def lived(begin: datetime, region: str, moves: list[tuple[str, str, int, int]]) -> list[tuple[str, Fact]]:
    desk = Desk(begin, region)
    for what, account, pick, hours in moves:
        desk.now += timedelta(hours=hours)
        desk.make(what, account, pick)
    return [(stored.stream, stored.fact) for stored in desk.work.staged if stored.stream in "AB"]


# --- the naive counter ------------------------------------------------------------------------------------


def when(fact: Any) -> datetime:
    """When the contact went out."""
    names = ("called_at", "leaves_at", "issued_at", "call_from", "scheduled_at", "received_at")
    moment: datetime = next(one for name in names if (one := getattr(fact, name, None)))
    return moment


def naive_faults(log: list[tuple[str, Fact]], massachusetts: bool) -> list[str]:
    """Every limit that the recorded facts break, found the long way round."""
    faults = []
    consents = [
        (who, one.changed_at) for who, one in log if isinstance(one, ContactPreferenceChanged) and one.consent
    ]
    for who, fact in log:
        if isinstance(fact, CallMade | CallScheduled) or (
            isinstance(fact, ReminderIssued) and fact.channel == "sms"
        ):
            for zone in (NEW_YORK, CHICAGO):
                clock = when(fact).astimezone(zone).strftime("%H:%M:%S")
                if not "08:00:00" < clock < "21:00:00":
                    faults.append(f"{who} contacted at {clock} {zone}")
    for zone in (NEW_YORK,):  # a zone of both accounts
        calls, texts = list[date](), list[date]()
        spoken: list[tuple[date, datetime]] = []
        for who, fact in log:
            if isinstance(fact, CallMade):
                day = when(fact).astimezone(zone).date()
                agreed = any(
                    given_by == who
                    and given <= when(fact)
                    and 0 <= (day - given.astimezone(zone).date()).days < 7
                    for given_by, given in consents
                )
                texts.append(day)
                if not agreed and fact.outcome != CallOutcome.BUSY:
                    calls.append(day)
                if not agreed and any(0 <= (day - one).days < 7 and at < when(fact) for one, at in spoken):
                    faults.append(f"{who} called on {day}, too soon after a conversation")
                if fact.outcome == CallOutcome.REACHED:
                    spoken.append((day, when(fact)))
            elif isinstance(fact, InboundContactReceived):
                spoken.append((when(fact).astimezone(zone).date(), when(fact)))
            elif isinstance(fact, ReminderIssued) and fact.channel == "sms":
                texts.append(when(fact).astimezone(zone).date())
        faults += [
            f"{count} calls in the seven days from {first}" for first, count in spans(calls) if count > 7
        ]
        if massachusetts:
            faults += [
                f"{count} contacts in the seven days from {first}"
                for first, count in spans(texts)
                if count > 2
            ]
    faults += [f"{who} texted after a refusal" for who, fact in texted_after_refusal(log)]
    faults += [f"{fact} was flagged" for _, fact in log if getattr(fact, "breaches", ())]
    return faults


def spans(days: list[date]) -> list[tuple[date, int]]:
    """For every span of seven days that begins on a day with a contact: how many it holds."""
    return [(first, len([day for day in days if 0 <= (day - first).days < 7])) for first in set(days)]


def texted_after_refusal(log: list[tuple[str, Fact]]) -> list[tuple[str, Fact]]:
    """What the person refused on one account is refused on both."""
    refused = False
    found: list[tuple[str, Fact]] = []
    for who, fact in log:
        if isinstance(fact, ContactPreferenceChanged):
            refused |= "sms" in fact.refuse
        elif isinstance(fact, ReminderIssued) and fact.channel == "sms" and refused:
            found.append((who, fact))
    return found


@settings(max_examples=60)
@given(st.sampled_from([SPRING, AUTUMN]), st.sampled_from(["MA", "NY"]), MOVES)
def test_nothing_that_was_permitted_breaks_a_limit(
    begin: datetime, region: str, moves: list[tuple[str, str, int, int]]
) -> None:
    log = lived(begin, region, moves)
    assert naive_faults(log, region == "MA") == []


def test_the_naive_counter_finds_what_was_done_without_leave() -> None:
    desk = Desk(SPRING + timedelta(hours=2), "MA")
    for number in range(8):
        call, at = f"C-{number}", desk.now
        desk.do("AB"[number % 2], lambda one, c=call, at=at: contacts.record_call(
            one, call=c, called_at=at, outcome=CallOutcome.NO_ANSWER
        ))  # fmt: skip
    log = [(stored.stream, stored.fact) for stored in desk.work.staged if stored.stream in "AB"]
    found = naive_faults(log, massachusetts=True)
    assert "8 calls in the seven days from 2026-03-04" in found
    assert "8 contacts in the seven days from 2026-03-04" in found
    flagged = [fact for _, fact in log if isinstance(fact, CallMade) and fact.breaches]
    assert len(flagged) == 8 - 2  # Massachusetts allows two, over both accounts of the person
    assert {one.rule for one in flagged[-1].breaches} == {"REGF_7_IN_7", "MA_2_IN_7"}


def test_a_reservation_counts_like_the_contact() -> None:
    desk = Desk(SPRING + timedelta(hours=2), "NY")
    asking = Proposal(desk.now, "call")
    for number in range(9):
        until, name = desk.now + timedelta(hours=6), f"R-{number}"
        desk.do("AB"[number % 2], lambda one, n=name, u=until: contacts.reserve_contact(
            one, contact=n, channel="call", reserved_at=desk.now, until=u
        ), asking)  # fmt: skip
    reserved = [stored for stored in desk.work.staged if isinstance(stored.fact, ContactReserved)]
    assert len(reserved) == 7
