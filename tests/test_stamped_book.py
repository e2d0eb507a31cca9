"""The book of the replay benchmark: copies of real lives, in which a control finds nothing different."""

from pathlib import Path

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


def test_the_benchmark_measures_speed_and_memory(tmp_path: Path) -> None:
    speed, *memory = replay(tmp_path, accounts=8, distinct=8)
    assert speed.cells[0].startswith("replay, 8 accounts")
    assert len(memory) == 1
