"""One way to every format: a sheet goes in, a file comes out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO

from arrears.exports.delimited import delimited
from arrears.exports.printed import printed
from arrears.exports.sheet import Sheet
from arrears.exports.workbook import workbook

PIECE_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: what it is called, how a browser knows it, and how a sheet is put into pieces of it."""

    name: str
    media_type: str
    pieces: Callable[[Sheet], Iterator[bytes]]


def _by_file(write: Callable[[Sheet, IO[bytes]], None]) -> Callable[[Sheet], Iterator[bytes]]:
    """Written whole into a file that vanishes, and read back in pieces, so that it is never in memory."""

    def pieces(sheet: Sheet) -> Iterator[bytes]:
        with TemporaryFile() as file:
            write(sheet, file)
            file.seek(0)
            while piece := file.read(PIECE_BYTES):
                yield piece

    return pieces


FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format("csv", "text/csv; charset=utf-8", delimited),
        Format(
            "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _by_file(workbook)
        ),
        Format("pdf", "application/pdf", _by_file(printed)),
    )
}
