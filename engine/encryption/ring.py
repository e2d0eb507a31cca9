"""The key ring: a key for each stream that has personal data, wrapped by the master key, apart from the log.

`erased` names the streams whose key was destroyed: a key that is missing otherwise is a fault, no erasure.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable

from engine.encryption.connection import connect, is_there, leave_nothing_behind, make_room, shown
from engine.encryption.faults import KeyRingInUse, KeyRingMissing, MasterKeyDiffers
from engine.encryption.master import KEY_BYTES, MasterKey

STREAMS_PER_QUERY = 5_000

metadata = MetaData()
about = Table(
    "about",
    metadata,
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("ring", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
)
keys = Table(
    "keys",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)
erased = Table("erased", metadata, Column("stream", Text, primary_key=True))

Master = Callable[[], MasterKey]
"""Where the master key comes from, asked only once a key is needed; raises MasterKeyMissing, NoMasterKey."""


class Contents(NamedTuple):
    """A whole ring in the clear: its id, the secret, the keys by stream, and the streams that were erased."""

    ring: str
    secret: bytes
    keys: dict[str, bytes]
    erased: list[str]


class Ring:
    """The keys of one book. What needs no key (which ring it is, what was erased) needs no master key."""

    def __init__(self, url: str, master: Master) -> None:
        self.url = url
        self._ask_for_master = master
        self._database = connect(url)

    @property
    def place(self) -> str:
        """Where the ring is kept, without a password."""
        return shown(self.url)

    @property
    def exists(self) -> bool:
        """Whether there is a ring at its place."""
        return is_there(self._database, about.name)

    @cached_property
    def id(self) -> str:
        """The ring's own name; raises KeyRingMissing."""
        return str(self._about().ring)

    def _about(self) -> Any:
        row = None
        if self.exists:
            with self._database.connect() as connection:
                row = connection.execute(select(about)).first()
        if row is None:
            raise KeyRingMissing(self.place)
        return row

    @cached_property
    def master(self) -> MasterKey:
        """The master key, once it is shown to be that of the ring; raises KeyFault."""
        master = self._ask_for_master()
        self._open_secret(master)
        return master

    @cached_property
    def secret(self) -> bytes:
        """What the ids of accounts are derived with, so that nobody can try a number without the ring."""
        return self._open_secret(self.master)

    def _open_secret(self, master: MasterKey) -> bytes:
        row = self._about()
        try:
            return master.unwrap(secret_of(row.ring), row.secret)
        except InvalidTag:
            raise MasterKeyDiffers(self.place) from None

    # --- making ---------------------------------------------------------------------------------------------

    def create(self) -> None:
        """Makes an empty ring where there is none; somebody else may be first. Raises KeyFault."""
        self._found(uuid4().hex, os.urandom(KEY_BYTES))
        self.master  # noqa: B018 - the ring of whoever was first may have another master key

    def take_over(self, contents: Contents) -> None:
        """Makes a ring of what another one held, under this master key; raises KeyRingInUse."""
        if self.exists:
            raise KeyRingInUse(self.place)
        self._found(contents.ring, contents.secret)
        with self._database.begin() as connection:
            self._insert(connection, contents.keys)
            _insert_all(connection, erased, [{"stream": stream} for stream in contents.erased])

    def _found(self, ring: str, secret: bytes) -> None:
        master = self._ask_for_master()
        make_room(self._database)
        with self._database.begin() as connection:
            for table in metadata.sorted_tables:  # between a look and a making another process may be first
                connection.execute(CreateTable(table, if_not_exists=True))
            row = {"row": 1, "ring": ring, "secret": master.wrap(secret_of(ring), secret)}
            _insert_all(connection, about, [row])

    # --- keys -----------------------------------------------------------------------------------------------

    def load(self, streams: Sequence[str]) -> dict[str, bytes | None]:
        """The key of each of these streams, None where it was erased; those that have none are left out."""
        found: dict[str, bytes | None] = {}
        with self._database.connect() as connection:
            for page in _pages(streams):
                query = select(keys).where(keys.c.stream.in_(page))
                found |= {stream: self._unwrap(stream, key) for stream, key in connection.execute(query)}
                gone = select(erased.c.stream).where(erased.c.stream.in_(page))
                found |= dict.fromkeys(connection.execute(gone).scalars())
        return found

    def make(self, streams: Iterable[str]) -> None:
        """Makes a key for each of these streams that has none, never again for one that was erased."""
        fresh = {stream: os.urandom(KEY_BYTES) for stream in streams}
        with self._database.begin() as connection:
            self._insert(connection, fresh)
            connection.execute(delete(keys).where(keys.c.stream.in_(select(erased.c.stream))))

    def _insert(self, connection: Connection, fresh: dict[str, bytes]) -> None:
        rows = [{"stream": name, "wrapped": self.master.wrap(name, key)} for name, key in fresh.items()]
        _insert_all(connection, keys, rows)

    def _unwrap(self, stream: str, wrapped: bytes) -> bytes:
        try:
            return self.master.unwrap(stream, wrapped)
        except InvalidTag:
            raise MasterKeyDiffers(self.place) from None

    def contents(self) -> Contents:
        """The whole ring, to be taken to another place; raises KeyFault."""
        with self._database.connect() as connection:
            held = {stream: self._unwrap(stream, key) for stream, key in connection.execute(select(keys))}
            gone = list(connection.execute(select(erased.c.stream).order_by(erased.c.stream)).scalars())
        return Contents(self.id, self.secret, held, gone)

    # --- erasing --------------------------------------------------------------------------------------------

    def erase(self, stream: str) -> None:
        """Destroys the key of a stream, and what the database would keep of it; done again it is no harm."""
        with self._database.begin() as connection:
            connection.execute(delete(keys).where(keys.c.stream == stream))
            _insert_all(connection, erased, [{"stream": stream}])
        leave_nothing_behind(self._database, keys.name)

    def erasures(self) -> int:
        """How many keys were destroyed: as long as it is the same, keys that were read still hold."""
        with self._database.connect() as connection:
            return connection.execute(select(func.count()).select_from(erased)).scalar_one()

    def erased_streams(self) -> list[str]:
        """The streams whose keys were destroyed."""
        with self._database.connect() as connection:
            return list(connection.execute(select(erased.c.stream)).scalars())

    def holds(self, stream: str) -> bool:
        """Whether there is a key of that stream."""
        with self._database.connect() as connection:
            return (
                connection.execute(select(keys.c.stream).where(keys.c.stream == stream)).first() is not None
            )

    def close(self) -> None:
        """Gives the connections back."""
        self._database.dispose()


def secret_of(ring: str) -> str:
    return f"secret of ring {ring}"


def _insert_all(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Adds the rows that are not there yet."""
    kind = postgresql if connection.dialect.name == "postgresql" else sqlite
    if rows:
        connection.execute(kind.insert(table).on_conflict_do_nothing(), rows)


def _pages(streams: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(streams), STREAMS_PER_QUERY):
        yield streams[start : start + STREAMS_PER_QUERY]
