"""Lists by pages: where one ends, an opaque cursor says behind which row the next begins.

A cursor names a row and no place, so that rows that are added, or go, meanwhile neither show a row twice nor
leave one out. It is good for the list and the filters that it was given for, and says nothing personal.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

import orjson
from fastapi import Depends, Query, Request, Response
from pydantic import TypeAdapter, ValidationError

from arrears.api.answers import answered
from arrears.commands.base import RequestUnfit

MOST_ROWS = 500
_OWN = ("limit", "cursor")

K = TypeVar("K")
R = TypeVar("R")


class CursorUnfit(RequestUnfit):
    """A cursor that this list, with these filters, has not given out."""

    def __init__(self) -> None:
        super().__init__("cursor: expected the one of the 'next' link of this list, with the same filters")


@dataclass(frozen=True)
class Paging:
    """Which page of a list is asked for."""

    request: Request
    limit: int
    cursor: str | None

    def after(self, kind: type[K] | Any) -> K | None:
        """The key of the row behind which the page begins; None: it is the first. Raises CursorUnfit."""
        if self.cursor is None:
            return None
        try:
            padded = self.cursor + "=" * (-len(self.cursor) % 4)
            scope, *key = orjson.loads(urlsafe_b64decode(padded.encode("ascii")))
            found: K = TypeAdapter(kind).validate_python(key)
        except (ValueError, TypeError, ValidationError):
            raise CursorUnfit from None
        if scope != self._scope:
            raise CursorUnfit
        return found

    def answered(self, content: dict[str, Any], last: Sequence[Any] | None) -> Response:
        """The page, with a link to the next one where `last`, the key of its last row, is not the list's."""
        if last is None:
            return answered(content | {"next": None})
        link = self._link(last)
        return answered(content | {"next": link}, Link=f'<{link}>; rel="next"')

    def of(
        self, rows: Sequence[R], key: Callable[[R], Sequence[Any]]
    ) -> tuple[list[R], Sequence[Any] | None]:
        """The page's own of rows that may be one more than it holds, and the key to go on behind, if any."""
        page = list(rows[: self.limit])
        return page, key(page[-1]) if len(rows) > self.limit else None

    @property
    def _filters(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self.request.query_params.multi_items() if name not in _OWN]

    @property
    def _scope(self) -> str:
        content = orjson.dumps([self.request.url.path, sorted(self._filters)])
        return sha256(content).hexdigest()[:12]

    def _link(self, last: Sequence[Any]) -> str:
        cursor = urlsafe_b64encode(orjson.dumps([self._scope, *last])).decode().rstrip("=")
        query = urlencode([*self._filters, ("limit", self.limit), ("cursor", cursor)])
        return f"{self.request.url.path}?{query}"


def paging(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS, description="how many rows at most")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=1000, description="from the `next` link of the page before")
    ] = None,
) -> Paging:
    """The page that the query asks for."""
    return Paging(request, limit, cursor)


Paged = Annotated[Paging, Depends(paging)]
