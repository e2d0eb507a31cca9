"""Rules that stop contact because of what the debtor asked, who they are, or what was not yet sent."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.domain.account import Hold
from policies.business_days import BusinessCalendar
from policies.calendar import ONE_DAY, local_day, local_moment
from policies.contact_limits.case import Breach, Case, breach
from policies.contact_limits.profile import Dispute, Profile, Rule, Stop, TimeBarred, Validation

WORK = "work"
REPLY, CONFIRMATION = "reply", "opt-out-confirmation"


def stop_breaches(profile: Profile, case: Case) -> Iterator[Breach]:
    """Each rule of this kind that the contact breaks."""
    yield from _ceased(profile, case)
    yield from _represented(profile, case)
    yield from _refused(profile, case)
    yield from _asked(profile, case)
    yield from _validation(profile, case)
    yield from _barred(profile, case)
    yield from _suspended(profile, case)


def _applies(rule: Rule | None, case: Case) -> bool:
    if rule is None or case.proposal.channel not in rule.channels:
        return False
    return not (isinstance(rule, Stop) and case.proposal.purpose in rule.but_for)


def _ceased(profile: Profile, case: Case) -> Iterator[Breach]:
    since = case.standing.ceased_at
    if profile.cease and since and _applies(profile.cease, case):
        why = "the debtor has asked in writing that contact cease"
        yield breach(profile.cease, why, counted=[f"request of {since:%Y-%m-%d}"])


def _represented(profile: Profile, case: Case) -> Iterator[Breach]:
    rule, standing = profile.attorney, case.standing
    if rule and standing.attorney and not standing.direct_contact_allowed and _applies(rule, case):
        counted = (f"represented by {standing.attorney}",)
        yield Breach(
            rule.rule, rule.source, "an attorney represents the debtor", None, counted, rule.route_to
        )


# --- channels ---------------------------------------------------------------------------------------------


def _refused(profile: Profile, case: Case) -> Iterator[Breach]:
    rule, channel = profile.refused_channel, case.proposal.channel
    since = case.standing.refused.get(channel)
    if rule is None or since is None or channel not in rule.channels or _is_answer(rule, case, since):
        return
    why = f"the debtor has refused contact by {channel}"
    yield breach(rule, why, counted=[f"refusal of {since:%Y-%m-%dT%H:%MZ}"])


def _is_answer(rule: Stop, case: Case, since: datetime) -> bool:
    """Whether it is the one confirmation of the refusal, or the one answer to what came in since."""
    proposal = case.proposal
    same = [one for one in case.counting if one.channel == proposal.channel and one.at >= since]
    confirmed = any(one.purpose == CONFIRMATION for one in same if not one.inbound)
    if proposal.purpose == CONFIRMATION:
        return CONFIRMATION in rule.but_for and not confirmed
    asked = max((one.at for one in same if one.inbound and one.purpose != CONFIRMATION), default=None)
    answered = asked is not None and any(one.at >= asked for one in same if not one.inbound)
    return REPLY in rule.but_for and proposal.purpose == REPLY and asked is not None and not answered


def _asked(profile: Profile, case: Case) -> Iterator[Breach]:
    proposal = case.proposal
    if profile.not_at_work and case.standing.not_at_work and proposal.number == WORK:
        yield breach(profile.not_at_work, "the debtor must not be contacted at work")
    if profile.opt_out_notice and not proposal.has_opt_out_notice and _applies(profile.opt_out_notice, case):
        yield breach(profile.opt_out_notice, f"the {proposal.channel} carries no notice of how to opt out")


# --- the validation notice --------------------------------------------------------------------------------


def dispute_period_ends(rule: Validation, sent_at: datetime, zone: ZoneInfo, country: str | None) -> date:
    """The last day of the dispute period that a notice sent then opens."""
    calendar = BusinessCalendar(((country, None),) if country else ())
    received_on = calendar.add(local_day(sent_at, zone), rule.received_after_business_days)
    return received_on + timedelta(rule.dispute_days)


def _validation(profile: Profile, case: Case) -> Iterator[Breach]:
    rule = profile.validation
    if rule is None or not _applies(rule, case):
        return
    sent_at, first_at = case.standing.validation_sent_at, case.first_contact_at
    for zone in case.zones:
        if sent_at is not None:
            yield from _overshadowing(rule, case, sent_at, zone)
        elif first_at is not None and case.proposal.purpose != "validation-notice":
            due_on = local_day(first_at, zone) + timedelta(rule.due_days)
            if local_day(case.at, zone) > due_on:
                why = f"the validation notice was due by {due_on} and has not been sent"
                yield breach(rule, why, counted=[f"first contact {first_at:%Y-%m-%dT%H:%MZ}"])


def _overshadowing(rule: Validation, case: Case, sent_at: datetime, zone: ZoneInfo) -> Iterator[Breach]:
    last = dispute_period_ends(rule, sent_at, zone, case.country)
    if case.proposal.threatens_suit and local_day(case.at, zone) <= last:
        why = f"no suit is threatened while the debtor may dispute the debt, until {last}"
        first = local_moment(last + ONE_DAY, time(0), zone)
        counted = [f"validation notice {sent_at:%Y-%m-%dT%H:%MZ}"]
        yield breach(rule, why, first, counted, name=rule.overshadowing_rule)


# --- time-barred, disputed and protected debts ------------------------------------------------------------


def barred_items(rule: TimeBarred, case: Case) -> list[str]:
    """Those of the contact's claims on which no suit can be brought any more."""
    return sorted(item for item in case.proposal.items if _is_barred(rule, case, item))


def _is_barred(rule: TimeBarred, case: Case, item: str) -> bool:
    due_on = case.due_on.get(item)
    too_old = rule.years is not None and due_on is not None and max(case.days()) > _years(due_on, rule.years)
    return item in case.standing.time_barred or too_old


def _years(day: date, years: int) -> date:
    """The same day so many years later; of 29 February the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _barred(profile: Profile, case: Case) -> Iterator[Breach]:
    rule = profile.time_barred
    if rule and case.proposal.threatens_suit and (barred := barred_items(rule, case)):
        yield breach(rule, "no suit is threatened on a time-barred debt", counted=barred)


def _suspended(profile: Profile, case: Case) -> Iterator[Breach]:
    disputed = _suspended_claims(profile.dispute, case) if profile.dispute else ()
    if profile.dispute and disputed and _applies(profile.dispute, case):
        yield breach(profile.dispute, "recovery is suspended while it is disputed", counted=sorted(disputed))
    rule = profile.moratorium
    if rule is None or not _applies(rule, case):
        return
    for hold in case.holds:
        for zone in case.zones if hold.kind in rule.hold_kinds else ():
            if _holds(hold, local_day(case.at, zone), case.proposal.items):
                end = local_moment(hold.days.end, time(0), zone) if hold.days.end else None
                yield breach(rule, f"the debt is protected ({hold.kind})", end, [hold.id])


def _suspended_claims(rule: Dispute, case: Case) -> frozenset[str]:
    """The claims that may not be pursued, of those the contact is about; of one that names none, where that
    is all there is."""
    named = case.proposal.items
    suspended = frozenset(
        item
        for item, grounds in case.disputed.items()
        if item in (named or case.claims) and any(rule.suspends(ground) for ground in grounds)
    )
    return suspended if named or suspended == case.claims else frozenset()


def _holds(hold: Hold, day: date, items: frozenset[str]) -> bool:
    about = not hold.items or not items or bool(items & set(hold.items))
    return about and hold.days.start <= day and (hold.days.end is None or day < hold.days.end)
