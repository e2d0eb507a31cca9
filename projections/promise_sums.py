"""How promises turned out: added up by the database by when, by whom, for whom and on whose terms."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Text,
    case,
    cast,
    exists,
    func,
    literal,
    select,
)

from engine.domain.money import from_minor, from_thousandths
from projections.connection import reading
from projections.personal import read_people
from projections.promise_money import late_money
from projections.promise_standing import standing
from projections.promises import JUDGED, STATUSES, Status
from projections.tables import account_details, accounts, promises

By = Literal["month", "taken_by", "collector", "debtor", "policy"]

MOST_NAMED = 1_000
"""So many accounts a query names at most; where there are more, it reads all."""


@dataclass(slots=True)
class PromiseSummary:
    """How the promises under one key in one currency turned out; `counted` are as many as STATUSES.

    `promised` leaves out what was replaced, which is promised again in its place; `received` came in time.
    """

    key: str
    currency: str
    counted: tuple[int, ...]
    promised_minor: int
    kept_minor: int
    judged_minor: int
    received_thousandths: int
    late_thousandths: int = 0
    accounts: tuple[str, ...] = ()
    """Of a summary by debtor, whose number is the key: one, but for those whose numbers were erased."""

    @property
    def counts(self) -> dict[Status, int]:
        return dict(zip(STATUSES, self.counted, strict=True))

    @property
    def promised(self) -> Decimal:
        return from_minor(self.promised_minor, self.currency)

    @property
    def received(self) -> Decimal:
        return from_thousandths(self.received_thousandths, self.currency)

    @property
    def received_late(self) -> Decimal:
        return from_thousandths(self.late_thousandths, self.currency)

    @property
    def kept_rate_by_number(self) -> Decimal | None:
        """Kept ÷ judged, to four decimals; None where none was judged yet."""
        counts = self.counts
        return _rate(counts["kept"], sum(counts[status] for status in JUDGED))

    @property
    def kept_rate_by_amount(self) -> Decimal | None:
        """What was promised in those kept ÷ in those judged, to four decimals; None where none was judged."""
        return _rate(self.kept_minor, self.judged_minor)

    def add(self, other: "PromiseSummary") -> None:
        """Counts in the promises of another summary in the same currency."""
        self.counted = tuple(mine + more for mine, more in zip(self.counted, other.counted, strict=True))
        self.promised_minor += other.promised_minor
        self.kept_minor += other.kept_minor
        self.judged_minor += other.judged_minor
        self.received_thousandths += other.received_thousandths
        self.late_thousandths += other.late_thousandths
        self.accounts += other.accounts


def _rate(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) / whole).quantize(Decimal("0.0001")) if whole else None


def promise_summaries(
    database: Engine, as_of: date, as_known: datetime | None = None, by: By | None = None
) -> list[PromiseSummary]:
    """The promises made by that day as they stood at its end, by key and currency: in all (key "all"), or by
    the month promised for, who took them, whose account it was, the debtor's number, or the policy that gave
    the terms (not recorded: "")."""
    with reading(database, as_known) as connection:
        found = promise_sums(connection, as_of, by)
        if by == "debtor":
            found = by_number(found, _numbers(connection))
        add_late(connection, as_of, by, found)
    return sorted(found, key=lambda one: (one.key, one.currency))


def promise_sums(connection: Connection, as_of: date, by: By | None = None) -> list[PromiseSummary]:
    """The summaries in no order, without what came late; those by debtor have their accounts as keys."""
    stood = standing(as_of).add_columns(_key(by).label("key")).subquery("stood")
    status, amount = stood.c.status, stood.c.amount_minor
    query = select(
        stood.c.key, stood.c.currency,
        func.sum(case((stood.c.replaced_by.is_(None), amount), else_=0)),
        func.sum(case((status == "kept", amount), else_=0)),
        func.sum(case((status.in_(JUDGED), amount), else_=0)),
        func.sum(stood.c.received),
        *(func.sum(case((status == one, 1), else_=0)) for one in STATUSES),
    ).group_by(stood.c.key, stood.c.currency)  # fmt: skip
    return [
        PromiseSummary(
            key, currency, tuple(counted), int(promised), int(kept), int(judged), int(received),
            accounts=(key,) if by == "debtor" else (),
        )
        for key, currency, promised, kept, judged, received, *counted in connection.execute(query).all()
    ]  # fmt: skip


def add_late(connection: Connection, as_of: date, by: By | None, summaries: Sequence[PromiseSummary]) -> None:
    """Adds what came late to these summaries, which are all there are, or some of those by debtor."""
    named = [account for one in summaries for account in one.accounts]
    found = {(key, one.currency): one for one in summaries for key in one.accounts or (one.key,)}
    only = named if by == "debtor" and len(named) <= MOST_NAMED else None
    for late in late_money(connection, as_of, only, _key(by)):
        if summary := found.get((late.key, late.currency)):
            summary.late_thousandths += late.thousandths


def by_number(summaries: Iterable[PromiseSummary], numbers: Mapping[str, str]) -> list[PromiseSummary]:
    """Summaries by account as those by number, which several accounts share where theirs were erased."""
    found: dict[tuple[str, str], PromiseSummary] = {}
    for one in summaries:
        one.key = numbers.get(one.key, one.key)
        if found.setdefault((one.key, one.currency), one) is not one:
            found[one.key, one.currency].add(one)
    return list(found.values())


def _key(by: By | None) -> ColumnElement[Any]:
    """What a promise is counted under; debtors by their accounts at first."""
    if by is None:
        return literal("all")
    if by == "month":
        return func.substr(cast(promises.c.promised_on, Text), 1, 7)
    if by == "collector":
        # Who takes care of the account now, where the promise does not say who did then.
        own = select(accounts.c.collector).where(accounts.c.stream == promises.c.account).scalar_subquery()
        return func.coalesce(promises.c.collector, own, "")
    keys = {"taken_by": promises.c.taken_by, "debtor": promises.c.account, "policy": promises.c.policy}
    return func.coalesce(keys[by], "")


def unnumbered(connection: Connection) -> list[str]:
    """The accounts with promises of which no number is known."""
    said = account_details.c
    numbered = exists().where(said.account == promises.c.account, said.number.is_not(None))
    return list(connection.execute(select(promises.c.account).where(~numbered).distinct()).scalars())


def _numbers(connection: Connection) -> dict[str, str]:
    """The numbers of the accounts with promises, readable."""
    said = account_details.c
    query = select(said.account, said.number).where(
        said.number.is_not(None), said.account.in_(select(promises.c.account))
    )
    return {row.account: row.number for row in read_people(connection, query.order_by(said.position))}
