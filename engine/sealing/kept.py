"""What a book keeps of its sealing: the checkpoints, and the hashes of the sealed facts.

Neither is derived from the log alone, so neither is dropped where tables are rebuilt. The hashes can be made
anew from a log that is as it was sealed; where it is not, they tell which fact differs.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    cast,
    delete,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)

from engine.sealing.checkpoints import Checkpoint, canonical, parse
from engine.sealing.faults import CheckpointUnknown, NothingSealed
from engine.sealing.merkle import PAGE, Tree, merkle_root
from projections.connection import writing

HASH_BYTES = 32
_LOCK = 4_209_116  # any number, the same in every process

metadata = MetaData()
checkpoints = Table(
    "seal_checkpoints",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
)
pages = Table(
    "seal_hashes",
    metadata,
    Column("page", Integer, primary_key=True, autoincrement=False),
    Column("leaves", LargeBinary, nullable=False),
    Column("root", LargeBinary, nullable=False),
)


# SQLite gives back whatever was put there; what is no bytes shall differ, not break off.
_LEAVES, _ROOT = cast(pages.c.leaves, LargeBinary), cast(pages.c.root, LargeBinary)


class Sealed(NamedTuple):
    """A checkpoint, and the position of its last fact when it was made."""

    checkpoint: Checkpoint
    position: int


class Hashes(NamedTuple):
    """A page of the tree's leaves, joined, and the root over them."""

    page: int
    joined: bytes
    root: bytes

    @property
    def leaves(self) -> list[bytes]:
        return _leaves(self.joined)


class Overtaken(Exception):
    """Somebody else made a checkpoint meanwhile."""


def create(database: Engine) -> None:
    """Makes the tables where they are not there yet."""
    with writing(database) as connection:
        _lock(connection)
        metadata.create_all(connection)


def exists(database: Engine) -> bool:
    """Whether anybody has wanted to seal this book yet."""
    return inspect(database).has_table(checkpoints.name)


def last_sealed(database: Engine) -> Sealed | None:
    """The last checkpoint, None where there is none; raises NoCheckpoint where its row holds none."""
    query = select(checkpoints).order_by(checkpoints.c.number.desc()).limit(1)
    with database.connect() as connection:
        row = connection.execute(query).first()
    return Sealed(_parse(row.number, row.document), row.position) if row else None


def checkpoint(database: Engine, number: int) -> Checkpoint:
    """A checkpoint of the book; raises CheckpointUnknown, NoCheckpoint."""
    query = select(checkpoints.c.document).where(checkpoints.c.number == number)
    with database.connect() as connection:
        document = connection.execute(query).scalar_one_or_none()
    if document is None:
        raise CheckpointUnknown(number=number)
    return _parse(number, document)


def chain(database: Engine) -> list[Checkpoint]:
    """All checkpoints, first to last; raises NothingSealed, NoCheckpoint."""
    with database.connect() as connection:
        found = [_parse(number, document) for number, document in checkpoint_rows(connection)]
    if not found:
        raise NothingSealed
    return found


def checkpoint_rows(connection: Connection) -> list[tuple[int, str]]:
    """The number and the document of each, as they are kept."""
    query = select(checkpoints.c.number, checkpoints.c.document).order_by(checkpoints.c.number)
    return [(number, document) for number, document in connection.execute(query)]


def _parse(number: int, document: str) -> Checkpoint:
    return parse(document, f"checkpoint {number} of the book")[0]


@contextmanager
def sealing_after(database: Engine, last: Sealed | None) -> Iterator[Connection]:
    """A transaction in which nobody else seals; raises Overtaken unless that is still the last checkpoint."""
    with writing(database) as connection:
        _lock(connection)
        number = connection.execute(select(func.max(checkpoints.c.number))).scalar_one()
        if number != (last and last.checkpoint.number):
            raise Overtaken
        yield connection


def take_over(database: Engine, brought: Sequence[tuple[int, int, str]], grown: Sequence[Hashes]) -> None:
    """Stores the checkpoints of a log that came from elsewhere, each with its number, the position of its
    last fact here and its document as it was kept, and the hashes, instead of those that there are."""
    create(database)
    with writing(database) as connection:
        _lock(connection)
        connection.execute(delete(checkpoints))
        connection.execute(delete(pages))
        if brought:
            rows = [{"number": one, "position": at, "document": document} for one, at, document in brought]
            connection.execute(insert(checkpoints), rows)
        keep_hashes(connection, grown)


def keep(connection: Connection, sealed: Sealed) -> None:
    """Stores a further checkpoint."""
    document = canonical(sealed.checkpoint.document).decode()
    row = {"number": sealed.checkpoint.number, "position": sealed.position, "document": document}
    connection.execute(insert(checkpoints), row)


def move(connection: Connection, sealed: Sealed) -> None:
    """Stores where the last fact of a checkpoint now stands."""
    ours = checkpoints.c.number == sealed.checkpoint.number
    connection.execute(update(checkpoints).where(ours).values(position=sealed.position))


def keep_hashes(connection: Connection, grown: Sequence[Hashes]) -> None:
    """Stores pages of hashes instead of those there are, from the first of them on."""
    if grown:
        connection.execute(delete(pages).where(pages.c.page >= grown[0].page))
        rows = [{"page": one.page, "leaves": one.joined, "root": one.root} for one in grown]
        connection.execute(insert(pages), rows)


def _lock(connection: Connection) -> None:
    """Waits for others who make the tables or a checkpoint (SQLite locks as the transaction begins)."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def read_page(connection: Connection, page: int) -> list[bytes]:
    """The hashes of one page, none where it is missing."""
    found = connection.execute(select(_LEAVES).where(pages.c.page == page)).scalar_one_or_none()
    return _leaves(found or b"")


def page_roots(database: Engine, size: int) -> list[bytes]:
    """The roots of the pages that are full at that size."""
    query = select(_ROOT).where(pages.c.page < size // PAGE).order_by(pages.c.page)
    with database.connect() as connection:
        return list(connection.execute(query).scalars())


def kept_pages(connection: Connection) -> Iterator[Hashes]:
    """All pages in order, from the first that is there to the first gap."""
    count = connection.execute(select(func.max(pages.c.page))).scalar_one()
    for number in range(0 if count is None else count + 1):
        row = connection.execute(select(_LEAVES, _ROOT).where(pages.c.page == number)).first()
        if row is None:
            return
        yield Hashes(number, *row)


def tree(database: Engine, size: int) -> Tree:
    """The tree of the first `size` facts, of the hashes that are kept; a leaf of a page that is missing, or
    is not what its root says, is not there (IndexError)."""
    roots = page_roots(database, size)

    @lru_cache(maxsize=64)
    def leaves(page: int) -> list[bytes]:
        with database.connect() as connection:
            found = read_page(connection, page)
        return found if page >= len(roots) or merkle_root(found) == roots[page] else []

    return Tree(roots, leaves)


def hashes_of(page: int, leaves: list[bytes]) -> Hashes:
    """A page of these leaves."""
    return Hashes(page, b"".join(leaves), merkle_root(leaves))


def _leaves(joined: bytes) -> list[bytes]:
    return [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]
