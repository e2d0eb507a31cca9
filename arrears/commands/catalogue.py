"""Every request by its name."""

from arrears.commands import (
    approvals,
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
from arrears.commands.base import Request

CATALOGUE: dict[str, type[Request]] = {
    request.NAME: request
    for request in (
        *(debtors.Open, debtors.ChangeDetails, debtors.AddNote, debtors.SetFollowUp),
        *(debtors.MarkUnreachable, debtors.MarkLocated, preferences.Prefer),
        *(invoices.RaiseInvoice, invoices.CorrectInvoice, invoices.ChargeItem, invoices.WaiveCharge),
        *(invoices.WriteOff, invoices.ReverseWriteOff, invoices.ChargeInterest),
        *(payments.Pay, payments.ReversePayment, payments.Refund, payments.IssueCredit, payments.Allocate),
        *(promises.MakePromise, promises.AgreePlan, promises.WithdrawPromise, promises.Settle),
        *(stops.OpenDispute, stops.ResolveDispute, stops.PlaceHold, stops.ReportHardship),
        stops.ReleaseHold,
        *(contacts.RecordCall, contacts.SendContact, contacts.ReceiveContact, contacts.ContactDelivered),
        *(contacts.ContactFailed, contacts.ReserveContact, contacts.GiveBackContact),
        *(placements.ApprovePlacement, placements.PlaceDirectly, placements.DeclinePlacement),
        *(placements.RecallPlacement, placements.RecordRemittance, placements.RequestTrace),
        placements.FailTrace,
        *(approvals.Grant, approvals.Refuse, approvals.Retract),
        *(casework.AssignCollector, casework.ChangeContactPerson, casework.RemoveContactPerson),
    )
}
