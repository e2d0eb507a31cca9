"""Tables that the server pages and sorts: what the reader asked for, and the columns to draw."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import Request

PAGE = 50


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, the value of `sort` that sorts by it (None: it cannot), and whether it holds
    figures, which stand right-aligned."""

    title: str
    sort: str | None = None
    figure: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """Which slice of a table is asked for: a page counted from 1, sorted by a column."""

    page: int
    size: int
    sort: str
    descending: bool

    @property
    def offset(self) -> int:
        """How many rows lie before this page."""
        return (self.page - 1) * self.size

    def pages(self, total: int) -> int:
        """How many pages so many rows fill; an empty table has one."""
        return max(1, -(-total // self.size))


def listing(request: Request, sorts: Sequence[str], descending: bool = False, size: int = PAGE) -> Listing:
    """What the query string asks for (`page`, `sort`, `order=up|down`); what makes no sense counts as not
    said. The first of `sorts` is the default, in the direction of `descending`."""
    asked = request.query_params
    page = asked.get("page", "1")
    number = max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 8 else 1
    sort, order = asked.get("sort", ""), asked.get("order", "")
    down = descending if order not in ("up", "down") else order == "down"
    return Listing(number, size, sort if sort in sorts else sorts[0], down)
