"""The months of a book on the clocks of a page, kept where they take long to work out."""

from collections.abc import Hashable, Mapping, Sequence

from arrears.telling.asking import Question
from arrears.web.remembered import is_remembered, remembered
from projections.figures.cells import WHOLE
from projections.figures.months import Cut, Month, months

Histories = Mapping[str, Sequence[Month]]
"""By currency (calls: none), the months from the first of which anything is known."""


def history_of(asked: Question, cut: Cut = WHOLE) -> Histories:
    """The months of the book, or a part of it, up to the day that is asked for."""
    return remembered(
        asked.book, _question(asked, cut),
        lambda: months(asked.book.database, asked.zone, asked.as_of, asked.as_known, cut),
    )  # fmt: skip


def is_quick(asked: Question, cut: Cut = WHOLE) -> bool:
    """Whether the months are there without a look at each account."""
    return asked.as_known is None or is_remembered(asked.book, _question(asked, cut))


def _question(asked: Question, cut: Cut) -> Hashable:
    return "months", asked.as_of, asked.as_known, cut
