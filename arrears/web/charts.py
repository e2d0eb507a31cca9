"""What the charts of the pages are drawn from: shares of what is largest, beside the figures in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from arrears.web.filters import figure, percent
from engine.domain.money import ZERO

TONES = 7
"""So many colours the style sheet has for the parts of a column."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it is of, its figure in words, its length between 0 and 1, and where it leads."""

    label: str
    text: str
    share: float
    path: str | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a stacked column: where it begins and how high it is, as shares of the chart."""

    label: str
    text: str
    start: float
    height: float
    tone: int


@dataclass(frozen=True, slots=True)
class Stack:
    """One column of parts on top of each other, and what they come to."""

    label: str
    total: str
    blocks: tuple[Block, ...]


def bars(amounts: Mapping[str, Decimal], currency: str, paths: Mapping[str, str] | None = None) -> list[Bar]:
    """Bars of amounts in one currency; what is below zero has none."""
    largest = max((*amounts.values(), ZERO))
    return [
        Bar(
            label, str(figure(amount, currency)), _share(amount, largest), (paths or {}).get(label),
            f"tone-{min(place, TONES - 1)}",
        )
        for place, (label, amount) in enumerate(amounts.items())
    ]  # fmt: skip


def stacks(columns: Mapping[str, Mapping[str, Decimal]], currency: str) -> list[Stack]:
    """Columns of amounts in one currency, the first part at the bottom."""
    totals = {
        label: sum((max(one, ZERO) for one in parts.values()), ZERO) for label, parts in columns.items()
    }
    largest = max((*totals.values(), ZERO))
    return [
        Stack(label, str(figure(totals[label], currency)), tuple(_blocks(parts, largest, currency)))
        for label, parts in columns.items()
    ]


def _blocks(parts: Mapping[str, Decimal], largest: Decimal, currency: str) -> list[Block]:
    found, start = [], 0.0
    for place, (label, amount) in enumerate(parts.items()):
        height = _share(amount, largest)
        text = str(figure(amount, currency))
        found.append(Block(label, text, start, height, min(place, TONES - 1)))
        start += height
    return found


def columns(values: Sequence[tuple[str, Decimal | None]], unit: str) -> list[Bar]:
    """Columns of a figure over time, in days or per cent; what is not known has none."""
    largest = max((value for _, value in values if value is not None), default=ZERO)
    return [
        Bar(label, valued(value, unit), _share(value or ZERO, largest), kind="")
        for label, value in values
    ]  # fmt: skip


def valued(value: Decimal | None, unit: str) -> str:
    """A figure with its unit: '42.0 days', '86.5 %'; a dash where there is none."""
    if value is None:
        return "–"
    return (
        str(percent(value / 100, 1)) if unit == "%" else f"{value:,.1f} {unit}".replace("-", "\N{MINUS SIGN}")
    )


def _share(amount: Decimal, largest: Decimal) -> float:
    return float(max(amount, ZERO) / largest) if largest > ZERO else 0.0
