"""Verification: the whole log against all checkpoints, those of the book and those held outside."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection

from engine.sealing import kept
from engine.sealing.checkpoints import Checkpoint, follows, parse
from engine.sealing.faults import (
    ChainBroken,
    CheckpointDiffers,
    CheckpointsCut,
    CheckpointsMissing,
    CheckpointUnknownHere,
    CheckpointUnreadable,
    FactOutsideTheLog,
    Finding,
    HashesDiffer,
    KeyUnknown,
    LogDiffers,
    NoCheckpoint,
    NothingSealed,
    SignatureWrong,
)
from engine.sealing.locate import locate
from engine.sealing.log import rows, rows_without_position
from engine.sealing.merkle import PAGE, Frontier, merkle_root
from engine.store import Store
from projections.connection import reading

BOOK = "the book"


@dataclass(frozen=True)
class Verdict:
    """What a verification found, and how far what it shows reaches.

    Of the log's `facts` the first `sealed` are shown to be as they were sealed, and the first `held_outside`
    to be those of a checkpoint that somebody holds outside.
    """

    facts: int
    sealed: int
    held_outside: int
    checkpoints: int
    public_keys: list[str]
    findings: list[Finding]


@dataclass(frozen=True)
class Held:
    """A checkpoint and who holds it: the book, or a file from outside."""

    checkpoint: Checkpoint
    source: str


@dataclass(frozen=True)
class Roots:
    """The roots of a tree at some sizes, as far as it reaches, and its size."""

    size: int
    at: dict[int, str]

    def give(self, checkpoint: Checkpoint) -> bool:
        return self.at.get(checkpoint.size) == checkpoint.root


def verify(store: Store, outside: Sequence[Held], public_keys: Collection[str]) -> Verdict:
    """Compares the stored log with every checkpoint, a page at a time; nothing is decoded.

    Without public keys each checkpoint is believed the key that it names. Raises NothingSealed where there
    is no checkpoint, neither in the book nor outside.
    """
    kept.create(store.database)
    with reading(store.database) as connection:
        ours, findings = _chain(connection)
        if not (ours or findings or outside or kept.read_page(connection, 0)):
            raise NothingSealed
        held = [*(Held(one, BOOK) for one in ours), *outside]
        good = [one for one in held if _believed(one, public_keys, findings)]
        good.sort(key=lambda one: one.checkpoint.size)
        evidence = [one.checkpoint for one in good]
        log = _roots((row.leaf for row in rows(store)), evidence)
        hashes = _roots(_kept_leaves(connection), evidence)
        findings += _compare(ours, outside)
        findings += _judge(store, connection, evidence, log, hashes)
        ours_believed = [one.checkpoint for one in good if one.source == BOOK]
        findings += _judge_hashes(ours, ours_believed, hashes)
    findings += _outside_the_log(store)
    return _verdict(held, [one for one in good if log.give(one.checkpoint)], log, findings)


def _verdict(held: Sequence[Held], shown: Sequence[Held], log: Roots, findings: list[Finding]) -> Verdict:
    return Verdict(
        facts=log.size,
        sealed=max((one.checkpoint.size for one in shown), default=0),
        held_outside=max((one.checkpoint.size for one in shown if one.source != BOOK), default=0),
        checkpoints=sum(one.source == BOOK for one in held),
        public_keys=list(dict.fromkeys(one.checkpoint.public_key for one in held)),
        findings=findings,
    )


# --- the checkpoints --------------------------------------------------------------------------------------


def _chain(connection: Connection) -> tuple[list[Checkpoint], list[Finding]]:
    """The checkpoints of the book that can be read, and what is wrong with the chain."""
    found: list[Checkpoint] = []
    findings: list[Finding] = []
    expected = 1
    for number, document in kept.checkpoint_rows(connection):
        if number != expected:
            findings.append(CheckpointsMissing(first=expected, last=number - 1))
        expected = number + 1
        try:
            checkpoint = parse(document, f"row {number}")[0]
        except NoCheckpoint as wrong:
            findings.append(CheckpointUnreadable(row=number, why=wrong.why))
            continue
        if number != checkpoint.number or not follows(checkpoint, found[-1] if found else None):
            findings.append(ChainBroken(number=number))
        found.append(checkpoint)
    return found, findings


def _compare(ours: Sequence[Checkpoint], outside: Sequence[Held]) -> Iterator[Finding]:
    """Where the book does not have the checkpoints that are held outside."""
    numbered = {checkpoint.number: checkpoint for checkpoint in ours}
    for held in outside:
        number = held.checkpoint.number
        if number not in numbered:
            yield CheckpointUnknownHere(number=number, source=held.source)
        elif numbered[number] != held.checkpoint:
            yield CheckpointDiffers(number=number, source=held.source)


def _believed(held: Held, public_keys: Collection[str], findings: list[Finding]) -> bool:
    """Whether a checkpoint counts: signed, and by a key that was given, if any was."""
    number, key = held.checkpoint.number, held.checkpoint.public_key
    if not held.checkpoint.is_signed:
        findings.append(SignatureWrong(number=number, source=held.source))
        return False
    if public_keys and key not in public_keys:
        findings.append(KeyUnknown(number=number, source=held.source, signed_with=key))
        return False
    return True


# --- the log ----------------------------------------------------------------------------------------------


def _roots(leaves: Iterable[bytes], evidence: Sequence[Checkpoint]) -> Roots:
    sizes = {checkpoint.size for checkpoint in evidence}
    frontier, at = Frontier(), dict[int, str]()
    for leaf in leaves:
        frontier.add(leaf)
        if frontier.size in sizes:
            at[frontier.size] = frontier.root.hex()
    return Roots(frontier.size, at)


def _kept_leaves(connection: Connection) -> Iterator[bytes]:
    """The kept hashes, up to the first full page that is not what its root says (no other root is used)."""
    for page in kept.kept_pages(connection):
        if len(page.leaves) == PAGE and merkle_root(page.leaves) != page.root:
            return
        yield from page.leaves


def _judge(
    store: Store, connection: Connection, evidence: Sequence[Checkpoint], log: Roots, hashes: Roots
) -> Iterator[Finding]:
    """Where the log differs: in which stretch between two checkpoints, and in which facts, where the kept
    hashes are those of a checkpoint."""
    differing = [checkpoint for checkpoint in evidence if not log.give(checkpoint)]
    if not differing:
        return
    first = differing[0]
    agreeing = [one.size for one in evidence if log.give(one) and one.size < first.size]
    stretch = max(agreeing, default=0) + 1, first.size
    yield LogDiffers(checkpoint=first.number, first=stretch[0], last=stretch[1])
    trusted = max((one.size for one in evidence if hashes.give(one)), default=0)
    if trusted >= first.size:
        yield from locate(islice(_kept_leaves(connection), trusted), rows(store))


def _judge_hashes(
    ours: Sequence[Checkpoint], believed: Sequence[Checkpoint], hashes: Roots
) -> Iterator[Finding]:
    """Whether the kept hashes are those of the checkpoints, and no more of them are kept than were sealed."""
    sealed = ours[-1].size if ours else 0
    if not all(map(hashes.give, believed)):
        yield HashesDiffer()
    elif hashes.size > sealed:
        yield CheckpointsCut(hashes=hashes.size, sealed=sealed)


def _outside_the_log(store: Store) -> Iterator[Finding]:
    for row in rows_without_position(store):
        yield FactOutsideTheLog(stream=row.stream, version=row.version, topic=row.topic)
