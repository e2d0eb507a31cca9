"""What a document names and does not have: segments, policies, agencies, texts; and circles among them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from policies.document import Policy, Step, parsed
from policies.linting.findings import Finding, Findings, Source

Kind = str
"""`letter`: a text that is sent; `call`: one that is read by whoever calls."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What there is beside the document. `texts`: the kind of each text by name and language; `policies`:
    the documents of other policies by name."""

    languages: tuple[str, ...] = ()
    texts: Mapping[str, Mapping[str, Kind]] = field(default_factory=dict)
    policies: Mapping[str, str] = field(default_factory=dict)


# --- texts ------------------------------------------------------------------------------------------------


def missing_texts(policy: Policy, shelf: Shelf, source: Source) -> Findings:
    """Texts that steps name and that are not there, in some language or at all, or are of another kind."""
    for place, step in enumerate(policy.steps):
        name, key, wanted = _text_of(step)
        if not name:
            continue
        found = shelf.texts.get(name, {})
        at, line = f"steps[{place + 1}].{key}", source.of_step(place, key)
        missing = [language for language in shelf.languages if language not in found]
        if not found:
            sentence = (
                f"there is no text '{name}' in any language; there are: {', '.join(sorted(shelf.texts))}"
            )
            yield Finding("error", "text-missing", at, sentence, line)
        elif missing:
            sentence = f"there is no text '{name}' in {', '.join(missing)}"
            yield Finding("warning", "language-missing", at, sentence, line)
        others = sorted({language for language, kind in found.items() if kind != wanted})
        if others:
            sentence = f"'{name}' is no text of a {wanted} ({', '.join(others)})"
            yield Finding("error", "text-kind", at, sentence, line)


def _text_of(step: Step) -> tuple[str, str, Kind]:
    if step.remind:
        return step.remind.template, "remind", "letter"
    return (step.call.script, "call", "call") if step.call else ("", "", "")


# --- segments ---------------------------------------------------------------------------------------------


def segment_findings(policy: Policy, shelf: Shelf, source: Source) -> Findings:
    """Segments that nobody gets into, that are not known, or that send round in a circle."""
    yield from _unknown_segments(policy, source)
    yield from _empty_segments(policy, source)
    yield from _policies_of_segments(policy, shelf, source)


def _unknown_segments(policy: Policy, source: Source) -> Findings:
    rules = policy.segmenting
    known = {segment.name for segment in rules.segments}
    given = policy.promise.broken.segment
    for place, step in enumerate(policy.steps):
        asked = {name for table in step.conditions for name in table.segment or ()}
        for name in sorted(asked - known - {given}):
            sentence = f"no rule gives the segment '{name}': only a person can"
            line = source.of_step(place, "if")
            yield Finding("warning", "segment-unknown", f"steps[{place + 1}].if.segment", sentence, line)
    if given is not None and known and given not in known:
        sentence = (
            f"a broken promise gives the segment '{given}', which is none of [[segmenting.segments]]: they "
            f"take it away again after {rules.min_days} days"
        )
        line = source.of_section("promise.broken", "segment")
        yield Finding("warning", "segment-not-kept", "promise.broken.segment", sentence, line)


def _empty_segments(policy: Policy, source: Source) -> Findings:
    everybody: str | None = None
    for number, segment in enumerate(policy.segmenting.segments, 1):
        key, line = f"segmenting.segments[{number}]", source.of_section("segmenting")
        if everybody is not None:
            sentence = f"nobody gets into segment '{segment.name}': '{everybody}' before it takes every payer"
            yield Finding("error", "segment-empty", key, sentence, line)
        limits = segment.enter.model_dump(exclude_none=True)
        for name, least in limits.items():
            most = limits.get(name.replace("_at_least", "_at_most"))
            if name.endswith("_at_least") and most is not None and least > most:
                sentence = f"nobody gets into segment '{segment.name}': {name} {least} is more than {most}"
                yield Finding("error", "segment-empty", f"{key}.enter", sentence, line)
        if not limits:
            everybody = everybody or segment.name


def _policies_of_segments(policy: Policy, shelf: Shelf, source: Source) -> Findings:
    for number, segment in enumerate(policy.segmenting.segments, 1):
        sent_to = segment.policy
        if sent_to is None:
            continue
        key, line = f"segmenting.segments[{number}].policy", source.of_section("segmenting")
        if sent_to == policy.name:
            sentence = f"segment '{segment.name}' sends payers to the policy in which it stands"
            yield Finding("warning", "cycle", key, sentence, line)
        elif sent_to not in shelf.policies:
            sentence = f"policy '{sent_to}' is none of those known here: it has to be published first"
            yield Finding("warning", "policy-unknown", key, sentence, line)
        elif circle := _circle(policy, sent_to, shelf):
            sentence = f"segments send payers round in a circle: {' → '.join(circle)}"
            yield Finding("error", "cycle", key, sentence, line)


def _circle(policy: Policy, sent_to: str, shelf: Shelf) -> list[str]:
    """The way from the policy over the one named back to it; empty: there is none."""
    ways = [[policy.name, sent_to]]
    seen = {sent_to}
    while ways:
        way = ways.pop()
        known = shelf.policies.get(way[-1])
        for segment in parsed(known).segmenting.segments if known else ():
            if segment.policy == policy.name:
                return [*way, policy.name]
            if segment.policy is not None and segment.policy not in seen:
                seen.add(segment.policy)
                ways.append([*way, segment.policy])
    return []


# --- agencies ---------------------------------------------------------------------------------------------


def agency_findings(policy: Policy, source: Source) -> Findings:
    """Agencies of steps whose terms the document leaves out though it has those of others, or idle ones."""
    if not policy.agencies:
        return
    used = {step.place.agency for step in policy.steps if step.place}
    for place, step in enumerate(policy.steps):
        if step.place and step.place.agency not in policy.agencies:
            known = ", ".join(policy.agencies)
            sentence = f"agency '{step.place.agency}' has no terms: [agencies] names {known}"
            line = source.of_step(place, "place")
            yield Finding("warning", "agency-unknown", f"steps[{place + 1}].place", sentence, line)
    for name in sorted(policy.agencies.keys() - used):
        sentence = f"no step places with '{name}': its terms serve placements by hand only"
        line = source.of_section(f"agencies.{name}")
        yield Finding("warning", "agency-unused", f"agencies.{name}", sentence, line)
