"""May this account be contacted so, now? The policy's own arrangement, and the profiles that it names."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.domain.account import Account
from engine.domain.money import ZERO
from engine.domain.permit import Permit, Refusal
from policies.book import PolicyBook
from policies.calendar import ONE_DAY, local_day, local_moment
from policies.contact_limits.case import Breach, Case, Proposal
from policies.contact_limits.counting import cautions
from policies.contact_limits.held import held
from policies.contact_limits.judging import HORIZON, breaches, first_allowed
from policies.contact_limits.profile import Profile
from policies.contact_limits.rules import ContactRules
from policies.contact_limits.stops import barred_items
from policies.document import Policy

UNKNOWN_ZONE = "unknown_time_zone"
MIN_GAP = "min_gap_days"
ERASED = "erased"


def permit(account: Account, book: PolicyBook, policy: Policy, proposal: Proposal) -> Permit | Refusal:
    """The leave to make a contact at its moment, or the rule that forbids it."""
    refused = refusal(account, book, policy, proposal)
    if refused is not None:
        return refused
    zone, _ = book.clock_of(account, policy.contact)
    profiles, case = profiles_of(account, policy), case_of(account, book, policy, proposal)
    leaves_at = _leaves_at(policy.contact, zone, proposal)
    return Permit(
        account.id, account.version, proposal.channel, leaves_at, end_of_day(leaves_at, zone),
        counted=tuple(touch.id for touch in case.counting if not touch.inbound),
        cautions=tuple(found for profile in profiles for found in cautions(profile, case)),
        time_barred=time_barred(account, book, policy, proposal),
    )  # fmt: skip


def refusal(account: Account, book: PolicyBook, policy: Policy, proposal: Proposal) -> Refusal | None:
    """The rule that forbids a contact by the engine or a person at that moment; None: nothing does.

    Rules: no call where nobody knows what time it is for the debtor, `min_gap_days` between contacts, and
    those of the profiles, at the moment at which it would leave. The first allowed moment suits all. People
    are told what stops it now, machines what stops it longest.
    """
    arranged = _arranged(account, book, policy, proposal)
    if arranged is None:
        return limited(account, book, policy, proposal)
    if arranged.first_allowed_at is None:
        return arranged
    after = limited(account, book, policy, replace(proposal, at=arranged.first_allowed_at))
    if after is None:
        return arranged
    if proposal.waits:
        return replace(after, further=(*after.further, arranged.rule))
    first, further = after.first_allowed_at, (after.rule, *after.further)
    return replace(arranged, first_allowed_at=first, further=further, route_to=after.route_to)


def _arranged(account: Account, book: PolicyBook, policy: Policy, proposal: Proposal) -> Refusal | None:
    """What the policy itself has arranged; nobody who was erased is contacted."""
    rules = policy.contact
    if account.erased_on is not None:
        return Refusal(ERASED, f"the debtor was erased on {account.erased_on}", None)
    zone, may_call = book.clock_of(account, rules)
    if proposal.channel == "call" and not may_call:
        return Refusal(UNKNOWN_ZONE, "the debtor's time zone is not known", None, source="the policy")
    if stopped := held(account, book, policy, proposal):
        return _refusal([stopped], stopped.first_allowed_at)
    last = account.last_contact_at
    if last is None or proposal.purpose != "collect" or _is_by_hand(proposal):
        return None
    free_on = local_day(last, zone) + timedelta(rules.min_gap_days)
    free_at = local_moment(free_on, rules.send_at, zone)
    if proposal.at >= free_at:
        return None
    why = f"the last contact was on {local_day(last, zone)}, less than {rules.min_gap_days} days ago"
    return Refusal(MIN_GAP, why, free_at, (last.isoformat(),), "the policy")


def _is_by_hand(proposal: Proposal) -> bool:
    """Whether somebody calls by hand: days between contacts gather what the ladder sends, and letters."""
    return proposal.channel == "call" and not proposal.waits


def limited(
    account: Account, book: PolicyBook, policy: Policy, proposal: Proposal, without: Sequence[str] = ()
) -> Refusal | None:
    """The rule of the policy's profiles that keeps a contact longest from leaving; None: none does.

    Contacts that are named in `without` do not count.
    """
    profiles = profiles_of(account, policy)
    if not profiles:
        return None
    zone, _ = book.clock_of(account, policy.contact)
    case = case_of(account, book, policy, proposal, without)
    case = case.later(_leaves_at(policy.contact, zone, proposal))
    found = breaches(profiles, case)
    if not found:
        return None
    return _refusal(found, _first_within_hours(profiles, case, policy.contact, zone))


def _refusal(found: Sequence[Breach], first: datetime | None) -> Refusal:
    worst = found[0]
    further = tuple(one.rule for one in found[1:])
    return Refusal(worst.rule, worst.why, first, worst.counted, worst.source, further, worst.route_to)


def _first_within_hours(
    profiles: Sequence[Profile], case: Case, rules: ContactRules, zone: ZoneInfo
) -> datetime | None:
    """The first moment that both the profiles and the policy's own hours allow."""
    horizon = case.at + HORIZON
    while case.at < horizon:
        first = first_allowed(profiles, case)
        if first is None or not case.proposal.waits:
            return first
        leaves_at = within_hours(rules, zone, first)
        if leaves_at == first:
            return first
        case = case.later(leaves_at)
    return None


# --- the account as the limits see it ---------------------------------------------------------------------


def profiles_of(account: Account, policy: Policy) -> list[Profile]:
    """The profiles of the policy that cover the account."""
    acting_as = policy.contact.acting_as
    return [
        profile
        for profile in policy.limits.values()
        if profile.covers_account(acting_as, account.kind, account.country, account.region)
    ]


def case_of(
    account: Account, book: PolicyBook, policy: Policy, proposal: Proposal, without: Sequence[str] = ()
) -> Case:
    """All that the limits are judged on: of accounts of one person, the contacts with all of them, and
    what was asked for on any.

    `without` these, which the contact settles, and those reserved that it uses.
    """
    if proposal.uses_reserved:
        without = (*without, *(name for name, on in account.reserved.items() if on == proposal.channel))
    zone, _ = book.clock_of(account, policy.contact)
    asked = account.asked
    possible = dict.fromkeys(ZoneInfo(name) for name in asked.zones)
    if account.timezone or not possible:
        possible[zone] = None
    history, about = account.shared or account.history, proposal.items or frozenset(account.open_items)
    return Case(
        proposal, tuple(one for one in history.touches if one.id not in without), asked,
        zones=tuple(possible), zone_is_known=_has_zone(account, policy.contact), country=account.country,
        region=account.region, first_contact_at=account.history.first_at,
        due_on={item: known.due_on for item in proposal.items if (known := account.item(item))},
        disputed=_disputed(account, about), claims=about,
        holds=tuple(account.holds.values()),
    )  # fmt: skip


def _disputed(account: Account, about: frozenset[str]) -> dict[str, tuple[str | None, ...]]:
    """Those of these claims that are disputed as a whole, with the codes of their disputes: the rest of one
    that is disputed in part may be pursued."""
    claims = (account.open_items.get(item) for item in about) if account.disputes else ()
    return {
        item.id: tuple(account.disputes[name].code for name in item.disputes)
        for item in claims
        if item is not None and item.disputes and item.undisputed == ZERO
    }


def _has_zone(account: Account, rules: ContactRules) -> bool:
    """Whether the debtor's own time zone is known, or that of their country where the policy names it."""
    by_country = account.kind != "consumer" and (account.country or "") in rules.zone_by_country
    return bool(account.timezone or account.asked.zones or by_country)


def time_barred(account: Account, book: PolicyBook, policy: Policy, proposal: Proposal) -> tuple[str, ...]:
    """Those of the claims on which no suit can be brought, which every contact about them has to say."""
    rules = [profile.time_barred for profile in profiles_of(account, policy) if profile.time_barred]
    if not rules:
        return ()
    case = case_of(account, book, policy, proposal)
    return tuple(sorted({item for rule in rules for item in barred_items(rule, case)}))


# --- the policy's own hours -------------------------------------------------------------------------------


def within_hours(rules: ContactRules, zone: ZoneInfo, at: datetime) -> datetime:
    """When a contact that is decided at that moment leaves: at once, or when the policy's hours begin."""
    day = local_day(at, zone)
    opens = local_moment(day, rules.send_at, zone)
    if at < opens:
        return opens
    if at < local_moment(day, rules.send_until, zone):
        return at
    return local_moment(day + ONE_DAY, rules.send_at, zone)


def _leaves_at(rules: ContactRules, zone: ZoneInfo, proposal: Proposal) -> datetime:
    return within_hours(rules, zone, proposal.at) if proposal.waits else proposal.at


def end_of_day(at: datetime, zone: ZoneInfo) -> datetime:
    """The midnight after that moment where the debtor is."""
    return local_moment(local_day(at, zone) + ONE_DAY, time(0), zone)
