"""Every request by its name, and carrying requests out: alone, or many in one transaction."""

from collections.abc import Sequence

from arrears.commands import (
    casework,
    contacts,
    debtors,
    invoices,
    payments,
    placements,
    preferences,
    promises,
    stops,
)
from arrears.commands.base import Request, here_at
from arrears.wiring import Book
from engine.application import Batch, Command
from engine.domain.facts.base import Fact

CATALOGUE: dict[str, type[Request]] = {
    request.NAME: request
    for request in (
        *(debtors.Open, debtors.ChangeDetails, debtors.AddNote, debtors.SetFollowUp),
        *(debtors.MarkUnreachable, debtors.MarkLocated, preferences.Prefer),
        *(invoices.RaiseInvoice, invoices.CorrectInvoice, invoices.ChargeItem, invoices.WaiveCharge),
        *(invoices.WriteOff, invoices.ReverseWriteOff, invoices.ChargeInterest),
        *(payments.Pay, payments.ReversePayment, payments.Refund, payments.IssueCredit, payments.Allocate),
        *(promises.MakePromise, promises.AgreePlan, promises.WithdrawPromise),
        *(stops.OpenDispute, stops.ResolveDispute, stops.PlaceHold, stops.ReportHardship),
        stops.ReleaseHold,
        *(contacts.RecordCall, contacts.SendContact, contacts.ReceiveContact, contacts.ContactDelivered),
        *(contacts.ContactFailed, contacts.ReserveContact, contacts.GiveBackContact),
        *(placements.ApprovePlacement, placements.PlaceDirectly, placements.DeclinePlacement),
        *(placements.RecallPlacement, placements.RecordRemittance, placements.RequestTrace),
        placements.FailTrace,
        *(casework.AssignCollector, casework.ChangeContactPerson, casework.RemoveContactPerson),
    )
}


def carry_out(book: Book, request: Request) -> list[Fact]:
    """The facts that a request recorded, none where it is nothing new; the tables are up with them.

    Raises RuleBroken and what else refuses a command, NotYet, Conflict.
    """
    here = here_at(book)
    decide, asking = request.decide(here), request.asking(here)
    return book.execute(request.account, decide, not request.OPENS, asking)


def carry_out_all(book: Book, requests: Sequence[Request], skip_refused: bool) -> Batch:
    """Carries out requests in one transaction, in order; where one is refused nothing is stored, or, with
    `skip_refused`, all but the refused. The tables are up with them. Raises NotYet, Conflict.
    """
    here, stamp = here_at(book), book.stamp()
    ids = book.engine.account_ids([request.account for request in requests])
    commands = [
        Command(ids[one.account], one.decide_known(here), stamp, one.asking(here)) for one in requests
    ]
    batch = book.engine.execute_all(commands, skip_refused=skip_refused)
    book.catch_up()
    return batch
