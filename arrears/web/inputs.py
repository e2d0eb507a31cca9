"""The inputs of a form, made from the schema of the request that it records; what was typed, as JSON.

Nothing is checked here: the request itself says what is wrong with what it is given.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from arrears.commands.base import Request
from arrears.commands.parsing import inlined
from arrears.web.labels import label_of

Kind = Literal[
    "text", "textarea", "amount", "date", "moment", "number", "choice", "choices", "tick", "yes-no", "lines",
    "pairs", "hours", "instalments",
]  # fmt: skip
Typed = Mapping[str, Sequence[str]]
"""What was typed into each input; some have several values."""

NEEDED = "needed"
LONG = frozenset({"note", "reason", "address"})
EQUAL_PARTS = ("total", "parts", "first_on", "every")
_EXPECTED: dict[Kind, str] = {
    "lines": "one on a line",
    "pairs": "one on a line, such as INV-1 20.00",
    "hours": "one on a line, such as 18:00-21:00 mon tue; none: not at any time any more",
    "instalments": "one on a line, such as 2026-08-04 50.00",
}
_DEFAULTS: dict[Kind, str] = {"instalments": "month"}
_HOURS = re.compile(r"(\S+?)\s*(?:-|–|to)\s*(\S+)\s*(.*)")


@dataclass(frozen=True, slots=True)
class Input:
    """One input: how it is drawn, and what is expected. `is_rare`: most people leave it alone."""

    name: str
    label: str
    kind: Kind
    hint: str
    expected: str
    required: bool
    default: str
    choices: tuple[str, ...]
    is_rare: bool

    @property
    def parts(self) -> tuple[str, ...]:
        """The names under which the browser sends it."""
        if self.kind != "instalments":
            return (self.name,)
        return (self.name, *(f"{self.name}.{part}" for part in EQUAL_PARTS))


@cache
def inputs_of(command: type[Request]) -> tuple[Input, ...]:
    """The inputs of a request without the account: those that must be given first, the name before others."""
    schema = inlined(command.model_json_schema())
    required = set(schema["required"])
    found = [
        _input(name, label_of(name, command.NAME), part, name in required)
        for name, part in schema["properties"].items()
        if name != "account"
    ]

    def place(one: Input) -> tuple[bool, ...]:
        return one.is_rare, not one.required, one.name == "note", one.name != "name"

    return tuple(sorted(found, key=place))


def _input(name: str, label: str, schema: dict[str, Any], required: bool) -> Input:
    said = str(schema.get("description", ""))
    stated = [part for part in schema.get("anyOf", [schema]) if part.get("type") != "null"]
    kind = _kind(name, stated, is_open="anyOf" in schema)
    default = schema.get("default")
    return Input(
        name, label, kind, said[:1].upper() + said[1:],
        _EXPECTED.get(kind, ""), required, default if isinstance(default, str) else _DEFAULTS.get(kind, ""),
        _choices(stated), "by default a fresh" in said,
    )  # fmt: skip


def _kind(name: str, stated: list[dict[str, Any]], is_open: bool) -> Kind:
    schema = stated[0]
    if len(stated) > 1:
        return "instalments"
    if "enum" in schema:
        return "choice"
    if schema["type"] == "array":
        return _kind_of_many(schema["items"])
    if schema["type"] == "string" and "format" not in schema:
        return "textarea" if name in LONG else "amount" if "pattern" in schema else "text"
    if schema["type"] == "boolean":
        return "yes-no" if is_open else "tick"
    plain: dict[str, Kind] = {"date": "date", "date-time": "moment", "integer": "number", "object": "pairs"}
    return plain[schema.get("format") or schema["type"]]


def _kind_of_many(items: dict[str, Any]) -> Kind:
    if "enum" in items:
        return "choices"
    return "hours" if items["type"] == "object" else "lines"


def _choices(stated: list[dict[str, Any]]) -> tuple[str, ...]:
    schema = stated[0]
    if len(stated) > 1:
        schema = stated[1]["properties"]["every"]
    return tuple(schema.get("enum") or schema.get("items", {}).get("enum", ()))


# --- what was typed ---------------------------------------------------------------------------------------


def stated(inputs: Sequence[Input], typed: Typed, zone: ZoneInfo) -> dict[str, Any]:
    """What was typed as the JSON of the request; an input that was left empty is left out. Moments are typed
    as the clock of that zone shows them."""
    found = {one.name: _value(one, typed, zone) for one in inputs}
    return {name: value for name, value in found.items() if value is not None}


def _value(one: Input, typed: Typed, zone: ZoneInfo) -> Any:
    given = [value.strip() for value in typed.get(one.name, ()) if value.strip()]
    if one.kind == "instalments":
        return _instalments(one, given, typed)
    if not given:
        return None
    return _READERS[one.kind](given, zone)


def _moment(given: list[str], zone: ZoneInfo) -> str:
    try:
        at = datetime.fromisoformat(given[0])
    except ValueError:
        return given[0]
    return (at if at.tzinfo else at.replace(tzinfo=zone)).isoformat()


def _number(given: list[str], _: ZoneInfo) -> int | str:
    return int(given[0]) if given[0].isascii() and given[0].isdigit() else given[0]


def _lines(given: list[str], _: ZoneInfo) -> list[str]:
    """Each line of each value: ticked ones come one by one, typed ones in a text."""
    return [line.strip() for value in given for line in value.splitlines() if line.strip()]


def _pairs(given: list[str], zone: ZoneInfo) -> dict[str, str]:
    parted = [line.rpartition(" ") for line in _lines(given, zone)]
    return {(name or last).strip(): last if name else "" for name, _, last in parted}


def _hours(given: list[str], zone: ZoneInfo) -> list[Any]:
    """`18:00-21:00 mon tue` for each time of day; `none`: no time at all."""
    lines = _lines(given, zone)
    return [] if lines == ["none"] else [_hours_of(line) for line in lines]


def _hours_of(line: str) -> Any:
    found = _HOURS.fullmatch(line)
    if found is None:
        return line
    return {"start": found[1], "end": found[2], "days": found[3].lower().replace(",", " ").split()}


def _instalments(one: Input, given: list[str], typed: Typed) -> Any:
    """Each part by itself, `2026-08-04 50.00` on a line, or else a sum in equal parts."""
    if given:
        parted = [line.partition(" ") for value in given for line in value.splitlines() if line.strip()]
        return [{"on": on, "amount": amount.strip()} for on, _, amount in parted]
    texts = {part: "".join(typed.get(f"{one.name}.{part}", ())).strip() for part in EQUAL_PARTS}
    if not any(text for part, text in texts.items() if part != "every"):
        return None
    agreed: dict[str, Any] = {part: text for part, text in texts.items() if text}
    if "parts" in agreed:
        agreed["parts"] = _number([agreed["parts"]], ZoneInfo("UTC"))
    return agreed


_READERS: dict[Kind, Callable[[list[str], ZoneInfo], Any]] = {
    **dict.fromkeys(("text", "textarea", "amount", "date", "choice"), lambda given, _: given[0]),
    "moment": _moment, "number": _number, "choices": _lines, "lines": _lines, "pairs": _pairs,
    "hours": _hours, "tick": lambda given, _: True, "yes-no": lambda given, _: given[0] == "yes",
}  # fmt: skip


# --- what is wrong with it --------------------------------------------------------------------------------


def by_input(errors: Sequence[Mapping[str, str]], given: Mapping[str, Any]) -> dict[str, list[str]]:
    """What was expected of each input; where one may be stated in two ways, of the way in which it was."""
    found: dict[str, list[str]] = {}
    for error in errors:
        name, *below = error["field"].replace("...", "").split(".")  # one way of the two is "tuple[X, ...]"
        if name == "instalments" and below:
            is_equal = below.pop(0) == "EqualParts"
            if name in given and is_equal != isinstance(given[name], dict):
                continue
        place = _place(below)
        expected = NEEDED if error["expected"] == "Field required" else error["expected"]
        found.setdefault(name, []).append(f"{place}: {expected}" if place else expected)
    return found


def _place(below: Sequence[str]) -> str:
    """Where in an input of several lines or parts: line 2, amount."""
    return ", ".join(
        f"line {int(part) + 1}" if part.isdigit() else part.replace("_", " ")
        for part in below
        if part != "[key]"
    )
