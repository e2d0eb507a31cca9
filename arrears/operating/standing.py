"""How a running book stands: how far its tables are behind the log, and whether it can be worked with."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from arrears.wiring import Book
from engine.encryption.faults import KeyFault
from projections.connection import reading
from projections.tables import position

MOST_BEHIND = 20_000  # four pages of a catch-up: more means that nobody catches up


@dataclass(frozen=True)
class Check:
    """One thing that a server needs, and why it is not there (empty: it is)."""

    name: str
    fault: str = ""


def lags(book: Book) -> dict[str, int]:
    """For each table that follows the log, how many positions of it are still to come."""
    with reading(book.database) as connection:
        held = connection.execute(select(position.c.name, position.c.at)).all()
    end = book.store.end
    return {row.name: max(0, end - row.at) for row in held if not row.name.endswith(".form")}


def readiness(book: Book) -> list[Check]:
    """What a server needs to answer, each looked at now: database, keys, tables that are not far behind."""
    try:
        behind = {name: lag for name, lag in lags(book).items() if lag > MOST_BEHIND}
    except SQLAlchemyError as fault:
        return [Check("database", f"it cannot be reached ({type(fault).__name__})")]
    late = ", ".join(f"{name} by {lag}" for name, lag in sorted(behind.items()))
    checks = [Check("database"), Check("tables", f"far behind the log: {late}" if late else "")]
    if book.store.cipher is not None:
        checks.append(Check("keys", _keys_fault(book)))
    return checks


def _keys_fault(book: Book) -> str:
    assert book.store.cipher is not None
    try:
        book.store.cipher.refresh()
    except (KeyFault, SQLAlchemyError) as fault:
        return f"the key ring cannot be used ({type(fault).__name__})"
    return ""


def as_json(checks: list[Check]) -> dict[str, Any]:
    """The checks for programs: `status` is `ready` or `not ready`."""
    status = "not ready" if any(one.fault for one in checks) else "ready"
    return {"status": status, "checks": {one.name: one.fault or "ok" for one in checks}}
