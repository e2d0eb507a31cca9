"""What is done to the book as a whole: policies, going live, waking the engine, handing over, erasing."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime, time
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field, model_validator

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.api.accounts import Number
from arrears.api.answers import answered
from arrears.api.asking import AskedBook, Day
from arrears.api.bodies import Body, shown
from arrears.api.policies import Name
from arrears.api.schemas import told
from arrears.casework.collectors import hand_over
from arrears.commands.base import At, Claim, here_at
from arrears.imports.fields import Country, Currency, Id, Text, TimeZone
from arrears.telling.policies import checked_in
from arrears.wiring import Book, whole
from engine.domain.facts.base import Fact
from policies.book import ALWAYS, PolicyBook
from policies.calendar import local_moment
from policies.document import parse
from policies.linting.sample import Wishes
from policies.publishing import assign, make_default, publish, retire

router = APIRouter(tags=["book"])

Publisher = Annotated[User, signed_in("policies")]
THE_DOCUMENT = "the document"
_DOCUMENT = """name = "gentle"
title = "One letter, a week after the due date"

[[steps]]
id = "reminder"
title = "Reminder"
days_past_due = 7
remind = { channel = "letter", template = "gentle-reminder" }
"""
Document = Annotated[str, Field(max_length=500_000, description="the policy document, in TOML")]
Since = Annotated[Day | None, Field(alias="from", description="from the start of that day; else at once")]


class Publish(Body):
    """A policy, or a new version of it."""

    model_config = shown(**{"document": _DOCUMENT, "from": "2026-08-01"})
    document: Document
    since: Since = None


class From(Body):
    """From when it holds."""

    model_config = shown(**{"from": "2026-08-01"})
    since: Since = None


class Assign(Body):
    """The account that is to follow the policy."""

    model_config = shown(**{"account": "ACME", "from": "2026-08-01"})
    account: Id
    since: Since = None


class Check(Body):
    """A document, and the sample invoice on which its ladder is shown; what is not said suits the policy."""

    model_config = shown(document=_DOCUMENT, country="GB", kind="consumer")
    document: Document
    amount: Claim | None = None
    currency: Currency | None = None
    due: Day | None = None
    kind: Literal["business", "consumer"] | None = None
    country: Country | None = None
    region: Annotated[str, Field(min_length=1, max_length=10)] | None = None
    timezone: TimeZone | None = None
    language: Annotated[str, Field(min_length=2, max_length=10)] | None = None

    @property
    def wishes(self) -> Wishes:
        return Wishes(
            self.amount, self.currency, self.due, self.kind, self.country, self.region, self.timezone,
            self.language,
        )  # fmt: skip


# --- policies ---------------------------------------------------------------------------------------------


@router.post("/policies/check", summary="Check a policy", **told("PolicyChecked"))
def check_policy(_: Annotated[User, signed_in("replay")], book: AskedBook, asked: Check) -> Response:
    """What is doubtful about a document, and its ladder as a calendar; nothing is recorded."""
    return answered(checked_in(book, asked.document, THE_DOCUMENT, asked.wishes).as_data())


@router.post("/policies/publish", summary="Publish a policy", **told("PolicyPublished"))
def publish_policy(request: Request, user: Publisher, new: Publish) -> Response:
    """Publishes a policy, or a new version of it, and says what is doubtful about it."""
    book = _spoken(request, user)
    effective, document = _since(book, new.since), whole(new.document)
    name = parse(document, THE_DOCUMENT).name
    recorded = _decided(
        book, partial(publish, document=document, file=THE_DOCUMENT, effective_from=effective)
    )
    found = checked_in(book, new.document, THE_DOCUMENT).findings
    return answered({
        "recorded": recorded, "policy": name, "effective_from": effective,
        "findings": [asdict(one) for one in found],
    })  # fmt: skip


@router.post("/policies/{name}/retire", summary="Retire a policy", **told("PolicyDecided"))
def retire_policy(request: Request, user: Publisher, name: Name) -> Response:
    """No account can be given it any more; those that have it keep it."""
    book = _spoken(request, user)
    facts = book.decide_on_policies(lambda policies: retire(policies, name, book.clock()))
    return answered({"recorded": bool(facts), "policy": name})


@router.post("/policies/{name}/default", summary="Choose the default policy", **told("PolicyDecided"))
def default_policy(request: Request, user: Publisher, name: Name, given: From | None = None) -> Response:
    """Accounts that have none of their own follow it from then on."""
    book = _spoken(request, user)
    effective = _since(book, given.since if given else None)
    recorded = _decided(book, partial(make_default, name=name, effective_from=effective))
    return answered({"recorded": recorded, "policy": name})


@router.post("/policies/{name}/assign", summary="Put an account under a policy", **told("PolicyDecided"))
def assign_policy(request: Request, user: Publisher, name: Name, given: Assign) -> Response:
    """The account follows it from then on, and from its first step that is not yet fired."""
    book = _spoken(request, user)
    effective = local_moment(given.since, time(0), book.zone) if given.since else book.clock()
    decided_until = book.decided_until(book.account_id(given.account))
    facts = book.execute(
        given.account, lambda known, policies: assign(policies, known, name, effective, decided_until)
    )
    return answered({"recorded": bool(facts), "account": given.account, "policy": name})


def _decided(book: Book, decide: Callable[..., list[Fact]]) -> bool:
    """Whether a command on the policies recorded anything; raises RuleBroken."""

    def on(policies: PolicyBook) -> list[Fact]:
        return decide(policies, decided_until=book.decided_until())

    return bool(book.decide_on_policies(on))


def _since(book: Book, day: date | None) -> datetime:
    """The moment from which something holds: at once, or, in a book without accounts, from ever."""
    if day is not None:
        return local_moment(day, time(0), book.zone)
    return book.clock() if book.has_accounts() else ALWAYS


def _spoken(request: Request, user: User) -> Book:
    return book_of(request).speaking_for(user.name, user.role)


# --- the engine -------------------------------------------------------------------------------------------


class GoLive(Body):
    """From which day backfilled accounts are escalated, and how old invoices enter the ladder."""

    model_config = shown(on="2026-08-01", invoices="from-step", step="notice")
    on: Day
    invoices: Literal["fresh", "from-step", "as-imported"]
    step: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    accounts: list[Id] = Field(default=[], max_length=1000, description="only these; none: all")

    @model_validator(mode="after")
    def _names_a_step(self) -> "GoLive":
        if (self.invoices == "from-step") != (self.step is not None):
            raise ValueError("a step with from-step, and only then")
        return self


class Tick(Body):
    """The moment up to which to act: none, which is now, or one that is past."""

    model_config = shown()
    at: At | None = None


class HandOver(Body):
    """Whose accounts go to whom."""

    model_config = shown(**{"from": "mira", "to": "kim", "note": "away in August"})
    collector: Annotated[str, Field(alias="from", min_length=1, max_length=200)]
    to: Annotated[str, Field(min_length=1, max_length=200)]
    on: Day | None = None
    note: Text | None = None


class Erase(Body):
    """Why; it stays readable, so name nobody in it. `force`: even where money is still open."""

    model_config = shown(reason="request of 3 May")
    reason: Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00]*$")]
    on: Day | None = None
    force: bool = False


@router.post("/go-live", summary="Let backfilled accounts go live", **told("WentLive"))
def go_live(request: Request, user: Publisher, given: GoLive) -> Response:
    """From that day on the engine escalates accounts whose history was taken over."""
    live = _spoken(request, user).go_live(given.on, given.invoices, given.step, given.accounts or None)
    return answered({"live": live})


@router.post("/tick", summary="Wake the engine", **told("Ticked"))
def tick(request: Request, user: Annotated[User, signed_in("run")], given: Tick | None = None) -> Response:
    """Does all that is due: reminders, calls, judgements of promises, placements."""
    book = _spoken(request, user)
    here = here_at(book)
    at = here.moment(given.at if given else None)
    tally = book.tick(at, played=given is not None and given.at is not None)
    facts = dict(sorted(tally.by_kind.items()))
    return answered({"at": tally.at, "accounts": tally.accounts, "facts": facts, "not_live": book.not_live()})


@router.post("/hand-over", summary="Hand accounts over", **told("HandedOver"))
def hand_accounts_over(
    request: Request, user: Annotated[User, signed_in("debtor")], given: HandOver
) -> Response:
    """Gives all accounts of a collector to another, in one transaction."""
    book = _spoken(request, user)
    on = here_at(book).day(given.on)
    count = hand_over(book, given.collector, given.to, on, given.note)
    return answered({"from": given.collector, "to": given.to, "accounts": count})


@router.post("/accounts/{account:path}/erase", summary="Erase a person", **told("Erased"))
def erase(
    request: Request, user: Annotated[User, signed_in("erase")], account: Number, given: Erase
) -> Response:
    """Destroys the key of the account's personal data, for ever. Amounts, dates and proofs stay.

    Done again it completes an erasure that was cut short.
    """
    book = _spoken(request, user)
    done = book.erase(account, here_at(book).day(given.on), given.reason, given.force)
    return answered({
        "account": account, "already_erased": not done.is_new, "key_destroyed": done.had_key,
        "still_readable": done.readable, "outside": done.outside,
    })  # fmt: skip
