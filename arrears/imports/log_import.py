"""The whole log as NDJSON, into a new book: every byte as it was, all or nothing, and read back."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from eventsourcing.persistence import StoredEvent

from arrears.imports.faults import Fault
from arrears.imports.log_reading import End, FactsRefused, KeptCheckpoint, LogFile
from engine import attachments
from engine.codec import as_row
from engine.encryption.sealed import MARK
from engine.sealing import kept
from engine.sealing.checkpoints import parse
from engine.sealing.faults import NoCheckpoint
from engine.sealing.kept import Hashes
from engine.sealing.log import rows
from engine.sealing.merkle import Frontier
from engine.sealing.seal import Growth
from engine.store import Store


class StoredDiffers(Exception):
    """What the book now holds is not what the file said; it is not to be used."""

    def __init__(self, facts: int) -> None:
        self.facts = facts
        super().__init__(
            f"the book holds {facts} facts after the import, and they are not those of the file: do not use "
            "it, and import into a new one"
        )


@dataclass(frozen=True)
class Moved:
    """What was brought in; `keys_destroyed`: keys that outlived the erasure of their account."""

    facts: int
    checkpoints: int
    keys_destroyed: int
    attachments: int


def import_facts(
    store: Store, lines: Iterable[bytes], file: str, stored: Callable[[int], None] = lambda _: None
) -> Moved:
    """Stores a log that `export_facts` wrote in a book that has none, in one transaction. `stored` is told
    how many facts each page had.

    Done again on the book that holds this very log it completes what was cut short after that transaction.
    Raises FactsRefused with everything that is wrong, KeyFault where the book's keys do not open what is
    sealed, having stored nothing; StoredDiffers; AttachmentsCut.
    """
    log = LogFile(lines, file)
    if store.read(0, 1):
        _check_same(store, log)
    else:
        store.append_pages(_told(_openable(store, log.pages()), stored))
    positions, hashes = _look(store, log)
    kept.take_over(store.database, positions, hashes)
    destroyed = _destroy_keys(store, log.erased)
    return Moved(log.facts, len(positions), destroyed, _take_attachments(store, log))


def _destroy_keys(store: Store, erased: Iterable[str]) -> int:
    """Destroys the keys of accounts that the log says are erased: the ring that was brought in before may be
    older than the erasure."""
    ring = store.cipher.ring if store.cipher else None
    outlived = [stream for stream in erased if ring is not None and ring.holds(stream)]
    for stream in outlived:
        assert ring is not None
        ring.erase(stream)
    return len(outlived)


def _take_attachments(store: Store, log: LogFile) -> int:
    attachments.create(store.database)
    taken = 0
    for one in log.attachments():
        attachments.take_over(store.database, one)
        taken += 1
    return taken


def _told(
    pages: Iterable[list[StoredEvent]], stored: Callable[[int], None]
) -> Iterator[Sequence[StoredEvent]]:
    for page in pages:
        yield page
        stored(len(page))


def _openable(store: Store, pages: Iterable[list[StoredEvent]]) -> Iterator[list[StoredEvent]]:
    """The pages, each once its sealed data are seen to open: what cannot be opened here would be unreadable
    for ever, and nobody would know before it is asked for."""
    for page in pages:
        store.codec.opened([as_row(fact) for fact in page if MARK in fact.state])
        yield page


def _check_same(store: Store, log: LogFile) -> None:
    """Raises FactsRefused unless the book holds the facts of the file, and no others."""
    present = Frontier()
    for row in rows(store):
        present.add(row.leaf)
    for _ in log.pages():
        pass
    if log.end != End(facts=present.size, root=present.root.hex()):
        wanted = "a new book to import a whole log into"
        raise FactsRefused([Fault(log.file, 0, "", "a book with facts", wanted)])


def _look(store: Store, log: LogFile) -> tuple[list[tuple[int, int, str]], list[Hashes]]:
    """Reads what was stored: the checkpoints with the position of the last fact of each, and the hashes up to
    the last of them; raises StoredDiffers."""
    sizes = {_size(one) for one in log.checkpoints}
    frontier, growth, positions = Frontier(), Growth([], []), {0: 0}
    for row in rows(store):
        frontier.add(row.leaf)
        if frontier.size <= max(sizes, default=0):
            growth.add(row.leaf)
        if frontier.size in sizes:
            positions[frontier.size] = row.position
    if log.end != End(facts=frontier.size, root=frontier.root.hex()):
        raise StoredDiffers(frontier.size)
    last = max(positions.values())
    return [
        (one.number, positions.get(_size(one), last), one.document) for one in log.checkpoints
    ], growth.grown


def _size(checkpoint: KeptCheckpoint) -> int:
    """Over how many facts it is; 0 where it cannot be read, which is for a verification to say."""
    try:
        return parse(checkpoint.document, "")[0].size
    except NoCheckpoint:
        return 0
