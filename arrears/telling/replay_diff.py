"""What a replay under another policy changed: figures for programs, and in words for people."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import zip_longest
from typing import Any
from zoneinfo import ZoneInfo

from arrears.telling.rows import exact
from arrears.telling.sentences import sentence
from engine.domain.facts.base import Fact
from engine.domain.money import ZERO
from engine.replay.counts import Counts, why
from engine.replay.diff import Diff, Judged
from engine.replay.listed import LISTED, Listed
from engine.replay.what_if import Question, Replayed
from policies.book import ALWAYS

INSTANT = timedelta(microseconds=1)
ORPHANED = " [answers what is not decided here]"
UNKNOWABLE = (
    "A replay knows what was decided, not what debtors would have done: whether they would have paid, "
    "promised or answered otherwise cannot be known. It acts at each moment at which something is due; where "
    "the engine was woken late then, that is part of what differs."
)

Row = dict[str, Any]

# --- the diff, for programs -------------------------------------------------------------------------------


def diff_answer(diff: Diff, question: Question, accounts: int) -> Row:
    """All that differs, under names that stay."""
    then, now, policies = diff.then, diff.now, question.policies
    given = policies.versions[policies.name][-1]
    begins = None if question.start == ALWAYS else question.start.astimezone(diff.zone).date()
    ends = (question.until - INSTANT).astimezone(diff.zone).date()
    return {
        "policy": policies.name, "sha256": given.sha256, "for_all": policies.for_all,
        "from": begins, "to": ends, "zone": str(diff.zone),
        "accounts": accounts, "concerned": diff.concerned,
        "changed": _group(diff.changed),
        "contacts": _contacts(diff),
        "contacted": {name: _group(numbers) for name, numbers in diff.contacted.items()},
        "calls_not_made": {"then": then.calls_not_made, "now": now.calls_not_made},
        "promises": [_judged(one) for one in diff.promises.first],
        "judged": [
            {"then": then, "now": now, "count": count}
            for (then, now), count in sorted(diff.verdicts.items(), key=str)
        ],
        "placements": amounts(
            ("agency", "how", "currency"), then.placed, now.placed, then.placed_amount, now.placed_amount
        ),
        "charges": amounts(
            ("kind", "currency"), then.charged, now.charged, then.charged_amount, now.charged_amount
        ),
        "deferrals": counts("rule", then.deferred, now.deferred),
        "withheld": counts("reason", then.withheld, now.withheld),
        "decisions": counts("kind", then.decisions, now.decisions),
        "workload": _workload(then, now, begins, ends),
        "orphaned": {"count": diff.orphaned.total(), "by_kind": dict(sorted(diff.orphaned.items()))},
        "cannot_be_known": UNKNOWABLE,
    }  # fmt: skip


def _group(numbers: Listed[str]) -> Row:
    return {"count": numbers.count, "accounts": numbers.first}


def _contacts(diff: Diff) -> list[Row]:
    then, now = diff.then.contacts, diff.now.contacts
    return [
        {
            "step": key[0], "channel": key[1], "then": then[key], "now": now[key],
            **_shifted(diff.shifts.get(key, Counter())),
        }
        for key in sorted(then.keys() | now.keys())
    ]  # fmt: skip


def _shifted(shifts: Counter[int]) -> Row:
    days_in_all = sum(days * count for days, count in shifts.items())
    return {
        "earlier": sum(count for days, count in shifts.items() if days < 0),
        "later": sum(count for days, count in shifts.items() if days > 0),
        "mean_days": round(days_in_all / shifts.total(), 1) if shifts else None,
    }


def _judged(one: Judged) -> Row:
    return {"account": one.account, "promise": one.promise, "then": one.then, "now": one.now}


def counts(name: str, then: Counter[str], now: Counter[str]) -> list[Row]:
    """How many of each then and now."""
    return [{name: key, "then": then[key], "now": now[key]} for key in sorted(then.keys() | now.keys())]


def amounts(
    names: Sequence[str], then: Counter[Any], now: Counter[Any],
    then_amount: Mapping[Any, Any], now_amount: Mapping[Any, Any],
) -> list[Row]:  # fmt: skip
    """Counts and sums by a key whose last part is the currency."""
    return [
        {
            **dict(zip(names, key, strict=True)), "then": then[key], "now": now[key],
            "then_amount": exact(then_amount.get(key, ZERO), key[-1]),
            "now_amount": exact(now_amount.get(key, ZERO), key[-1]),
        }
        for key in sorted(then.keys() | now.keys())
    ]  # fmt: skip


def _workload(then: Counts, now: Counts, begins: date | None, ends: date) -> Row:
    """Work by kind, with the average over all days and the busiest day of each side, and day by day."""
    keys = sorted(then.work.keys() | now.work.keys())
    first = begins or min((on for on, _ in keys), default=ends)
    days = (ends - first).days + 1
    return {
        "days": days,
        "by_work": [_work(work, then, now, days) for work in sorted({work for _, work in keys})],
        "by_day": [
            {"date": key[0], "work": key[1], "then": then.work[key], "now": now.work[key]} for key in keys
        ],
    }


def _work(work: str, then: Counts, now: Counts, days: int) -> Row:
    row: Row = {"work": work}
    for side, counts in (("then", then), ("now", now)):
        by_day = {on: count for (on, kind), count in counts.work.items() if kind == work}
        most_on = min(by_day, key=lambda on: (-by_day[on], on), default=None)
        row |= {
            side: sum(by_day.values()),
            f"{side}_per_day": round(sum(by_day.values()) / days, 2),
            f"{side}_most": by_day[most_on] if most_on else 0,
            f"{side}_most_on": most_on,
        }
    return row


# --- the timelines side by side ---------------------------------------------------------------------------


def timeline(one: Replayed, zone: ZoneInfo) -> list[Row]:
    """What happened and what was decided on each day, then and now; what is on both sides is on one row."""
    orphaned = {id(fact) for fact in one.orphaned}
    outside = [(_moment(fact), sentence(fact, zone), id(fact) in orphaned) for fact in one.outside]
    then = [(at, said) for at, said, _ in outside] + [(_moment(f), sentence(f, zone)) for f in one.then]
    now = [(at, said + ORPHANED if lost else said) for at, said, lost in outside]
    now += [(_moment(f), sentence(f, zone)) for f in one.now]
    before, after = _by_day(then, zone), _by_day(now, zone)
    return [
        {"date": on, "then": left, "now": right}
        for on in sorted(before.keys() | after.keys())
        for left, right in _side_by_side(before.get(on, []), after.get(on, []))
    ]


def _moment(fact: Fact) -> datetime:
    return fact.known_at if fact.because is None else why(fact).acted_at


def _by_day(said: Iterable[tuple[datetime, str]], zone: ZoneInfo) -> dict[date, list[str]]:
    days: dict[date, list[str]] = {}
    for at, text in sorted(said, key=lambda pair: pair[0]):
        days.setdefault(at.astimezone(zone).date(), []).append(text)
    return days


def _side_by_side(then: Sequence[str], now: Sequence[str]) -> Iterable[tuple[str | None, str | None]]:
    """Each sentence of both sides, with the same one of the other side beside it where it has it."""
    left = list(then)
    alone = []
    for text in now:
        beside = next((t for t in left if text in (t, t + ORPHANED)), None)
        if beside is None:
            alone.append(text)
        else:
            left.remove(beside)
            yield beside, text
    yield from zip_longest(left, alone)


# --- the diff, for people ---------------------------------------------------------------------------------

CONTACTS = ("step", "channel", "then", "now", "earlier", "later", "mean_days")
WORKLOAD = (
    *("work", "then", "then_per_day", "then_most", "then_most_on"),
    *("now", "now_per_day", "now_most", "now_most_on"),
)
_AMOUNTS = ("then", "now", "then_amount", "now_amount")
SECTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("contacts", "Contacts", CONTACTS),
    ("promises", "Promises judged differently", ("account", "promise", "then", "now")),
    ("judged", "Promises by what they come to", ("then", "now", "count")),
    ("placements", "Placements", ("agency", "how", "currency", *_AMOUNTS)),
    ("charges", "Interest and fees", ("kind", "currency", *_AMOUNTS)),
    ("deferrals", "Put off by a contact limit", ("rule", "then", "now")),
    ("withheld", "Withheld", ("reason", "then", "now")),
)
"""The tables of the answer: their names in it, their titles and columns."""


def heading(answer: Row) -> str:
    since = answer["from"] or "the beginning"
    return (
        f"Policy {answer['policy']} as in the file, from {since} to {answer['to']}: it concerns "
        f"{answer['concerned']} of {answer['accounts']} accounts, and changes something for "
        f"{answer['changed']['count']}."
    )


def sentences(answer: Row) -> Iterable[str]:
    orphaned, calls = answer["orphaned"], answer["calls_not_made"]
    yield str(answer["cannot_be_known"])
    if orphaned["count"]:
        kinds = ", ".join(f"{count} {kind}" for kind, count in orphaned["by_kind"].items())
        yield f"{orphaned['count']} facts answer decisions that are not made here; they were kept ({kinds})."
    if len(answer["promises"]) == LISTED or answer["changed"]["count"] > LISTED:
        yield f"Of accounts and promises only the first {LISTED} are listed; all are counted."
    if calls["now"]:
        yield (
            f"{calls['now']} calls that are scheduled here were never made (then {calls['then']}): "
            "above them the ladder waits."
        )
