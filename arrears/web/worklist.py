"""The worklist: whose turn it is today, why, and who works it; accounts are given to collectors here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response

from arrears.access.users import User, list_users
from arrears.access.web import book_of, signed_in
from arrears.casework.collectors import NothingToHandOver, hand_over
from arrears.casework.ranked import Ranked, Standing, by_collector, by_kind, of_collector, of_kind
from arrears.casework.taking import open_with
from arrears.casework.worklist import reasons, why
from arrears.commands.carrying import carry_out_all
from arrears.commands.casework import AssignCollector
from arrears.web import flash
from arrears.web.errors import as_sentence
from arrears.web.forms import COLLECTING, account_path
from arrears.web.pages import render
from arrears.web.tables import Column, listing
from arrears.wiring import Book
from policies.worklist import Scored
from projections.worklist import Due, briefed

router = APIRouter()

Reader = Annotated[User, signed_in("read")]
Giver = Annotated[User, signed_in("debtor")]
Text = Annotated[str, Form()]

ALL, MINE, NOBODY = "all", "mine", "nobody"
KIND_TITLES = {"calls": "Calls to make", "follow-ups": "Follow-ups due", "broken": "Broken promises"}
COLUMNS = (
    *(Column("Points", figure=True), Column("Account"), Column("What waits"), Column("Owed", figure=True)),
    *(Column("Last promise"), Column("Collector")),
)
MOST_SAID = 8


@dataclass(frozen=True)
class Row:
    """An account on the page: why it stands there, and who has it open."""

    due: Due
    reasons: Sequence[str]
    why: Sequence[Scored]
    open_with: str


@dataclass(frozen=True)
class Asked:
    """Which part of the list is asked for: whose (`all`, `mine`, `nobody` or a name), and what waits."""

    whose: str
    waits: str
    user: User

    @property
    def collector(self) -> str | None:
        """The collector as the list knows them: "" is nobody, None everybody."""
        return {ALL: None, MINE: self.user.name, NOBODY: ""}.get(self.whose, self.whose)

    def part(self, ranked: Ranked) -> Ranked:
        """The rows asked for."""
        return of_kind(of_collector(ranked, self.collector), self.waits)

    @property
    def query(self) -> str:
        """The query string that asks for the same again."""
        given = {"whose": self.whose, "waits": self.waits}
        return "?" + urlencode({name: value for name, value in given.items() if value})


def asked_of(user: User, whose: str, waits: str) -> Asked:
    """What is asked for; collectors see their own accounts first, all others the whole list."""
    return Asked(whose or (MINE if user.role == "collector" else ALL), waits, user)


def standing_of(request: Request) -> Standing:
    """The worklist of this server's book."""
    standing = request.app.state.worklist
    assert isinstance(standing, Standing)
    return standing


@router.get("/worklist")
def worklist_page(request: Request, user: Reader, whose: str = "", waits: str = "") -> Response:
    """Today's list, ranked, a page of it, with the reasons of each row."""
    book, asked = book_of(request), asked_of(user, whose, waits)
    ranked, at = standing_of(request).ranked(book)
    wanted, part = listing(request, ("points",)), asked.part(ranked)
    due = briefed(book.database, part[wanted.offset : wanted.offset + wanted.size], at)
    return render(
        request, "worklist/list.html", columns=COLUMNS, rows=_rows(book, due, at), asked=asked,
        listing=wanted, total=len(part), tabs=_tabs(asked, ranked), today=at.date(),
        kinds=_kinds(of_collector(ranked, asked.collector)), collectors=collectors(book, ranked),
        account_path=account_path,
    )  # fmt: skip


def _rows(book: Book, due: Sequence[Due], at: datetime) -> list[Row]:
    policies = book.engine.policies()
    opened = open_with(book.database, [one.account for one in due], book.clock())
    return [
        Row(one, reasons(policies, one), why(policies, one, at), opened.get(one.account, "")) for one in due
    ]


def _tabs(asked: Asked, ranked: Ranked) -> list[tuple[str, str, int]]:
    """(whose, what it is called, how many) for each part of the list that is one click away."""
    counts = by_collector(ranked)
    own = [(MINE, "Mine", counts[asked.user.name])] if asked.user.role in COLLECTING else []
    return [*own, (NOBODY, "Nobody’s", counts[""]), (ALL, "All", counts.total())]


def _kinds(ranked: Ranked) -> list[tuple[str, str, int]]:
    counts = by_kind(ranked)
    return [("", "Everything", len(ranked)), *((kind, KIND_TITLES[kind], n) for kind, n in counts.items())]


def collectors(book: Book, ranked: Ranked) -> list[str]:
    """Who may work accounts, and who has some on the list, by name."""
    users = {one.name for one in list_users(book.database) if one.role in COLLECTING and not one.is_disabled}
    return sorted(users | {name for name in by_collector(ranked) if name})


# --- giving accounts to collectors ------------------------------------------------------------------------


@router.post("/worklist/assign")
def assign(
    request: Request, user: Giver, collector: Text = "", note: Text = "", back: Text = "",
    account: Annotated[list[str] | None, Form()] = None,
) -> Response:  # fmt: skip
    """Gives the accounts that were ticked to a collector: all of them, or, where one is refused, none."""
    book, numbers, to = book_of(request).speaking_for(user.name, user.role), account or [], collector.strip()
    if not numbers or not to:
        missing = "Tick the accounts first." if not numbers else "Say to whom."
        return flash.see_other(f"/worklist{_query(back)}", missing, "problem")
    given = [AssignCollector(account=number, collector=to, note=note.strip() or None) for number in numbers]
    results, stored = carry_out_all(book, given, skip_refused=False)
    refused = [as_sentence(str(one)) for one in results if isinstance(one, Exception)]
    if not stored:
        said = " ".join(["Nothing was recorded.", *refused[:MOST_SAID]])
        return flash.see_other(f"/worklist{_query(back)}", said, "problem")
    new = sum(bool(one) for one in results)
    return flash.see_other(f"/worklist{_query(back)}", f"{_accounts(new)} given to {to}.")


@router.post("/worklist/hand-over")
def hand_over_all(
    request: Request, user: Giver, collector: Text = "", to: Text = "", note: Text = ""
) -> Response:
    """Gives all accounts of one collector to another."""
    book = book_of(request).speaking_for(user.name, user.role)
    if not collector.strip() or not to.strip():
        return flash.see_other("/worklist", "Say whose accounts go to whom.", "problem")
    try:
        count = hand_over(book, collector.strip(), to.strip(), book.today, note.strip() or None)
    except NothingToHandOver as nothing:
        return flash.see_other("/worklist", as_sentence(str(nothing)), "problem")
    return flash.see_other("/worklist", f"{_accounts(count)} of {collector} handed over to {to}.")


def _accounts(count: int) -> str:
    return "1 account" if count == 1 else f"{count:,} accounts"


def _query(back: str) -> str:
    """The query string of the list that the reader came from."""
    return back if back.startswith("?") else ""
