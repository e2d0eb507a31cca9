"""The exceptions of a book, looked for again only as often as a small share of the machine allows.

Looking for them reads all that is open: milliseconds in a small book, seconds in one of 50,000 accounts.
"""

from datetime import datetime
from threading import Lock
from time import monotonic

from arrears.casework.unusual import unusual
from arrears.wiring import Book
from projections.clocks import end_of
from projections.exceptions import Exceptional

SHARE = 20
"""What was found is shown for so many times as long as it took to find it."""


class Lookout:
    """What was found last, and when."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: tuple[list[Exceptional], datetime] | None = None
        self._good_until = 0.0

    def listed(self, book: Book, anew: bool = False) -> tuple[list[Exceptional], datetime]:
        """The exceptions by kind, and as of which moment; `anew`: as of now, whatever it takes."""
        with self._lock:
            began = monotonic()
            if self._found is None or anew or began >= self._good_until:
                book.catch_up()
                at = book.clock()
                self._found = unusual(book.database, end_of(book.today, book.zone)), at
                self._good_until = monotonic() + SHARE * (monotonic() - began)
            return self._found
