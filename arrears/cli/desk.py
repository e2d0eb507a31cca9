"""Where a person's deed is recorded: the open book, its clock, and the answer that says what was recorded."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import typer

from arrears.cli.output import print_json, print_rows
from arrears.cli.session import Session, session_of
from arrears.commands.base import Here, Request, here_at
from arrears.commands.carrying import carry_out
from arrears.telling.recorded import fields, recorded
from arrears.wiring import Book
from engine.domain.facts.base import Fact

ALREADY_KNOWN = "nothing new: this is already recorded, with the same content"
NOT_SAID = frozenset({"terms", "demand", "days", "periods", "lowered", "authority", "concerned", "wanted"})
"""Parts of facts that are for programs, not for a sentence."""


@dataclass(frozen=True)
class Desk:
    """An open book and somebody who asks it to record what they did."""

    session: Session
    book: Book

    @property
    def here(self) -> Here:
        """Where requests are decided now."""
        return here_at(self.book)

    def record(self, request: Request) -> None:
        """Carries out one request and says what it recorded. Raises RuleBroken, RequestUnfit."""
        answer(self.session, carry_out(self.book, request).facts, request.if_nothing)


@contextmanager
def at_desk(context: typer.Context, *, create: bool = False) -> Iterator[Desk]:
    """The desk for one command; raises NoSuchBook unless the book may be created."""
    session = session_of(context)
    with session.book(create=create) as book:
        yield Desk(session, book)


def answer(session: Session, facts: Sequence[Fact], otherwise: str | None = None) -> None:
    """Says what was recorded: one sentence for each fact, or all their fields for programs."""
    if session.format == "json":
        print_json({"recorded": recorded(facts), "already_known": not facts and otherwise is None})
    elif session.format == "csv":
        rows = [{"recorded": fact.TOPIC, "content": content(fact)} for fact in facts]
        print_rows(session, rows, ("recorded", "content"))
    else:
        said = [f"recorded {fact.TOPIC} {content(fact)}" for fact in facts]
        sys.stdout.writelines(f"{line}\n" for line in said or [otherwise or ALREADY_KNOWN])


def content(fact: Fact) -> str:
    """What the fact says in one line: `INV-1 120.00 EUR, issued 2026-03-01, due 2026-03-31`."""
    said = {name: value for name, value in fields(fact).items() if value and name not in NOT_SAID}
    subject, *_ = said
    lead = [] if subject.endswith("on") else [said.pop(subject)]
    lead += [said.pop(name) for name in ("amount", "currency") if name in said]
    return ", ".join([" ".join(lead)] * bool(lead) + [_labelled(*pair) for pair in said.items()])


def _labelled(name: str, value: Any) -> str:
    label = name.removesuffix("_on").removesuffix("_at").replace("_", " ")
    return label if value is True else f"{label} {_text(value)}"


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " + ".join(_text(part) for part in value)
    if isinstance(value, dict):
        told = ("rule", "source", "start", "end", "item", "receipt", "promised_on", "amount", "open")
        return " ".join(str(value[name]) for name in (*told, "currency", "why") if name in value)
    return str(value)
