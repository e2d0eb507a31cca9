"""What two versions of a policy differ in, by meaning: steps by their ids, everything else by its key."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from policies.document import Policy, Step

ABSENT = None


class Change(NamedTuple):
    """One difference. `place`: 'step first-notice', or a section such as 'promise'; `key` is empty where all
    of it came or went. `before` or `after` is None where there is nothing."""

    place: str
    key: str
    before: Any
    after: Any


def changes(before: Policy, after: Policy) -> Iterator[Change]:
    """Every difference between two versions: those of the ladder first, step by step as it climbs now."""
    yield from _steps(before, after)
    old, new = _sections(before), _sections(after)
    for section in [*new, *(one for one in old if one not in new)]:
        yield from _differing(section, "", old.get(section), new.get(section))


def _steps(before: Policy, after: Policy) -> Iterator[Change]:
    old = {step.id: step for step in before.steps}
    new = {step.id: step for step in after.steps}
    for name in [*new, *(name for name in old if name not in new)]:
        if name not in old or name not in new:
            yield Change(f"step {name}", "", _told(old.get(name)), _told(new.get(name)))
        else:
            yield from _differing(f"step {name}", "", _fields(old[name]), _fields(new[name]))
    kept = [name for name in old if name in new], [name for name in new if name in old]
    if kept[0] != kept[1]:
        yield Change("steps", "order", ", ".join(kept[0]), ", ".join(kept[1]))


def _told(step: Step | None) -> str | None:
    return None if step is None else step.title or step.id


def _fields(step: Step) -> dict[str, Any]:
    return step.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"id"})


def _sections(policy: Policy) -> dict[str, Any]:
    return policy.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"steps", "name"})


def _differing(place: str, key: str, before: Any, after: Any) -> Iterator[Change]:
    """The innermost differences of two values under dotted keys."""
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in [*after, *(one for one in before if one not in after)]:
            below = f"{key}.{name}" if key else str(name)
            yield from _differing(place, below, before.get(name, ABSENT), after.get(name, ABSENT))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (old, new) in enumerate(zip(before, after, strict=True), start=1):
            yield from _differing(place, f"{key}[{number}]", old, new)
    else:
        yield Change(place, key, before, after)
