"""How the pages look: styles, tables, and what stands at the top and foot of each page."""

from collections.abc import Sequence
from functools import partial
from io import BytesIO
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, Table

from arrears.paper.fonts import BOLD, REGULAR, marked, register, runs

MARGIN, FOOT, HEAD = 19 * mm, 24 * mm, 21 * mm
WIDTH = A4[0] - 2 * MARGIN
INK, QUIET, RULE, TINT, PAPER = map(HexColor, ("#1c2430", "#5d6875", "#cfd6de", "#f3f5f8", "#f8f6f1"))


def _style(name: str, size: float, **more: Any) -> ParagraphStyle:
    given = {"fontName": REGULAR, "fontSize": size, "leading": size * 1.38, "textColor": INK, **more}
    return ParagraphStyle(name, **given)


TITLE = _style("title", 25, fontName=BOLD, leading=31, spaceAfter=2)
SUBTITLE = _style("subtitle", 13, textColor=QUIET, spaceAfter=12)
HEADING = _style("heading", 15, fontName=BOLD, spaceBefore=16, spaceAfter=6, keepWithNext=1)
SMALL_HEADING = _style("small heading", 10, fontName=BOLD, spaceBefore=11, spaceAfter=3, keepWithNext=1)
BODY = _style("body", 9, spaceAfter=5)
NOTE = _style("note", 8, textColor=QUIET, spaceAfter=5)
CELL = _style("cell", 8)
FIGURE = _style("figure", 8, alignment=TA_RIGHT)
HEAD_CELL = _style("head", 7.5, fontName=BOLD, textColor=QUIET)
HEAD_FIGURE = _style("head figure", 7.5, fontName=BOLD, textColor=QUIET, alignment=TA_RIGHT)
LETTER = _style(
    "letter", 8.5, backColor=PAPER, borderColor=RULE, borderWidth=0.5, borderPadding=(7, 9, 7, 9),
    leftIndent=9, rightIndent=9 + 0.3 * WIDTH, spaceBefore=16, spaceAfter=13,
)  # fmt: skip


def said(text: str, style: ParagraphStyle = BODY) -> Paragraph:
    """A paragraph of plain text."""
    return Paragraph(marked(text), style)


def table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float], figures: str = ""
) -> Table:
    """A table whose head is repeated on each page; `widths` share out the page, `figures` names the columns
    that stand to the right."""
    right = [head in figures.split(",") for head in heads]
    cells = [[said(h, HEAD_FIGURE if r else HEAD_CELL) for h, r in zip(heads, right, strict=True)]]
    cells += [[said(t, FIGURE if r else CELL) for t, r in zip(row, right, strict=True)] for row in rows]
    made = Table(cells, _shared(widths), repeatRows=1, splitInRow=1, hAlign="LEFT")
    made.setStyle([*_LINES, ("LINEBELOW", (0, 0), (-1, 0), 0.8, QUIET)])
    return made


def pairs(rows: Sequence[tuple[str, str]], first: float = 0.24) -> Table:
    """Names and what they stand for, in two columns; what is empty is left out."""
    cells = [[said(name, HEAD_CELL), said(value, CELL)] for name, value in rows if value]
    made = Table(cells, _shared((first, 1 - first)), splitInRow=1, hAlign="LEFT")
    made.setStyle(_LINES)
    return made


_LINES: list[Any] = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LINEBELOW", (0, 0), (-1, -1), 0.3, RULE),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 7),
    ("TOPPADDING", (0, 0), (-1, -1), 2.6),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 3.2),
]


def _shared(widths: Sequence[float]) -> list[float]:
    return [WIDTH * width / sum(widths) for width in widths]


class _Numbered(Canvas):
    """Draws the foot of each page at the end, when it is known how many there are."""

    def __init__(self, *given: Any, foot: tuple[str, str], **more: Any) -> None:
        super().__init__(*given, **more)
        self.foot = foot
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802
        self._pages.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]  # the stubs leave it out

    def save(self) -> None:
        pages = self._pages
        for number, page in enumerate(pages, start=1):
            self.__dict__.update(page)
            self._foot(number, len(pages))
            super().showPage()
        super().save()

    def _foot(self, number: int, count: int) -> None:
        self.setStrokeColor(RULE)
        self.setLineWidth(0.5)
        self.line(MARGIN, FOOT - 5 * mm, MARGIN + WIDTH, FOOT - 5 * mm)
        for row, text in enumerate(self.foot):
            draw_text(self, MARGIN, FOOT - (9 + 3.5 * row) * mm, text, WIDTH * 0.86)
        self.setFillColor(QUIET)
        self.setFont(REGULAR, 7)
        self.drawRightString(MARGIN + WIDTH, FOOT - 9 * mm, f"{number} of {count}")


def draw_text(canvas: Canvas, x: float, y: float, text: str, width: float) -> None:
    """One line of text in its fonts; what is too long is cut with an ellipsis."""
    size, end = 7, x + width
    canvas.setFillColor(QUIET)
    for font, part in runs(text):
        while part and x + stringWidth(part, font, size) > end:
            part = part[:-2].rstrip() + "…" if len(part) > 2 else ""
        canvas.setFont(font, size)
        canvas.drawString(x, y, part)
        x += stringWidth(part, font, size)


class _Pages(BaseDocTemplate):
    """A4 pages with an outline of the headings."""

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802
        if isinstance(flowable, Paragraph) and flowable.style is HEADING:
            title = flowable.getPlainText()
            self.canv.bookmarkPage(title)
            self.canv.addOutlineEntry(title, title, 0)


def built(story: Sequence[Flowable], title: str, foot: tuple[str, str]) -> bytes:
    """The PDF of these flowables; the same bytes for the same input."""
    register()
    out = BytesIO()
    pages = _Pages(
        out, pagesize=A4, title=title, author="arrears", creator="arrears", lang="en", invariant=1,
        pageCompression=1,
    )  # fmt: skip
    frame = Frame(
        MARGIN, FOOT, WIDTH, A4[1] - FOOT - HEAD, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0
    )
    pages.addPageTemplates(PageTemplate("page", [frame]))
    pages.build(list(story), canvasmaker=partial(_Numbered, foot=foot))
    return out.getvalue()
