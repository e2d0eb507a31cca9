"""Who the accounts are, kept readable in memory, so that people can be found by parts of their names.

In the tables numbers and names are sealed, and nothing can look for them there. One directory belongs to one
process; it reads what the tables have more before it answers, and forgets whoever was erased meanwhile.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, func, select

from arrears.wiring import Book
from engine.domain.facts.base import Erased
from projections.connection import reading
from projections.naming import find_named
from projections.personal import read_people
from projections.tables import account_details, accounts

PAGE = 5_000
MOST_FOUND = 1_000
ERASED = str(Erased())

By = Literal["number", "name"]


class Who(NamedTuple):
    """What an account is known by; `ERASED` where that was erased."""

    number: str
    name: str | None

    @property
    def is_erased(self) -> bool:
        """Whether nobody can say any more who it is."""
        return self.number == ERASED

    def key(self, by: By) -> tuple[bool, str, str]:
        """What it is sorted by: the erased last."""
        return self.is_erased, (self.name or "").casefold() if by == "name" else "", self.number


@dataclass(frozen=True)
class Matches:
    """The accounts found, the best first, and how many there were in all. `named`: of accounts found by the
    name of something on them, what that is: 'invoice INV-1'."""

    streams: tuple[str, ...]
    named: dict[str, str] = field(default_factory=dict)
    total: int = 0


@dataclass
class _Known:
    """What was read up to a place in the log, under keys of which so many had been erased: never changed
    again, but taken the place of, since others may be reading it."""

    people: dict[str, Who] = field(default_factory=dict)
    folded: dict[str, str] = field(default_factory=dict)
    at: int = 0
    erasures: int = 0
    ranks: dict[By, dict[str, int]] = field(default_factory=dict)
    numbers: dict[str, str] | None = None

    def without(self, streams: Iterable[str], erasures: int) -> "_Known":
        """The same after the keys of these accounts were destroyed."""
        gone = self.people.keys() & set(streams)
        people = self.people | dict.fromkeys(gone, Who(ERASED, ERASED))
        return _Known(people, self.folded | dict.fromkeys(gone, ""), self.at, erasures)

    def with_more(self, rows: Iterable[Any], at: int) -> "_Known":
        """The same with what these rows say of accounts."""
        people, folded = dict(self.people), dict(self.folded)
        for row in rows:
            before = people.get(row.account, Who(row.account, None))
            who = Who(row.number or before.number, before.name if row.name is None else row.name or None)
            people[row.account] = who
            folded[row.account] = "" if who.is_erased else f"{who.number}\n{who.name or ''}".casefold()
        return _Known(people, folded, at, self.erasures)


class Directory:
    """The numbers and names of a book's accounts, by stream."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._lock = Lock()
        self._known = _Known()

    def _up_to_date(self) -> _Known:
        """What the tables now have, without what was opened with keys that were destroyed meanwhile."""
        cipher = self._book.store.cipher
        with self._lock:
            erasures = cipher.ring.erasures() if cipher else 0
            if cipher and erasures != self._known.erasures:
                self._known = self._known.without(cipher.ring.erased_streams(), erasures)
            with reading(self._book.database) as connection:
                last = connection.execute(select(func.max(account_details.c.position))).scalar_one() or 0
                if last < self._known.at:  # the tables are being made anew
                    self._known = _Known(erasures=erasures)
                if last > self._known.at:
                    self._known = self._known.with_more(_said(connection, self._known.at), last)
            return self._known

    def find(self, streams: Iterable[str]) -> dict[str, Who]:
        """What those of these accounts that there are, are known by; looked up, whatever else is known."""
        wanted = select(accounts.c.stream, accounts.c.number, accounts.c.name)
        with reading(self._book.database) as connection:
            rows = read_people(connection, wanted.where(accounts.c.stream.in_(list(streams))))
        return {row.stream: Who(row.number or row.stream, row.name or None) for row in rows}

    def who(self, streams: Iterable[str]) -> dict[str, Who]:
        """What these accounts are known by, whether there are such or not."""
        wanted = list(streams)
        found = self.find(wanted)
        return {stream: found.get(stream, Who(stream, None)) for stream in wanted}

    def numbers(self) -> dict[str, str]:
        """The number of each account; to be read only."""
        known = self._up_to_date()
        if known.numbers is None:
            known.numbers = {stream: who.number for stream, who in known.people.items()}
        return known.numbers

    def ranks(self, by: By) -> dict[str, int]:
        """Which place each account has in the order of numbers, or of names; to be read only."""
        known = self._up_to_date()
        if by not in known.ranks:
            ordered = sorted(known.people, key=lambda stream: known.people[stream].key(by))
            known.ranks[by] = {stream: place for place, stream in enumerate(ordered)}
        return known.ranks[by]

    def search(self, text: str) -> Matches:
        """The accounts whose number or name holds the text, or on which something is called exactly that.

        An account of that very number comes first; one that was erased is found by its number alone.
        """
        wanted, known = text.strip(), self._up_to_date()
        exact = self._book.engine.account_ids([wanted])[wanted]
        with reading(self._book.database) as connection:
            called = find_named(connection, wanted)
        named = {one.account: f"{one.kind} {one.name}" for one in called}
        folded = wanted.casefold()
        holding = [stream for stream, held in known.folded.items() if folded in held]
        found = dict.fromkeys([exact] if exact in known.people else [])
        for some in (named, holding):
            found |= dict.fromkeys(sorted(some, key=lambda stream: known.people[stream].key("name")))
        return Matches(tuple(found)[:MOST_FOUND], named, len(found))


def _said(connection: Connection, after: int) -> Iterator[Any]:
    """What was said of numbers and names behind a place in the log, in order, readable."""
    said = account_details.c
    query = select(said.position, said.account, said.number, said.name).order_by(said.position).limit(PAGE)
    stated = said.number.is_not(None) | said.name.is_not(None)
    while rows := read_people(connection, query.where(said.position > after, stated)):
        yield from rows
        after = rows[-1].position
