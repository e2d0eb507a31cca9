"""Rules that count: so many contacts in any so many consecutive days, and none soon after a conversation."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.domain.standing import Touch
from policies.calendar import ONE_DAY, local_day, local_moment
from policies.contact_limits.case import Breach, Case, breach
from policies.contact_limits.profile import Caution, Frequency, Profile, Quiet


def count_breaches(profile: Profile, case: Case) -> Iterator[Breach]:
    """Each counting rule that the contact breaks, in each zone in which the debtor may be."""
    for zone in case.zones:
        for limit in profile.frequency:
            yield from _too_many(limit, case, zone)
        for quiet in profile.quiet:
            yield from _too_soon(quiet, case, zone, profile)


def has_consent(case: Case, at: datetime, days: int, zone: ZoneInfo) -> bool:
    """Whether the debtor had consented by then, on that day or so many days before, its own day counted."""
    day = local_day(at, zone)
    return any(
        given <= at and day < local_day(given, zone) + timedelta(days) for given in case.standing.consents
    )


def _concerns(limit: Frequency | Quiet, case: Case, touch: Touch) -> bool:
    """Whether the contact is of a kind that the rule limits, and about the debt, where it counts by debt."""
    return touch.channel in limit.channels and (limit.per == "person" or touch.is_about(case.proposal.debts))


# --- so many in so many days ------------------------------------------------------------------------------


def counted(limit: Frequency, case: Case, zone: ZoneInfo) -> list[Touch]:
    """The contacts of ours that the rule counts; without the proposed one."""
    return [
        touch
        for touch in case.counting
        if not touch.inbound
        and _concerns(limit, case, touch)
        and touch.outcome not in limit.not_counted
        and (not limit.numbers or touch.number in limit.numbers)
        and not has_consent(case, touch.at, limit.consent_days, zone)
    ]


def _too_many(limit: Frequency, case: Case, zone: ZoneInfo) -> Iterator[Breach]:
    proposal = case.proposal
    if proposal.channel not in limit.channels or (limit.numbers and proposal.number not in limit.numbers):
        return
    if has_consent(case, proposal.at, limit.consent_days, zone):
        return
    touches = counted(limit, case, zone)
    days = [local_day(touch.at, zone) for touch in touches]
    today = local_day(case.at, zone)
    if _fits(limit, days, today):
        return
    free_on = today + ONE_DAY
    while not _fits(limit, days, free_on):
        free_on += ONE_DAY
    near = [one for one, on in zip(touches, days, strict=True) if abs((on - today).days) < limit.days]
    why = f"{len(near)} contacts count in {limit.days} consecutive days; {limit.at_most} are allowed"
    yield breach(limit, why, local_moment(free_on, time(0), zone), shown(near))


def _fits(limit: Frequency, days: Sequence[date], day: date) -> bool:
    """Whether one more on that day leaves no span of consecutive days with too many."""
    for before in range(limit.days):
        first = day - timedelta(before)
        last = first + timedelta(limit.days - 1)
        if sum(first <= on <= last for on in days) >= limit.at_most:
            return False
    return True


# --- after a conversation ---------------------------------------------------------------------------------


def _too_soon(quiet: Quiet, case: Case, zone: ZoneInfo, profile: Profile) -> Iterator[Breach]:
    if case.proposal.channel not in quiet.channels:
        return
    if has_consent(case, case.at, quiet.consent_days, zone):
        return
    today = local_day(case.at, zone)
    for touch in reversed(case.counting):
        if touch.at > case.at or not _was_spoken(touch, profile) or not _concerns(quiet, case, touch):
            continue
        spoken_on = local_day(touch.at, zone)
        free_on = spoken_on + timedelta(quiet.days)
        if today < free_on:
            why = f"there was a conversation on {spoken_on}, day 1 of {quiet.days} without a call"
            yield breach(quiet, why, local_moment(free_on, time(0), zone), shown([touch]))
        return


def _was_spoken(touch: Touch, profile: Profile) -> bool:
    """Whether it was a conversation with the debtor, or with somebody who counts as the debtor."""
    reached = touch.channel == "call" and touch.spoke_with != ""
    return touch.is_conversation or (reached and profile.is_consumer(touch.spoke_with))


def shown(touches: Sequence[Touch]) -> list[str]:
    """The counted contacts, as a refusal names them."""
    return [f"{touch.id} {touch.at:%Y-%m-%dT%H:%MZ}" for touch in touches]


# --- cautions ---------------------------------------------------------------------------------------------


def cautions(profile: Profile, case: Case) -> list[str]:
    """What is not forbidden but may be held against us."""
    return [rule.rule for rule in profile.caution if _is_close(rule, case)]


def _is_close(rule: Caution, case: Case) -> bool:
    proposal = case.proposal
    same = [one for one in case.counting if one.channel in rule.channels and not one.inbound]
    if proposal.channel not in rule.channels:
        return False
    if rule.minutes is not None:
        near = timedelta(minutes=rule.minutes)
        return any(timedelta(0) <= case.at - one.at <= near and one.number == proposal.number for one in same)
    days = case.days()
    made = sum(any(local_day(one.at, zone) in days for zone in case.zones) for one in same)
    return rule.in_one_day is not None and made + 1 >= rule.in_one_day
