"""Replays started from a page: what another policy would have done, and whether the same decide the same."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.telling.replay_control import CONTROL_COLUMNS, control_answer, control_verdict
from arrears.telling.replay_diff import SECTIONS, WORKLOAD, diff_answer, heading, sentences, timeline
from arrears.web import flash
from arrears.web.background import Background, Work, WorkUnknown
from arrears.web.pages import render
from arrears.wiring import Book, whole
from engine.domain.errors import RuleBroken
from engine.replay.control import control
from engine.replay.diff import Diff, diff
from engine.replay.partitions import Ids, Job, Task, cores, over_processes, partition_size
from engine.replay.reading import PolicyHistory, account_pages, count_accounts, last_known
from engine.replay.what_if import Question
from policies.book import ALWAYS
from policies.calendar import local_moment
from policies.document import parse
from policies.supposing import suppose

router = APIRouter()

INSTANT = timedelta(microseconds=1)
MOST_NAMED = 5
STEPS_OF_PROGRESS = 25

Replayer = Annotated[User, signed_in("replay")]
Text = Annotated[str, Form()]


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
    parts = over_processes(workers, Task(book.access, job), pages)
    background.start(work, lambda: work.carry_out(parts, job(book.engine, []), answer))
    return work


def _pages(ids: list[str], size: int) -> list[Ids]:
    return [ids[first : first + size] for first in range(0, len(ids), size)]


# --- pages ------------------------------------------------------------------------------------------------


def background_of(request: Request) -> Background:
    """The work of this server."""
    background = request.app.state.background
    assert isinstance(background, Background)
    return background


@router.get("/replays")
def replays(request: Request, _: Replayer) -> Response:
    """What was replayed since this server started, and what is running."""
    return render(request, "policies/replays.html", works=background_of(request).latest())


@router.post("/replays/control")
def begin_control(request: Request, user: Replayer) -> Response:
    """Starts a control replay."""
    work = start_control(background_of(request), book_of(request), user.name)
    return flash.see_other(f"/replays/{work.id}")


@router.get("/replays/{name}")
def replayed(request: Request, _: Replayer, name: str) -> Response:
    """How far it has come; in the end, what it found."""
    work = _find(request, name)
    told = {}
    if work.state == "done" and work.shown_as == "diff":
        told = {"heading": heading(work.answer), "notes": list(sentences(work.answer))}
    return render(
        request, "policies/replay.html", work=work, told=told, sections=SECTIONS, workload=WORKLOAD,
        control_columns=CONTROL_COLUMNS,
    )  # fmt: skip


@router.post("/replays/{name}/cancel")
def cancel(request: Request, _: Replayer, name: str) -> Response:
    """Has it stop after the partitions that are under way."""
    work = _find(request, name)
    work.stop.set()
    return flash.see_other(f"/replays/{work.id}", "It stops as soon as what is under way is done.")


def _find(request: Request, name: str) -> Work:
    try:
        return background_of(request).find(name)
    except WorkUnknown:
        sentence = "This server knows no such replay. What was replayed is remembered until it is restarted."
        raise HTTPException(404, sentence) from None


class NoDate(RuleBroken):
    sentence = "'{text}' is no date: expected one such as 2026-03-31"


def day_of(text: str) -> date | None:
    """The date that somebody typed; None where nothing was. Raises NoDate."""
    try:
        return date.fromisoformat(text) if text.strip() else None
    except ValueError:
        raise NoDate(text=text) from None
