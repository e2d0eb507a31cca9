"""Reports: what `arrears report …` answers, in the same words, on both clocks."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from arrears.access.users import User
from arrears.access.web import signed_in
from arrears.api.answers import answered
from arrears.api.asking import Asked, Day, Known, Since, Until, moment
from arrears.api.schemas import told
from arrears.commands.base import RequestUnfit
from arrears.telling.agencies import agencies_answer, agency_answer
from arrears.telling.aging import aging_answer, compared_answer
from arrears.telling.approvals import approvals_answer
from arrears.telling.contacts import contacts_answer
from arrears.telling.disputes import disputes_answer
from arrears.telling.figures import kpi_answer
from arrears.telling.promises import promises_answer
from projections.aging import EdgesNotAscending, bucket_labels
from projections.aging_changes import KnownBackwards
from projections.balances import By
from projections.disputes import By as DisputesBy
from projections.figures.kpi import FIGURES
from projections.promise_sums import By as PromisesBy

router = APIRouter(prefix="/reports", tags=["reports"])

Reader = Annotated[User, signed_in("read")]
Number = Annotated[str | None, Query(alias="account", description="of one account, by its number")]
Text = Annotated[str | None, Query(max_length=200)]
Edge = Annotated[int, Query(ge=1, le=9999)]


class QueryUnfit(RequestUnfit):
    """What was asked for does not go together, or not in that order."""


@router.get("/aging", summary="What is open, by how long it has been due", **told("Aging"))
def aging(
    _: Reader, asked: Asked, by: By = "currency", account: Number = None,
    edge: Annotated[
        list[Edge] | None,
        Query(description="the last day past due of each bucket but the last; by default the book's own"),
    ] = None,
    against: Annotated[
        Known | None, Query(description="with as_known: what was learnt by then, and what it moved")
    ] = None,
) -> Response:  # fmt: skip
    """Current, buckets, unapplied money and the total; total = current + buckets - unapplied.

    Each open item by itself is in `/items`.
    """
    try:
        bucket_labels(edge or ())
    except EdgesNotAscending as wrong:
        raise QueryUnfit(f"edge: {wrong}") from None
    if against is None:
        return answered(aging_answer(asked, by, edge, account))
    later = moment(against, asked.book)
    if asked.as_known is None or later is None:
        raise QueryUnfit("against: goes with as_known: what is to be compared?")
    try:
        return answered(compared_answer(asked, later, edge, account))
    except KnownBackwards as wrong:
        raise QueryUnfit(f"against: {wrong}") from None


@router.get("/approvals", summary="What waits for a second person", **told("Approvals"))
def approvals(_: Reader, asked: Asked) -> Response:
    """Who asked for what, since when, until when it may be approved, and by which roles."""
    return answered(approvals_answer(asked))


@router.get("/promises", summary="How promises turned out", **told("PromisesReport"))
def promises(_: Reader, asked: Asked, by: PromisesBy | None = None) -> Response:
    """How many promises were kept, by number and by amount, what came in time and late.

    Each promise by itself is in `/promises`.
    """
    answer = promises_answer(asked, by)
    del answer["promises"]
    return answered(answer)


@router.get("/contacts", summary="How many contacts at which step", **told("ContactsReport"))
def contacts(
    _: Reader, asked: Asked,
    since: Since = None, until: Until = None,
) -> Response:  # fmt: skip
    """How many contacts were made by step, channel and kind, how many failed and how many broke a limit.

    Each contact by itself is in `/contacts`.
    """
    return answered(contacts_answer(asked, since, until, "step"))


@router.get("/disputes", summary="Open disputes by owner, reason or deadline", **told("DisputesReport"))
def disputes(_: Reader, asked: Asked, by: DisputesBy = "owner") -> Response:
    """How many disputes are open, how many of them late, the oldest, and on what.

    Each dispute by itself is in `/disputes`.
    """
    return answered(disputes_answer(asked, by))


@router.get("/agencies", summary="What agencies bring in", **told("Agencies"))
def agencies(_: Reader, asked: Asked) -> Response:
    """What was placed with each agency, what it recovered, at which rate and cost."""
    return answered(agencies_answer(asked))


@router.get("/agencies/{agency:path}", summary="What an agency is to be told", **told("Agency"))
def agency(
    _: Reader, asked: Asked, agency: Annotated[str, Path(description="its name, as in the placements")],
    since: Annotated[Day | None, Query(alias="from", description="the first day; by default all")] = None,
) -> Response:  # fmt: skip
    """Payments that came to us, disputes and recalls of what it has."""
    return answered(agency_answer(asked, agency, since))


@router.get("/kpi", summary="Figures of the desk by month", **told("Kpi"))
def kpi(
    _: Reader, asked: Asked,
    figure: Annotated[
        list[Literal[FIGURES]] | None,  # type: ignore[valid-type]
        Query(description="by default all; repeatable"),
    ] = None,
    variant: Annotated[str | None, Query(description="which; 'all': every one; by default the usual")] = None,
    months: Annotated[int, Query(ge=1, le=120, description="how many, up to that of as_of")] = 1,
    segment: Text = None, collector: Text = None, with_charges: bool = False,
) -> Response:  # fmt: skip
    """Days sales outstanding, collection effectiveness, roll rates and more, each with its formula."""
    chosen = figure or FIGURES
    return answered(kpi_answer(asked, chosen, variant, months, segment, collector, with_charges))
