"""Work mode: one account after the other, with what to know, what to say, and one form for what came of it.

Several things may come of one call (a promise, a dispute, a day to look again): each is a section of the form
and a request of its own, and all of them are recorded together or none is.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from arrears.access.faults import NotAllowed
from arrears.access.permissions import COMMANDS
from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.casework.briefing import briefing
from arrears.casework.calling import leave_to_call
from arrears.casework.ranked import without
from arrears.casework.taking import hold_on, put_back, take_first
from arrears.commands.carrying import carry_out
from arrears.commands.contacts import GiveBackContact, ReserveContact
from arrears.delivery.settings import delivery_settings
from arrears.web import flash
from arrears.web.errors import as_sentence
from arrears.web.forms import Drawn, Form, account_path, at_now, drawn_at, form_of, said_of, seen_in
from arrears.web.inputs import Typed
from arrears.web.outcomes import ON_TRIAL, SECTIONS, Again, Section, given_in, record_all, try_out
from arrears.web.pages import render, zone_of
from arrears.web.worklist import Asked, asked_of, standing_of
from arrears.wiring import Book
from engine.application import REFUSALS

router = APIRouter()

Caller = Annotated[User, signed_in("contact")]
CALL_MINUTES = 30


def work_path(number: str, asked: Asked) -> str:
    """The page of work mode for an account, as a part of that part of the list."""
    return f"{account_path(number).replace('/accounts/', '/worklist/work/', 1)}{asked.query}"


# --- the next account -------------------------------------------------------------------------------------


@router.get("/worklist/next")
def next_account(request: Request, user: Caller, whose: str = "", waits: str = "") -> Response:
    """On to the most urgent account that no colleague has open, and has it open for this user."""
    book, asked = book_of(request), asked_of(user, whose, waits)
    ranked, _ = standing_of(request).ranked(book)
    part = (entry.account for _, entry in asked.part(ranked))
    stream = take_first(book.database, user.name, part, book.clock())
    if stream is None:
        said = "Nothing is left to work here: it is all done, put back for now, or open with a colleague."
        return _on(request, f"/worklist{asked.query}", said, "warning")
    with book.engine.accounts.work([stream]) as work:
        number = str(work.accounts[stream].number)
    return _on(request, work_path(number, asked))


def _on(request: Request, path: str, said: str = "", kind: flash.Kind = "done") -> Response:
    """Sends the reader on; what was said of the account before is still to be said."""
    before = flash.said(request)
    if before is None:
        return flash.see_other(path, said, kind)
    return flash.see_other(path, f"{before.sentence} {said}".strip(), before.kind)


@router.post("/worklist/work/{number:path}/skip")
def skip(request: Request, user: Caller, number: str, whose: str = "", waits: str = "") -> Response:
    """Puts the account back for a while, and goes on to the next one."""
    book, asked = book_of(request).speaking_for(user.name, user.role), asked_of(user, whose, waits)
    _let_go(book, number, user, skipped=True)
    return flash.see_other(f"/worklist/next{asked.query}")


# --- the page ---------------------------------------------------------------------------------------------


@router.get("/worklist/work/{number:path}/leave")
def leave_part(request: Request, user: Caller, number: str) -> Response:
    """The part of the page that says what time it is there and whether a call is allowed, asked for again and
    again; while it is, the account stays open with this user."""
    book = book_of(request)
    holder = hold_on(book.database, user.name, book.account_id(number), book.clock())
    return render(request, "worklist/leave.html", leave=leave_to_call(book, number), holder=holder)


@router.get("/worklist/work/{number:path}/check")
def check_part(request: Request, user: Caller, number: str) -> Response:
    """What would come of the promise or plan that is being typed: nothing is recorded."""
    book = book_of(request).speaking_for(user.name, user.role)
    sent = {name: request.query_params.getlist(name) for name in request.query_params}
    given = [one for one in given_in(sent) if one.name in ON_TRIAL]
    tried = [try_out(book, section, number, sent, zone_of(request)) for section in given]
    return render(request, "worklist/check.html", tried=tried)


@router.get("/worklist/work/{number:path}")
def work_page(request: Request, user: Caller, number: str, whose: str = "", waits: str = "") -> Response:
    """One account to be worked: what to know, what to say, and the form."""
    book, asked = book_of(request), asked_of(user, whose, waits)
    return _page(request, user, number, asked, _drawn(book, number, {}))


def _drawn(book: Book, number: str, sent: Typed) -> dict[str, Drawn]:
    """The sections of the form, by name."""
    with book.account(number) as account:
        at = at_now(book, account)
        return {one.name: drawn_at(at, one.command, number, one.typed(sent), one.prefix) for one in SECTIONS}


def _page(
    request: Request, user: User, number: str, asked: Asked, forms: Mapping[str, Drawn], status: int = 200,
    problems: Sequence[str] = (),
) -> Response:  # fmt: skip
    book = book_of(request)
    known = briefing(book, number, delivery_settings().named_creditor)
    holder = hold_on(book.database, user.name, known.stream, book.clock())
    ranked, _ = standing_of(request).ranked(book)
    left = len(without(asked.part(ranked), {known.stream}))
    return render(
        request, "worklist/work.html", status, known=known, forms=forms, asked=asked, refused=problems,
        holder=holder, leave=leave_to_call(book, number), left=left, work_path=work_path(number, asked),
        account_path=account_path, today=book.today,
    )  # fmt: skip


# --- recording --------------------------------------------------------------------------------------------


@router.post("/worklist/work/{number:path}/call")
def take_leave(request: Request, user: Caller, number: str, whose: str = "", waits: str = "") -> Response:
    """Asks for leave to call, and reserves the call, which counts at once; a limit may refuse it."""
    book, asked = book_of(request).speaking_for(user.name, user.role), asked_of(user, whose, waits)
    wish = ReserveContact(account=number, channel="call", minutes=CALL_MINUTES)
    try:
        facts = carry_out(book, wish).facts
    except REFUSALS as refused:
        return flash.see_other(work_path(number, asked), as_sentence(str(refused)), "problem")
    return flash.see_other(work_path(number, asked), *said_of(facts, wish.if_nothing, zone_of(request)))


@router.post("/worklist/work/{number:path}")
async def record(request: Request, user: Caller, number: str, whose: str = "", waits: str = "") -> Response:
    """Records all that was said of the account, and goes on to the next one."""
    sent = await form_of(request)
    return await run_in_threadpool(_record, request, user, number, asked_of(user, whose, waits), sent)


def _record(request: Request, user: User, number: str, asked: Asked, sent: Form) -> Response:
    book, zone, given = book_of(request).speaking_for(user.name, user.role), zone_of(request), given_in(sent)
    for section in given:
        _check_allowed(user, section)
    forms = _drawn(book, number, sent)
    done = record_all(book, forms, given, seen_in(sent), zone)
    if isinstance(done, Again):
        return _page(request, user, number, asked, done.forms, done.status, done.problems)
    said, kind = said_of(done, None, zone)
    if "stay" in sent.get("go", ()):
        return flash.see_other(work_path(number, asked), said, kind)
    _let_go(book, number, user)
    return flash.see_other(f"/worklist/next{asked.query}", f"{number}: {said}", kind)


def _check_allowed(user: User, section: Section) -> None:
    """Raises NotAllowed where the user may not record that; who may call may not by that do everything."""
    permission = COMMANDS[section.command.NAME]
    if not user.may(permission):
        raise NotAllowed(role=user.role, permission=permission)


def _let_go(book: Book, number: str, user: User, skipped: bool = False) -> None:
    """Lets colleagues have the account again; a call that was reserved and not made is given back."""
    with book.account(number) as account:
        stream, reserved = account.id, [one for one, kind in account.reserved.items() if kind == "call"]
    if skipped:
        for contact in reserved:
            carry_out(book, GiveBackContact(account=number, contact=contact))
    put_back(book.database, user.name, stream, book.clock(), skipped)
