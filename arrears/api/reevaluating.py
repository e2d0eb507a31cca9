"""A past period judged again: promises under other terms, aging under other edges; and adopting them."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field, model_validator

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.api.answers import answered
from arrears.api.asking import AskedBook, Day
from arrears.api.bodies import Body, shown
from arrears.api.book import THE_DOCUMENT, Document
from arrears.api.schemas import told
from arrears.api.works import Numbers, Step, start_whole
from arrears.telling.aging import edges_in_force
from arrears.telling.reevaluation import edges_answer, promises_answer
from arrears.working.reevaluating import adopt_terms, days_of, supposed
from engine.replay.reading import account_ids
from engine.replay.rejudging import Period, rejudge
from engine.store import STREAMS_PER_QUERY
from policies.publishing import adopt_edges
from projections.aging import bucket_labels
from projections.aging_edges import compare_edges

router = APIRouter(prefix="/reevaluate", tags=["re-evaluation"])

Replayer = Annotated[User, signed_in("replay")]
Publisher = Annotated[User, signed_in("policies")]
Edge = Annotated[int, Field(ge=1, le=9999)]
Reason = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00]*$")]
MOST_MONTHS = 120


class Span(Body):
    """From which day to which."""

    first: Day | None = Field(default=None, alias="from", description="the first day of the period")
    last: Day | None = Field(default=None, alias="to", description="its last day; by default today")

    @model_validator(mode="after")
    def _is_forward(self) -> Any:
        if self.first and self.last and not 0 <= (self.last - self.first).days <= MOST_MONTHS * 31:
            raise ValueError(f"a period of at most {MOST_MONTHS} months, 'to' not before 'from'")
        return self


class Promises(Span):
    """Which promises are judged again, under the terms of which document."""

    model_config = shown(**{"document": 'name = "patient"\n…', "from": "2026-01-01", "to": "2026-03-31"})

    document: Document
    accounts: Numbers = Field(default=[])
    for_all: bool = Field(default=False, description="every account, whatever policy it has")


class AdoptPromises(Promises):
    """The same, and why: the new terms are stored as facts with that reason, all of them or none."""

    model_config = shown(document='name = "patient"\n…', reason="agreed with sales")

    reason: Reason


class Buckets(Span):
    """Other edges: the last day past due of each bucket but the last."""

    model_config = shown(**{"edges": [15, 45, 75], "from": "2026-01-01", "to": "2026-03-31"})

    edges: list[Edge] = Field(min_length=1, max_length=20)
    as_of: Day | None = Field(default=None, description="one day, instead of the end of each month")

    @model_validator(mode="after")
    def _rises(self) -> Any:
        bucket_labels(self.edges)
        return self


class AdoptBuckets(Body):
    """Edges that reports go by from a day on, and why."""

    model_config = shown(edges=[15, 45, 75], reason="as the group reports")

    edges: list[Edge] = Field(min_length=1, max_length=20)
    since: Day | None = Field(default=None, alias="from", description="by default today")
    reason: Reason

    @model_validator(mode="after")
    def _rises(self) -> Any:
        bucket_labels(self.edges)
        return self


@router.post("/promises", summary="Judge promises again", **told("Work", status=202))
def judge_again(request: Request, user: Replayer, given: Promises) -> Response:
    """Judges the promises of a period by the terms of another policy; nothing is stored."""
    return _judge(request, user, given, None)


@router.post("/promises/adopt", summary="Adopt other promise terms", **told("Work", status=202))
def adopt_judgement(request: Request, user: Publisher, given: AdoptPromises) -> Response:
    """Stores the other terms with the reason: the next wake-up judges the promises by these."""
    return _judge(request, user, given, given.reason)


@router.post("/buckets", summary="Age under other edges", **told("EdgesCompared"))
def compare(_: Replayer, book: AskedBook, given: Buckets) -> Response:
    """Aging under other edges beside the present ones: on a day, or at the end of each month."""
    days = days_of(given.as_of, given.first, given.last, book.today)
    compared = [compare_edges(book.database, day, edges_in_force(book, day)[0], given.edges) for day in days]
    return answered(edges_answer(compared, given.edges))


@router.post("/buckets/adopt", summary="Adopt other bucket edges", **told("EdgesAdopted"))
def adopt_buckets(request: Request, user: Publisher, given: AdoptBuckets) -> Response:
    """From that day on reports go by these edges."""
    book = book_of(request).speaking_for(user.name, user.role)
    on, edges = given.since or book.today, tuple(given.edges)
    facts = book.decide_on_policies(lambda policies: list(adopt_edges(policies, edges, on, given.reason)))
    return answered({"adopted": len(facts), "edges": edges, "from": on})


def _judge(request: Request, user: User, given: Promises, reason: str | None) -> Response:
    book = book_of(request).speaking_for(user.name, user.role)
    policies = supposed(book, given.document, THE_DOCUMENT, given.for_all)
    ids = [book.account_id(number) for number in dict.fromkeys(given.accounts)] or account_ids(book.database)

    def whole(step: Step) -> dict[str, Any]:
        period = Period(given.first, given.last, book.clock())
        found = list(rejudge(book.engine, ids, policies, period, lambda _: step()))
        answer = promises_answer(found, policies, given.first, given.last, book.zone)
        if reason is not None:
            answer["adopted"] = adopt_terms(book, found, reason)
        return answer

    return start_whole(
        request, user, "Promises judged again", "reevaluate", -(-len(ids) // STREAMS_PER_QUERY), whole
    )
