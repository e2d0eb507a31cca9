"""Any day of any history is explained: what was taken with conditions that held, all else with a reason."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from arrears.telling.explain_day import Shown, day_answer
from arrears.telling.explain_fact import Explanation
from engine.replay.explaining import Asked, decided_again, explain_day
from engine.replay.knowledge import Knowledge
from engine.replay.reading import PolicyHistory, places
from tests.histories import BEGIN, History, histories
from tests.history_books import HistoryBook, for_any, new_book


def knowledge_of(living: HistoryBook, account_id: str) -> Knowledge:
    living.book.catch_up()
    policies = PolicyHistory(living.book.store, living.book.zone)
    at = places(living.book.database, [account_id])
    return Knowledge(account_id, living.book.store.stream(account_id), policies, at)


def taken_on(knowledge: Knowledge, start: datetime, end: datetime) -> set[tuple[str, str]]:
    """The steps that the log says the engine took between these moments, by invoice."""
    return {
        (line.item, line.step)
        for one in knowledge.facts
        if one.fact.because and start <= one.fact.because.acted_at < end
        for line in getattr(one.fact, "lines", ())
    }


def check_day(knowledge: Knowledge, asked: Asked) -> None:
    day = explain_day(knowledge, asked)
    answer = day_answer(Shown("A", day))
    start = datetime.combine(asked.day, datetime.min.time(), day.zone).astimezone(UTC)
    end = datetime.combine(asked.day + timedelta(1), datetime.min.time(), day.zone).astimezone(UTC)
    taken = taken_on(knowledge, start, end)
    told = {(item["item"], step["step"]): step for item in answer["invoices"] for step in item["steps"]}
    assert {key for key, step in told.items() if step["state"] == "taken"} == taken & told.keys()
    assert asked.as_known is not None or taken <= told.keys()
    for key, step in told.items():
        if key not in taken:
            assert step["reasons"], (key, step)
        elif asked.as_known is None:
            assert not step["reasons"]
            assert not step["stopped_by"]
            tables = step["conditions"]
            assert not tables or any(all(check["holds"] for check in table) for table in tables), step
    assert all(told.values()) or day.asleep
    assert answer["sentences"]


def check_decisions(living: HistoryBook, knowledge: Knowledge) -> None:
    policies = living.book.engine.policies()
    for stored in knowledge.facts:
        if stored.fact.because:
            again = decided_again(knowledge, stored.version)
            answer = Explanation(
                "A", stored.version, stored.fact, policies, living.book.zone, again
            ).as_json()
            assert answer["decision"]["decided_again"]
            assert not answer["decision"]["figures_differing"]


def test_every_step_of_any_day_is_explained(server: str | None) -> None:
    def holds(history: History, days: list[int], pauses: int) -> None:
        with new_book(server) as living:
            living.live(history, woken=lambda move: move.number % 4 != pauses)
            living.tick(history[-1].at + timedelta(20))
            for account_id in living.ids.values():
                knowledge = knowledge_of(living, account_id)
                check_decisions(living, knowledge)
                for after in days:
                    on: date = BEGIN.date() + timedelta(after)
                    check_day(knowledge, Asked(on, living.now, living.book.zone))
                    check_day(knowledge, Asked(on, living.now, living.book.zone, living.now))
                for at in {one.fact.because.acted_at for one in knowledge.facts if one.fact.because}:
                    check_day(knowledge, Asked(at.date(), living.now, living.book.zone))

    days = st.lists(st.integers(-3, 150), min_size=4, max_size=4)
    for_any(server, holds, histories(), days, st.integers(0, 3), sqlite=12, postgresql=3)
