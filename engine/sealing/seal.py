"""Sealing: takes in what the log has more than the last checkpoint, and signs the next one."""

from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.sealing import kept
from engine.sealing.checkpoints import Checkpoint, public_key_of, sign
from engine.sealing.faults import KeyChanged, LogChanged, NothingToSeal
from engine.sealing.kept import Hashes, Overtaken, Sealed, hashes_of
from engine.sealing.log import rows, whole_until
from engine.sealing.merkle import PAGE, merkle_root
from engine.store import Conflict, Store

ATTEMPTS = 5


class Growth:
    """A tree that takes in facts: the roots of its full pages, the open page, and which pages are new."""

    def __init__(self, page_roots: list[bytes], open_page: list[bytes]) -> None:
        self._roots = page_roots
        self._open = open_page
        self._full: list[Hashes] = []

    @property
    def size(self) -> int:
        return len(self._roots) * PAGE + len(self._open)

    @property
    def root(self) -> bytes:
        return merkle_root([*self._roots, merkle_root(self._open)] if self._open else self._roots)

    def add(self, leaf: bytes) -> None:
        """Appends the hash of a fact."""
        self._open.append(leaf)
        if len(self._open) == PAGE:
            page = hashes_of(len(self._roots), self._open)
            self._full.append(page)
            self._roots.append(page.root)
            self._open = []

    @property
    def grown(self) -> list[Hashes]:
        """The pages that are to be stored."""
        return [*self._full, hashes_of(len(self._roots), self._open)] if self._open else self._full


def seal(
    store: Store, key: Ed25519PrivateKey, at: datetime, *, change_key: bool = False, anew: bool = False
) -> tuple[Checkpoint, int]:
    """The checkpoint over all that is committed, and how many facts are new in it; the last where none is.

    It costs what is new, not what the log holds, and does not look at facts that were sealed before, unless
    their hashes are to be made `anew`.
    Raises NothingToSeal on an empty log, KeyChanged, LogChanged where the last sealed fact is not in its
    place and the log is not as it was sealed, NoCheckpoint, and Conflict where others keep sealing.
    """
    kept.create(store.database)
    for _ in range(ATTEMPTS):
        last = kept.last_sealed(store.database)
        if last and last.checkpoint.public_key != public_key_of(key) and not change_key:
            raise KeyChanged(number=last.checkpoint.number, signed_with=last.checkpoint.public_key)
        try:
            return _seal_after(store, key, at, last, anew)
        except Overtaken:
            continue
    raise Conflict


def _seal_after(
    store: Store, key: Ed25519PrivateKey, at: datetime, last: Sealed | None, anew: bool
) -> tuple[Checkpoint, int]:
    standing = None if anew else _standing(store, last)
    growth, position = standing or _anew(store, last)
    sealed = growth.size
    for row in rows(store, position, whole_until(store)):
        growth.add(row.leaf)
        position = row.position
    if position is None:
        raise NothingToSeal
    new = growth.size - sealed
    with kept.sealing_after(store.database, last) as connection:
        if new or not standing:
            kept.keep_hashes(connection, growth.grown)
        if last and not new:
            kept.move(connection, Sealed(last.checkpoint, position))
            return last.checkpoint, 0
        checkpoint = sign(key, last and last.checkpoint, growth.size, growth.root, at)
        kept.keep(connection, Sealed(checkpoint, position))
    return checkpoint, new


def _standing(store: Store, last: Sealed | None) -> tuple[Growth, int | None] | None:
    """The tree of the last checkpoint from the kept hashes, where they give its root and its last fact still
    stands at its position; an empty one where there is no checkpoint."""
    if last is None:
        return Growth([], []), None
    size = last.checkpoint.size
    open_page, first_open = size // PAGE, size % PAGE
    with store.database.connect() as connection:
        leaves = kept.read_page(connection, open_page)[:first_open]
        last_leaf = leaves[-1:] or kept.read_page(connection, open_page - 1)[-1:]
    growth = Growth(kept.page_roots(store.database, size), leaves)
    there = [row.leaf for row in rows(store, last.position - 1, last.position)]
    if growth.root.hex() != last.checkpoint.root or growth.size != size or there != last_leaf:
        return None
    return growth, last.position


def _anew(store: Store, last: Sealed | None) -> tuple[Growth, int | None]:
    """The tree of the last checkpoint from the log, whose facts may have been given other positions."""
    growth, position = Growth([], []), None
    if last is None:
        return growth, position
    for row in rows(store):
        growth.add(row.leaf)
        position = row.position
        if growth.size == last.checkpoint.size:
            break
    if growth.root.hex() != last.checkpoint.root:
        raise LogChanged(number=last.checkpoint.number)
    return growth, position
