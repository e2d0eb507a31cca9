"""A ladder held against the contact limits that it names, for the sample debtor."""

from collections.abc import Iterator
from datetime import timedelta

from engine.domain.account import Account
from engine.domain.facts.contacts import Channel, ContactDeferred, StepLapsed, StepWithheld
from engine.domain.standing import Touch
from policies.calendar import local_day, local_moment
from policies.contact_limits.case import Case, Proposal
from policies.contact_limits.counting import count_breaches
from policies.contact_limits.permits import profiles_of
from policies.contact_limits.profile import WEEKDAYS, Hours, Weekday
from policies.document import If, Policy, Step
from policies.linting.findings import Finding, Findings, Source
from policies.linting.ladder import nominal_days
from policies.linting.rehearsal import Rehearsal
from policies.linting.sample import Sample


def hours_findings(policy: Policy, account: Account, source: Source) -> Findings:
    """Hours and weekdays between which the policy and its limits leave no time, or that put things off."""
    contact, line = policy.contact, source.of_section("contact", "send_at")
    covering = profiles_of(account, policy)
    for channel in _channels(policy):
        hours = [one for profile in covering for one in profile.hours if channel in one.channels]
        if not hours:
            continue
        after, before = max(one.after for one in hours), min(one.before for one in hours)
        said = f"limits allow contact by {channel} after {after:%H:%M} and before {before:%H:%M}"
        if max(contact.send_at, after) >= min(contact.send_until, before):
            sentence = (
                f"{said}, and the policy sends from {contact.send_at:%H:%M} to {contact.send_until:%H:%M}"
            )
            yield Finding("error", "no-hours-left", "contact.send_at", sentence, line)
        elif not after < contact.send_at < before:
            sentence = f"{said}: what is due at {contact.send_at:%H:%M} is put off each time"
            yield Finding("warning", "send-at-outside", "contact.send_at", sentence, line)
        if not _common_weekdays(hours):
            sentence = f"the limits together leave no weekday for contact by {channel}"
            limits = source.of_section("contact", "limits")
            yield Finding("error", "no-day-left", "contact.limits", sentence, limits)


def _common_weekdays(hours: list[Hours]) -> set[Weekday]:
    return set(WEEKDAYS).intersection(*(one.weekdays for one in hours))


def _channels(policy: Policy) -> list[Channel]:
    return sorted({step.channel for step in policy.steps if step.is_contact})


def idle_profiles(policy: Policy, source: Source) -> Findings:
    """Profiles that cover nobody, since we do not act as they ask."""
    acting_as = policy.contact.acting_as
    for name, profile in policy.limits.items():
        asked = profile.covers.acting_as
        if acting_as is not None and asked and acting_as not in asked:
            sentence = (
                f"profile '{name}' covers {', '.join(asked)} collectors, and acting_as is '{acting_as}'"
            )
            line = source.of_section("contact", "limits")
            yield Finding("warning", "profile-idle", "contact.limits", sentence, line)


# --- too many --------------------------------------------------------------------------------------------


def count_findings(policy: Policy, account: Account, sample: Sample, source: Source) -> Findings:
    """For each rule that counts, the first contact that would be one too many if all came on their days."""
    seen: set[str] = set()
    for place, step, case in _asked(policy, sample):
        for found in (one for p in profiles_of(account, policy) for one in count_breaches(p, case)):
            if found.rule in seen:
                continue
            seen.add(found.rule)
            sentence = (
                f"step '{step.id}' would be one contact too many on {local_day(case.at, sample.zone)}: "
                f"{found.why} ({found.rule}, {found.source})"
            )
            key, line = f"steps[{place + 1}]", source.of_step(place)
            yield Finding("error", "limit-exceeded", key, sentence, line)


def _asked(policy: Policy, sample: Sample) -> Iterator[tuple[int, Step, Case]]:
    """The contacts of the ladder on their own days, each with those before it."""
    days, touches = nominal_days(policy), list[Touch]()
    contacts = [(n, s) for n, s in enumerate(policy.steps) if s.is_contact and is_for_unanswered(s)]
    for place, step in sorted(contacts, key=lambda one: (days[one[1].id], one[0])):
        on = sample.due_on + timedelta(days[step.id])
        at = local_moment(on, policy.contact.send_at, sample.zone)
        yield place, step, Case(Proposal(at, step.channel), list(touches), zones=(sample.zone,))
        touches.append(Touch(step.id, at, step.channel))


def is_for_unanswered(step: Step) -> bool:
    """Whether one of its tables may hold for a debtor who never answers."""
    return not step.conditions or any(_may_hold(table) for table in step.conditions)


def _may_hold(table: If) -> bool:
    return (
        table.not_reached is not False
        and (table.promise is None or "none" in table.promise)
        and not table.broken_promises_at_least
        and table.segment is None
        and not table.unreachable
        and not table.trace_failed
    )


# --- what the rehearsal shows ----------------------------------------------------------------------------


def rehearsed_findings(policy: Policy, rehearsal: Rehearsal, source: Source) -> Findings:
    """Steps that limits keep from the sample for good, or put off until a later one has overtaken them."""
    places = {step.id: place for place, step in enumerate(policy.steps)}
    fired = [one for item in rehearsal.account.open_items.values() for one in item.fired.items()]
    taken = {name for name, one in fired if not one.lapsed}
    refused = {f.step: f for f in rehearsal.facts if isinstance(f, StepWithheld) and f.source}
    for step, withheld in refused.items():
        if step in places and step not in taken:
            place, why = places[step], f"{withheld.reference} ({withheld.reason}, {withheld.source})"
            sentence = f"step '{step}' is refused for good: {why}"
            yield Finding("error", "refused", f"steps[{place + 1}]", sentence, source.of_step(place))
    put_off = {f.step: f for f in rehearsal.facts if isinstance(f, ContactDeferred)}
    for fact in rehearsal.facts:
        if isinstance(fact, StepLapsed) and fact.step in put_off:
            place, last = places[fact.step], put_off[fact.step]
            until = local_day(last.until, rehearsal.sample.zone)
            sentence = (
                f"step '{fact.step}' is put off until {until} ({last.rule}: {last.why}), and "
                f"'{fact.overtaken_by}' overtakes it"
            )
            yield Finding("warning", "overtaken", f"steps[{place + 1}]", sentence, source.of_step(place))
