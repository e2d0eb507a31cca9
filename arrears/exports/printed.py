"""PDF for paper: landscape A4, the head of the table on each page, figures aligned, numbered pages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from arrears.dossier.layout import INK, QUIET, RULE
from arrears.exports.sheet import Field, Sheet, readable
from arrears.paper.fonts import BOLD, REGULAR, register, runs

WIDTH, HEIGHT = landscape(A4)
MARGIN, TOP, FOOT = 15 * mm, 14 * mm, 14 * mm
SIZE, LEADING, GAP = 7.5, 10.0, 8.0
NARROWEST_TEXT, WIDEST_TEXT = 40.0, 300.0
MOST_LINES = 4
MOST_ROWS = 10_000
"""More than that nobody reads on paper: the file says that it ends there."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A column on the page: from where to where."""

    field: Field
    left: float
    width: float

    @property
    def right(self) -> float:
        return self.left + self.width


Lines = Sequence[Sequence[str]]
"""The cells of a row, each in lines."""


def printed(sheet: Sheet, out: IO[bytes]) -> None:
    """Writes the PDF; of a table that is too long for paper the first rows, and that it is so."""
    register()
    taken = list(islice(sheet.rows, MOST_ROWS + 1))
    cells = [[readable(field, row, sheet.zone) for field in sheet.fields] for row in taken[:MOST_ROWS]]
    said = sheet.said
    if len(taken) > MOST_ROWS:
        said += (f"Only the first {MOST_ROWS:,} rows are printed; a workbook or CSV has them all.",)
    placed = _placed(sheet.fields, cells)
    heads = [_lines(one.field.title, one.width, BOLD) for one in placed]
    rows = [[_lines(text, column.width) for text, column in zip(row, placed, strict=True)] for row in cells]
    pages = list(_pages(rows, _height(heads), len(said)))
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), invariant=1, pageCompression=1, lang="en")
    canvas.setTitle(sheet.title)
    canvas.setAuthor("arrears")
    for number, page in enumerate(pages, start=1):
        y = _head(canvas, sheet, said if number == 1 else ())
        y = _row(canvas, placed, heads, y, bold=True)
        for row in page:
            y = _row(canvas, placed, row, y)
        if not rows:
            _draw(canvas, MARGIN, y - LEADING, "Nothing to list.")
        _foot(canvas, sheet, number, len(pages))
        canvas.showPage()
    canvas.save()


# --- columns and lines ------------------------------------------------------------------------------------


def _placed(fields: Sequence[Field], cells: Sequence[Sequence[str]]) -> list[_Placed]:
    """Figures and dates get what they need; text shares what is left, up to what it needs."""
    needed = [
        max([_head_width(field), *map(_wide, column)])
        for field, column in zip(fields, _columns(fields, cells), strict=True)
    ]
    room = WIDTH - 2 * MARGIN - GAP * (len(fields) - 1)
    texts = [place for place, field in enumerate(fields) if field.kind == "text"]
    widths = [min(one, WIDEST_TEXT) if place in texts else one for place, one in enumerate(needed)]
    left = room - sum(one for place, one in enumerate(widths) if place not in texts)
    asked = sum(widths[place] for place in texts)
    for place in texts if asked > left else ():
        widths[place] = max(NARROWEST_TEXT, widths[place] * left / asked)
    scale = min(1.0, room / sum(widths))
    found, x = [], MARGIN
    for field, width in zip(fields, widths, strict=True):
        found.append(_Placed(field, x, width * scale))
        x += width * scale + GAP
    return found


def _columns(fields: Sequence[Field], cells: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    return list(zip(*cells, strict=True)) if cells else [()] * len(fields)


def _wide(text: str, font: str = REGULAR) -> float:
    return sum(stringWidth(part, name if name != REGULAR else font, SIZE) for name, part in runs(text))


def _head_width(field: Field) -> float:
    """What a heading needs: over figures and dates it may stand in several lines."""
    parts = [field.title] if field.kind == "text" else field.title.split()
    return max((_wide(part, BOLD) for part in parts), default=0.0)


def _lines(text: str, width: float, font: str = REGULAR) -> list[str]:
    """The text in lines of that width; what is too long for them ends with an ellipsis."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _wide(longer, font) <= width + 0.01:
            lines[-1] = longer
        else:
            lines += _broken(word, width, font)
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], lines[MOST_LINES - 1][:-1] + "…"]
    return lines or [""]


def _broken(word: str, width: float, font: str) -> list[str]:
    """A word, in pieces where it is wider than the line."""
    if _wide(word, font) <= width + 0.01:
        return [word]
    pieces = [""]
    for character in word:
        if pieces[-1] and _wide(pieces[-1] + character, font) > width + 0.01:
            pieces.append("")
        pieces[-1] += character
    return pieces


def _height(row: Lines) -> float:
    return max(map(len, row)) * LEADING + 3


def _pages(rows: Sequence[Lines], head: float, said: int) -> Iterator[list[Lines]]:
    """The rows of each page; an empty table has one page, too."""
    full = HEIGHT - TOP - FOOT - 40 - head
    page, room = list[Lines](), full - said * 11
    for row in rows:
        if page and _height(row) > room:
            yield page
            page, room = [], full
        page.append(row)
        room -= _height(row)
    yield page


# --- drawing ----------------------------------------------------------------------------------------------


def _head(canvas: Canvas, sheet: Sheet, said: Sequence[str]) -> float:
    """The title and the clocks; returns where the table begins."""
    y = HEIGHT - TOP - 9
    canvas.setFillColor(INK)
    _draw(canvas, MARGIN, y, sheet.title, 13, BOLD)
    canvas.setFillColor(QUIET)
    for sentence in (sheet.clocks, *said):
        y -= 12 if sentence is sheet.clocks else 11
        _draw(canvas, MARGIN, y, sentence, 8)
    return y - 8


def _row(canvas: Canvas, placed: Sequence[_Placed], row: Lines, y: float, bold: bool = False) -> float:
    font = BOLD if bold else REGULAR
    canvas.setFillColor(QUIET if bold else INK)
    tallest = max(map(len, row))
    for column, lines in zip(placed, row, strict=True):
        below = tallest - len(lines) if bold else 0  # heads stand on the line
        for number, line in enumerate(lines):
            at = y - (number + below + 0.8) * LEADING
            x = column.right - _wide(line, font) if column.field.is_figure else column.left
            _draw(canvas, x, at, line, SIZE, font)
    end = y - _height(row)
    canvas.setStrokeColor(QUIET if bold else RULE)
    canvas.setLineWidth(0.8 if bold else 0.3)
    canvas.line(MARGIN, end + 1, placed[-1].right, end + 1)
    return end


def _foot(canvas: Canvas, sheet: Sheet, number: int, count: int) -> None:
    canvas.setFillColor(QUIET)
    _draw(canvas, MARGIN, FOOT - 12, f"{sheet.title} · {sheet.clocks}", 7)
    text = f"{number} of {count}"
    _draw(canvas, WIDTH - MARGIN - stringWidth(text, REGULAR, 7), FOOT - 12, text, 7)


def _draw(canvas: Canvas, x: float, y: float, text: str, size: float = SIZE, font: str = REGULAR) -> None:
    """One line of text, each part in a font that has its characters."""
    for name, part in runs(text):
        used = name if name != REGULAR else font
        canvas.setFont(used, size)
        canvas.drawString(x, y, part)
        x += stringWidth(part, used, size)
