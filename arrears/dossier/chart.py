"""The balance over time, as a drawing of lines: a step at each business date that moved it."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from math import floor, log10
from typing import Literal

from reportlab.graphics.shapes import Drawing, Line, Polygon, PolyLine, String
from reportlab.lib.colors import Color, HexColor

from arrears.dossier.movements import Movement
from arrears.paper.fonts import REGULAR

HEIGHT, LEFT, RIGHT, BOTTOM, TOP = 165.0, 62.0, 10.0, 24.0, 16.0
INK, GRID, THEN, NOW = HexColor("#44505f"), HexColor("#dde2e8"), HexColor("#1f5fa8"), HexColor("#b4531f")
SHADE = Color(0.12, 0.37, 0.66, alpha=0.10)
_SIZE = 7.5
_MOST_MONTHS = 9

Anchor = Literal["start", "middle", "end"]
Points = list[tuple[date, Decimal]]


def chart(
    currency: str, then: Sequence[Movement], now: Sequence[Movement], until: date, width: float
) -> Drawing:
    """The balance in a currency as known then, and, dashed, as known now where that differs."""
    first, second = _points(currency, then), _points(currency, now)
    plot = _Plot(width, [*first, *second], until)
    drawing = Drawing(width, HEIGHT)
    plot.axes(drawing, currency)
    if first:
        drawing.add(Polygon(plot.area(first), fillColor=SHADE, strokeColor=None))
    if second != first:
        line = PolyLine(plot.steps(second), strokeColor=NOW, strokeWidth=1.1)
        line.strokeDashArray = [3, 2]
        drawing.add(line)
    if first:
        drawing.add(PolyLine(plot.steps(first), strokeColor=THEN, strokeWidth=1.4))
    if second != first:
        _legend(drawing, width)
    return drawing


def _points(currency: str, moved: Sequence[Movement]) -> Points:
    """The balance at the end of each day on which it moved."""
    return list({one.on: one.balance for one in moved if one.currency == currency}.items())


class _Plot:
    """From days and amounts to places on the page; only here amounts are floats."""

    def __init__(self, width: float, points: Points, until: date) -> None:
        self.first = min((on for on, _ in points), default=until)
        self.last = max(until, self.first)
        self.width = width - LEFT - RIGHT
        amounts = [float(balance) for _, balance in points] or [0.0]
        self.step = _step(max(*amounts, 0.0) - min(*amounts, 0.0))
        self.low = floor(min(*amounts, 0.0) / self.step) * self.step
        self.high = max(-floor(-max(*amounts, 0.0) / self.step) * self.step, self.low + self.step)

    def x(self, on: date) -> float:
        days = max((self.last - self.first).days, 1)
        return LEFT + self.width * (on - self.first).days / days

    def y(self, amount: float) -> float:
        return BOTTOM + (HEIGHT - BOTTOM - TOP) * (amount - self.low) / (self.high - self.low)

    def steps(self, points: Points) -> list[float]:
        """The corners of the stairs, as x, y, x, y, …"""
        corners = [self.x(points[0][0]), self.y(0)] if points else []
        before = 0.0
        for on, balance in points:
            corners += [self.x(on), self.y(before), self.x(on), self.y(float(balance))]
            before = float(balance)
        return [*corners, self.x(self.last), self.y(before)]

    def area(self, points: Points) -> list[float]:
        """The stairs, closed along the line of zero."""
        return [*self.steps(points), self.x(self.last), self.y(0), self.x(points[0][0]), self.y(0)]

    def axes(self, drawing: Drawing, currency: str) -> None:
        """Lines and figures for amounts, and months along the bottom."""
        count = round((self.high - self.low) / self.step)
        for amount in (self.low + self.step * n for n in range(count + 1)):
            place = self.y(amount)
            colour = INK if abs(amount) < self.step / 2 else GRID
            drawing.add(Line(LEFT, place, LEFT + self.width, place, strokeColor=colour, strokeWidth=0.5))
            _write(drawing, LEFT - 5, place - 2.5, f"{amount:,.{_decimals(self.step)}f}", "end")
        _write(drawing, LEFT - 5, HEIGHT - 7, currency, "end")
        for on, text in _ticks(self.first, self.last):
            place = self.x(on)
            drawing.add(Line(place, BOTTOM, place, BOTTOM - 3, strokeColor=INK, strokeWidth=0.5))
            _write(drawing, min(place, LEFT + self.width - 12), BOTTOM - 13, text, "middle")


def _step(span: float) -> float:
    """A round distance between two lines that gives four to eight of them."""
    rough = (span or 1.0) / 4
    power = 10.0 ** floor(log10(rough))
    return next((power * part for part in (1, 2, 2.5, 5) if power * part >= rough), power * 10)


def _decimals(step: float) -> int:
    return 0 if step >= 1 else 2


def _ticks(first: date, last: date) -> list[tuple[date, str]]:
    """Days to be named below: the first of months, of some only where there are many, or days of a month."""
    months = (last.year - first.year) * 12 + last.month - first.month
    if months < 2:
        return [(day, f"{day:%d %b %Y}") for day in dict.fromkeys((first, last))]
    every = next((n for n in (1, 2, 3, 6, 12) if months / n <= _MOST_MONTHS), 24)
    counted = range(first.year * 12 + first.month, last.year * 12 + last.month)
    starts = [date(n // 12, n % 12 + 1, 1) for n in counted if (n % 12) % every == 0]
    return [(day, f"{day:%b %Y}") for day in starts]


def _write(drawing: Drawing, x: float, y: float, text: str, anchor: Anchor) -> None:
    drawing.add(String(x, y, text, fontName=REGULAR, fontSize=_SIZE, fillColor=INK, textAnchor=anchor))


def _legend(drawing: Drawing, width: float) -> None:
    for place, colour, text in ((width - 190, THEN, "as known then"), (width - 95, NOW, "as known now")):
        drawing.add(Line(place, HEIGHT - 6, place + 14, HEIGHT - 6, strokeColor=colour, strokeWidth=1.6))
        _write(drawing, place + 19, HEIGHT - 9, text, "start")
