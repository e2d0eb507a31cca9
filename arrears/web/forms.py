"""Forms for all that a person may record on an account: drawn, read, carried out, and said what came of it.

`/accounts/NUMBER/commands/NAME` draws the form of each request of the catalogue and takes it. A query string
fills inputs in; `back` is the path of ours that the reader goes on to. A form names the version of the
account that was looked at: where somebody has recorded something since, it is shown again with what that was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, HTTPException, Response
from fastapi import Request as HttpRequest
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from arrears.access.permissions import COMMANDS
from arrears.access.users import User, list_users
from arrears.access.web import book_of, signed_in
from arrears.commands.base import Request, RequestUnfit
from arrears.commands.carrying import Outcome, VersionDiffers, carry_out
from arrears.commands.catalogue import CATALOGUE
from arrears.commands.parsing import BodyUnfit, parsed
from arrears.telling.sentences import sentence
from arrears.web import flash
from arrears.web.errors import as_sentence
from arrears.web.inputs import Input, Typed, by_input, inputs_of, stated
from arrears.web.offers import At, Offer, offered
from arrears.web.pages import render, zone_of
from arrears.web.signing import path_of_ours
from arrears.wiring import Book
from engine.application import REFUSALS
from engine.domain.account import Account
from engine.domain.errors import AccountUnknown
from engine.domain.facts.base import Fact
from engine.store import Conflict

router = APIRouter()

SEEN, BACK = "seen_version", "back"
MOST_SAID = 5
NOTHING_NEW = "Nothing new: this is recorded already, with the same content."
COLLECTING = frozenset({"collector", "manager", "administrator"})

Form = dict[str, list[str]]


@dataclass(frozen=True)
class Drawn:
    """A form as it is shown: what was typed, what is wrong with it, and what it was looked at with.

    `prefix` keeps the names of several forms on one page apart.
    """

    command: type[Request]
    number: str
    seen: int
    offers: Mapping[str, Offer] = field(default_factory=dict)
    typed: Typed = field(default_factory=dict)
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    problems: Sequence[str] = ()
    meanwhile: Sequence[str] = ()
    back: str = ""
    prefix: str = ""

    @property
    def title(self) -> str:
        """What the form is for: the first sentence of what is said of the request."""
        return self._said[0].removesuffix(".")

    @property
    def more(self) -> str:
        """What else is to be known of it."""
        return self._said[1]

    @property
    def _said(self) -> tuple[str, str]:
        first, _, rest = " ".join((self.command.__doc__ or "").split()).partition(". ")
        return first, rest

    @property
    def action(self) -> str:
        """Where the form is sent."""
        return command_path(self.number, self.command.NAME)

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The inputs, those that must be given first."""
        return inputs_of(self.command)

    @property
    def hidden_errors(self) -> list[str]:
        """What is wrong with something that the form has no input for."""
        known = {one.name for one in self.inputs}
        return [f"{name}: {said}" for name, all_ in self.errors.items() if name not in known for said in all_]

    def values(self, name: str) -> Sequence[str]:
        """What was typed into an input."""
        return self.typed.get(name, ())

    def value(self, name: str) -> str:
        """What was typed into an input that has one value, else what stands there from the start."""
        given = self.values(name)
        if given:
            return given[0]
        return next((one.default for one in self.inputs if one.name == name), "")

    def error(self, name: str) -> str:
        """What is wrong with an input, in a sentence; "" where nothing is."""
        return as_sentence("; ".join(self.errors.get(name, ()))) if self.errors.get(name) else ""


def account_path(number: str) -> str:
    """The page of an account."""
    return f"/accounts/{quote(number, safe='')}"


def command_path(number: str, command: str) -> str:
    """The form of a request on an account."""
    return f"{account_path(number)}/commands/{command}"


# --- drawing ----------------------------------------------------------------------------------------------


def drawn(book: Book, command: type[Request], number: str, typed: Typed) -> Drawn:
    """The form with what was typed so far, on the account as it now stands; raises AccountUnknown."""
    try:
        with book.account(number) as account:
            return drawn_at(at_now(book, account), command, number, typed)
    except AccountUnknown:
        if not command.OPENS:
            raise
        return Drawn(command, number, 0, typed=typed)


def at_now(book: Book, account: Account) -> At:
    """The account as forms see it now, and whom it may be given to."""
    collectors = [one.name for one in list_users(book.database) if one.role in COLLECTING]
    return At(account, book.engine.policies(), book.clock(), collectors)


def drawn_at(at: At, command: type[Request], number: str, typed: Typed, prefix: str = "") -> Drawn:
    """The form with what was typed so far, on the account as it is seen."""
    found = ((one.name, offered(command.NAME, one.name, at)) for one in inputs_of(command))
    offers = {name: offer for name, offer in found if offer is not None}
    filled = {name: [offer.choices[0][0]] for name, offer in offers.items() if _is_plain(name, offer)}
    return Drawn(command, number, at.account.version, offers, {**filled, **typed}, prefix=prefix)


def _is_plain(name: str, offer: Offer) -> bool:
    """Whether there is but one choice, which goes without saying."""
    return len(offer.choices) == 1 and (name == "currency" or offer.only)


# --- carrying out -----------------------------------------------------------------------------------------


def read(command: type[Request], number: str, typed: Typed, zone: ZoneInfo) -> Request:
    """The request that was typed; raises BodyUnfit, whose `errors` name the inputs."""
    given = stated(inputs_of(command), typed, zone)
    try:
        return parsed(command, orjson.dumps({"account": number, **given}))
    except BodyUnfit as unfit:
        raise Unfit(by_input(unfit.errors, given)) from None


class Unfit(Exception):
    """What was typed is no request: what is wrong, by input."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{name}: {', '.join(said)}" for name, said in errors.items()))


def record(book: Book, form: Drawn, seen: int | None, zone: ZoneInfo) -> tuple[Outcome, Request] | Drawn:
    """What was recorded of what was typed; or the form again, with all that is wrong with it."""
    try:
        request = read(form.command, form.number, form.typed, zone)
    except Unfit as unfit:
        return replace(form, errors=unfit.errors, seen=form.seen if seen is None else seen)
    try:
        return carry_out(book, request, lambda version: seen in (None, version)), request
    except VersionDiffers as stale:
        told = meanwhile(book, form.number, seen or 0, zone)
        return replace(form, seen=int(stale.data["version"]), meanwhile=told)
    except Conflict:
        return replace(form, problems=["Others kept changing the account. Try again."])
    except (RequestUnfit, *REFUSALS) as refused:
        return replace(form, problems=[as_sentence(str(refused))])


def meanwhile(book: Book, number: str, seen: int, zone: ZoneInfo) -> list[str]:
    """What was recorded on the account behind the version that was seen, the last of it."""
    stored = book.store.stream(book.account_id(number), seen)
    return [f"{one.fact.by}: {sentence(one.fact, zone)}" for one in stored[-MOST_SAID:]]


def said_of(facts: Sequence[Fact], otherwise: str | None, zone: ZoneInfo) -> tuple[str, flash.Kind]:
    """What is said when a form was carried out: what was recorded, in sentences."""
    if not facts:
        return as_sentence(otherwise) if otherwise else NOTHING_NEW, "warning"
    told = [sentence(fact, zone) for fact in facts[:MOST_SAID]]
    more = [f"And {len(facts) - MOST_SAID} more."] if len(facts) > MOST_SAID else []
    return " ".join(["Recorded:", *told, *more]), "done"


# --- routes -----------------------------------------------------------------------------------------------


@router.get("/open-account")
def open_account(_: Annotated[User, signed_in(COMMANDS["open"])], number: str = "") -> Response:
    """To the form that opens an account of that number; raises HTTPException where none is given."""
    if not number.strip():
        raise HTTPException(422, "number: say by which number the account is to be known.")
    return RedirectResponse(command_path(number.strip(), "open"), status_code=303)


async def form_of(http: HttpRequest) -> Form:
    """What the browser sent, texts only."""
    sent = await http.form()
    found: Form = {}
    for name, value in sent.multi_items():
        if isinstance(value, str):
            found.setdefault(name, []).append(value)
    return found


def seen_in(form: Form) -> int | None:
    """The version that was looked at; None where none is named."""
    text = "".join(form.get(SEEN, ()))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def _page(http: HttpRequest, form: Drawn, status: int = 200) -> Response:
    return render(http, "forms/page.html", status, form=form, account_path=account_path)


def _status(form: Drawn) -> int:
    return 412 if form.meanwhile else 422 if form.errors else 409


def _add(command: type[Request]) -> None:
    needed: Any = Annotated[User, signed_in(COMMANDS[command.NAME])]
    path = f"/accounts/{{number:path}}/commands/{command.NAME}"
    names = frozenset(name for one in inputs_of(command) for name in one.parts)

    def draw(http: HttpRequest, user: needed, number: str) -> Response:
        query = http.query_params
        typed = {name: query.getlist(name) for name in names & query.keys()}
        form = drawn(book_of(http), command, number, typed)
        return _page(http, replace(form, back=path_of_ours(query[BACK]) if BACK in query else ""))

    async def take(http: HttpRequest, user: needed, number: str) -> Response:
        return await run_in_threadpool(carried_out, http, user, number, await form_of(http))

    def carried_out(http: HttpRequest, user: User, number: str, sent: Form) -> Response:
        book, zone = book_of(http).speaking_for(user.name, user.role), zone_of(http)
        typed = {name: sent[name] for name in names & sent.keys()}
        back = path_of_ours(sent[BACK][0]) if BACK in sent else ""
        form = replace(drawn(book, command, number, typed), back=back)
        done = record(book, form, seen_in(sent), zone)
        if isinstance(done, Drawn):
            return _page(http, done, _status(done))
        outcome, request = done
        said, kind = said_of(outcome.facts, request.if_nothing, zone)
        return flash.see_other(back or account_path(number), said, kind)

    router.add_api_route(path, draw, methods=["GET"], name=f"form-{command.NAME}", response_class=Response)
    router.add_api_route(path, take, methods=["POST"], name=f"take-{command.NAME}", response_class=Response)


for _command in CATALOGUE.values():
    _add(_command)
