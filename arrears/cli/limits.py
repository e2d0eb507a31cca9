"""Profiles of contact limits in words: which rules each applies, from which source, and which it does not."""

from collections.abc import Iterator
from typing import Any

from policies.contact_limits.profile import Profile, Rule

NO_CLAIM = (
    "No profile claims compliance: it says which rules it applies and which it does not. Whether they are "
    "the right ones is for your own counsel to say."
)


def described(name: str, profile: Profile) -> Iterator[str]:
    """The profile for people, line by line."""
    yield f"{name}: {profile.title}"
    yield ""
    yield "It applies"
    yield from (f"  + {line}" for line in profile.applies)
    yield "It does not apply"
    yield from (f"  - {line}" for line in profile.does_not_apply)
    yield ""
    yield "Its rules, each as a refusal names it"
    yield from (f"  {_rule(rule)}" for rule in profile.rules)
    yield ""
    yield NO_CLAIM


def _rule(rule: Rule) -> str:
    own = rule.model_dump(mode="json", exclude={"rule", "source"}, exclude_defaults=True)
    keys = ", ".join(f"{key} = {_value(value)}" for key, value in own.items())
    return f"{rule.rule} ({rule.source}){f': {keys}' if keys else ''}"


def _value(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
