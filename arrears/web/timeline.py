"""The timeline of an account: its facts in sentences, the latest first, filtered and a page at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.telling.sentences import sentence
from arrears.web.account_paths import Meant, meant
from arrears.web.clocks import day_asked
from arrears.web.pages import render
from arrears.web.two_clocks import Clocks, clocks_of
from arrears.wiring import Book
from engine.domain.facts import accounts, authority, casework, contacts, escalation, items, promises, stops
from engine.domain.facts.base import TOPICS, Fact
from projections.audit import Found, Place, Sought, Span, find_facts
from projections.connection import reading

router = APIRouter()

PAGE, FIRST_PAGE = 50, 20
KINDS: dict[str, tuple[str, Any]] = {
    "money": ("Invoices and money", items),
    "contacts": ("Contacts", contacts),
    "promises": ("Promises and plans", promises),
    "stops": ("Disputes and holds", stops),
    "agencies": ("Escalation and agencies", escalation),
    "approvals": ("Approvals", authority),
    "debtor": ("Debtor, policy, notes", accounts),
    "work": ("Collectors, persons, files", casework),
}
"""The kinds that a timeline can be narrowed to: what each is called, and the module of its facts."""
DECIDED = {"engine": True, "people": False}


FILTERS = ("kind", "by", "decided", "from", "to")


@dataclass(frozen=True)
class Filters:
    """What a timeline is narrowed to: as typed, what is set only, and the days read."""

    query: dict[str, str]
    since: date | None
    until: date | None


@dataclass(frozen=True)
class Told:
    """A fact of a page: its place in the log, what it says, and the policy that decided it."""

    place: Place
    fact: Fact
    text: str


@dataclass(frozen=True)
class Timeline:
    """A page of a timeline. `more`: the address of the next page; None: there is none."""

    told: list[Told]
    more: str | None


def topics_of(kind: str) -> tuple[str, ...]:
    """The topics of a kind; none for one that there is not."""
    if kind not in KINDS:
        return ()
    module = KINDS[kind][1].__name__
    return tuple(topic for topic, fact in TOPICS.items() if fact.__module__ == module)


def told(book: Book, places: Iterable[Place]) -> list[Told]:
    """The facts at these places in sentences, in the same order."""
    found = []
    for place in places:
        fact = book.store.fact(place.account, place.version)
        found.append(Told(place, fact, sentence(fact, book.zone)))
    return found


def timeline_of(
    book: Book, account: Meant, clocks: Clocks, filters: Filters, size: int, before: int | None
) -> Timeline:
    """The facts of an account that were known and had happened, and are as the filters say."""
    with reading(book.database) as connection:
        page = find_facts(connection, sought(account.stream, clocks, filters), size, before)
    return Timeline(told(book, page.facts), _more(account, clocks, filters, page))


def _more(account: Meant, clocks: Clocks, filters: Filters, page: Found) -> str | None:
    if page.before is None:
        return None
    return f"{account.path}/timeline?{urlencode({**clocks.query, **filters.query, 'before': page.before})}"


def sought(stream: str, clocks: Clocks, filters: Filters) -> Sought:
    """What of the account is to be found."""
    ends = (filters.until, clocks.question.as_of if clocks.as_of else None)
    return Sought(
        account=stream, topics=topics_of(filters.query.get("kind", "")),
        by=filters.query.get("by"), decided=DECIDED.get(filters.query.get("decided", "")),
        happened_on=Span(filters.since, min((end for end in ends if end is not None), default=None)),
        known_at=Span(None, clocks.question.as_known),
    )  # fmt: skip


def filters_of(request: Request) -> Filters:
    """The filters of the query string; raises HTTPException for what is no date."""
    asked = request.query_params
    typed = {name: text for name in FILTERS if (text := asked.get(name, "").strip())}
    return Filters(typed, day_asked(request, "from"), day_asked(request, "to"))


def before_of(request: Request) -> int | None:
    """Before which place in the log the page is to end; None: it is the first."""
    text = request.query_params.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@router.get("/accounts/{name:path}/timeline")
def timeline_page(request: Request, _: Annotated[User, signed_in("read")], name: str) -> Response:
    """The timeline by itself."""
    account, clocks, filters = meant(request, name), clocks_of(request), filters_of(request)
    page = timeline_of(book_of(request), account, clocks, filters, PAGE, before_of(request))
    return render(
        request, "accounts/timeline.html", account=account, clocks=clocks, filters=filters, timeline=page,
        kinds=KINDS,
    )  # fmt: skip
