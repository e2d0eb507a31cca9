"""What happened without leave: recorded all the same, and flagged with the limits that it broke."""

from datetime import datetime

from engine.domain.account import Account
from engine.domain.facts.base import Fact
from engine.domain.facts.contacts import CallMade, CallScheduled, LimitBroken, ReminderIssued
from policies.book import PolicyBook
from policies.contact_limits.case import Proposal
from policies.contact_limits.held import held
from policies.contact_limits.judging import breaches
from policies.contact_limits.permits import case_of, profiles_of
from policies.document import Policy


def flagged(account: Account, book: PolicyBook, fact: Fact) -> Fact:
    """The fact with each limit that a contact of ours broke, on what is known when it is recorded.

    Judged by the holds there were, and the profiles of the policy in force when it was made; a decision of
    the engine had its leave.
    The policy's own `min_gap_days` is an arrangement, not a limit, and is not flagged.
    """
    if fact.because is not None or not isinstance(fact, CallMade | ReminderIssued):
        return fact
    at = fact.called_at if isinstance(fact, CallMade) else fact.issued_at
    if not book.has_policy(account, at):
        return fact
    broken = _broken(account, book, book.in_force(account, at).policy, fact, at)
    return fact.model_copy(update={"breaches": broken}) if broken != fact.breaches else fact


def proposal_of(account: Account, policy: Policy, fact: ReminderIssued | CallScheduled) -> Proposal:
    """What a contact that the engine decided asks leave for; its step says how it is worded."""
    debts = frozenset([account.debt]) if account.debt else frozenset[str]()
    items = frozenset(line.item for line in fact.lines if line.step == fact.step)
    step = policy.step(fact.step)
    said = (step.remind or step.call) if step else None
    threat = said is not None and said.threatens_suit
    at = fact.scheduled_at if isinstance(fact, CallScheduled) else fact.issued_at
    if isinstance(fact, CallScheduled):
        return Proposal(at, "call", debts, items, threatens_suit=threat, waits=True)
    notice = step is not None and step.remind is not None and step.remind.opt_out_notice
    return Proposal(
        at, fact.channel, debts, items, purpose=fact.purpose, has_opt_out_notice=notice,
        threatens_suit=threat, waits=True,
    )  # fmt: skip


def _broken(
    account: Account, book: PolicyBook, policy: Policy, fact: CallMade | ReminderIssued, at: datetime
) -> tuple[LimitBroken, ...]:
    made, profiles = _made(account, fact, at), profiles_of(account, policy)
    stopped = held(account, book, policy, made)
    found = [stopped] if stopped else []
    if profiles:
        found += breaches(profiles, case_of(account, book, policy, made, without=fact.answers))
    return tuple(
        LimitBroken(rule=one.rule, source=one.source, why=one.why, counted=one.counted) for one in found
    )


def _made(account: Account, fact: CallMade | ReminderIssued, at: datetime) -> Proposal:
    """The contact as it was made. A message's own wording is not recorded, so none is held against it."""
    debts = frozenset([account.debt]) if account.debt else frozenset[str]()
    if isinstance(fact, CallMade):
        return Proposal(at, "call", debts, frozenset(fact.items), number=fact.number)
    items = frozenset(line.item for line in fact.lines)
    return Proposal(
        at, fact.channel, debts, items, number=fact.number, purpose=fact.purpose, has_opt_out_notice=True
    )
