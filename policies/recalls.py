"""Decisions to take items back from an agency, as the terms say under which it got them."""

from datetime import date, datetime

from engine.domain.account import Placement
from engine.domain.facts.base import Fact
from engine.domain.facts.escalation import PlacementRecalled
from policies.agencies import endings, next_ending
from policies.because import because, by, decision_id
from policies.calendar import local_moment
from policies.ladder import MIDNIGHT
from policies.view import View

STEP = "recall"


def recalls(view: View) -> list[Fact]:
    """What each agency's terms end by now, for one reason a placement; the next is the next turn's."""
    found: list[Fact] = []
    for placement in sorted(view.account.placements.values(), key=lambda placement: placement.id):
        ending = next(endings(view.account, placement, view.today), None)
        if ending is not None:
            found.append(_recall(view, placement, *ending))
    return found


def next_recall(view: View) -> datetime | None:
    """The next moment at which an agency's time ends."""
    day = next_ending(view.account, view.today)
    return None if day is None else local_moment(day, MIDNIGHT, view.zone)


def _recall(view: View, placement: Placement, on: date, items: tuple[str, ...], reason: str) -> Fact:
    due_at = local_moment(max(on, placement.since or on), MIDNIGHT, view.zone)
    assert placement.terms is not None
    figures = {
        "agency": placement.agency,
        "placed on": placement.since,
        "recall on": ", ".join(placement.terms.recall_on) or "nothing",
        "until": placement.terms.until or "no end",
    }
    decision = decision_id(view, STEP, items, due_at, placement.id, reason)
    return PlacementRecalled(
        placement=placement.id, recalled_on=view.today, items=items, reason=reason, by=by(view),
        because=because(view, STEP, due_at, decision, figures),
    )  # fmt: skip
