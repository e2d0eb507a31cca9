"""A log of facts in memory, and a book's tables that follow it: what the tests of the read side share."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, select

from engine.domain.account import Account
from engine.domain.evolve import fold
from engine.domain.facts.accounts import AccountOpened
from engine.domain.facts.base import Because, Fact, Stored
from engine.domain.facts.items import InvoiceRaised, PaymentReceived
from projections import tables
from projections.catch_up import catch_up, create_tables
from projections.connection import connect

ADA, BEN = "account-ada", "account-ben"


def day(text: str) -> date:
    return date.fromisoformat(text)


def moment(text: str) -> datetime:
    """The moment that the text gives, in UTC: '2026-01-05' (its first second) or '2026-01-05 10:30'."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Log:
    """Facts in the order of their positions, which have gaps; `read` is what a catch-up is given."""

    def __init__(self) -> None:
        self.facts: list[Stored] = []
        self._versions: dict[str, int] = {}

    def add(self, stream: str, *facts: Fact, known: str | None = None, basis: str | None = None) -> None:
        """Stores the facts, known at that moment or else at noon of their own day."""
        for fact in facts:
            at = moment(known) if known else _noon(fact)
            stamped = fact.model_copy(
                update={"by": fact.by or "test", "known_at": at, "recorded_at": at, "basis": basis}
            )
            position = (self.facts[-1].position if self.facts else 0) + 1 + len(self.facts) % 3
            self._versions[stream] = version = self._versions.get(stream, 0) + 1
            self.facts.append(Stored(position, stream, version, stamped))

    def folded(self, stream: str) -> Account:
        """The account after its facts."""
        return fold(Account(stream), (one.fact for one in self.facts if one.stream == stream))

    def read(self, position: int, limit: int) -> Sequence[Stored]:
        return [one for one in self.facts if one.position > position][:limit]


def _noon(fact: Fact) -> datetime:
    on = fact.happened_on or (fact.happened_at and fact.happened_at.date())
    assert on, f"say when {fact.TOPIC} was known"
    return datetime.combine(on, time(12), UTC)


class Book:
    """A log and the tables that follow it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.log = Log()
        self.database: Engine = connect(url)
        create_tables(self.database)

    def add(self, stream: str, *facts: Fact, known: str | None = None, basis: str | None = None) -> None:
        """Stores the facts and brings the tables up to them."""
        self.log.add(stream, *facts, known=known, basis=basis)
        catch_up(self.database, self.log.read)


@contextmanager
def book_at(url: str) -> Iterator[Book]:
    """An empty log, and its tables in the database of that URL."""
    book = Book(url)
    yield book
    book.database.dispose()


def contents(database: Engine) -> dict[str, list[Any]]:
    """Every row of every table, in the same order on every database."""
    with database.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in tables.metadata.sorted_tables
        }


# --- facts, with what every story would have to repeat ----------------------------------------------------


def opened(number: str, on: str = "2026-01-01", **details: Any) -> AccountOpened:
    return AccountOpened(number=number, opened_on=day(on), **details)


def invoice(
    number: str, amount: str, due: str, issued: str | None = None, currency: str = "EUR"
) -> InvoiceRaised:
    """An invoice, issued 30 days before it is due where nothing else is said."""
    issued_on = day(issued) if issued else day(due) - timedelta(days=30)
    return InvoiceRaised(
        invoice=number, amount=Decimal(amount), currency=currency, issued_on=issued_on, due_on=day(due)
    )


def payment(
    number: str, amount: str, on: str, *parts: tuple[str, ...], currency: str = "EUR"
) -> PaymentReceived:
    """A payment, set against items by (item, amount) or, where that is another day, (item, amount, day)."""
    return PaymentReceived.model_validate({
        "payment": number, "amount": amount, "currency": currency, "received_on": on,
        "allocations": allocations(on, *parts),
    })  # fmt: skip


def allocations(on: str, *parts: tuple[str, ...]) -> list[dict[str, str]]:
    """What a payment is set against, by (item, amount) or (item, amount, day)."""
    return [{"item": part[0], "amount": part[1], "on": (*part, on)[2]} for part in parts]


def because(step: str, at: str, policy: str = "gentle") -> Because:
    return Because(
        id=f"{step} {at}", policy=policy, policy_version=1, step=step, due_at=moment(at), acted_at=moment(at),
        wake_up=at,
    )  # fmt: skip
