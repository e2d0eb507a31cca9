"""A finding on a policy document, and the lines of the document in which keys stand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from policies.excerpt import Excerpt, section_excerpt, step_excerpt

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is doubtful. An error: the policy cannot do what it says; a warning: it may be meant."""

    severity: Severity
    code: str
    key: str
    sentence: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.key}: {self.sentence}" if self.key else self.sentence


Findings = Iterator[Finding]


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a document as somebody wrote it, in which findings are to be found again."""

    document: str

    def of_step(self, place: int, key: str = "") -> int | None:
        """The line of a key of the step at that place, counted from 0; else the line of its `id`."""
        found = step_excerpt(self.document, place)
        return _line(found, key) or _line(found, "id")

    def of_section(self, section: str, key: str = "") -> int | None:
        """The line of a key of a section such as `contact`; else the line on which the section begins."""
        found = section_excerpt(self.document, section)
        return _line(found, key) or (found.first if found else None)

    def of_key(self, key: str) -> int | None:
        """The line of a key that stands before every section."""
        return _line(Excerpt(1, tuple(self.document.split("\n[", 1)[0].splitlines())), key)


def in_days(count: int) -> str:
    """So many days, in words: '1 day'."""
    return f"{count} day{'' if count == 1 else 's'}"


def _line(found: Excerpt | None, key: str) -> int | None:
    if found is None or not key:
        return None
    starts = re.compile(rf"^\s*{re.escape(key)}\s*=")
    return next((found.first + n for n, text in enumerate(found.lines) if starts.match(text)), None)
