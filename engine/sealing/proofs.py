"""Proofs for somebody outside: that facts are in a sealed log, and that one log begins with another."""

from collections.abc import Sequence
from typing import Any

from engine.sealing import kept
from engine.sealing.checkpoints import Checkpoint
from engine.sealing.faults import LogChanged, NothingSealed, NotSealedYet
from engine.sealing.log import Row, ranked_rows
from engine.sealing.merkle import Tree
from engine.store import Store

FORMAT = "arrears proof 1"


def prove(store: Store, stream: str | None, since: int | None) -> tuple[dict[str, Any], int]:
    """The proof, against the last checkpoint, of a stream's facts (where one is named), and of the checkpoint
    `since` being its beginning (where one is named); and how many facts of the stream are not sealed yet.

    Raises NothingSealed, NotSealedYet, CheckpointUnknown, NoCheckpoint, and LogChanged where the log or the
    kept hashes are not as they were sealed.
    """
    kept.create(store.database)
    last = kept.last_sealed(store.database)
    if last is None:
        raise NothingSealed
    tree = kept.tree(store.database, last.checkpoint.size)
    try:
        return _proof(store, tree, last.checkpoint, stream, since)
    except IndexError:  # a hash that is not there
        raise LogChanged(number=last.checkpoint.number) from None


def prove_streams(
    store: Store, streams: Sequence[str]
) -> tuple[Checkpoint, dict[tuple[str, int], dict[str, Any]]]:
    """The last checkpoint, and the proof of each fact of these streams that it covers, by stream and version.

    Raises NothingSealed, NoCheckpoint, and LogChanged where the log or the kept hashes are not as they were
    sealed.
    """
    kept.create(store.database)
    last = kept.last_sealed(store.database)
    if last is None:
        raise NothingSealed
    checkpoint, tree = last.checkpoint, kept.tree(store.database, last.checkpoint.size)
    try:
        found = [_covered(store, tree, checkpoint, stream)[0] for stream in streams]
    except IndexError:  # a hash that is not there
        raise LogChanged(number=checkpoint.number) from None
    return checkpoint, {(fact["stream"], fact["version"]): fact for facts in found for fact in facts}


def _proof(
    store: Store, tree: Tree, checkpoint: Checkpoint, stream: str | None, since: int | None
) -> tuple[dict[str, Any], int]:
    document: dict[str, Any] = {"format": FORMAT, "checkpoint": checkpoint.document}
    uncovered = 0
    if stream is not None:
        document["facts"], uncovered = _facts(store, tree, checkpoint, stream)
    if since is not None:
        document |= _beginning(tree, kept.checkpoint(store.database, since), checkpoint)
    return document, uncovered


def _facts(store: Store, tree: Tree, checkpoint: Checkpoint, stream: str) -> tuple[list[dict[str, Any]], int]:
    facts, uncovered = _covered(store, tree, checkpoint, stream)
    if not facts:
        raise NotSealedYet(stream=stream)
    return facts, uncovered


def _covered(
    store: Store, tree: Tree, checkpoint: Checkpoint, stream: str
) -> tuple[list[dict[str, Any]], int]:
    ranked = ranked_rows(store, stream)
    covered = [(index, row) for index, row in ranked if index < checkpoint.size]
    if not _gives(tree, checkpoint) or any(tree.leaf(index) != row.leaf for index, row in covered):
        raise LogChanged(number=checkpoint.number)
    facts = [_fact(index, row, tree.inclusion(index, checkpoint.size)) for index, row in covered]
    return facts, len(ranked) - len(covered)


def _fact(index: int, row: Row, path: list[bytes]) -> dict[str, Any]:
    """The stored bytes are text in UTF-8, and come back from it as they were."""
    return {
        "index": index, "stream": row.stream, "version": row.version, "topic": row.topic,
        "state": row.state.decode(), "path": [one.hex() for one in path],
    }  # fmt: skip


def _beginning(tree: Tree, earlier: Checkpoint, checkpoint: Checkpoint) -> dict[str, Any]:
    if not (_gives(tree, earlier) and _gives(tree, checkpoint)):
        raise LogChanged(number=checkpoint.number)
    path = tree.consistency(earlier.size, checkpoint.size)
    return {"earlier": earlier.document, "consistency": [one.hex() for one in path]}


def _gives(tree: Tree, checkpoint: Checkpoint) -> bool:
    return tree.root(0, checkpoint.size).hex() == checkpoint.root
