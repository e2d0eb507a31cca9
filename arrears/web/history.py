"""The months of a book on the clocks of a page, kept where they take long to work out."""

from collections.abc import Mapping, Sequence

from arrears.telling.asking import Question
from arrears.web.remembered import remembered
from projections.aging import EDGES
from projections.figures.cells import WHOLE
from projections.figures.months import Cut, Month, months

Histories = Mapping[str, Sequence[Month]]
"""By currency (calls: none), the months from the first of which anything is known."""


def history_of(asked: Question, edges: Sequence[int] = EDGES, cut: Cut = WHOLE) -> Histories:
    """The months of the book, or a part of it, up to the day that is asked for."""
    question = ("months", asked.as_of, asked.as_known, tuple(edges), cut)
    return remembered(
        asked.book, question,
        lambda: months(asked.book.database, asked.zone, asked.as_of, asked.as_known, cut, edges),
    )  # fmt: skip
