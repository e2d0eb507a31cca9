"""Every kind of fact in one readable sentence, for timelines and explanations."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from arrears.telling.rows import exact
from engine.domain.facts import (
    accounts,
    authority,
    casework,
    contacts,
    escalation,
    items,
    people,
    policy,
    promises,
    stops,
)
from engine.domain.facts.base import Allocation, Erased, Fact

NAMES_SHOWN = 5

_MESSAGES = {"letter": "A letter", "email": "An e-mail", "sms": "A text message", "call": "A call"}
_OUTCOMES = {
    "reached": "the debtor was reached",
    "promised": "the debtor promised to pay",
    "refused": "the debtor refused to pay",
    "third_party": "somebody else answered",
    "voicemail": "a voicemail answered",
    "no_answer": "nobody answered",
    "busy": "the line was busy",
    "wrong_number": "it was a wrong number",
    "disconnected": "the number is not in use",
}
REASONS = {
    "disputed": "it is disputed",
    "held": "it is held",
    "promise_pending": "a promise is pending",
    "nothing_to_demand": "nothing is left to demand",
    "balance_below": "too little is owed",
    "response": "the debtor has answered since",
    "unknown_time_zone": "nobody knows the debtor's time zone",
    "min_gap_days": "the last contact is too recent",
    "erased": "the debtor was erased",
}
ONE_DAY = timedelta(1)
_FROM_EVER = 1  # what holds without a beginning holds since the year 1
_UUID = re.compile(r"([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def sentence(fact: Fact, zone: tzinfo) -> str:
    """What the fact says, in one sentence; moments on the clock of that zone."""
    return _SAID[type(fact)](fact, zone)


def clock(moment: datetime, zone: tzinfo) -> str:
    """The moment to the minute on the clock of a zone, which is named: 2026-03-31 09:00 Europe/Berlin."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M} {zone}"


def since(moment: datetime, zone: tzinfo) -> str:
    """From when on something holds, in words."""
    return "from the beginning" if moment.year == _FROM_EVER else f"from {clock(moment, zone)} on"


def amounts(sums: Iterable[tuple[str, Decimal]]) -> str:
    """Amounts by currency in words: '120.00 EUR and 80.00 GBP'."""
    return " and ".join(f"{exact(amount, currency)} {currency}" for currency, amount in sums)


def listed(names: Sequence[str], count: int | None = None) -> str:
    """The names in words; of many the first few, and how many more there are (of `count`, where given)."""
    shown, more = ", ".join(names[:NAMES_SHOWN]), (count or len(names)) - NAMES_SHOWN
    return shown if more <= 0 else f"{shown} and {more} more"


def short(name: str) -> str:
    """An id with only the first part of a UUID, which tells it apart well enough for people."""
    return _UUID.sub(r"\1", name)


# --- parts of sentences -----------------------------------------------------------------------------------


def _person(fact: casework.ContactPersonChanged) -> str:
    if fact.removed:
        return f"{fact.person} is no contact person of the account any more, from {fact.changed_on} on."
    numbers = [one.at for one in (*(fact.phones or ()), *(fact.emails or ()))]
    role = fact.role and fact.role.replace("_", " ")
    said = ", ".join(str(part) for part in (fact.name, role, *numbers) if part)
    return f"The contact person {fact.person} is {said or 'as before'}{_why(fact.note)}"


def _why(said: str | Erased | None) -> str:
    return f": {str(said).rstrip('.')}." if said else "."


def _sum(fact: Any) -> str:
    return f"{exact(fact.amount, fact.currency)} {fact.currency}"


def _opened(fact: accounts.AccountOpened) -> str:
    about = ", ".join(filter(None, (fact.kind, fact.country, fact.segment)))
    named = f" for {fact.name}" if fact.name else ""
    return f"{named} ({about})" if about else named


def _details(fact: accounts.DebtorDetailsChanged) -> str:
    own = type(fact).model_fields.keys() - Fact.model_fields.keys() - {"changed_on"}
    given = [
        f"{name} {value or 'none'}" for name in sorted(own) if (value := getattr(fact, name)) is not None
    ]
    return ", ".join(given) or "none"


def _entry(fact: accounts.WentLive) -> str:
    known = {"fresh": "at the first step", "as-imported": "where the imported history left them"}
    return known.get(fact.invoices, f"at step {fact.step}")


def _charged(fact: items.FeeCharged | items.InterestCharged) -> str:
    on = f" on invoice {fact.invoice}" if fact.invoice else ""
    charge = f"{short(fact.charge)} of {_sum(fact)}{on}{_for_days(fact)}"
    return f"{charge} was charged on {fact.charged_on}, due on {fact.due_on}"


def _for_days(fact: items.FeeCharged | items.InterestCharged) -> str:
    if isinstance(fact, items.FeeCharged) or fact.after is None:
        return ""
    return f" for the days from {fact.after + ONE_DAY} to {fact.until}"


def _adjusted(fact: items.InterestAdjusted) -> str:
    wrong = [
        f"the days from {part.after + ONE_DAY} to {part.until} come to {part.comes_to}, not {part.charged}"
        for part in fact.periods
    ]
    return "; ".join(filter(None, [*wrong, fact.reason])) or "corrected"


def _corrected(fact: items.InvoiceCorrected) -> str:
    parts = []
    if fact.amount != fact.previous_amount:
        parts.append(f"over {_sum(fact)} (was {exact(fact.previous_amount, fact.currency)})")
    if fact.due_on != fact.previous_due_on:
        parts.append(f"due on {fact.due_on} (was {fact.previous_due_on})")
    freed = [
        f"{exact(part.amount, fact.currency)} {fact.currency} of {part.receipt}" for part in fact.released
    ]
    unapplied = f"; unapplied again: {listed(freed)}" if freed else ""
    return f"{' and '.join(parts)}{unapplied}"


def _against(allocations: Sequence[Allocation], currency: str) -> str:
    return listed([f"{exact(part.amount, currency)} {currency} against {part.item}" for part in allocations])


def _used(fact: items.PaymentReceived | items.CreditNoteIssued) -> str:
    left = fact.amount - sum(part.amount for part in fact.allocations)
    unapplied = [f"{exact(left, fact.currency)} {fact.currency} unapplied"] if left else []
    return "; ".join(filter(None, [_against(fact.allocations, fact.currency), *unapplied]))


def _reopened(fact: items.PaymentReversed) -> str:
    again = [f"{exact(part.amount, fact.currency)} {fact.currency} of {part.item}" for part in fact.reopened]
    return f"; open again: {listed(again)}" if again else ""


def _names(lines: Sequence[contacts.Line]) -> str:
    return listed([line.item for line in lines])


def _open(lines: Sequence[contacts.Line]) -> str:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        sums[line.currency] += line.open
    return f"{amounts(sorted(sums.items()))} on {_names(lines)}"


def _asking(fact: contacts.ReminderIssued | contacts.CallScheduled) -> str:
    asked = amounts((one.currency, one.amount) for one in fact.demand)
    demand = f", asking for {asked}" if asked else ""
    return f"{demand} (about {_names(fact.lines)})" if fact.lines else demand


def _disputed(fact: stops.DisputeOpened) -> str:
    parts = {part.item: f"{part.amount} of {part.item}" for part in fact.parts}
    return listed([parts.get(item, item) for item in fact.items])


def _settling(fact: stops.DisputeOpened) -> str:
    known = (fact.dispute, fact.code, fact.owner and f"{fact.owner} settles it")
    return ", ".join([*filter(None, known), *([f"by {fact.deadline}"] if fact.deadline else [])])


def _instead(
    fact: promises.PromiseMade | promises.SettlementAgreed | promises.RepaymentPlanAgreed,
) -> str:
    return f", in the place of {fact.replaces}" if fact.replaces else ""


def _left_out(fact: escalation.AccountPlaced) -> str:
    named = [f"{each.item} ({each.why})" for each in fact.left_out]
    return f"; left out: {listed(named)}" if named else ""


def _limit(rule: str, source: str, why: str) -> str:
    return f"{why} (rule {rule}, {source})" if source else rule


def _broke(breaches: Sequence[contacts.LimitBroken]) -> str:
    named = [f"{one.rule} ({one.source}): {one.why}" for one in breaches]
    return f" It broke a contact limit: {'; '.join(named)}." if named else ""


def _later(moment: datetime | None, zone: tzinfo) -> str:
    return f", from {clock(moment, zone)} on," if moment else ""


def _barred(fact: contacts.ReminderIssued | contacts.CallScheduled) -> str:
    return f", saying that no suit can be brought on {listed(fact.time_barred)}" if fact.time_barred else ""


def _preferences(fact: contacts.ContactPreferenceChanged | people.PersonPreferenceChanged) -> str:
    told_elsewhere = {"changed_at", "note", "account", "debt"}
    own = type(fact).model_fields.keys() - Fact.model_fields.keys() - told_elsewhere
    given = {name: value for name in sorted(own) if (value := getattr(fact, name)) not in (None, ())}
    return "; ".join(f"{name.replace('_', ' ')}: {_preference(value)}" for name, value in given.items())


def _preference(value: Any) -> str:
    if isinstance(value, tuple):
        return listed([_preference(one) for one in value])
    if isinstance(value, contacts.InconvenientHours):
        return f"{value.start}–{value.end} {' '.join(value.days)}".strip()
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _called(fact: contacts.CallMade) -> str:
    step = f" at step {fact.step}" if fact.step else ""
    about = f" about {listed(fact.items)}" if fact.items else ""
    return f"{step}{about}: {_OUTCOMES[fact.outcome]}{_why(fact.note)}"


def _in_brackets(details: Iterable[str]) -> str:
    text = ", ".join(short(detail) for detail in details if detail)
    return f" ({text})" if text else ""


def _instalments(fact: promises.RepaymentPlanAgreed) -> str:
    parts = [(exact(part.amount, fact.currency), part.promised_on) for part in fact.instalments]
    return listed([f"{amount} {fact.currency} by {on}" for amount, on in parts])


def _terms(terms: promises.PromiseTerms, zone: tzinfo) -> str:
    tolerance = f"tolerance {terms.tolerance}, {terms.grace_business_days} business days of grace"
    return f"{tolerance}, in time until {terms.deadline}, judged on {clock(terms.judge_at, zone)}"


def _came(fact: promises.Judgement) -> str:
    """The judgement states no currency of its own; the figures it was made on do."""
    figures = fact.because.figures if fact.because else {}
    received = _figure(figures.get("received in time", str(fact.received)))
    promised = f" of {_figure(figures['promised'])}" if "promised" in figures else ""
    return f"{received}{promised} came in time"


def _at_step(fact: escalation.TraceRequested) -> str:
    return f", at step {fact.step}" if fact.step else ""


def _agreed(terms: escalation.AgencyTerms | None) -> str:
    if terms is None:
        return ""
    until = f" until {terms.until} (the first day ours again)" if terms.until else ""
    return f", for a commission of {terms.commission_percent} %{until}"


_MATTERS = {
    "write_off": "a write-off",
    "waiver": "a waiver",
    "settlement": "a settlement that gives up",
    "plan": "a plan",
    "placement": "a placement",
}


def _asked(fact: authority.ApprovalRequested) -> str:
    share = f" ({fact.share_percent} % of the claim)" if fact.share_percent is not None else ""
    days = f" over {fact.days} days" if fact.days is not None else ""
    of = "" if fact.matter == "settlement" else " of"
    about = listed([each.item for each in fact.concerned])
    return f"{_MATTERS[fact.matter]}{of} {_sum(fact)}{share}{days}, on {about}"


def _settled(fact: items.InvoiceWrittenOff) -> str:
    return f", as settlement {fact.settlement} was kept" if fact.settlement else ""


def _leave(fact: Any) -> str:
    """Who asked and who approved, where that was somebody else."""
    leave = fact.authority
    if leave is None or leave.approved_by is None:
        return ""
    return f", asked for by {leave.asked_by} and approved by {leave.approved_by}"


def _figure(text: str) -> str:
    """A figure such as '600 EUR' with the decimals of its currency; one without a currency as it is."""
    amount, _, currency = text.partition(" ")
    return f"{exact(Decimal(amount), currency)} {currency}" if currency else text


def _sent(fact: contacts.ReminderIssued, zone: tzinfo) -> str:
    """What went out; a message that a person recorded has no template, and need not have a step."""
    template = f" '{fact.template}'" if fact.template else ""
    step = f" at step {fact.step}" if fact.step else ""
    said = f"{template} went out{_later(fact.leaves_at, zone)}{step}{_asking(fact)}{_barred(fact)}."
    return f"{_MESSAGES[fact.channel]}{said}{_broke(fact.breaches)}"


def _hold(fact: stops.HoldPlaced) -> str:
    until = f"until {fact.until_on} (the first day free again)" if fact.until_on else "until released"
    return f"on {listed(fact.items) or 'the whole account'} from {fact.from_on} {until}"


# --- the sentences ----------------------------------------------------------------------------------------

_SAID: dict[type[Fact], Callable[[Any, tzinfo], str]] = {
    accounts.AccountOpened: lambda f, _: f"Account {f.number} was opened on {f.opened_on}{_opened(f)}.",
    accounts.DebtorDetailsChanged: lambda f, _: f"New details of the debtor: {_details(f)}.",
    accounts.PolicyAssigned: lambda f, z: (
        f"Policy {f.policy} is to be followed {since(f.effective_from, z)}."
    ),
    accounts.NoteAdded: lambda f, _: f"A note was added{_why(f.text)}",
    accounts.FollowUpSet: lambda f, _: f"Somebody is to look at it again on {f.on}{_why(f.note)}",
    accounts.AccountErased: lambda f, _: (
        f"The debtor was erased on {f.erased_on}{' although money was open' * f.forced}{_why(f.reason)}"
    ),
    accounts.WentLive: lambda f, _: (
        f"The account is escalated from {f.on} on; its old invoices enter the ladder {_entry(f)}."
    ),
    items.InvoiceRaised: lambda f, _: (
        f"Invoice {f.invoice} over {_sum(f)} was issued on {f.issued_on}, due on {f.due_on}."
    ),
    items.InvoiceCorrected: lambda f, _: (
        f"From {f.effective_on} on, invoice {f.invoice} is {_corrected(f)}{_why(f.reason)}"
    ),
    items.FeeCharged: lambda f, _: f"Fee {_charged(f)}{_why(f.reason)}",
    items.InterestCharged: lambda f, _: f"Interest {_charged(f)}{_why(f.reason)}",
    items.InterestAdjusted: lambda f, _: (
        f"Interest on invoice {f.invoice} was adjusted by {_sum(f)} on {f.adjusted_on}: {_adjusted(f)}."
    ),
    items.ChargeWaived: lambda f, _: (
        f"{_sum(f)} of charge {f.charge} was given up on {f.waived_on}{_leave(f)}{_why(f.reason)}"
    ),
    items.CreditNoteIssued: lambda f, _: (
        f"Credit note {f.credit} over {_sum(f)} was issued on {f.issued_on} ({_used(f)}){_why(f.reason)}"
    ),
    items.CreditAllocated: lambda f, _: (
        f"On {f.allocated_on} credit note {f.credit} was allocated: {_against(f.allocations, f.currency)}."
    ),
    items.PaymentReceived: lambda f, _: (
        f"Payment {f.payment} of {_sum(f)} was received on {f.received_on} ({_used(f)})."
    ),
    items.PaymentAllocated: lambda f, _: (
        f"On {f.allocated_on} payment {f.payment} was allocated: {_against(f.allocations, f.currency)}."
    ),
    items.PaymentReversed: lambda f, _: (
        f"Payment {f.payment} of {_sum(f)} was taken back on {f.reversed_on}{_reopened(f)}{_why(f.reason)}"
    ),
    items.PaymentRefunded: lambda f, _: (
        f"{_sum(f)} of payment {f.payment} was given back to the payer on {f.refunded_on}."
    ),
    items.InvoiceWrittenOff: lambda f, _: (
        f"{_sum(f)} of {f.invoice} was written off on {f.written_off_on}{_settled(f)}{_leave(f)}"
        f"{_why(f.reason)}"
    ),
    items.WriteOffReversed: lambda f, _: (
        f"{_sum(f)} of {f.invoice}, written off, is claimed again from {f.reversed_on} on"
        f"{f', because settlement {f.settlement} was not kept' if f.settlement else ''}{_why(f.reason)}"
    ),
    authority.ApprovalRequested: lambda f, _: (
        f"{f.asked_by} ({f.role}) asked on {f.asked_on} for approval of {_asked(f)}; alone a {f.role} may "
        f"decide {f.limit}. It waits until {f.lapses_on} ({f.request})."
    ),
    authority.ApprovalGiven: lambda f, _: (
        f"{f.approved_by} ({f.role}) approved {f.request} on {f.approved_on}."
    ),
    authority.ApprovalRefused: lambda f, _: (
        f"{f.refused_by} refused {f.request} on {f.refused_on}{_why(f.reason)}"
    ),
    authority.ApprovalWithdrawn: lambda f, _: (
        f"Request {f.request} no longer stands, from {f.withdrawn_on} on{_why(f.reason)}"
    ),
    casework.CollectorAssigned: lambda f, _: (
        f"{f.collector} works the account from {f.assigned_on} on"
        f"{f', handed over by {f.previous}' if f.previous and f.reason == 'hand_over' else ''}{_why(f.note)}"
    ),
    casework.ContactPersonChanged: lambda f, _: _person(f),
    casework.AttachmentAdded: lambda f, _: (
        f"The file {f.file_name} ({f.media_type}, {f.size_bytes} bytes, SHA-256 {f.sha256}) was attached as "
        f"{f.attachment}{_why(f.note)}"
    ),
    contacts.ReminderIssued: lambda f, z: _sent(f, z),
    contacts.ReminderDelivered: lambda f, z: (
        f"Message {short(f.contact)} was delivered on {clock(f.delivered_at, z)}."
    ),
    contacts.ReminderFailed: lambda f, z: (
        f"Message {short(f.contact)} came back on {clock(f.failed_at, z)}{_why(f.reason)}"
    ),
    contacts.ReminderCancelled: lambda f, _: (
        f"The contact {short(f.contact)} is not to be made any more{_why(f.reason)}"
    ),
    contacts.CallScheduled: lambda f, z: (
        f"A call '{f.script}' was put on the worklist{_later(f.call_from, z)} at step {f.step}"
        f"{_asking(f)}{_barred(f)}."
    ),
    contacts.CallMade: lambda f, z: (
        f"A call was made on {clock(f.called_at, z)}{_called(f)}{_broke(f.breaches)}"
    ),
    contacts.ContactReserved: lambda f, z: (
        f"A contact by {f.channel} was reserved until {clock(f.until, z)} ({short(f.contact)})."
    ),
    contacts.ContactPreferenceChanged: lambda f, _: (
        f"The debtor's standing on contact changed: {_preferences(f)}{_why(f.note)}"
    ),
    people.ContactCounted: lambda f, z: (
        f"A contact by {f.channel} of {clock(f.at, z)} counts for the person ({short(f.contact)})."
    ),
    people.PersonPreferenceChanged: lambda f, _: (
        f"What was asked for on one account holds for the person{f' on debt {f.debt}' if f.debt else ''}: "
        f"{_preferences(f)}."
    ),
    people.ContactReleased: lambda f, _: (
        f"The contact {short(f.contact)} does not count for the person any more."
    ),
    contacts.InboundContactReceived: lambda f, z: (
        f"{_MESSAGES[f.channel]} came from the debtor on {clock(f.received_at, z)}{_why(f.note)}"
    ),
    contacts.ContactDeferred: lambda f, z: (
        f"Step {f.step} for {listed(f.items)} was put off until {clock(f.until, z)}: "
        f"{REASONS.get(f.rule) or _limit(f.rule, f.source, f.why)}{_in_brackets(f.counted)}."
    ),
    contacts.StepLapsed: lambda f, _: (
        f"Step {f.step} for {listed(f.items)} lapsed, overtaken by {f.overtaken_by}."
    ),
    contacts.StepWithheld: lambda f, _: (
        f"Step {f.step} for {listed(f.items)} was not taken: "
        f"{REASONS.get(f.reason) or _limit(f.reason, f.source, f.reference)}"
        f"{_in_brackets(f.counted if f.source else [f.reference])}."
    ),
    escalation.EscalationRaised: lambda f, _: (
        f"Dispute {f.dispute} was open after its deadline, and was raised to {f.level}: {_open(f.lines)}."
        if f.dispute
        else f"The account was raised to {f.level} at step {f.step}: {_open(f.lines)}."
    ),
    escalation.DebtorUnreachable: lambda f, _: (
        f"On {f.found_on} it was found that the debtor cannot be located{_why(f.reason)}"
    ),
    escalation.TraceRequested: lambda f, _: (
        f"Somebody is to find out where the debtor is{_at_step(f)}{_in_brackets([_names(f.lines)])}."
    ),
    escalation.TraceFailed: lambda f, _: f"On {f.failed_on} the trace ended without a result{_why(f.reason)}",
    escalation.DebtorLocated: lambda f, _: f"The debtor was located on {f.located_on}.",
    escalation.PlacementProposed: lambda f, _: (
        f"Placement {short(f.placement)} with {f.agency} was proposed at step {f.step}: {_open(f.lines)}."
    ),
    escalation.AccountPlaced: lambda f, _: (
        f"Placement {short(f.placement)} with {f.agency} was made on {f.placed_on}: {_open(f.lines)}"
        f"{_agreed(f.terms)}{_left_out(f)}{_leave(f)}."
    ),
    escalation.PlacementRecalled: lambda f, _: (
        f"Placement {short(f.placement)} was {'declined' if f.declined else 'recalled'} "
        f"on {f.recalled_on}{_in_brackets([listed(f.items)])}{_why(f.reason)}"
    ),
    escalation.AgencyRemittanceReceived: lambda f, _: (
        f"{f.agency} passed on {f.gross} {f.currency} on {f.remitted_on}, received on {f.received_on}, "
        f"less a commission of {f.commission} {f.currency} ({f.remittance})."
    ),
    promises.PromiseMade: lambda f, _: (
        f"On {f.made_on} the debtor promised {_sum(f)} by {f.promised_on} for {listed(f.items)} "
        f"({f.promise}{f.taken_by and f', taken by {f.taken_by}'}{_instead(f)})."
    ),
    promises.SettlementAgreed: lambda f, _: (
        f"On {f.agreed_on} it was agreed that {_sum(f)} paid by {f.promised_on} settles {listed(f.items)}, "
        f"on which {exact(f.claim, f.currency)} {f.currency} is open ({f.settlement}"
        f"{f.taken_by and f', taken by {f.taken_by}'}{_instead(f)}{_leave(f)}); the rest is written off once "
        "that is kept."
    ),
    promises.RepaymentPlanAgreed: lambda f, _: (
        f"On {f.agreed_on} a plan to pay {listed(f.items)} was agreed ({f.plan}{_instead(f)}): "
        f"{_instalments(f)}{_leave(f)}."
    ),
    promises.PromiseTermsChanged: lambda f, z: (
        f"From {f.changed_on} on, other terms judge promise {f.promise}: {_terms(f.terms, z)}{_why(f.reason)}"
    ),
    promises.PromiseKept: lambda f, _: f"Promise {f.promise} was kept: {_came(f)}.",
    promises.PromisePartlyKept: lambda f, _: f"Promise {f.promise} was kept in part: {_came(f)}.",
    promises.PromiseBroken: lambda f, _: f"Promise {f.promise} was broken: {_came(f)}.",
    promises.PromiseWithdrawn: lambda f, _: (
        f"Promise {f.promise} no longer stands, from {f.withdrawn_on} on{_why(f.reason)}"
    ),
    stops.DisputeOpened: lambda f, _: (
        f"The debtor disputes {_disputed(f) or 'the account'} since {f.opened_on} "
        f"({_settling(f)}){_why(f.reason)}"
    ),
    stops.DisputeResolved: lambda f, _: (
        f"Dispute {f.dispute} ended on {f.resolved_on}: {f.outcome}{_in_brackets([f.credit or ''])}."
    ),
    stops.HoldPlaced: lambda f, _: (
        f"A hold stands {_hold(f)} ({f.hold}, {f.kind}; it stops {listed(f.stops)}){_why(f.reason)}"
    ),
    stops.HoldReleased: lambda f, _: f"Hold {f.hold} was released on {f.released_on}.",
    stops.HardshipReported: lambda f, _: (
        f"On {f.reported_on} it was reported that the debtor cannot pay"
        f"{f', and hold {f.hold} was placed' if f.hold else ''}{_why(f.note)}"
    ),
    policy.BookFounded: lambda f, _: f"The book was founded; its time zone is {f.zone}.",
    policy.PolicyPublished: lambda f, z: (
        f"Policy {f.policy} was published in version {f.version}, in force {since(f.effective_from, z)}."
    ),
    policy.BucketEdgesAdopted: lambda f, _: (
        f"From {f.adopted_on} on, aging has the bucket edges {', '.join(map(str, f.edges))}{_why(f.reason)}"
    ),
    policy.PolicyRetired: lambda f, z: f"Policy {f.policy} is retired {since(f.effective_from, z)}.",
}
