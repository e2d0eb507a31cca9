"""What reading a file gives: rows, faults, and rejects that can be mended and read again."""

from dataclasses import dataclass, field

from arrears.imports.rows import Row

_SHOWN_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong where: `line` counts from 1 (0: the file as a whole), `column` is the file's own name."""

    file: str
    line: int
    column: str
    value: str
    expected: str
    says: str = ""
    """The whole sentence, where a rule was broken that is not about one cell."""

    def as_json(self) -> dict[str, str | int]:
        """The fault for programs."""
        return {
            "file": self.file, "line": self.line, "column": self.column, "value": self.value,
            "expected": self.expected or self.says, "sentence": str(self),
        }  # fmt: skip

    def __str__(self) -> str:
        if self.says:
            return f"{self.file}, line {self.line}: {self.says}."
        at = [self.file, f"line {self.line}" if self.line else "", self.column]
        shown = self.value if len(self.value) <= _SHOWN_CHARACTERS else self.value[:_SHOWN_CHARACTERS] + "…"
        found = f"'{shown}'" if shown else "nothing"
        return f"{', '.join(filter(None, at))}: found {found}, expected {self.expected}."


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that was refused, in the very words of the file."""

    line: int
    text: str


@dataclass(slots=True)
class Reading:
    """What a file holds. A line that has a fault gives no row, of whatever kind, but one reject.

    `skipped` counts the rows that the map's filters leave out, `repeated` those that came again.
    """

    file: str
    header: str = ""
    encoding: str = "utf-8"
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    skipped: int = 0
    repeated: int = 0
    texts: dict[int, str] = field(default_factory=dict)

    def refuse(self, line: int, says: str) -> None:
        """Adds a fault of a row that was well formed but broke a rule, and rejects its record."""
        self.faults.append(Fault(self.file, line, "", "", "", says))
        if all(reject.line != line for reject in self.rejects):
            self.rejects.append(Reject(line, self.texts[line]))

    def drop_rejected(self) -> None:
        """Takes out the rows of lines that were refused."""
        refused = {reject.line for reject in self.rejects}
        self.rows = [row for row in self.rows if row.line not in refused]

    @property
    def unreadable(self) -> bool:
        """Whether a fault concerns the whole file, which then has neither rows nor rejects."""
        return bool(self.faults) and not self.rejects


def rejects_of(reading: Reading) -> bytes:
    """The rejects under the file's own header, to be mended and read again as the file was."""
    parts = [reading.header, *(reject.text for reject in reading.rejects)]
    text = "".join(part if part.endswith(("\n", "\r")) else part + "\n" for part in parts)
    return text.encode(reading.encoding)
