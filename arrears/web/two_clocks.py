"""The two clocks of a page: as of which day, and as known when; typed exactly, or moved along a slider."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from fastapi import Request

from arrears.access.web import book_of
from arrears.telling.asking import Question
from arrears.web.clocks import day_asked, known_asked

AS_OF, AS_KNOWN = "as_of", "as_known"
OF_SLIDER, KNOWN_SLIDER = "of", "known"


@dataclass(frozen=True)
class Clocks:
    """What was asked on two clocks. `as_of` and `as_known` are as they were typed; "": today, and now."""

    question: Question
    as_of: str
    as_known: str

    @property
    def are_present(self) -> bool:
        """Whether it is asked as of today as known now."""
        return not (self.as_of or self.as_known)

    @property
    def query(self) -> dict[str, str]:
        """What an address carries to ask on the same clocks."""
        return {name: text for name, text in ((AS_OF, self.as_of), (AS_KNOWN, self.as_known)) if text}

    @property
    def known_on(self) -> date:
        """The day of the moment as known at, in the book's zone."""
        known = self.question.as_known
        return (known or self.question.book.clock()).astimezone(self.question.zone).date()

    def path(self, path: str, **more: Any) -> str:
        """An address of ours on the same clocks."""
        query = urlencode({**self.query, **more})
        return f"{path}?{query}" if query else path


def clocks_of(request: Request) -> Clocks:
    """The clocks that the query string names; raises HTTPException 422."""
    book, asked = book_of(request), request.query_params
    day, known = day_asked(request, AS_OF), known_asked(request, AS_KNOWN)
    typed = (asked.get(name, "").strip() for name in (AS_OF, AS_KNOWN))
    return Clocks(Question(book, day or book.today, known), *typed)


# --- the slider -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slider:
    """The days of an account's history, which both clocks can be moved along."""

    first: date
    last: date
    as_of: int
    known: int

    @property
    def days(self) -> int:
        """How many days after the first the last one is."""
        return (self.last - self.first).days


def slider_of(clocks: Clocks, first: date, last: date) -> Slider:
    """Where both clocks stand between the first day of a history and the last."""
    days = max((last - first).days, 0)

    def place(day: date) -> int:
        return min(max((day - first).days, 0), days)

    return Slider(first, first + timedelta(days), place(clocks.question.as_of), place(clocks.known_on))


def slid(asked: Mapping[str, str], first: date, last: date) -> dict[str, str] | None:
    """What the sliders ask for, as typed dates; the last day of each means today, and now. None: nothing."""
    if OF_SLIDER not in asked and KNOWN_SLIDER not in asked:
        return None
    found = {}
    for slider, name in ((OF_SLIDER, AS_OF), (KNOWN_SLIDER, AS_KNOWN)):
        text = asked.get(slider, "")
        days = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else (last - first).days
        if first + timedelta(days) < last:
            found[name] = (first + timedelta(days)).isoformat()
    return found
