"""A database edited by hand: what was done to sealed facts and to checkpoints is found, and where."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from engine.domain.errors import RuleBroken
from engine.domain.facts.accounts import NoteAdded
from engine.domain.facts.base import Stored
from engine.sealing import kept
from engine.sealing.checkpoints import public_key_of, sign
from engine.sealing.faults import CheckpointUnknown, KeyChanged, LogChanged, NothingSealed, NotSealedYet
from engine.sealing.locate import MOST, WINDOW
from engine.sealing.proofs import prove
from engine.sealing.seal import seal
from engine.sealing.verify import verify
from projections.catch_up import rebuild
from tests.sealed_book import FACTS, KEY, NOON, SealedBook

STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(32))
Edit = Callable[[SealedBook], None]
OURS = (public_key_of(KEY),)


@pytest.fixture
def sealed(book_url: str) -> Iterator[SealedBook]:
    book = SealedBook(book_url)
    yield book
    book.close()


def shown(book: SealedBook) -> tuple[int, int]:
    verdict = book.verify()
    return verdict.facts, verdict.sealed


def test_an_untouched_log_is_as_it_was_sealed(sealed: SealedBook) -> None:
    verdict = sealed.verify(keys=OURS)
    assert (verdict.facts, verdict.sealed, verdict.held_outside) == (FACTS, FACTS, 0)
    assert (verdict.checkpoints, verdict.public_keys, verdict.findings) == (3, list(OURS), [])
    sealed.record("account-a")
    assert shown(sealed) == (FACTS + 1, FACTS)


def test_only_what_somebody_outside_holds_is_shown_to_outsiders(sealed: SealedBook) -> None:
    assert sealed.verify(sealed.checkpoints[0]).held_outside == 8
    assert sealed.verify(*sealed.checkpoints[:2]).held_outside == 12


# --- facts ------------------------------------------------------------------------------------------------


def change_state(book: SealedBook) -> None:
    book.edit(f"UPDATE LOG SET state = :state WHERE AT = {book.position(10)}", state=b'{"note":"paid"}')


def change_one_byte(book: SealedBook) -> None:
    state = bytes(book.rows()[9]["state"])
    book.edit(f"UPDATE LOG SET state = :state WHERE AT = {book.position(10)}", state=state + b" ")


def change_topic(book: SealedBook) -> None:
    book.edit(f"UPDATE LOG SET topic = 'FollowUpSet' WHERE AT = {book.position(10)}")


def change_stream(book: SealedBook) -> None:
    book.edit(f"UPDATE LOG SET originator_id = 'account-z' WHERE AT = {book.position(10)}")


def change_version(book: SealedBook) -> None:
    book.edit(f"UPDATE LOG SET originator_version = 99 WHERE AT = {book.position(10)}")


def change_the_last(book: SealedBook) -> None:
    book.edit(f"UPDATE LOG SET state = :state WHERE AT = {book.position(FACTS)}", state=b"{}")


def remove_from_the_middle(book: SealedBook) -> None:
    book.edit(f"DELETE FROM LOG WHERE AT = {book.position(10)}")


def remove_the_first(book: SealedBook) -> None:
    book.edit(f"DELETE FROM LOG WHERE AT = {book.position(1)}")


def remove_the_last(book: SealedBook) -> None:
    book.edit(f"DELETE FROM LOG WHERE AT = {book.position(FACTS)}")


def remove_the_last_three(book: SealedBook) -> None:
    book.edit(f"DELETE FROM LOG WHERE AT >= {book.position(FACTS - 2)}")


def replace_the_last(book: SealedBook) -> None:
    """On SQLite the next fact gets the very position of the one that was removed."""
    last = book.rows()[-1]
    remove_the_last(book)
    book.versions[last["originator_id"]] -= 1
    book.record("account-c" if last["originator_id"] != "account-c" else "account-a")
    assert book.size == FACTS


def insert_in_the_middle(book: SealedBook) -> None:
    insert_at(book, book.make_room(10))


def insert_before_the_first(book: SealedBook) -> None:
    insert_at(book, -5)


def insert_at(book: SealedBook, position: int) -> None:
    columns = "originator_id, originator_version, topic, state, AT"
    book.edit(
        f"INSERT INTO LOG ({columns}) VALUES ('account-a', 50, 'NoteAdded', :state, {position})",
        state=b'{"note":"never said"}',
    )


def swap_neighbours(book: SealedBook) -> None:
    swap(book, 10, 11)


def swap_far_ones(book: SealedBook) -> None:
    swap(book, 7, 15)


def swap(book: SealedBook, one: int, other: int) -> None:
    first, second = book.position(one), book.position(other)
    book.edit(
        f"UPDATE LOG SET AT = -1 WHERE AT = {first}",
        f"UPDATE LOG SET AT = {first} WHERE AT = {second}",
        f"UPDATE LOG SET AT = {second} WHERE AT = -1",
    )


def move_to_the_end(book: SealedBook) -> None:
    book.edit(f"UPDATE LOG SET AT = 1000 WHERE AT = {book.position(7)}")


def change_remove_and_insert(book: SealedBook) -> None:
    change_state(book)
    book.edit(f"DELETE FROM LOG WHERE AT = {book.position(14)}")
    insert_at(book, book.make_room(7))


@pytest.mark.parametrize(
    ("edit", "differs_from", "agrees_until", "facts"),
    [
        (change_state, 2, 8, [("FactChanged", 10)]),
        (change_one_byte, 2, 8, [("FactChanged", 10)]),
        (change_topic, 2, 8, [("FactChanged", 10)]),
        (change_stream, 2, 8, [("FactChanged", 10)]),
        (change_version, 2, 8, [("FactChanged", 10)]),
        (change_the_last, 3, 12, [("FactChanged", 17)]),
        (remove_from_the_middle, 2, 8, [("FactMissing", 10)]),
        (remove_the_first, 1, 0, [("FactMissing", 1)]),
        (remove_the_last, 3, 12, [("FactMissing", 17)]),
        (remove_the_last_three, 3, 12, [("FactMissing", 15), ("FactMissing", 16), ("FactMissing", 17)]),
        (replace_the_last, 3, 12, [("FactChanged", 17)]),
        (insert_in_the_middle, 2, 8, [("FactInserted", 10)]),
        (insert_before_the_first, 1, 0, [("FactInserted", 1)]),
        (swap_neighbours, 2, 8, [("FactMoved", 10)]),
        (swap_far_ones, 1, 0, [("FactMoved", 7), ("FactMoved", 15)]),
        (move_to_the_end, 1, 0, [("FactMoved", 17)]),
        (change_remove_and_insert, 1, 0, [("FactInserted", 7), ("FactChanged", 11), ("FactMissing", 14)]),
    ],
)
def test_a_fact_edited_by_hand_is_found_and_located(
    edit: Edit,
    differs_from: int,
    agrees_until: int,
    facts: list[Any],
    sealed: SealedBook,
) -> None:
    edit(sealed)
    assert sealed.found() == [("LogDiffers", differs_from), *facts]
    verdict = sealed.verify()
    assert (verdict.sealed, verdict.findings[0].data["first"]) == (agrees_until, agrees_until + 1)


@pytest.mark.parametrize(
    "edit", [change_state, remove_from_the_middle, insert_before_the_first, swap_neighbours]
)
def test_sealing_further_does_not_cover_up_an_edit(edit: Edit, sealed: SealedBook) -> None:
    edit(sealed)
    before = sealed.found()
    place_behind(sealed)
    sealed.record("account-b")
    assert sealed.seal()[0].number == 4
    assert sealed.found() == before


def place_behind(book: SealedBook) -> None:
    """Lets the next fact stand behind all others: PostgreSQL's sequence knows nothing of edits."""
    if book.at == "notification_id":
        sequence = f"pg_get_serial_sequence('{book.log}', '{book.at}')"
        with book.book.database.begin() as connection:
            connection.execute(text(f"SELECT setval({sequence}, {book.position(book.size)})"))


@pytest.mark.parametrize("edit", [change_the_last, remove_the_last, replace_the_last, insert_in_the_middle])
def test_a_log_whose_last_sealed_fact_is_not_in_place_is_sealed_no_further(
    edit: Edit, sealed: SealedBook
) -> None:
    edit(sealed)
    sealed.record("account-b")
    with pytest.raises(LogChanged, match="checkpoint 3"):
        sealed.seal()


def test_other_positions_in_the_same_order_are_no_difference(sealed: SealedBook) -> None:
    sealed.edit("UPDATE LOG SET AT = -AT", "UPDATE LOG SET AT = -10 * AT")
    assert (sealed.found(), shown(sealed)) == ([], (FACTS, FACTS))
    assert sealed.seal() == (sealed.checkpoints[2], 0)
    assert sealed.last().position == sealed.position(FACTS)
    place_behind(sealed)
    sealed.record("account-a")
    checkpoint, new = sealed.seal()
    assert (checkpoint.number, new, sealed.found()) == (4, 1, [])


def test_a_fact_taken_out_of_the_log_order_is_found(sealed: SealedBook) -> None:
    """PostgreSQL lets a fact lose its position: then only its own stream still has it."""
    if sealed.at == "rowid":
        pytest.skip("SQLite gives every fact a position")
    with sealed.book.database.begin() as connection:
        connection.execute(text(f"ALTER TABLE {sealed.log} ALTER {sealed.at} DROP NOT NULL"))
    sealed.edit(f"UPDATE LOG SET AT = NULL WHERE AT = {sealed.position(10)}")
    assert sealed.found() == [("LogDiffers", 2), ("FactMissing", 10), ("FactOutsideTheLog", None)]


def test_bytes_turned_into_text_are_found(sealed: SealedBook) -> None:
    if sealed.at == "notification_id":
        pytest.skip("PostgreSQL keeps types")
    sealed.edit(f"UPDATE LOG SET state = CAST(state AS TEXT) WHERE AT = {sealed.position(10)}")
    assert sealed.found() == [("LogDiffers", 2), ("FactChanged", 10)]


# --- checkpoints ------------------------------------------------------------------------------------------


def test_a_changed_checkpoint_is_found(sealed: SealedBook) -> None:
    other = sealed.checkpoints[0].root
    sealed.edit(
        "UPDATE seal_checkpoints SET document = replace(document, :root, :other) WHERE number = 2",
        root=sealed.checkpoints[1].root, other=other,
    )  # fmt: skip
    assert sealed.found() == [("ChainBroken", 3), ("SignatureWrong", 2)]
    assert ("CheckpointDiffers", 2) in sealed.found(sealed.checkpoints[1])


def test_a_checkpoint_that_is_none_is_found(sealed: SealedBook) -> None:
    sealed.edit("UPDATE seal_checkpoints SET document = 'sealed' WHERE number = 2")
    assert sealed.found() == [("CheckpointUnreadable", 2), ("ChainBroken", 3)]


@pytest.mark.parametrize(
    ("gone", "found"),
    [
        ("number = 1", [("CheckpointsMissing", 1), ("ChainBroken", 2)]),
        ("number = 2", [("CheckpointsMissing", 2), ("ChainBroken", 3)]),
        ("number = 3", [("CheckpointsCut", 12)]),
        ("number > 0", [("CheckpointsCut", 0)]),
    ],
)
def test_a_dropped_checkpoint_is_found(gone: str, found: list[Any], sealed: SealedBook) -> None:
    sealed.edit(f"DELETE FROM seal_checkpoints WHERE {gone}")
    assert sealed.found() == found


def test_a_last_checkpoint_dropped_with_all_its_traces_is_found_by_who_holds_it(sealed: SealedBook) -> None:
    held = sealed.checkpoints[2]
    sealed.edit("DELETE FROM seal_checkpoints", "DELETE FROM seal_hashes")
    sealed.edit(f"DELETE FROM LOG WHERE AT >= {sealed.position(13)}")
    with pytest.raises(NothingSealed):
        sealed.verify()
    assert sealed.found(held) == [("CheckpointUnknownHere", 3), ("LogDiffers", 3)]
    sealed.seal()
    assert sealed.found() == []
    assert sealed.found(held) == [("CheckpointUnknownHere", 3), ("LogDiffers", 3)]


def test_a_book_made_anew_with_another_key_is_found_by_who_holds_the_key(sealed: SealedBook) -> None:
    sealed.edit("DELETE FROM seal_checkpoints", "DELETE FROM seal_hashes")
    change_state(sealed)
    seal(sealed.store, STRANGER, NOON)
    assert sealed.found() == []
    assert sealed.found(keys=OURS) == [("KeyUnknown", 1)]
    assert sealed.verify(keys=OURS).sealed == 0


def test_a_checkpoint_from_outside_that_was_tampered_with_proves_nothing(sealed: SealedBook) -> None:
    forged = sealed.checkpoints[1].model_copy(update={"root": "0" * 64})
    assert sealed.found(forged) == [("SignatureWrong", 2), ("CheckpointDiffers", 2)]
    assert sealed.verify(forged).held_outside == 0


def test_two_signed_checkpoints_of_one_number_are_found(sealed: SealedBook) -> None:
    other = sign(KEY, sealed.checkpoints[1], FACTS, bytes(32), NOON)
    assert sealed.found(other) == [("CheckpointDiffers", 3), ("LogDiffers", 3)]


# --- the kept hashes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("statement", ["UPDATE seal_hashes SET leaves = :leaves", "DELETE FROM seal_hashes"])
def test_changed_hashes_are_found_and_made_anew(statement: str, sealed: SealedBook) -> None:
    sealed.edit(statement, **({"leaves": b"x" * 64} if ":" in statement else {}))
    assert sealed.found() == [("HashesDiffer", None)]
    assert sealed.seal() == (sealed.checkpoints[2], 0)
    assert sealed.found() == []


def test_facts_and_hashes_changed_together_are_located_between_two_checkpoints(sealed: SealedBook) -> None:
    change_state(sealed)
    sealed.edit("UPDATE seal_hashes SET leaves = :leaves", leaves=b"x" * 32 * FACTS)
    assert sealed.found() == [("LogDiffers", 2), ("HashesDiffer", None)]
    assert sealed.verify().findings[0].data == {"checkpoint": 2, "first": 9, "last": 12}
    with pytest.raises(LogChanged):
        sealed.seal()


@pytest.mark.parametrize(("stream", "since"), [("account-a", None), (None, 1)])
def test_nothing_is_proved_with_hashes_that_were_changed(
    stream: str | None, since: int | None, sealed: SealedBook
) -> None:
    record_many(sealed, 0, 2_100)
    sealed.seal()
    whole, _ = prove(sealed.store, stream, since)
    one_hash = bytes.fromhex(sealed.checkpoints[0].root)
    for edit in ("leaves = :hash WHERE page = 0", "root = :hash WHERE page = 1", "page = 9 WHERE page = 2"):
        sealed.edit(f"UPDATE seal_hashes SET {edit}", **({"hash": one_hash} if ":" in edit else {}))
        with pytest.raises(LogChanged):
            prove(sealed.store, stream, since)
        seal(sealed.store, KEY, NOON, anew=True)
        assert prove(sealed.store, stream, since)[0] == whole


def test_text_where_hashes_were_is_a_difference_too(sealed: SealedBook) -> None:
    if sealed.at == "notification_id":
        pytest.skip("PostgreSQL keeps types")
    sealed.edit("UPDATE seal_hashes SET leaves = 'x'")
    assert sealed.found() == [("HashesDiffer", None)]


# --- sealing ----------------------------------------------------------------------------------------------


def test_nothing_new_makes_no_checkpoint(sealed: SealedBook) -> None:
    assert sealed.seal() == (sealed.checkpoints[2], 0)
    assert sealed.kept_rows("seal_checkpoints") == 3


def test_checkpoints_outlive_a_rebuild_of_the_tables(sealed: SealedBook) -> None:
    sealed.book.catch_up()
    rebuild(sealed.book.database, sealed.store.read)
    assert (sealed.kept_rows("seal_checkpoints"), sealed.found()) == (3, [])


def test_another_key_is_refused_unless_it_is_said(sealed: SealedBook) -> None:
    sealed.record("account-a")
    with pytest.raises(KeyChanged):
        seal(sealed.store, STRANGER, NOON)
    assert seal(sealed.store, STRANGER, NOON, change_key=True)[0].number == 4
    assert sealed.found() == []
    assert sealed.found(keys=OURS) == [("KeyUnknown", 4)]
    assert sealed.found(keys=(*OURS, public_key_of(STRANGER))) == []


def test_processes_that_seal_at_once_make_one_chain(sealed: SealedBook) -> None:
    sealed.record("account-a")
    threads = [threading.Thread(target=sealed.seal) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sealed.kept_rows("seal_checkpoints"), sealed.last().checkpoint.size) == (4, FACTS + 1)
    assert sealed.found() == []


def test_facts_that_are_not_committed_yet_are_waited_for(sealed: SealedBook) -> None:
    """On PostgreSQL positions are given out before the commit: the later one may be committed first."""
    if sealed.at == "rowid":
        pytest.skip("SQLite has one writer at a time")
    sealing = threading.Thread(target=sealed.seal)
    insert = f"INSERT INTO {sealed.log} VALUES ('account-a', 60, 'NoteAdded', '{{}}')"
    with sealed.book.database.begin() as connection:
        connection.execute(text(insert))
        sealing.start()
        sealing.join(0.5)
        assert sealing.is_alive()
    sealing.join()
    assert sealed.last().checkpoint.size == FACTS + 1


def test_a_log_of_many_pages_is_sealed_in_parts_proved_and_searched(sealed: SealedBook) -> None:
    for start in (0, 1_500, 1_600):
        record_many(sealed, start, 1_500 if start == 0 else 100 if start == 1_500 else 2_400)
        sealed.seal()
    assert shown(sealed) == (FACTS + 4_000, FACTS + 4_000)
    document, _ = prove(sealed.store, "account-many", since=4)
    assert (len(document["facts"]), document["earlier"]["size"]) == (4_000, FACTS + 1_500)

    for changed in ("root = leaves", "leaves = root"):
        sealed.edit(f"UPDATE seal_hashes SET {changed} WHERE page = 1")
        assert sealed.found() == [("HashesDiffer", None)]
        with pytest.raises(LogChanged):
            prove(sealed.store, "account-many", None)
        assert seal(sealed.store, KEY, NOON, anew=True) == (sealed.last().checkpoint, 0)
        assert sealed.found() == []

    sealed.edit(f"DELETE FROM LOG WHERE AT = {sealed.position(2_000)}")
    sealed.edit(f"UPDATE LOG SET topic = 'x' WHERE AT = {sealed.position(3_000)}")
    assert sealed.found() == [("LogDiffers", 6), ("FactMissing", 2_000), ("FactChanged", 3_000)]


def test_a_log_that_is_too_unlike_is_said_to_be_so(sealed: SealedBook) -> None:
    record_many(sealed, 0, 2 * WINDOW)
    sealed.seal()
    sealed.edit(f"UPDATE LOG SET topic = 'x' WHERE AT >= {sealed.position(FACTS + 3)}")
    assert sealed.found() == [("LogDiffers", 4), ("NoLongerAlike", FACTS + 3)]


def test_the_comparison_stops_after_so_many_places(sealed: SealedBook) -> None:
    record_many(sealed, 0, 2 * MOST + 10)
    sealed.seal()
    start = sealed.position(FACTS + 1)
    sealed.edit(f"UPDATE LOG SET topic = 'x' WHERE AT >= {start} AND (AT - {start}) % 2 = 0")
    found = sealed.found()
    assert [kind for kind, _ in found].count("FactChanged") == MOST
    assert found[-1] == ("MoreDifferences", FACTS + 2 * MOST - 1)


def record_many(book: SealedBook, after: int, count: int) -> None:
    stamp: dict[str, Any] = {"by": "kim", "recorded_at": NOON, "known_at": NOON}
    notes = [NoteAdded(text=f"note {number}", **stamp) for number in range(count)]
    book.store.append([
        Stored(0, "account-many", after + number, note) for number, note in enumerate(notes, start=1)
    ])  # fmt: skip


# --- proving ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stream", "since", "refusal"),
    [("account-new", None, NotSealedYet), ("account-none", None, NotSealedYet), (None, 9, CheckpointUnknown)],
)
def test_what_is_not_sealed_cannot_be_proved(
    stream: str | None, since: int | None, refusal: type[RuleBroken], sealed: SealedBook
) -> None:
    sealed.versions["account-new"] = 0
    sealed.record("account-new")
    with pytest.raises(refusal):
        prove(sealed.store, stream, since)


def test_facts_recorded_since_are_counted_and_not_proved(sealed: SealedBook) -> None:
    before = [row["originator_version"] for row in sealed.rows() if row["originator_id"] == "account-a"]
    sealed.record("account-a")
    document, uncovered = prove(sealed.store, "account-a", None)
    assert ([fact["version"] for fact in document["facts"]], uncovered) == (before, 1)
    assert before == list(range(1, len(before) + 1)) != []


def test_a_changed_fact_is_not_proved(sealed: SealedBook) -> None:
    change_state(sealed)
    stream = sealed.rows()[9]["originator_id"]
    with pytest.raises(LogChanged):
        prove(sealed.store, stream, None)


def test_without_checkpoints_there_is_nothing_to_verify_or_prove(sealed: SealedBook) -> None:
    sealed.edit("DELETE FROM seal_checkpoints", "DELETE FROM seal_hashes")
    for ask in (lambda: verify(sealed.store, [], ()), lambda: prove(sealed.store, "account-a", None)):
        with pytest.raises(NothingSealed):
            ask()
    with pytest.raises(NothingSealed):
        kept.chain(sealed.book.database)
