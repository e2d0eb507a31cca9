"""The rules that a command can break; each error says in one sentence what was broken, with its data."""

from datetime import date
from decimal import Decimal
from typing import Any


class RuleBroken(Exception):
    """A command was refused. `data` is what the rule was judged on, for programs."""

    sentence = ""

    def __init__(self, **data: Any) -> None:
        self.data = data
        super().__init__(self.sentence.format(**data))

    @property
    def rule(self) -> str:
        """The name of the rule that was broken."""
        return type(self).__name__


class AccountUnknown(RuleBroken):
    sentence = "there is no account '{account}' in this book"


class AccountAlreadyOpen(RuleBroken):
    sentence = "account '{account}' is already open with other details: {recorded}; now given: {given}"


class DiffersFromRecorded(RuleBroken):
    sentence = "{kind} '{id}' is already recorded as {recorded}; now given: {given}"


class NumberTaken(RuleBroken):
    sentence = "'{id}' is already the number of {kind} on this account; it needs a number of its own"


class ItemUnknown(RuleBroken):
    sentence = "account '{account}' has no invoice or charge '{item}'"


class ItemClosed(RuleBroken):
    sentence = "'{item}' has nothing open: it was settled on {closed_on}"


class ItemAlreadyPlaced(RuleBroken):
    sentence = "'{item}' is already with an agency or proposed for one, under placement '{placement}'"


class NotACharge(RuleBroken):
    sentence = "'{item}' is an invoice, not a charge; write it off or credit it"


class NotAnInvoice(RuleBroken):
    sentence = "'{item}' is a charge, not an invoice; waive it instead"


class AmountNotPositive(RuleBroken):
    sentence = "{what} must be more than zero, not {amount} {currency}"


class BeforeItsIssue(RuleBroken):
    sentence = "'{item}' was issued on {issued_on}; nothing can be done to it as of {on}"


class NothingToCorrect(RuleBroken):
    sentence = "the correction of '{invoice}' changes nothing: it is {amount} {currency}, due {due_on}"


class PaymentUnknown(RuleBroken):
    sentence = "account '{account}' has no payment or credit note '{payment}'"


class PaymentAlreadyReversed(RuleBroken):
    sentence = "payment '{payment}' was already reversed on {reversed_on}"


class ReversedBeforeReceived(RuleBroken):
    sentence = "payment '{payment}' cannot be reversed on {reversed_on}: it was received on {received_on}"


class MoreThanUnapplied(RuleBroken):
    sentence = "only {unapplied} {currency} of '{payment}' is unapplied; {amount} cannot be taken from it"


class MoreThanOpen(RuleBroken):
    sentence = "only {open} {currency} of '{item}' is open; {amount} cannot be set against it"


class CurrencyDiffers(RuleBroken):
    sentence = "'{item}' is in {item_currency}; money in {currency} cannot settle it"


class RefundedMoney(RuleBroken):
    sentence = "all {refunded} {currency} of payment '{payment}' were refunded; nothing is left to reverse"


class NotWrittenOff(RuleBroken):
    sentence = "nothing of '{invoice}' is written off"


class NothingToPromise(RuleBroken):
    sentence = "nothing is overdue on {made_on} in {currency}; name the invoices the promise is for"


class PromisedInThePast(RuleBroken):
    sentence = "a promise made on {made_on} cannot be for {promised_on}: that day is past"


class PromiseUnknown(RuleBroken):
    sentence = "account '{account}' has no promise or plan '{promise}'"


class PromiseNotPending(RuleBroken):
    sentence = "'{promise}' is no longer pending: it is {status}"


class AlreadyReplaced(RuleBroken):
    sentence = "'{promise}' was already replaced by '{by}'; replace that one"


class InstalmentsOutOfOrder(RuleBroken):
    sentence = "the instalments of a plan must follow one another: {first} comes before {second}"


class PlanTooShort(RuleBroken):
    sentence = "a repayment plan has at least two instalments, not {instalments}; take a promise instead"


class NothingToDispute(RuleBroken):
    sentence = "account '{account}' has no open invoice to dispute; name the invoices"


class CreditNoteUnknown(RuleBroken):
    sentence = "account '{account}' has no credit note '{credit}'; record it first"


class DisputeUnknown(RuleBroken):
    sentence = "account '{account}' has no dispute '{dispute}'"


class DisputeAlreadyResolved(RuleBroken):
    sentence = "dispute '{dispute}' was already resolved on {resolved_on} ({outcome})"


class EndsBeforeItBegins(RuleBroken):
    sentence = "{what} cannot end on {end}, before it began on {start}"


class HoldUnknown(RuleBroken):
    sentence = "account '{account}' has no hold '{hold}'"


class HoldsNoDay(RuleBroken):
    sentence = "hold '{hold}' from {start} until {start} holds no day: the last is the first day free again"


class HoldOver(RuleBroken):
    sentence = "hold '{hold}' is free from {end} on by itself; to be released on {released_on} is too late"


class HoldAlreadyReleased(RuleBroken):
    sentence = "hold '{hold}' was already released on {released_on}"


class ContactUnknown(RuleBroken):
    sentence = "account '{account}' has no contact '{contact}'"


class ContactRefused(RuleBroken):
    """`broken` is the limit's rule, `counted` what it counted, `first_allowed` a moment or None."""

    sentence = "a contact by {channel} is not allowed now: {why} ({broken}, {source}){facts}; {when}{instead}"

    def __init__(self, **data: Any) -> None:
        first, zone, route_to = data.pop("first_allowed"), data.pop("zone"), data.pop("route_to")
        said = f"first allowed at {first.astimezone(zone)}" if first else ""
        shown = {
            "when": said or "not allowed until something changes",
            "facts": f"; counted: {', '.join(data['counted'])}" if data["counted"] else "",
            "instead": f"; to be contacted instead: {route_to}" if route_to else "",
        }
        Exception.__init__(self, self.sentence.format(**data, **shown))
        self.data = {**data, "first_allowed": first, "route_to": route_to or None}


class PlacementUnknown(RuleBroken):
    sentence = "account '{account}' has no placement '{placement}'"


class PlacementIsNot(RuleBroken):
    sentence = "placement '{placement}' is {status}, not {expected}"


class PlacementStopped(RuleBroken):
    sentence = "nothing of placement '{placement}' can go to an agency now: {stopped}"


class NothingToPlace(RuleBroken):
    sentence = "account '{account}' has nothing open that could be placed"


class NoTrace(RuleBroken):
    sentence = "nobody is looking for the debtor of account '{account}': no trace was requested"


class NeverPlaced(RuleBroken):
    sentence = "placement '{placement}' was never with an agency: it is {status}"


class CollectedBeforePlaced(RuleBroken):
    sentence = "the agency cannot have received money on {received_on}: it was given '{placement}' on {since}"


class CommissionTooHigh(RuleBroken):
    sentence = "a commission of {commission} {currency} is more than the {gross} {currency} collected"


class AlreadyLive(RuleBroken):
    sentence = "account '{account}' is already live since {live_on}"


class StillOpen(RuleBroken):
    sentence = (
        "account '{account}' cannot be erased: {open} open, {unapplied} unapplied; settle it first, or give "
        "--force"
    )


class AccountIsErased(RuleBroken):
    sentence = (
        "the debtor was erased on {erased_on}: nothing that names a person is recorded on the account any "
        "more; open one under another number"
    )


class BackfillTooLate(RuleBroken):
    sentence = (
        "account '{account}' has live facts since {last_live_at}; history known on {known_at} would come "
        "before them"
    )


class ContactPersonUnknown(RuleBroken):
    sentence = "account '{account}' has no contact person '{person}'"


class RoleMissing(RuleBroken):
    sentence = "'{person}' is new on this account: say which role they have"


class NothingToChange(RuleBroken):
    sentence = "nothing to change on '{person}': give at least one detail"


class AttachmentUnknown(RuleBroken):
    sentence = "account '{account}' has no attachment '{attachment}'"


class UnknownZone(RuleBroken):
    sentence = "'{timezone}' is no time zone: expected an IANA name such as Europe/Berlin"


def text(*parts: str | Decimal | date | None) -> str:
    """The parts of a fact's content in one line, to show two contents side by side."""
    return ", ".join(str(part) for part in parts if part is not None)


class RequestUnknown(RuleBroken):
    sentence = "account '{account}' has no request for approval '{request}'"


class RequestIsNot(RuleBroken):
    sentence = "request '{request}' does not wait any more: it was {status}"


class WaitsAlready(RuleBroken):
    sentence = (
        "request '{request}' of {asked_by} about {items} waits for approval already: it is to be decided or "
        "withdrawn before something else can be asked for"
    )


class OwnRequest(RuleBroken):
    sentence = "'{by}' asked for '{request}': somebody else has to decide it"


class AskedByOthers(RuleBroken):
    sentence = "request '{request}' was made by '{asked_by}', who alone can withdraw it; it can be refused"


class RequestStandsNot(RuleBroken):
    sentence = "request '{request}' does not stand any more: {why}; ask for it anew"


class RequestErased(RuleBroken):
    sentence = "what request '{request}' was for was erased with the debtor's data"


class NothingGivenUp(RuleBroken):
    sentence = "{amount} {currency} gives nothing up of the {claim} {currency} that is open: record a promise"


class SettlementPending(RuleBroken):
    sentence = "'{item}' is being settled by '{settlement}': withdraw or replace that first"
