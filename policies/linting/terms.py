"""Doubts about promises, holds, rates and fees, each held against the rest of the document."""

from datetime import date
from itertools import pairwise

from policies.document import Policy
from policies.hold_rules import HOLD_RULES
from policies.linting.findings import Finding, Findings, Source, in_days
from policies.linting.ladder import nominal_days


def promise_findings(policy: Policy, source: Source) -> Findings:
    """A promise that rests the ladder longer after its day than two steps lie apart."""
    days, rules = nominal_days(policy), policy.promise
    waits = rules.grace_business_days + rules.posting_lag_business_days
    contacts = [step for step in policy.steps if step.climbs and days[step.id] >= 0]
    gaps = [(days[upper.id] - days[lower.id], lower.id, upper.id) for lower, upper in pairwise(contacts)]
    shortest = min((gap for gap in gaps if gap[0] > 0), default=None)
    if shortest is not None and waits > shortest[0]:
        between, lower, upper = shortest
        sentence = (
            f"a promise is judged {waits} business days after its day, and '{upper}' follows '{lower}' after "
            f"{in_days(between)}: who promises and does not pay gains more than the ladder gives anybody"
        )
        line = source.of_section("promise", "grace_business_days")
        yield Finding("warning", "grace-beyond-gap", "promise.grace_business_days", sentence, line)


def hold_findings(policy: Policy, source: Source) -> Findings:
    """Holds that stop nothing, or allow what a limit forbids; and protected kinds that nobody can place."""
    kinds = {**HOLD_RULES, **policy.hold}
    for kind, rule in policy.hold.items():
        if not rule.stops:
            line = source.of_section(f"hold.{kind}", "stops")
            sentence = f"a hold of kind '{kind}' stops nothing"
            yield Finding("warning", "hold-idle", f"hold.{kind}.stops", sentence, line)
    for name, profile in policy.limits.items():
        protected = profile.moratorium.hold_kinds if profile.moratorium else ()
        if protected and not kinds.keys() & set(protected):
            sentence = f"profile '{name}' protects holds of the kinds {', '.join(protected)}: there are none"
            line = source.of_section("contact", "limits")
            yield Finding("warning", "hold-unknown", "contact.limits", sentence, line)
        for kind in sorted(policy.hold.keys() & set(protected)):
            if "contact" not in policy.hold[kind].stops:
                sentence = f"a hold of kind '{kind}' leaves contact allowed, and profile '{name}' forbids it"
                line = source.of_section(f"hold.{kind}", "stops")
                yield Finding("warning", "hold-against-limit", f"hold.{kind}.stops", sentence, line)


def rate_findings(policy: Policy, source: Source, today: date, last_day: date) -> Findings:
    """The table of the reference rate that ends too early, and tables that nothing reads."""
    name = policy.interest.reference if policy.interest else None
    table = policy.rates.get(name) if name else None
    if table is not None and table.known_until < max(today, last_day):
        when = "has passed" if table.known_until < today else f"lies before the sample's end, {last_day}"
        sentence = (
            f"the reference rate '{name}' is known until {table.known_until}, which {when}: interest that "
            f"needs a later day is not charged until [rates.{name}] is published anew"
        )
        line = source.of_section("interest", "reference")
        yield Finding("warning", "rate-unknown", f"rates.{name}.known_until", sentence, line)
    for unused in sorted(policy.rates.keys() - {name}):
        line = source.of_section(f"rates.{unused}")
        sentence = f"no interest refers to '{unused}'"
        yield Finding("warning", "rate-unused", f"rates.{unused}", sentence, line)


def fee_currency(policy: Policy) -> str | None:
    """The only currency in which the document charges compensation; None: it charges none."""
    return policy.fees.table.currency if policy.fees else None


def currency_findings(policy: Policy, source: Source, currency: str) -> Findings:
    """Fees of a currency in which the sample, and so perhaps nobody, owes anything."""
    charged = fee_currency(policy)
    if charged not in (None, currency):
        sentence = f"compensation is charged in {charged} only, and the sample invoice is in {currency}"
        line = source.of_section("fees", "compensation")
        yield Finding("warning", "fee-currency", "fees.compensation", sentence, line)
