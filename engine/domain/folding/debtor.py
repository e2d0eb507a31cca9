"""The debtor and how the account is worked."""

from dataclasses import replace

from engine.domain.account import Account
from engine.domain.facts import accounts
from engine.domain.facts.base import Erased
from engine.domain.folding.contacts import send_again
from engine.domain.folding.registry import applies


@applies(accounts.AccountOpened)
def _opened(account: Account, fact: accounts.AccountOpened) -> None:
    account.number = fact.number
    account.opened_on = fact.opened_on
    account.person, account.debt = fact.person, fact.debt
    _details(account, fact)


@applies(accounts.DebtorDetailsChanged)
def _details(account: Account, fact: accounts.AccountOpened | accounts.DebtorDetailsChanged) -> None:
    _segment(account, fact)
    for name in ("name", "kind", "country", "region", "timezone", "collector"):
        value = getattr(fact, name)
        if value is not None:
            setattr(account, name, value)
    if fact.phone is not None:
        account.last_outcome = None
        account.failures.bad_numbers = 0
        send_again(account, "sms", fact.happened_on)
    if fact.address is not None:
        account.mail_returned = account.trace_failed = False
        account.failures.letters_returned = 0
        send_again(account, "letter", fact.happened_on)
    if fact.email is not None:
        account.failures.emails_bounced = 0
        send_again(account, "email", fact.happened_on)


def _segment(account: Account, fact: accounts.AccountOpened | accounts.DebtorDetailsChanged) -> None:
    if fact.segment is None:
        return
    account.segment = fact.segment or None
    account.segment_pinned = fact.because is None and account.segment is not None
    since = fact.because.due_at if fact.because else fact.known_at
    account.segment_since = since if fact.because or account.segment else None
    by_hand = accounts.GIVEN_BY_HAND if account.segment_pinned else None
    account.segment_why = fact.because.figures.get(accounts.WHY_SEGMENT) if fact.because else by_hand


@applies(accounts.AccountErased)
def _erased(account: Account, fact: accounts.AccountErased) -> None:
    account.erased_on = fact.erased_on
    account.number = account.name = Erased()
    account.contact_persons = {}
    account.attachments = {
        name: replace(one, file_name=Erased(), note=one.note and Erased())
        for name, one in account.attachments.items()
    }


@applies(accounts.PolicyAssigned)
def _assigned(account: Account, fact: accounts.PolicyAssigned) -> None:
    account.assignments.append((fact.effective_from, fact.policy))
    account.assignments.sort(key=lambda assigned: assigned[0])


@applies(accounts.WentLive)
def _went_live(account: Account, fact: accounts.WentLive) -> None:
    account.live_on = fact.on
    for item in account.open_items.values():
        if fact.invoices == "fresh":
            item.ladder_from = fact.on
            item.fired = {}
        elif fact.invoices == "from-step" and item.due_on < fact.on:
            item.entry_step = fact.step
            item.fired = {}
        item.cycle_from = fact.on
