"""Conducts in which something goes wrong: odd amounts, returned payments, disputes."""

from datetime import date

from arrears.demo.case import Case, percent
from arrears.demo.conduct import after_notice, pay_between, promise_after
from arrears.demo.ladder import days_after, first_call, second_call

DISPUTE_REASONS = ("Goods arrived damaged", "Price not as agreed", "Delivered short", "Never ordered")


def prepays(case: Case) -> None:
    """Pays before the invoice is there, so the money is unapplied."""
    paid_on = case.some_day(days_after(case.issued_on, -9), days_after(case.issued_on, -3))
    case.names_invoices = 0
    case.pay(paid_on)


def overpays(case: Case) -> None:
    """Pays twice, or a round sum too much."""
    owed = case.owed
    if case.rng.random() < 0.5:
        case.pay(case.some_day(case.due(-2), case.due(0)), owed + percent(owed, case.currency, 4))
    else:
        pay_between(case, case.due(-2), case.due(0))
        case.pay(case.some_day(case.due(3), case.due(9)), owed)


def deducts(case: Case) -> None:
    """Keeps back a few percent; it is credited, or chased where we know when to call, and then often paid."""
    pay_between(case, case.due(-2), case.due(9), case.rng.randint(94, 98))
    short = next(reversed(case.amounts))
    if not case.debtor.timezone or case.rng.random() < 0.5:
        credited_on = case.some_day(case.due(12), case.due(24))
        case.credit(credited_on, short, case.open[short], "Deduction accepted")
        return
    outcome = case.rng.choice(("reached", "refused"))
    called_on = first_call(case, outcome)
    if outcome == "reached":
        pay_between(case, days_after(called_on, 1), days_after(called_on, 4))
    else:
        second_call(case, called_on, outcome, "refused")


def bounces(case: Case) -> None:
    """The payment is returned; most pay again, the bank's fee included."""
    payment_on = case.some_day(case.due(-1), case.due(6))
    returned_on = case.some_day(days_after(payment_on, 2), days_after(payment_on, 7))
    case.bounce(case.pay(payment_on), returned_on)
    if case.rng.random() < 0.7:
        pay_between(case, days_after(returned_on, 3), days_after(returned_on, 12))
    else:
        after_notice(case)


def bounces_promise(case: Case) -> None:
    """The promise seems kept until the bank returns the payment; the ladder begins again with the notice."""
    made_on = first_call(case, "promised")
    payment = pay_between(case, days_after(made_on, 2), promise_after(case, made_on))
    returned_on = case.some_day(days_after(payment.received_on, 3), days_after(payment.received_on, 7))
    case.bounce(payment, returned_on)
    called_on = first_call(case, "reached", notice_on=returned_on)
    pay_between(case, days_after(called_on, 1), days_after(called_on, 4))


def dispute_upheld(case: Case) -> None:
    number, resolved_on = _dispute(case, "upheld")
    case.credit(resolved_on, number, case.open[number], "Dispute upheld")


def dispute_partly_upheld(case: Case) -> None:
    number, resolved_on = _dispute(case, "partly")
    amount = percent(case.open[number], case.currency, case.rng.randint(20, 60))
    case.credit(resolved_on, number, amount, "Dispute upheld in part")
    _pay_after_all(case, resolved_on)


def dispute_rejected(case: Case) -> None:
    _, resolved_on = _dispute(case, "rejected")
    _pay_after_all(case, resolved_on)


def dispute_withdrawn(case: Case) -> None:
    _, resolved_on = _dispute(case, "withdrawn")
    _pay_after_all(case, resolved_on)


def _dispute(case: Case, outcome: str) -> tuple[str, date]:
    """The disputed invoice (the bill's last; the others are paid when due) and the day of the outcome."""
    number = next(reversed(case.amounts))
    opened_on = case.some_day(days_after(case.issued_on, 4), case.due(-3))
    case.hear(opened_on, case.rng.choice(("email", "call")), "Disputes an invoice")
    resolved_on = case.some_day(days_after(opened_on, 7), days_after(opened_on, 45))
    case.dispute(opened_on, number, case.rng.choice(DISPUTE_REASONS), resolved_on, outcome)
    if len(case.amounts) > 1:
        case.pay(case.some_day(case.due(-2), case.due(0)), case.owed - case.open[number])
    return number, resolved_on


def _pay_after_all(case: Case, resolved_on: date) -> None:
    pay_between(case, days_after(resolved_on, 3), days_after(resolved_on, 12))
