"""The book of the replay benchmark: copies of real lives, in which a control finds nothing different."""

from pathlib import Path

import orjson

from benchmarks.console import PAGES, console
from benchmarks.measure import new_book
from benchmarks.replay import replay
from benchmarks.stamped_book import account_id, fill, lives
from engine.replay.control import control
from engine.replay.reading import PolicyHistory


def test_every_copy_decides_as_the_life_it_was_stamped_from(tmp_path: Path) -> None:
    played, stamped = (new_book(tmp_path, name, plain=True) for name in ("played", "stamped"))
    lived = lives(played, tmp_path / "portfolio", 12)
    facts = fill(stamped.store, lived, 30)
    stamped.catch_up()
    policies = PolicyHistory(stamped.store, stamped.zone)
    ids = [account_id(copy) for copy in range(30)]
    found = control(stamped.engine, ids, policies=policies, replayed_at=stamped.clock())
    assert (found.accounts, found.differences.count) == (30, 0)
    assert found.decisions > 30
    assert facts > 20 * 15
    decided = {one.fact.because.id for one in stamped.store.read_all() if one.fact.because}
    assert len(decided) == found.decisions
    played.close()
    stamped.close()


def test_an_encrypted_book_is_stamped_sealed_and_each_page_of_the_console_is_measured(tmp_path: Path) -> None:
    measured = list(console(tmp_path, accounts=40, distinct=20))
    assert {result.what.split(",")[0] for result in measured} == set(PAGES)
    books = [new_book(tmp_path, name, plain=name == "played") for name in ("played", "console")]
    lived, stamped = ([bytes(row.state) for row in book.store.rows()] for book in books)
    for book in books:
        book.close()
    name = next(orjson.loads(state)["name"] for state in lived if b'"name":"' in state)
    assert any(name.encode() in state for state in lived)
    assert len(stamped) > 500
    assert not any(name.encode() in state for state in stamped)


def test_the_benchmark_measures_speed_and_memory(tmp_path: Path) -> None:
    speed, *memory = replay(tmp_path, accounts=8, distinct=8)
    assert speed.cells[0].startswith("replay, 8 accounts")
    assert len(memory) == 1
