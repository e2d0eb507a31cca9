"""Replays, forecasts and control replays begun in the background, in processes of their own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from arrears.telling.forecast import forecast_answer
from arrears.telling.replay_control import control_answer, control_verdict
from arrears.telling.replay_diff import diff_answer, timeline
from arrears.wiring import Book, whole
from arrears.working.background import Background, Work
from engine.domain.errors import RuleBroken
from engine.replay.control import control
from engine.replay.diff import Diff, diff
from engine.replay.forecast import Outlook, forecast
from engine.replay.partitions import Ids, Job, Task, cores, over_processes, partition_size
from engine.replay.reading import PolicyHistory, account_pages, count_accounts, last_known
from engine.replay.what_if import Question
from policies.book import ALWAYS
from policies.calendar import local_moment
from policies.document import parse
from policies.supposing import suppose

INSTANT = timedelta(microseconds=1)
MOST_NAMED = 5
FEW = 20
STEPS_OF_PROGRESS = 25


class NothingToReplay(RuleBroken):
    sentence = "there is nothing to replay from {first} on: the last fact is older, or the period is empty"


class TooManyNamed(RuleBroken):
    sentence = "at most {most} accounts are shown side by side; leave them out to replay the whole book"


@dataclass(frozen=True)
class Asked:
    """A document to try, from which day to which, on whom."""

    document: str
    first: date | None
    last: date | None
    for_all: bool
    named: tuple[str, ...]

    def question(self, book: Book) -> Question:
        """What is to be decided again; raises PolicyInvalid, NothingToReplay."""
        document = whole(self.document)
        name = parse(document, "the document").name
        recorded = book.engine.policies()
        start = ALWAYS if self.first is None else local_moment(self.first, time(0), book.zone)
        for_all = self.for_all or name not in recorded.versions
        supposed = suppose(recorded, name, document, start, for_all=for_all)
        question = Question(supposed, self._until(book), book.clock())
        if question.until <= question.start:
            raise NothingToReplay(first=self.first)
        return question

    def _until(self, book: Book) -> datetime:
        if self.last is not None:
            return local_moment(self.last + timedelta(1), time(0), book.zone)
        return (last_known(book.database) or book.clock()) + INSTANT


def start_replay(work: Background, book: Book, asked: Asked, by: str) -> Work:
    """Begins to decide the history again under the document; raises PolicyInvalid, RuleBroken."""
    book.catch_up()
    if len(asked.named) > MOST_NAMED:
        raise TooManyNamed(most=MOST_NAMED)
    question = asked.question(book)
    ids = [book.account_id(number) for number in dict.fromkeys(asked.named)]
    accounts = len(ids) or count_accounts(book.database)

    def answer(found: Diff) -> dict[str, Any]:
        told = diff_answer(found, question, accounts)
        kept = sorted(found.kept, key=lambda one: one.number)
        told["timelines"] = [{"account": one.number, "rows": timeline(one, book.zone)} for one in kept]
        return told

    title = f"Replay of {question.policies.name}"
    return _start(
        work, book, title, by, "diff", partial(diff, question=question, keep=bool(ids)), ids, answer
    )


def start_control(work: Background, book: Book, by: str) -> Work:
    """Begins to decide everything again under the policies that held; raises StillRunning."""
    book.catch_up()
    job = partial(control, policies=PolicyHistory(book.store, book.zone), replayed_at=book.clock())

    def answer(found: Any) -> dict[str, Any]:
        return control_answer(found, book.zone) | {"verdict": control_verdict(found, book.zone)}

    return _start(work, book, "Control replay", by, "control", job, [], answer)


def start_forecast(work: Background, book: Book, outlook: Outlook, named: tuple[str, ...], by: str) -> Work:
    """Begins to look ahead: what the policies will do if nothing else happens. Raises AccountUnknown."""
    book.catch_up()
    ids = [book.account_id(number) for number in dict.fromkeys(named)]
    job = partial(forecast, policies=book.engine.policies(), outlook=outlook)

    def answer(found: Any) -> dict[str, Any]:
        return forecast_answer(found, outlook)

    return _start(work, book, "Forecast", by, "forecast", job, ids, answer)


def _start(
    background: Background, book: Book, title: str, by: str, shown_as: str, job: Job[Any], ids: list[str],
    answer: Callable[[Any], dict[str, Any]],
) -> Work:  # fmt: skip
    """Has processes of their own do it, so that pages stay quick, with one core left to them."""
    count = len(ids) or count_accounts(book.database)
    workers = max(1, cores() - 1)
    size = max(1, min(partition_size(count, workers), -(-count // STEPS_OF_PROGRESS)))
    work = Work(title, by, book.clock(), -(-count // size), shown_as)
    pages = account_pages(book.database, size) if not ids else _pages(ids, size)
    parts: Iterator[Any]
    if ids and len(ids) <= FEW:  # they are done before another process has started
        parts = (job(book.engine, some) for some in pages)
    else:
        parts = over_processes(workers, Task(book.access, job), pages)
    background.start(work, lambda: work.carry_out(parts, job(book.engine, []), answer))
    return work


def _pages(ids: list[str], size: int) -> list[Ids]:
    return [ids[first : first + size] for first in range(0, len(ids), size)]
