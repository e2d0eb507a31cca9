"""The lines of a policy document in which a step, or a section, stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_STEPS = "[[steps]]"
_HEADER = re.compile(r"^\s*\[\[?(?!steps\.)[\w.\"-]+\]\]?")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of a document; `first` is the number of the first of them, counted from 1."""

    first: int
    lines: tuple[str, ...]


def step_excerpt(document: str, place: int) -> Excerpt | None:
    """The lines of the step at that place on the ladder, counted from 0; None where steps stand otherwise."""
    return next((found for number, found in enumerate(_blocks(document, _STEPS)) if number == place), None)


def section_excerpt(document: str, section: str) -> Excerpt | None:
    """The lines of a section such as `promise`; None where the document leaves it to the defaults."""
    return next(_blocks(document, f"[{section}]"), None)


def _blocks(document: str, header: str) -> Iterator[Excerpt]:
    """Each table that begins with that header, up to the next one, empty lines at its end left out."""
    lines = document.splitlines()
    starts = [n for n, line in enumerate(lines) if line.partition("#")[0].strip() == header]
    for start in starts:
        after = (n for n in range(start + 1, len(lines)) if _HEADER.match(lines[n]))
        block = "\n".join(lines[start : next(after, len(lines))]).rstrip()
        yield Excerpt(start + 1, tuple(block.splitlines()))
