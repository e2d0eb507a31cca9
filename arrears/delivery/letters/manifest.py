"""The files of a batch: the PDF, and beside it what is in it, for people and programs."""

import csv
import io
import os
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from pathlib import Path

import orjson


@dataclass(frozen=True, slots=True)
class Printed:
    """A letter of a batch: whose it is, in which words, and on which pages of the PDF it stands."""

    contact: str
    account: str
    stream: str
    country: str
    language: str
    template: str
    template_sha256: str
    first_page: int
    pages: int


def write(folder: Path, batch: str, pdf: bytes, letters: list[Printed]) -> None:
    """Writes the files of a batch, each whole or not at all; the PDF, by which it is known, last."""
    table = io.StringIO(newline="")
    rows = csv.writer(table)
    rows.writerow([field.name for field in fields(Printed)])
    rows.writerows(asdict(one).values() for one in letters)
    told = {
        "batch": batch, "pdf_sha256": sha256(pdf).hexdigest(), "pages": sum(one.pages for one in letters),
        "letters": [asdict(one) for one in letters],
    }  # fmt: skip
    _put(folder / f"{batch}.csv", table.getvalue().encode("utf-8-sig"))
    _put(folder / f"{batch}.json", orjson.dumps(told, option=orjson.OPT_INDENT_2))
    _put(folder / f"{batch}.pdf", pdf)


def written(folder: Path, batch: str) -> list[Printed] | None:
    """What is in a batch that was written; None where it was not."""
    if not (folder / f"{batch}.pdf").exists() or not (folder / f"{batch}.json").exists():
        return None
    told = orjson.loads((folder / f"{batch}.json").read_bytes())
    return [Printed(**one) for one in told["letters"]]


def _put(file: Path, content: bytes) -> None:
    """Writes the file under another name first, so that nobody ever reads a part of it."""
    part = file.with_name(f".{file.name}.part")
    with part.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)
