"""Letters drawn on A4: address window, subject, text, invoices, how to pay, and numbers on the pages."""

from collections import deque
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, Table
from segno import QRCode

from arrears.delivery.carrier import Undeliverable
from arrears.delivery.letters.text import LetterText
from arrears.delivery.letters.windows import Window
from arrears.paper.fonts import BOLD, REGULAR, marked, register, runs

LEFT, RIGHT, BOTTOM, NEXT_TOP = 25 * mm, 20 * mm, 19 * mm, 32 * mm
ABOUT_LEFT = 125 * mm
WIDTH = A4[0] - LEFT - RIGHT
CODE_SIZE = 30 * mm
QUIET_MODULES = 4
SMALLEST_PT, USUAL_PT, USUAL_LEADING = 6.0, 10.0, 4.3 * mm
INK, QUIET, RULE = HexColor("#000000"), HexColor("#4a535e"), HexColor("#9aa3ad")


def _style(name: str, size: float = 10, **more: Any) -> ParagraphStyle:
    given = {
        "fontName": REGULAR, "fontSize": size, "leading": size * 1.36, "textColor": INK,
        "allowWidows": 0, "allowOrphans": 0, **more,
    }  # fmt: skip
    return ParagraphStyle(name, **given)


SUBJECT = _style("subject", 11.5, fontName=BOLD)
TEXT = _style("text", spaceBefore=6)
GREETING, CLOSING = _style("greeting", spaceBefore=13), _style("closing", spaceBefore=10)
NOTICE = _style(
    "notice", spaceBefore=13, spaceAfter=4, borderColor=RULE, borderWidth=0.6, borderPadding=(4, 6, 5, 6),
    leftIndent=6, rightIndent=6,
)  # fmt: skip
HEAD, CELL = _style("head", 8.5, fontName=BOLD), _style("cell", 9.5)
HEAD_FIGURE = _style("head figure", 8.5, fontName=BOLD, alignment=TA_RIGHT)
FIGURE = _style("figure", 9.5, alignment=TA_RIGHT)
SMALL = _style("small", 8, textColor=QUIET)


class Print:
    """A PDF of letters, each from a new page on; duplex: from a new sheet on, both sides printed."""

    def __init__(self, window: Window, *, duplex: bool = False) -> None:
        register()
        self.window, self.duplex, self.pages = window, duplex, 0
        self._out = BytesIO()
        self._canvas = Canvas(self._out, pagesize=A4, invariant=1, pageCompression=1)
        self._canvas.setCreator("arrears")

    def add(self, letter: LetterText, title: str) -> int:
        """Draws a letter, and returns how many pages it takes; raises Undeliverable: too long an address."""
        laid = paginated(list(_body(letter)), A4[1] - self.window.text_top * mm - BOTTOM)
        check_address(letter, self.window)
        self._canvas.bookmarkPage(str(self.pages))
        self._canvas.addOutlineEntry(title, str(self.pages), 0)
        for number, placed in enumerate(laid, start=1):
            _draw_page(self._canvas, letter, self.window, placed, number, len(laid))
            self._canvas.showPage()
        blank = self.duplex and len(laid) % 2
        if blank:
            self._canvas.showPage()
        self.pages += len(laid) + bool(blank)
        return len(laid)

    def finished(self) -> bytes:
        """The PDF; the same bytes for the same letters."""
        self._canvas.save()
        return self._out.getvalue()


# --- the flow of the text ---------------------------------------------------------------------------------

Block = list[Flowable]
"""What stays together on a page; one alone may break where it can."""


def _body(letter: LetterText) -> Iterator[Block]:
    greeting, opening = letter.before
    yield [_said(letter.subject, SUBJECT)]
    yield [_said(greeting, GREETING)]
    yield [_said(opening)]
    yield [_invoices(letter)]
    for text in letter.after:
        yield [_said(text)]
    for text in letter.notices:
        yield [_said(text, NOTICE)]
    if letter.payment:
        yield [_payment(letter)]
    paid, trouble = letter.last
    yield [_said(paid)]
    closing, *signed = letter.signed
    yield [_said(trouble), _said(closing, CLOSING), _said("\n".join(signed))]  # no page for a name alone


def _said(text: str, style: ParagraphStyle = TEXT) -> Paragraph:
    return Paragraph(marked(text), style)


def _invoices(letter: LetterText) -> Table:
    """The items, each at its own step; the heads are repeated on each page."""
    styles = [CELL, CELL, CELL, FIGURE]
    heads = [_said(head, HEAD if style is CELL else HEAD_FIGURE)
             for head, style in zip(letter.heads, styles, strict=True)]  # fmt: skip
    rows: list[list[Any]] = [
        [_said(item, CELL), _said(stage, CELL), _said(f"{due}\n{late}".strip(), CELL), _said(open_, FIGURE)]
        for item, stage, due, late, open_ in letter.rows
    ]
    made = Table([heads, *rows], [share * WIDTH for share in (0.26, 0.25, 0.29, 0.2)], repeatRows=1)
    made.setStyle([
        ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-2, -1), 6), ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK), ("LINEBELOW", (0, 1), (-1, -1), 0.4, RULE),
    ])  # fmt: skip
    made.spaceBefore = 9
    return made


def _payment(letter: LetterText) -> Table:
    """How to pay, in a frame, with the code to scan beside it."""
    rows = [[_said(name, SMALL), _said(value, CELL)] for name, value in letter.payment]
    pairs = Table(rows, [34 * mm, 74 * mm], hAlign="LEFT")
    pairs.setStyle([
        ("LEFTPADDING", (0, 0), (-1, -1), 0), ("TOPPADDING", (0, 0), (-1, -1), 1),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1), ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
    ])  # fmt: skip
    left: list[Flowable] = [_said(letter.paying, CELL), pairs]
    right: list[Flowable] = [_Code(letter.code), _said(letter.scan, SMALL)] if letter.code else []
    made = Table([[left, right]], [WIDTH - 44 * mm, 44 * mm])
    made.setStyle([
        ("BOX", (0, 0), (-1, -1), 0.6, RULE), ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 5), ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
    ])  # fmt: skip
    made.spaceBefore = 10
    return made


class _Code(Flowable):
    """A QR code with the quiet zone that scanners need."""

    def __init__(self, code: QRCode) -> None:
        super().__init__()
        self.code, self.width, self.height = code, CODE_SIZE, CODE_SIZE

    def wrap(self, *_: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        rows = [list(row) for row in self.code.matrix_iter(border=QUIET_MODULES)]
        side = CODE_SIZE / len(rows)
        self.canv.setFillColor(INK)
        for down, row in enumerate(rows, start=1):
            for across in (place for place, dark in enumerate(row) if dark):
                self.canv.rect(across * side, CODE_SIZE - down * side, side, side, stroke=0, fill=1)


Placed = list[tuple[Flowable, float]]
"""What stands on a page, each with how far below the top of the text it begins."""


def paginated(blocks: Sequence[Block], first_height: float) -> list[Placed]:
    """The blocks on as many pages as they take; what is higher than a page breaks where it can."""
    pages: list[Placed] = [[]]
    used, height, waiting = 0.0, first_height, deque(blocks)
    while waiting:
        block = waiting.popleft()
        room = height - used
        needed = sum(_height(one, not pages[-1] and one is block[0]) for one in block)
        parts = [] if needed <= room or len(block) > 1 else block[0].split(WIDTH, room - _space(block[0]))
        if len(parts) > 1:
            block, rest = [parts[0]], [[part] for part in parts[1:]]
            waiting.extendleft(reversed(rest))
        elif needed > room and pages[-1]:
            waiting.appendleft(block)
            pages.append([])
            used, height = 0.0, A4[1] - NEXT_TOP - BOTTOM
            continue
        for one in block:
            used += 0 if not pages[-1] else _space(one)
            pages[-1].append((one, used))
            used += one.wrap(WIDTH, height)[1]
        if len(parts) > 1:
            used = height
    return pages


def _space(one: Flowable) -> float:
    return float(one.getSpaceBefore())


def _height(one: Flowable, is_first: bool) -> float:
    return float(one.wrap(WIDTH, A4[1])[1]) + (0 if is_first else _space(one))


# --- one page ---------------------------------------------------------------------------------------------


def _draw_page(
    canvas: Canvas, letter: LetterText, window: Window, placed: Placed, number: int, count: int
) -> None:
    if number == 1:
        _head(canvas, letter, window)
        top = A4[1] - window.text_top * mm
    else:
        line = " · ".join([letter.addressee[0], *(value for _, value in letter.about[:2])])
        _write(canvas, LEFT, A4[1] - 20 * mm, line, 8, QUIET)
        top = A4[1] - NEXT_TOP
    for one, below in placed:
        _, height = one.wrap(WIDTH, A4[1])
        one.drawOn(canvas, LEFT, top - below - height)
    _write(canvas, LEFT, 12 * mm, letter.sender, 8, QUIET)
    text = letter.page(number, count)
    _write(canvas, A4[0] - RIGHT - _width(text, 8), 12 * mm, text, 8, QUIET)


def _head(canvas: Canvas, letter: LetterText, window: Window) -> None:
    _write(canvas, LEFT, A4[1] - 20 * mm, letter.sender, 13, INK, BOLD)
    _write(canvas, LEFT, A4[1] - 25.5 * mm, " · ".join(letter.sender_rows), 8.5, QUIET)
    returned = " · ".join([letter.sender, *letter.sender_rows])
    size = min(7.0, 7.0 * (window.right - window.left) * mm / _width(returned, 7))
    _write(canvas, window.left * mm, A4[1] - window.return_at * mm, returned, size, QUIET)
    rows, size, leading = _address(letter, window)
    for place, row in enumerate(rows, start=1):
        _write(canvas, window.left * mm, A4[1] - window.address_top * mm - place * leading + size * 0.25,
               row, size, INK)  # fmt: skip
    for place, (name, value) in enumerate(pair for pair in letter.about if pair[1]):
        below = A4[1] - window.about_top * mm - 3 * mm - place * 10 * mm
        _write(canvas, ABOUT_LEFT, below, name, 7.5, QUIET)
        _write(canvas, ABOUT_LEFT, below - 4.2 * mm, value, 10, INK)
    canvas.setStrokeColor(QUIET)
    canvas.setLineWidth(0.4)
    for at, length in ((window.folds[0], 4), (window.punch, 6), (window.folds[1], 4)):
        canvas.line(4 * mm, A4[1] - at * mm, (4 + length) * mm, A4[1] - at * mm)


def _address(letter: LetterText, window: Window) -> tuple[list[str], float, float]:
    """The lines of the address, wrapped and set so small that all are seen; their size and distance."""
    register()
    width = (window.right - window.left) * mm
    rows = [part for row in letter.addressee for part in simpleSplit(row, REGULAR, USUAL_PT, width)]
    height = (window.address_bottom - window.address_top) * mm
    leading = min(USUAL_LEADING, height / len(rows))
    return rows, min(USUAL_PT, leading / 1.15), leading


def check_address(letter: LetterText, window: Window) -> None:
    """Raises Undeliverable where the address has too many lines for the window."""
    if _address(letter, window)[1] < SMALLEST_PT:
        raise Undeliverable(f"an address of {len(letter.addressee)} lines does not fit into the window")


def _write(
    canvas: Canvas, x: float, y: float, text: str, size: float, color: Any, font: str = REGULAR
) -> None:
    """A line of text; characters that the font lacks are taken from another."""
    canvas.setFillColor(color)
    for name, part in runs(text):
        used = font if name == REGULAR else name
        canvas.setFont(used, size)
        canvas.drawString(x, y, part)
        x += stringWidth(part, used, size)


def _width(text: str, size: float) -> float:
    return sum(stringWidth(part, name, size) for name, part in runs(text)) or 1.0
