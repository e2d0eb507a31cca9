"""No sequence of wake-ups and permitted commands breaks the British limits, judged by a naive counter.

It shares nothing with `policies.contact_limits`: bank holidays stand here as dates, and what rests is looked
up in the facts of holds and disputes.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from arrears.wiring import whole
from engine.accounts import Work
from engine.domain.account import Account
from engine.domain.decisions import accounts, contacts, stops
from engine.domain.facts.base import Fact
from engine.domain.facts.contacts import (
    CallMade,
    CallScheduled,
    ContactPreferenceChanged,
    InconvenientHours,
    ReminderIssued,
)
from engine.domain.facts.stops import HoldPlaced, HoldReleased
from policies.contact_limits.case import Proposal
from policies.hold_rules import HOLD_RULES
from tests.rehearsals import policies
from tests.test_limits_properties import OUTCOMES, Desk, spans, when

DOCUMENT = """
name = "british"
[contact]
limits = ["uk-consumer"]
[[steps]]
id = "letter"
days_past_due = 0
remind = { channel = "letter", template = "a-letter" }
[[steps]]
id = "message"
after = "letter"
days = 1
remind = { channel = "sms", template = "a-text" }
[[steps]]
id = "first"
after = "message"
days = 1
call = { script = "first", if_unmade_after = 1 }
[[steps]]
id = "second"
after = "first"
days = 1
call = { script = "second", if_unmade_after = 0 }
"""
LONDON = ZoneInfo("Europe/London")
EASTER = datetime(2026, 3, 27, 9, 10, tzinfo=UTC)  # two days before the clocks change
CHRISTMAS = datetime(2026, 12, 21, 9, 10, tzinfo=UTC)
BANK_HOLIDAYS = {
    *map(date.fromisoformat, ("2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-12-25")),
    *map(date.fromisoformat, ("2026-12-28", "2027-01-01", "2027-03-26", "2027-03-29")),
}
ENGLAND = {"timezone": "Europe/London", "country": "GB", "region": "ENG", "kind": "consumer", "person": "pat"}
EVENING = InconvenientHours(start="17:00", end="21:00", days=("mon", "tue", "wed", "thu", "fri"))

OFTEN = ["call"] * 3 + ["wake"] * 2
MOVES = st.lists(
    st.tuples(
        st.sampled_from([*OFTEN, "text", "invoice", "hold", "release", "evening", "cease"]),
        st.sampled_from("AB"), st.integers(0, 3), st.sampled_from([0, 1, 3, 7, 11, 16, 23, 24, 24]),
    ),
    min_size=10, max_size=40,
)  # fmt: skip


class British(Desk):
    """Accounts A and B of one person in England."""

    book = policies(whole(DOCUMENT), default="british")

    def __init__(self, begin: datetime) -> None:
        self.now, self.work = begin, Work({number: Account(number) for number in "AB"})
        for number in "AB":
            details = ENGLAND | {"number": number}
            self.do(number, lambda one, d=details: accounts.open_account(one, opened_on=self.now.date(), **d))
            self.invoice(number, 0)

    def make(self, what: str, account: str, pick: int) -> None:
        name = f"{what}-{len(self.work.staged)}"
        match what:
            case "call":
                self.do(account, lambda one: contacts.record_call(
                    one, call=name, called_at=self.now, outcome=OUTCOMES[pick]
                ), Proposal(self.now, "call"))  # fmt: skip
            case "text":
                self.do(account, lambda one: contacts.record_reminder(
                    one, contact=name, channel="sms", issued_at=self.now
                ), Proposal(self.now, "sms"))  # fmt: skip
            case "hold":
                start = self.now.date() + timedelta(pick)
                self.do(account, lambda one: stops.place_hold(
                    one, hold=name, kind="breathing-space", from_on=start,
                    until_on=start + timedelta(5), stops=HOLD_RULES["breathing-space"].stops,
                ))  # fmt: skip
            case "release":
                for hold in self.work.accounts[account].holds:
                    self.do(account, lambda one, hold=hold: stops.release_hold(
                        one, hold=hold, released_on=self.now.date()
                    ))  # fmt: skip
            case "evening":
                self.do(account, lambda one: contacts.change_preferences(
                    one, changed_at=self.now, inconvenient=(EVENING,)
                ))  # fmt: skip
            case "cease" if pick < 2:
                self.do(account, lambda one: contacts.change_preferences(
                    one, changed_at=self.now, cease=pick == 0
                ))  # fmt: skip
            case _:
                super().make(what, account, pick)


Log = list[tuple[str, Fact]]


def naive_faults(log: Log) -> list[str]:
    """Every limit that the recorded facts break, found the long way round."""
    faults: list[str] = []
    calls: list[date] = []
    for place, (who, fact) in enumerate(log):
        if not isinstance(fact, CallMade | CallScheduled | ReminderIssued):
            continue
        local = when(fact).astimezone(LONDON)
        channel = fact.channel if isinstance(fact, ReminderIssued) else "call"
        if isinstance(fact, CallMade):
            calls.append(local.date())
        if channel != "letter":
            faults += [f"{who}: {channel} {why}" for why in _at_a_bad_time(local, log[:place])]
        if _is_held(log[:place], who, when(fact).astimezone(LONDON).date()):
            faults.append(f"{who}: {channel} under a breathing space on {local:%Y-%m-%d}")
    faults += [f"{count} calls in the seven days from {first}" for first, count in spans(calls) if count > 3]
    return faults + [f"{fact} was flagged" for _, fact in log if getattr(fact, "breaches", ())]


def _at_a_bad_time(local: datetime, before: Log) -> list[str]:
    clock = local.strftime("%H:%M:%S")
    asked = [fact for _, fact in before if isinstance(fact, ContactPreferenceChanged)]
    ceased = [fact.cease for fact in asked if fact.cease is not None]
    found = [f"at {clock}"] if not "08:00:00" < clock < "21:00:00" else []
    found += ["on a Sunday"] if local.strftime("%a") == "Sun" else []
    found += [f"on a holiday, {local:%Y-%m-%d}"] if local.date() in BANK_HOLIDAYS else []
    if any(fact.inconvenient for fact in asked) and local.weekday() < 5 and "17:00:00" <= clock < "21:00:00":
        found.append(f"in the evening, {clock}")
    return [*found, *(["after a request to cease"] if ceased and ceased[-1] else [])]


def _is_held(before: Log, who: str, on: date) -> bool:
    """Whether a hold on the account ran that day; nothing is known of a contact that had been decided."""
    released = {f.hold: f.released_on for name, f in before if isinstance(f, HoldReleased) and name == who}
    held = [f for name, f in before if isinstance(f, HoldPlaced) and name == who]
    return any(
        one.from_on <= on < min(one.until_on or date.max, released.get(one.hold, date.max)) for one in held
    )


@settings(max_examples=50)
@given(st.sampled_from([EASTER, CHRISTMAS]), MOVES)
def test_nothing_that_was_permitted_breaks_a_british_limit(
    begin: datetime, moves: list[tuple[str, str, int, int]]
) -> None:
    desk = British(begin)
    for what, account, pick, hours in moves:
        desk.now += timedelta(hours=hours)
        desk.make(what, account, pick)
    log = [(stored.stream, stored.fact) for stored in desk.work.staged if stored.stream in "AB"]
    assert naive_faults(log) == []


def test_the_naive_counter_finds_what_was_done_without_leave() -> None:
    desk = British(EASTER)
    desk.make("hold", "A", 0)
    desk.make("evening", "B", 0)
    for hours in (0, 8, 24, 24, 6 * 24):  # Friday at ten and six, at six on Saturday and Sunday, on a holiday
        desk.now += timedelta(hours=hours)
        desk.do("A", lambda one, at=desk.now: contacts.record_call(
            one, call=f"C-{at}", called_at=at, outcome=OUTCOMES[0]
        ))  # fmt: skip
    log = [(stored.stream, stored.fact) for stored in desk.work.staged if stored.stream in "AB"]
    found = naive_faults(log)
    assert "A: call in the evening, 17:10:00" in found
    assert "A: call under a breathing space on 2026-03-27" in found
    assert "A: call on a Sunday" in found
    assert "A: call on a holiday, 2026-04-04" not in found
    assert "4 calls in the seven days from 2026-03-27" in found
