"""Long work: replays, forecasts, checks of the whole book. It is begun, and then looked at until it is done.

One is under way at a time. What came of it is remembered until the server is restarted.
"""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.api.answers import answered
from arrears.api.asking import Day
from arrears.api.bodies import Body, shown
from arrears.api.book import Document
from arrears.api.schemas import told
from arrears.commands.base import At, RequestUnfit
from arrears.imports.fields import Id
from arrears.telling.asking import Question
from arrears.telling.checking import check_answer
from arrears.telling.verifying import verified, verified_answer
from arrears.working.background import Background, Work
from arrears.working.replays import Asked, start_control, start_forecast, start_replay
from engine.replay.forecast import Outlook
from engine.sealing.checkpoints import Checkpoint, parse
from engine.sealing.faults import NoCheckpoint
from engine.sealing.verify import Held
from policies.calendar import local_moment

router = APIRouter(tags=["long work"])

Replayer = Annotated[User, signed_in("replay")]
Auditor = Annotated[User, signed_in("read-log")]
Operator = Annotated[User, signed_in("operate")]
WorkId = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$", description="the id of the work")]
Numbers = Annotated[list[Id], Field(max_length=1000, description="only these accounts; none: all")]
Step = Callable[[], None]


class Replay(Body):
    """A document to try: it takes the place of the policy of its name, from a day on."""

    model_config = shown(**{"document": 'name = "gentle"\n…', "from": "2026-01-01", "for_all": True})

    document: Document
    first: Day | None = Field(default=None, alias="from", description="decisions before that day stand")
    last: Day | None = Field(default=None, alias="to", description="by default the day of the last fact")
    for_all: bool = Field(default=False, description="every account follows it, whatever policy it has")
    accounts: Numbers = Field(default=[])


class Forecast(Body):
    """How far to look ahead."""

    model_config = shown(days=30, with_promises=True)

    days: int = Field(default=30, ge=1, le=3660)
    with_promises: bool = Field(default=False, description="pending promises are kept as promised")
    at: At | None = Field(default=None, description="from when on; by default from now on")
    accounts: Numbers = Field(default=[])


class Check(Body):
    """On which clocks to check; by default with all dates counted, as known now."""

    model_config = shown(as_of="2026-06-30")

    as_of: Day | None = None


class Verify(Body):
    """Checkpoints that somebody outside has held, and the keys that must have signed."""

    model_config = shown(public_keys=["8f1c…"])

    checkpoints: list[dict[str, Any]] = Field(default=[], max_length=1000)
    public_keys: list[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = Field(default=[], max_length=100)


class CheckpointUnfit(RequestUnfit):
    def __init__(self, wrong: NoCheckpoint) -> None:
        super().__init__(f"checkpoints: {wrong}")


class PeriodBackwards(RequestUnfit):
    def __init__(self) -> None:
        super().__init__("to: expected a day that is not before 'from'")


# --- looking at it ----------------------------------------------------------------------------------------


@router.get("/works", summary="Long work", **told("Works"))
def works(request: Request, _: Replayer) -> Response:
    """The last pieces of work, the latest first, without their answers."""
    return answered({"works": [one.as_json() | {"answer": None} for one in _background(request).latest()]})


@router.get("/works/{work}", summary="A piece of long work", **told("Work"))
def work(request: Request, _: Replayer, work: WorkId) -> Response:
    """How far it has come: `running`, `done` with its answer, `failed` with its fault, or `cancelled`."""
    return answered(_background(request).find(work).as_json())


@router.post("/works/{work}/cancel", summary="Cancel long work", **told("Work"))
def cancel(request: Request, _: Replayer, work: WorkId) -> Response:
    """Has it stop after the partitions that are under way."""
    found = _background(request).find(work)
    found.stop.set()
    return answered(found.as_json())


# --- beginning it -----------------------------------------------------------------------------------------


@router.post("/replays", summary="Replay another policy", **told("Work", status=202))
def replay(request: Request, user: Replayer, given: Replay) -> Response:
    """Decides the book's history again under another policy; the answer is that of `arrears replay`."""
    if given.first and given.last and given.last < given.first:
        raise PeriodBackwards
    asked = Asked(given.document, given.first, given.last, given.for_all, tuple(given.accounts))
    return _begun(start_replay(_background(request), book_of(request), asked, user.name))


@router.post("/replays/control", summary="Decide again what was decided", **told("Work", status=202))
def control(request: Request, user: Replayer) -> Response:
    """Decides everything again under the policies that held, and says what differs."""
    return _begun(start_control(_background(request), book_of(request), user.name))


@router.post("/forecasts", summary="Look ahead", **told("Work", status=202))
def forecast(request: Request, user: Replayer, given: Forecast) -> Response:
    """What the policies will send, call and place in the days to come if nothing else happens."""
    book = book_of(request)
    start = given.at or book.clock()
    end: date = start.astimezone(book.zone).date() + timedelta(given.days)
    outlook = Outlook(start, local_moment(end, time(0), book.zone), given.with_promises)
    return _begun(start_forecast(_background(request), book, outlook, tuple(given.accounts), user.name))


@router.post("/checks", summary="Check the whole book", **told("Work", status=202))
def check(request: Request, user: Auditor, given: Check | None = None) -> Response:
    """Aging = ledger = accounts, and tables = fold of the log; the answer is that of `arrears check`."""
    book, as_of = book_of(request), given.as_of if given else None
    question = Question(book, as_of or book.today, None)
    return start_whole(request, user, "Check", "check", 1, lambda _: check_answer(question, as_of))


@router.post("/verifications", summary="Verify the log", **told("Work", status=202))
def verify(request: Request, user: Auditor, given: Verify | None = None) -> Response:
    """Whether the log is as it was sealed; the answer is that of `arrears verify`."""
    book, asked = book_of(request), given or Verify()
    outside = [Held(one, "the request") for one in _checkpoints(asked)]

    def whole(_: Step) -> dict[str, Any]:
        return verified_answer(verified(book, outside, asked.public_keys), bool(asked.public_keys))

    return start_whole(request, user, "Verification", "verify", 1, whole)


@router.post("/rebuilds", summary="Make all tables anew", **told("Work", status=202))
def rebuild(request: Request, user: Operator) -> Response:
    """Makes the tables anew from the log; it changes no fact, and queries go on meanwhile."""
    book = book_of(request)

    def whole(step: Step) -> dict[str, Any]:
        return {"facts": book.rebuild(lambda _: step())}

    return start_whole(request, user, "Rebuild", "rebuild", max(1, -(-book.store.end // 5_000)), whole)


def _checkpoints(asked: Verify) -> list[Checkpoint]:
    """Those that were sent; raises CheckpointUnfit."""
    try:
        return parse(orjson.dumps(asked.checkpoints), "what was sent") if asked.checkpoints else []
    except NoCheckpoint as wrong:
        raise CheckpointUnfit(wrong) from None


def start_whole(
    request: Request, user: User, title: str, kind: str, parts: int, whole: Callable[[Step], dict[str, Any]]
) -> Response:
    """Begins work that is done in one go, which calls what it is given for each part that is done."""
    begun = Work(title, user.name, book_of(request).clock(), parts, kind)
    _background(request).start(begun, lambda: begun.do(whole))
    return _begun(begun)


def _begun(begun: Work) -> Response:
    return answered(begun.as_json(), 202, Location=f"/api/v1/works/{begun.id}")


def _background(request: Request) -> Background:
    background = request.app.state.background
    assert isinstance(background, Background)
    return background
