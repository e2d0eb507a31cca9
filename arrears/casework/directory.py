"""Who the accounts are, kept readable in memory, so that people can be found by parts of their names.

In the tables numbers and names are sealed, and nothing can look for them there. One directory belongs to one
process; it reads what the tables have more before it answers, and forgets whoever was erased meanwhile.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

from sqlalchemy import func, select

from arrears.wiring import Book
from engine.domain.facts.base import Erased
from projections.connection import reading
from projections.naming import find_named
from projections.personal import read_people
from projections.tables import account_details

PAGE = 5_000
MOST_FOUND = 1_000
ERASED = str(Erased())


class Who(NamedTuple):
    """What an account is known by; `ERASED` where that was erased."""

    number: str
    name: str | None

    @property
    def is_erased(self) -> bool:
        """Whether nobody can say any more who it is."""
        return self.number == ERASED

    def holds(self, folded: str) -> bool:
        """Whether its number or name holds that text, whose case is folded."""
        return folded in self.number.casefold() or folded in (self.name or "").casefold()

    @property
    def key(self) -> tuple[bool, str, str]:
        """What it is sorted by: the erased last."""
        return self.is_erased, (self.name or "").casefold(), self.number


@dataclass(frozen=True)
class Matches:
    """The accounts found, the best first, why, and how many there were in all."""

    streams: tuple[str, ...]
    named: dict[str, str] = field(default_factory=dict)
    """Of accounts found by the name of something on them, what that is: 'invoice INV-1'."""
    total: int = 0


class Directory:
    """The numbers and names of a book's accounts, by stream."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._lock = Lock()
        self._people: dict[str, Who] = {}
        self._at = 0
        self._erasures = 0

    def people(self) -> dict[str, Who]:
        """All accounts, as the tables now have them; to be read only."""
        with self._lock:
            self._forget_erased()
            self._read_on()
            return self._people

    def _forget_erased(self) -> None:
        """Where keys were destroyed, whatever was opened with keys is read again."""
        cipher = self._book.store.cipher
        erasures = cipher.ring.erasures() if cipher else 0
        if erasures != self._erasures:
            self._people, self._at, self._erasures = {}, 0, erasures

    def _read_on(self) -> None:
        said = account_details.c
        query = select(said.position, said.account, said.number, said.name).order_by(said.position)
        stated = said.number.is_not(None) | said.name.is_not(None)
        with reading(self._book.database) as connection:
            last = connection.execute(select(func.max(said.position))).scalar_one() or 0
            if last < self._at:  # the tables were made anew, and are not as far yet
                self._people, self._at = {}, 0
            while self._at < last:
                rows = read_people(connection, query.where(said.position > self._at, stated).limit(PAGE))
                for row in rows:
                    self._take(row.account, row.number, row.name)
                self._at = rows[-1].position if len(rows) == PAGE else last

    def _take(self, stream: str, number: str | None, name: str | None) -> None:
        before = self._people.get(stream, Who(stream, None))
        self._people[stream] = Who(number or before.number, before.name if name is None else name or None)

    def who(self, streams: Iterable[str]) -> dict[str, Who]:
        """What these accounts are known by."""
        people = self.people()
        return {stream: people.get(stream, Who(stream, None)) for stream in streams}

    def search(self, text: str) -> Matches:
        """The accounts whose number or name holds the text, or on which something is called exactly that.

        An account of that very number comes first; one that was erased is found by its number alone.
        """
        wanted, people = text.strip(), self.people()
        folded = wanted.casefold()
        exact = self._book.engine.account_ids([wanted])[wanted]
        found = {exact: ""} if exact in people else {}
        with reading(self._book.database) as connection:
            called = find_named(connection, wanted)
        named = {one.account: f"{one.kind} {one.name}" for one in called}
        found |= dict.fromkeys(sorted(named, key=lambda one: people[one].key), "")
        holding = (
            stream
            for stream, who in people.items()
            if not who.is_erased
            and (folded in who.number.casefold() or folded in (who.name or "").casefold())
        )
        found |= dict.fromkeys(sorted(holding, key=lambda one: people[one].key), "")
        return Matches(tuple(found)[:MOST_FOUND], named, len(found))
