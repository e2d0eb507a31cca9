"""Whose a payment is that names no account: the payment reference that the payer gave says so."""

from collections.abc import Sequence

from arrears.imports.faults import Reading
from arrears.imports.rows import PaymentRow, Row
from arrears.remittance.reference import payment_reference, span
from engine.application import ACCOUNT_PREFIX, Engine
from engine.domain.facts.base import Erased
from projections.accounts import find_between


def find_payees(engine: Engine, readings: Sequence[Reading]) -> None:
    """Gives each payment without an account that of its reference; refuses those of none."""
    wanted = {row.paid_to for reading in readings for row in _unassigned(reading)} - {None}
    if not wanted:
        return
    numbers = _numbers(engine, sorted(filter(None, wanted)))
    for reading in readings:
        for row in _unassigned(reading):
            if row.paid_to not in numbers:
                reading.refuse(row.line, f"no account of this book has the payment reference {row.paid_to}")
            elif not numbers[row.paid_to]:
                reading.refuse(row.line, f"the account of {row.paid_to} was erased: give its number")
        reading.drop_rejected()
        reading.rows = [_assigned(row, numbers) for row in reading.rows]


def _unassigned(reading: Reading) -> list[PaymentRow]:
    return [row for row in reading.rows if isinstance(row, PaymentRow) and not row.account]


def _assigned(row: Row, numbers: dict[str, str]) -> Row:
    if not isinstance(row, PaymentRow) or row.account or row.paid_to is None:
        return row
    return row.model_copy(update={"account": numbers[row.paid_to]})


def _numbers(engine: Engine, references: Sequence[str]) -> dict[str, str]:
    """The number of the account of each of these references that the book knows; empty: it was erased."""
    engine.catch_up()
    near = find_between(engine.store.database, [span(one, ACCOUNT_PREFIX) for one in references])
    streams = {one: stream for stream in near if (one := payment_reference(stream)) in references}
    with engine.accounts.work(streams.values()) as work:
        found = {one: work.accounts[stream].number for one, stream in streams.items()}
    return {one: "" if isinstance(number, Erased) else number for one, number in found.items()}
