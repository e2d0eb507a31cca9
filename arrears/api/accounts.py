"""Accounts: listed, read on both clocks, and explained fact by fact and day by day."""

from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Request, Response

from arrears.access.users import User
from arrears.access.web import signed_in
from arrears.api.answers import answered, etag
from arrears.api.asking import Asked, AskedBook, AsOf, Day
from arrears.api.etags import names
from arrears.api.paging import Paged
from arrears.api.schemas import told
from arrears.casework.directory import Directory
from arrears.telling.account import account_answer, statement_answer
from arrears.telling.account_list import account_rows, facts_behind
from arrears.telling.asking import Question
from arrears.telling.explain import day_explained, fact_answer, fact_explained
from arrears.telling.explain_day import day_answer
from arrears.telling.interest import interest_answer
from engine.domain.facts.contacts import Channel
from projections.account_pages import FILTERS
from projections.catch_up import current_position
from projections.connection import reading

router = APIRouter(tags=["accounts"])

Reader = Annotated[User, signed_in("read")]
Number = Annotated[str, Path(description="the number the account is known by", examples=["ACME"])]
IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", description="the ETag of what you have: answered with 304 if it stands"),
]
Filter = Annotated[str | None, Query(max_length=200, description="only accounts of which this holds")]
LAST_VERSION = 2**31 - 1


@router.get("/accounts", summary="Accounts", **told("Accounts"))
def accounts(
    request: Request, _: Reader, asked: Asked, paged: Paged,
    kind: Literal["consumer", "business"] | None = None,
    search: Annotated[
        str | None, Query(min_length=1, max_length=200, description="part of the number or the name")
    ] = None,
    country: Filter = None, collector: Filter = None, segment: Filter = None, policy: Filter = None,
) -> Response:  # fmt: skip
    """The accounts of the book with what each owes. Their order means nothing, and stays."""
    given = dict(zip(FILTERS, (kind, country, collector, segment, policy), strict=True))
    equal = {name: value for name, value in given.items() if value is not None}
    [after] = paged.after(tuple[str]) or ("",)
    only = None if search is None else _directory(request).search(search).streams
    page, last = paged.of(account_rows(asked, after, paged.limit + 1, equal, only), lambda row: [row[0]])
    return paged.answered({**asked.clocks, "accounts": [row for _, row in page]}, last)


def _directory(request: Request) -> Directory:
    """Who the accounts are, as far as this server keeps it in memory."""
    directory = request.app.state.directory
    assert isinstance(directory, Directory)
    return directory


# --- one account ------------------------------------------------------------------------------------------


@router.get("/accounts/{account:path}/statement", summary="What moved its balance", **told("Statement", 304))
def statement(
    request: Request, _: Reader, asked: Asked, account: Number, if_none_match: IfNoneMatch = None,
    since: Annotated[Day | None, Query(alias="from", description="the first day; by default all")] = None,
) -> Response:  # fmt: skip
    """Each movement of the balance, line by line, and what is open."""
    return _read(request, asked, account, if_none_match, lambda: statement_answer(asked, account, since))


@router.get("/accounts/{account:path}/facts", summary="Its facts in order", **told("AccountFacts"))
def facts(_: Reader, asked: Asked, paged: Paged, account: Number, as_of: AsOf = None) -> Response:
    """What was recorded on the account, with who recorded it, when, and what it says."""
    [after] = paged.after(tuple[int]) or (0,)
    found = facts_behind(asked, account, after, paged.limit + 1, as_of)
    page, last = paged.of(found, lambda row: [row["version"]])
    return paged.answered({"account": account, **asked.clocks, "facts": page}, last)


@router.get(
    "/accounts/{account:path}/explain/{version}",
    summary="Why a fact stands in the book",
    **told("FactExplained"),
)
def explain_fact(
    _: Reader, asked: Asked, account: Number, as_of: AsOf = None,
    version: int = Path(ge=1, le=LAST_VERSION, description="the place of the fact on the account"),
) -> Response:  # fmt: skip
    """What was decided, by which rule of which policy, on which figures."""
    return answered(fact_answer(asked, fact_explained(asked, account, version, as_of)))


@router.get(
    "/accounts/{account:path}/explain", summary="What was done on a day, and not", **told("DayExplained")
)
def explain_day(
    _: Reader, asked: Asked, account: Number,
    on: Annotated[Day, Query(description="a day where the debtor is")],
    invoice: Annotated[list[str] | None, Query(description="only these; repeatable")] = None,
    channel: Annotated[Channel | None, Query(description="only the steps on this channel")] = None,
) -> Response:  # fmt: skip
    """What was decided on that day, and of every step that was not taken why not."""
    return answered(day_answer(day_explained(asked, account, on, invoice or (), channel)))


@router.get("/accounts/{account:path}/interest", summary="Interest not charged yet", **told("Interest"))
def interest(
    _: Reader, book: AskedBook, account: Number,
    until: Annotated[Day | None, Query(description="the last day of interest; by default yesterday")] = None,
) -> Response:  # fmt: skip
    """The interest that has accrued and is not charged yet, and compensation that is owed."""
    return answered(interest_answer(book, account, until))


@router.get("/accounts/{account:path}", summary="An account", **told("Account", 304))
def account(
    request: Request, _: Reader, asked: Asked, account: Number, as_of: AsOf = None,
    if_none_match: IfNoneMatch = None,
) -> Response:  # fmt: skip
    """Who it is, what is owed, promised and placed, and all that happened, in order.

    The `ETag` can be sent with a command as `If-Match`.
    """
    return _read(request, asked, account, if_none_match, lambda: account_answer(asked, account, as_of))


def _read(
    request: Request, asked: Question, number: str, if_none_match: str | None,
    tell: Callable[[], dict[str, Any]],
) -> Response:  # fmt: skip
    """The answer under its tag; 304 where the caller has it. The tag is known before the answer is made."""
    stream = asked.account_id(number)
    tag = etag(asked.book.store.version(stream), _shown(request, asked))
    if names(if_none_match, tag):
        return Response(status_code=304, headers={"ETag": tag})
    return answered(tell(), ETag=tag)


def _shown(request: Request, asked: Question) -> str:
    """What, beside the facts of the account, an answer depends on: the question, the day, the policies, whose
    data were erased, and how far the tables are behind."""
    book = asked.book
    end = book.store.end
    with reading(book.database) as connection:
        behind = end - current_position(connection)
    erasures = book.store.cipher.ring.erasures() if book.store.cipher else 0
    parts = (
        request.url.path,
        request.url.query,
        asked.as_of,
        book.engine.policies().stream_version,
        erasures,
    )
    return sha256("|".join(map(str, (*parts, end if behind else 0))).encode()).hexdigest()[:12]
