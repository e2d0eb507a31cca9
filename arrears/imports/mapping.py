"""A map: how the file of another system becomes rows of ours, without code."""

import tomllib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from arrears.imports.cells import names_a_day
from arrears.imports.fields import Written
from arrears.imports.rows import KINDS

SHIPPED = Path(__file__).parent.parent / "maps"


class MapRefused(ValueError):
    """A map that cannot be used: each problem names its key and what was expected there."""

    def __init__(self, file: str, problems: list[str]) -> None:
        self.file, self.problems = file, problems
        super().__init__("\n".join(f"{file}: {problem}" for problem in problems))


class UnknownMap(ValueError):
    """A name that is neither a file nor a map that we ship."""

    def __init__(self, name: str) -> None:
        self.name, self.shipped = name, shipped_maps()
        super().__init__(
            f"There is no map '{name}': expected a TOML file or one of {', '.join(self.shipped)}."
        )


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _some(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise ValueError("a text, or a list of at least one")
    return values


def _date_format(written: str) -> str:
    if not names_a_day(written):
        raise ValueError("'iso' or a strptime format with year, month and day, such as '%d/%m/%Y'")
    return written


def _encoding(name: str) -> str:
    try:
        "".encode(name)
    except LookupError:
        raise ValueError("an encoding such as 'utf-8' or 'cp1252'") from None
    return name


Filled = Annotated[str, StringConstraints(min_length=1)]
Source = Annotated[tuple[Filled, ...], BeforeValidator(_several), AfterValidator(_some)]
"""Columns of theirs, or templates such as '{number}-paid': the first that is not empty counts."""


class Part(BaseModel):
    """A part of a map."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FileFormat(Written):
    """How the file is written; without a delimiter it is found from the header."""

    date_format: Annotated[
        tuple[Annotated[str, AfterValidator(_date_format)], ...],
        BeforeValidator(_several),
        AfterValidator(_some),
    ] = ("iso",)
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'", "’"] = ""
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = None
    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8"

    @model_validator(mode="after")
    def _apart(self) -> "FileFormat":
        if self.thousands == self.decimal:
            raise ValueError("another mark for thousands than for decimals")
        return self


class Filter(Part):
    """Which rows count; one on a column that the file lacks refuses the file, unless it is `optional`."""

    column: Source
    equals: tuple[str, ...] = ()
    not_equals: tuple[str, ...] = ()
    not_empty: bool = False
    optional: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> "Filter":
        if not (self.equals or self.not_equals or self.not_empty):
            raise ValueError("one of equals, not_equals and not_empty")
        return self

    @cached_property
    def _wanted(self) -> frozenset[str]:
        return frozenset(text.casefold() for text in self.equals)

    @cached_property
    def _unwanted(self) -> frozenset[str]:
        return frozenset(text.casefold() for text in self.not_equals)

    def matches(self, value: str) -> bool:
        """Whether a row with this value counts; upper and lower case are the same."""
        folded = value.casefold()
        if self.not_empty and not value:
            return False
        return folded not in self._unwanted and (not self._wanted or folded in self._wanted)


class Table(Part):
    """What one kind takes from the file: columns (ours = theirs), constants where those are empty, filters.

    `repeated = "first"`: an id may come again with other details, and the first row counts.
    """

    kind: Literal[tuple(KINDS)]  # type: ignore[valid-type]
    columns: dict[str, Source] = {}
    constants: dict[str, Filled] = {}
    rows: tuple[Filter, ...] = ()
    repeated: Literal["refuse", "first"] = "refuse"

    @model_validator(mode="after")
    def _fills_its_kind(self) -> "Table":
        row = KINDS[self.kind]
        given = self.columns.keys() | self.constants.keys()
        if unknown := sorted(given - set(row.columns())):
            raise ValueError(f"columns among {', '.join(row.columns())}, not {', '.join(unknown)}")
        if missing := [name for name in row.required() if name not in given]:
            raise ValueError(f"columns or constants for {', '.join(missing)} as well")
        return self


class Mapping(Part):
    """A map describes one file, which may feed several kinds: one table for each."""

    file: FileFormat = FileFormat()
    table: tuple[Table, ...]

    @model_validator(mode="after")
    def _has_a_table(self) -> "Mapping":
        if not self.table:
            raise ValueError("at least one [[table]]")
        return self

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(table.kind for table in self.table)


def plain(kind: str) -> Mapping:
    """The map of a file in our own format: each column under its own name."""
    columns: dict[str, tuple[str, ...]] = {name: (name,) for name in KINDS[kind].columns()}
    return Mapping(table=(Table(kind=kind, columns=columns),))


def find_map(name_or_path: str) -> Mapping:
    """The map in that file, or the one that we ship under that name; raises UnknownMap, MapRefused."""
    for path in (Path(name_or_path), SHIPPED / f"{name_or_path}.toml"):
        if path.is_file():
            return read_mapping(path)
    raise UnknownMap(name_or_path)


def shipped_maps() -> list[str]:
    """The names of the maps that we ship."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def read_mapping(path: Path) -> Mapping:
    """The map in a TOML file; raises MapRefused with every problem at once."""
    return parse_mapping(path.read_bytes(), path.name)


def parse_mapping(content: bytes, name: str) -> Mapping:
    """The map that such a file holds; raises MapRefused."""
    try:
        return Mapping.model_validate(tomllib.loads(content.decode("utf-8-sig")))
    except ValidationError as refused:
        raise MapRefused(name, list(_problems(refused))) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as unreadable:
        raise MapRefused(name, [f"expected TOML in UTF-8, but: {unreadable}"]) from None


def _problems(refused: ValidationError) -> Iterator[str]:
    for error in refused.errors(include_url=False):
        key = ".".join(_step(step) for step in error["loc"])
        yield f"{key or 'the map'}: expected {_expected(error)}."


def _step(step: str | int) -> str:
    """A key, or the place of one of several tables, counted from 1."""
    return step if isinstance(step, str) else str(step + 1)


def _expected(error: ErrorDetails) -> str:
    found = error["input"]
    match error["type"]:
        case "value_error":
            said = str(error["ctx"]["error"])
            return said if isinstance(found, Part | dict) else f"{said}, found '{found}'"
        case "missing":
            return "this key, which is missing"
        case "extra_forbidden":
            return "no such key"
        case "literal_error":
            return f"{error['ctx']['expected']}, found '{found}'"
        case _:
            return f"something else than '{found}': {error['msg']}"
