"""How profiles stand in a policy document: named in `[contact]`, pinned whole under `[profiles]`.

A document names profiles and may change keys of them under `[overrides.NAME]`. When it is published, the
shipped profiles that it names are written into it: what held then is read from the fact for ever, whatever
later versions of arrears ship.
"""

import tomllib
from collections.abc import Mapping
from datetime import date, time
from typing import Any

from pydantic import ValidationError

from policies.contact_limits.profile import Profile

Tables = dict[str, dict[str, Any]]


def profile_of(text: str) -> Profile:
    """The profile that a TOML text of its own describes."""
    return Profile.model_validate(tomllib.loads(text))


def pin(document: str, shipped: Mapping[str, str]) -> str:
    """The document with each shipped profile that it names, and does not hold itself, written at its end.

    A text that is no TOML, or no policy, is left as it is; parsing it says what is wrong.
    """
    try:
        tables = tomllib.loads(document)
        named = [name for name in tables.get("contact", {}).get("limits", []) if isinstance(name, str)]
        held = tables.get("profiles", {})
    except (tomllib.TOMLDecodeError, AttributeError, TypeError):
        return document
    missing = [name for name in dict.fromkeys(named) if name in shipped and name not in held]
    parts = [document.rstrip("\n")]
    for name in missing:
        parts += ["", *_table(("profiles", name), tomllib.loads(shipped[name]))]
    return "\n".join(parts) + "\n" if missing else document


def _table(path: tuple[str, ...], content: Mapping[str, Any], heading: str = "[{}]") -> list[str]:
    """A table as TOML lines: plain keys first, then the tables within it."""
    lines = [heading.format(".".join(path))]
    lines += [f"{key} = {_value(one)}" for key, one in content.items() if not _is_table(one)]
    for key, one in content.items():
        if isinstance(one, Mapping):
            lines += ["", *_table((*path, key), one)]
        elif _is_table(one):
            for part in one:
                lines += ["", *_table((*path, key), part, "[[{}]]")]
    return lines


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, list) and bool(value) and all(isinstance(part, Mapping) for part in value)
    )


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, list):
        return f"[{', '.join(_value(part) for part in value)}]"
    return value.isoformat() if isinstance(value, date | time) else str(value)


def in_force(names: tuple[str, ...], profiles: Tables, overrides: Tables) -> dict[str, Profile]:
    """The profiles named, with what the document changes in them.

    Raises ValueError for a name that stands for none, and pydantic's ValidationError for a wrong rule.
    """
    unused = sorted(overrides.keys() - set(names))
    if unused:
        raise ValueError(f"overrides.{unused[0]}: expected the name of a profile that contact.limits has")
    missing = [name for name in names if name not in profiles]
    if missing:
        expected = "expected the names of shipped profiles or of those under profiles"
        raise ValueError(f"contact.limits: {expected}, not '{missing[0]}'")
    return {name: _checked(name, merged(profiles[name], overrides.get(name, {}))) for name in names}


def _checked(name: str, content: dict[str, Any]) -> Profile:
    try:
        return Profile.model_validate(content)
    except ValidationError as invalid:
        faults = (
            f"profiles.{name}.{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in invalid.errors()
        )
        raise ValueError("; ".join(faults)) from None


def merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """The tables with the changes in them; rules in a list are matched by their name, new ones are added."""
    content = dict(base)
    for key, value in change.items():
        known = content.get(key)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            content[key] = merged(known, value)
        elif isinstance(known, list) and _is_table(value) and _is_table(known):
            content[key] = _merged_rules(known, value)
        else:
            content[key] = value
    return content


def _merged_rules(known: list[Any], changes: list[Any]) -> list[Any]:
    by_name = {one.get("rule"): one for one in known}
    for change in changes:
        name = change.get("rule")
        by_name[name] = merged(by_name.get(name, {}), change)
    return list(by_name.values())
