"""Finding accounts by the names of what is on them: invoices, payments, promises, contacts, placements."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from engine.domain.facts import authority, casework, contacts, escalation, items, promises, stops
from engine.domain.facts.base import Fact, Stored
from engine.encryption.sealed import is_sealed
from projections.rows import Row
from projections.tables import names

MOST_FOUND = 200

_NAMES: dict[type[Fact], tuple[str, str]] = {
    items.InvoiceRaised: ("invoice", "invoice"),
    items.FeeCharged: ("fee", "charge"),
    items.InterestCharged: ("interest", "charge"),
    items.CreditNoteIssued: ("credit note", "credit"),
    items.PaymentReceived: ("payment", "payment"),
    promises.PromiseMade: ("promise", "promise"),
    authority.ApprovalRequested: ("request", "request"),
    promises.SettlementAgreed: ("settlement", "settlement"),
    promises.RepaymentPlanAgreed: ("plan", "plan"),
    stops.DisputeOpened: ("dispute", "dispute"),
    stops.HoldPlaced: ("hold", "hold"),
    contacts.ReminderIssued: ("contact", "contact"),
    contacts.CallScheduled: ("contact", "contact"),
    contacts.CallMade: ("contact", "call"),
    contacts.InboundContactReceived: ("contact", "contact"),
    escalation.PlacementProposed: ("placement", "placement"),
    escalation.AccountPlaced: ("placement", "placement"),
    escalation.AgencyRemittanceReceived: ("remittance", "remittance"),
    casework.AttachmentAdded: ("file", "attachment"),
}
"""What each kind of fact gives a name to, and the field in which the name stands."""


class Named(NamedTuple):
    """Something of that name on an account."""

    account: str
    kind: str
    name: str


def named(one: Stored) -> list[Row]:
    """The rows of what the fact gives a name to."""
    return [
        {"position": one.position, "line": line, "account": one.stream, "kind": kind, "name": name}
        for line, (kind, name) in enumerate(_named(one.fact))
    ]


def _named(fact: Fact) -> Iterator[tuple[str, str]]:
    """An outside reference may name a person: where it is sealed, nobody can look for it."""
    if type(fact) in _NAMES:
        kind, attribute = _NAMES[type(fact)]
        yield kind, getattr(fact, attribute)
    reference = getattr(fact, "reference", None)
    if isinstance(reference, str) and reference and not is_sealed(reference):
        yield "reference", reference


def find_named(connection: Connection, name: str, limit: int = MOST_FOUND) -> Sequence[Named]:
    """What is called exactly that, on whichever accounts, each once; at most so many."""
    query = select(names.c.account, names.c.kind, names.c.name).where(names.c.name == name)
    rows = connection.execute(query.distinct().order_by(names.c.account, names.c.kind).limit(limit))
    return [Named(*row) for row in rows]
