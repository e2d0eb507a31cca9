"""A program that talks to the API, and the story it tells one account by the example of every command."""

import json
from typing import Any

from fastapi.testclient import TestClient

from arrears.access import tokens, users
from arrears.api.routes import PREFIX
from arrears.commands.catalogue import CATALOGUE
from arrears.serving import application
from arrears.wiring import Book
from engine.domain.account import Account
from engine.domain.decisions.contacts import line
from engine.domain.facts.base import Fact
from engine.domain.facts.escalation import PlacementProposed
from policies.book import PolicyBook

Given = dict[str, Any]


class Caller:
    """A program with a token of its role."""

    def __init__(self, book: Book, role: Any, name: str = "") -> None:
        self.book, self.name = book, name or f"{role}-program"
        users.add_user(book.database, self.name, role, None, book.clock())
        _, token = tokens.add_token(book.database, self.name, "", book.clock())
        self.client = TestClient(application(book), headers={"Authorization": f"Bearer {token}"})

    def get(self, path: str, headers: Given | None = None, **params: Any) -> Any:
        return self.client.get(f"{PREFIX}{path}", params=params, headers=headers)

    def post(self, command: str, given: Given, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"{PREFIX}/commands/{command}", json=given, headers=named)

    def done(self, command: str, given: Given, **headers: str) -> Any:
        answer = self.post(command, given, **headers)
        assert answer.status_code in (200, 201), f"{command}: {answer.text}"
        return answer

    def lines(self, *lines: Given | str, **params: Any) -> Any:
        content = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
        return self.client.post(f"{PREFIX}/commands", content=content, params=params)


STORY = """
open details note follow-up contact-person assign invoice invoice=INV-2 pay reverse charge
credit correct promise withdraw plan dispute resolve waive pay=PAY-2 refund allocate send delivered receive
send=MAIL-2 failed unreachable trace not-found located hold release hardship call :PLAN-1 :HOLD-2 propose
approve remittance recall asked refuse asked retract asked grant :INV-1 settle :SETTLEMENT-1 propose decline
write-off unwrite-off place asked-of=INV-2 reserve give-back prefer remove-contact-person
"""
MORE: dict[str, tuple[str, Given]] = {
    "invoice=INV-2": ("invoice", CATALOGUE["invoice"].EXAMPLE | {"invoice": "INV-2"}),
    "pay=PAY-2": ("pay", CATALOGUE["pay"].EXAMPLE | {"payment": "PAY-2", "invoices": ["FEE-1"]}),
    "send=MAIL-2": ("send", CATALOGUE["send"].EXAMPLE | {"contact": "MAIL-2", "happened": True}),
    "asked": ("write-off", {"account": "ACME", "invoice": "INV-1"}),
    "asked-of=INV-2": ("write-off", {"account": "ACME", "invoice": "INV-2"}),
    ":INV-1": ("unwrite-off", {"account": "ACME", "invoice": "INV-1"}),
    ":SETTLEMENT-1": ("withdraw", {"account": "ACME", "promise": "SETTLEMENT-1"}),
    ":PLAN-1": ("withdraw", {"account": "ACME", "promise": "PLAN-1"}),
    ":HOLD-2": ("release", {"account": "ACME", "hold": "HOLD-2"}),
}


def asking(name: str) -> str:
    """The collector beside that caller."""
    return f"{name}-asking"


def tell(caller: Caller) -> None:
    """Sends the example of every command, one after the other, all to ACME.

    A collector asks for what needs a second person.
    """
    collector = Caller(caller.book, "collector", asking(caller.name))
    for number, step in enumerate(STORY.split()):
        if step == "propose":
            propose(caller.book, f"PROPOSAL-{number}")
        else:
            command, given = MORE.get(step) or (step, CATALOGUE[step].EXAMPLE)
            (collector if step in ("asked", "asked-of=INV-2", "retract") else caller).done(command, given)


def propose(book: Book, placement: str) -> None:
    """Proposes a placement of INV-1, as the engine does."""

    def decide(account: Account, _: PolicyBook) -> list[Fact]:
        lines = (line(account.open_items["INV-1"], "agency", book.today),)
        return [PlacementProposed(placement=placement, agency="agency", step="agency", lines=lines)]

    book.execute("ACME", decide)


def shortened(answer: Any) -> Any:
    """An answer with two rows of each list, as an example of it."""
    if isinstance(answer, dict):
        return {name: shortened(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return [shortened(one) for one in answer[:2]]
    return answer[:400] if isinstance(answer, str) else answer
