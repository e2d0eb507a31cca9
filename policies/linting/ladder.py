"""The rungs of a ladder as they are written: the day each is meant for, and which can never be taken."""

from collections.abc import Iterator
from itertools import pairwise

from policies.document import If, Policy, Step
from policies.linting.findings import Finding, Findings, Source, in_days


def nominal_days(policy: Policy) -> dict[str, int]:
    """The day past due on which each step would fall if nothing moved any (negative: before the due date)."""
    days: dict[str, int] = {}
    for step in policy.steps:
        if step.days_before_due is not None:
            days[step.id] = -step.days_before_due
        elif step.days_past_due is not None:
            days[step.id] = step.days_past_due
        else:
            days[step.id] = days[step.after or ""] + (step.days or 0)
    return days


def impossible_steps(policy: Policy, source: Source) -> Findings:
    """Each step that can never be taken, with why; what counts from such a step is never taken either."""
    days = nominal_days(policy)
    never: set[str] = set()
    for place, step in enumerate(policy.steps):
        for code, key, why in _why_never(policy, days, place, never):
            never.add(step.id)
            sentence = f"step '{step.id}' can never be taken: {why}"
            yield Finding("error", code, f"steps[{place + 1}].{key}", sentence, source.of_step(place, key))
            break


def _why_never(
    policy: Policy, days: dict[str, int], place: int, never: set[str]
) -> Iterator[tuple[str, str, str]]:
    """Code, key and reason, where there is one."""
    step = policy.steps[place]
    if step.after in never:
        yield "after-impossible", "after", f"it counts from '{step.after}', which can never be taken"
    reasons = [_contradiction(policy, place, table) for table in step.conditions]
    if reasons and all(reasons):
        yield "impossible-condition", "if", "; ".join(dict.fromkeys(filter(None, reasons)))
    if placed := _placed_before(policy, days, place):
        yield "behind-placement", _time_key(step), f"'{placed}' has given the invoice to an agency by then"
    if sooner := _overtaken_by(policy, days, place, never):
        yield (
            "out-of-order",
            _time_key(step),
            (
                f"it is due on day {days[step.id]}, and '{sooner}', which stands above it, on day "
                f"{days[sooner]}"
            ),
        )


def _contradiction(policy: Policy, place: int, table: If) -> str | None:
    """Why the conditions of one table can never hold together."""
    step = policy.steps[place]
    if table.not_reached is not None and not _calls(policy, place):
        return "not_reached asks for calls, and no call comes before it"
    for name in ("promise", "segment"):
        if getattr(table, name) == ():
            return f"{name} = [] leaves nothing that it could be"
    if step.trace and table.trace_failed:
        return "nobody is looked for again who was looked for and not found"
    return None


def _calls(policy: Policy, place: int) -> bool:
    """Whether a call may have been made before the step: of a rung one below it, else any."""
    step = policy.steps[place]
    before = policy.steps[:place] if step.climbs else policy.steps
    return any(one.call for one in before)


def _placed_before(policy: Policy, days: dict[str, int], place: int) -> str | None:
    """The step that places without asking, and for good, before this one: whatever has happened, or this one
    counts from it."""
    step = policy.steps[place]
    for other in policy.steps:
        if other is step or not _places_for_good(policy, other):
            continue
        if step.after == other.id:
            return other.id
        below = policy.steps.index(other) < place and step.climbs
        if not other.conditions and (below or days[other.id] < days[step.id]):
            return other.id
    return None


def _places_for_good(policy: Policy, step: Step) -> bool:
    """Whether the step places at once with an agency whose terms never give an open invoice back."""
    if step.place is None or not step.place.automatic:
        return False
    terms = policy.agencies.get(step.place.agency)
    return terms is None or (terms.days is None and not {"payment", "dispute"} & set(terms.recall_on))


def _overtaken_by(policy: Policy, days: dict[str, int], place: int, never: set[str]) -> str | None:
    """The rung above it that is due earlier, whatever has happened: of two the higher one is taken."""
    step = policy.steps[place]
    if not step.climbs:
        return None
    above = (one for one in policy.steps[place + 1 :] if one.climbs and not one.conditions)
    return next((s.id for s in above if s.id not in never and days[s.id] < days[step.id]), None)


def doubtful_steps(policy: Policy, source: Source) -> Findings:
    """Steps whose words mean something else than they seem to."""
    days, placed = nominal_days(policy), {step.id: place for place, step in enumerate(policy.steps)}
    for place, step in enumerate(policy.steps):
        for table in step.conditions:
            since = table.no_response_since
            if since is not None and placed[since] >= place and days[since] >= days[step.id]:
                sentence = (
                    f"step '{step.id}' asks for an answer since '{since}', which comes no earlier than the "
                    "step itself: the condition always holds"
                )
                line = source.of_step(place, "if")
                yield Finding("warning", "always-holds", f"steps[{place + 1}].if", sentence, line)
        sooner = _may_overtake(policy, days, place)
        if sooner is not None:
            sentence = (
                f"step '{step.id}' is due on day {days[step.id]} and lapses where '{sooner}', which stands "
                f"above it, is taken on day {days[sooner]}"
            )
            line = source.of_step(place, _time_key(step))
            key = f"steps[{place + 1}].{_time_key(step)}"
            yield Finding("warning", "may-be-overtaken", key, sentence, line)
    yield from _gathered(policy, days, source)


def _may_overtake(policy: Policy, days: dict[str, int], place: int) -> str | None:
    step = policy.steps[place]
    above = policy.steps[place + 1 :] if step.climbs else ()
    return next((s.id for s in above if s.climbs and s.conditions and days[s.id] < days[step.id]), None)


def _gathered(policy: Policy, days: dict[str, int], source: Source) -> Findings:
    """Contacts that are closer to the one before them than the policy lets them be."""
    contacts = [(place, step) for place, step in enumerate(policy.steps) if step.is_contact]
    gap = policy.contact.min_gap_days
    for (_, lower), (place, upper) in pairwise(contacts):
        between = days[upper.id] - days[lower.id]
        if 0 <= between < gap and not (lower.conditions and upper.conditions):
            sentence = (
                f"step '{upper.id}' is due {in_days(between)} after '{lower.id}', and min_gap_days = {gap} "
                "keeps contacts further apart: it is put off"
            )
            key = _time_key(upper)
            line = source.of_step(place, key)
            yield Finding("warning", "closer-than-min-gap", f"steps[{place + 1}].{key}", sentence, line)


def _time_key(step: Step) -> str:
    given = ("days_before_due", "days_past_due")
    return next((key for key in given if getattr(step, key) is not None), "days")


def entries(policy: Policy, source: Source) -> Findings:
    """What is doubtful of `on_reopen`, where an invoice enters that is owed again."""
    step = policy.step(policy.on_reopen or "")
    if step is None:
        return
    line = source.of_key("on_reopen")
    if not step.climbs:
        sentence = f"'{step.id}' is no contact and no placement: a reopened invoice enters at the very bottom"
        yield Finding("error", "on-reopen", "on_reopen", sentence, line)
    elif step.days_before_due is not None:
        sentence = f"'{step.id}' comes before the due date, which has passed when an invoice is owed again"
        yield Finding("warning", "on-reopen", "on_reopen", sentence, line)
    elif step.place is not None:
        sentence = f"an invoice that is owed again would go to '{step.place.agency}' without a word before"
        yield Finding("warning", "on-reopen", "on_reopen", sentence, line)
