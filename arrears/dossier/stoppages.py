"""The pages about disputes and holds: since when, why, and how each ended."""

from collections.abc import Iterator, Sequence

from reportlab.platypus import CondPageBreak, Flowable

from arrears.dossier.content import Dossier, Telling
from arrears.dossier.layout import HEADING, said, table
from engine.domain.facts.base import Fact
from engine.domain.facts.stops import DisputeOpened, DisputeResolved, HoldPlaced, HoldReleased


def stops(dossier: Dossier, telling: Telling) -> Iterator[Flowable]:
    """Each dispute and hold."""
    facts = [one.fact for one in dossier.facts]
    begun = [fact for fact in facts if isinstance(fact, DisputeOpened | HoldPlaced)]
    yield CondPageBreak(110)
    yield said("Disputes and holds", HEADING)
    if not begun:
        yield said("There were none.")
        return
    rows = [(telling.sentence(fact), _end(fact, facts, telling)) for fact in begun]
    yield table(("what", "how it ended"), rows, (60, 45))


def _end(begun: Fact, facts: Sequence[Fact], telling: Telling) -> str:
    ends = [fact for fact in facts if _has_ended(begun, fact)]
    return " ".join(map(telling.sentence, ends)) or _open_end(begun)


def _has_ended(begun: Fact, fact: Fact) -> bool:
    if isinstance(begun, DisputeOpened):
        return isinstance(fact, DisputeResolved) and fact.dispute == begun.dispute
    return isinstance(begun, HoldPlaced) and isinstance(fact, HoldReleased) and fact.hold == begun.hold


def _open_end(begun: Fact) -> str:
    if isinstance(begun, HoldPlaced) and begun.until_on:
        return f"ends by itself on {begun.until_on}"
    return "still open"
