"""What a server keeps in memory of a book is worked out ahead of those who ask for it.

The first worklist of a day, its exceptions, and the names of an encrypted book take seconds on 50,000
accounts; the first figures of a book that was just brought in take most of a minute. All are worked out as
the server starts and at each turn since, so that a new day is there within a minute of midnight; whoever asks
earlier waits no longer than without.
"""

from arrears.casework.directory import Directory
from arrears.casework.lookout import Lookout
from arrears.casework.ranked import Standing
from arrears.wiring import Book
from engine.scheduler import Job
from projections.figures.kept import refresh

EVERY_SECONDS = 60


def look_ahead(book: Book, directory: Directory, worklist: Standing, lookout: Lookout) -> Job:
    """Brings all of it up to the book."""

    def do() -> None:
        worklist.ranked(book)
        lookout.listed(book)
        directory.ranks("number")
        directory.ranks("name")
        refresh(book.database, book.zone)

    return Job("look-ahead", EVERY_SECONDS, do)
