"""Replays started from a page: what another policy would have done, and whether the same decide the same."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request, Response

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.telling.replay_control import CONTROL_COLUMNS
from arrears.telling.replay_diff import SECTIONS, WORKLOAD, heading, sentences
from arrears.web import flash
from arrears.web.pages import render
from arrears.working.background import Background, Work, WorkUnknown
from arrears.working.replays import start_control
from engine.domain.errors import RuleBroken

router = APIRouter()

SHOWN = ("diff", "control")

Replayer = Annotated[User, signed_in("replay")]
Text = Annotated[str, Form()]


# --- pages ------------------------------------------------------------------------------------------------


def background_of(request: Request) -> Background:
    """The work of this server."""
    background = request.app.state.background
    assert isinstance(background, Background)
    return background


@router.get("/replays")
def replays(request: Request, _: Replayer) -> Response:
    """What was replayed since this server started, and what is running."""
    works = [one for one in background_of(request).latest() if one.shown_as in SHOWN]
    return render(request, "policies/replays.html", works=works)


@router.post("/replays/control")
def begin_control(request: Request, user: Replayer) -> Response:
    """Starts a control replay."""
    work = start_control(background_of(request), book_of(request), user.name)
    return flash.see_other(f"/replays/{work.id}")


@router.get("/replays/{name}")
def replayed(request: Request, _: Replayer, name: str) -> Response:
    """How far it has come; in the end, what it found."""
    work = _find(request, name)
    state = work.state  # before what it found is looked at: it may end meanwhile
    told = {}
    if state == "done" and work.shown_as == "diff":
        told = {"heading": heading(work.answer), "notes": list(sentences(work.answer))}
    return render(
        request, "policies/replay.html", work=work, state=state, told=told,
        sections=SECTIONS, workload=WORKLOAD, control_columns=CONTROL_COLUMNS,
    )  # fmt: skip


@router.post("/replays/{name}/cancel")
def cancel(request: Request, _: Replayer, name: str) -> Response:
    """Has it stop after the partitions that are under way."""
    work = _find(request, name)
    work.stop.set()
    return flash.see_other(f"/replays/{work.id}", "It stops as soon as what is under way is done.")


def _find(request: Request, name: str) -> Work:
    try:
        return background_of(request).find(name, SHOWN)
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
