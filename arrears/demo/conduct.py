"""How debtors pay a bill, or do not: each conduct plays one bill to its end."""

from collections.abc import Callable
from datetime import date

from arrears.demo.case import Case, Payment, percent
from arrears.demo.ladder import UNANSWERED, call_after_promise, days_after, first_call, second_call

Conduct = Callable[[Case], None]


def pay_between(case: Case, first: date, last: date, percentage: int = 100) -> Payment:
    """A payment of what is owed, or of so many percent of it, on a working day from `first` to `last`."""
    return case.pay(case.some_day(first, last), percent(case.owed, case.currency, percentage))


def promise_after(case: Case, made_on: date) -> date:
    """The day for which the debtor promises, 5 to 14 days on."""
    promised_on = case.some_day(days_after(made_on, 5), days_after(made_on, 14))
    case.promise(made_on, promised_on)
    return promised_on


def early(case: Case) -> None:
    pay_between(case, days_after(case.issued_on, 2), case.due(-4))


def on_time(case: Case) -> None:
    """Pays when the reminder has come."""
    pay_between(case, case.due(-2), case.due(0))


def slow(case: Case) -> None:
    if case.rng.random() < 0.08:
        case.hear(case.some_day(case.due(-9), case.due(-5)), "email", "Asks for a copy of the invoice")
    pay_between(case, case.due(1), case.due(27))


def after_notice(case: Case) -> None:
    payment_on = case.some_day(case.due(33), case.due(35))
    if case.rng.random() < 0.25:
        case.hear(payment_on, "email", "Says that the payment is on its way")
    case.pay(payment_on)


def after_call(case: Case) -> None:
    called_on = first_call(case, "reached")
    pay_between(case, days_after(called_on, 1), days_after(called_on, 4))


def keeps_promise(case: Case) -> None:
    made_on = first_call(case, "promised")
    pay_between(case, days_after(made_on, 2), promise_after(case, made_on))


def half_keeps_promise(case: Case) -> None:
    made_on = first_call(case, "promised")
    promised_on = promise_after(case, made_on)
    pay_between(case, days_after(made_on, 2), promised_on, case.rng.randint(30, 70))
    outcome = case.rng.choice(("reached", "refused"))
    called_on = call_after_promise(case, promised_on, outcome)
    if outcome == "reached":
        pay_between(case, days_after(called_on, 1), days_after(called_on, 4))


def breaks_promise(case: Case) -> None:
    """Broken; at the second call some promise once more, and half of those keep it."""
    promised_on = promise_after(case, first_call(case, "promised"))
    outcome = case.rng.choice(("promised", "promised", "refused", case.rng.choice(UNANSWERED)))
    called_on = call_after_promise(case, promised_on, outcome)
    if outcome == "promised":
        promised_on = promise_after(case, called_on)
        if case.rng.random() < 0.5:
            pay_between(case, days_after(called_on, 2), promised_on)


def asks_for_time(case: Case) -> None:
    """Rings early and promises; most keep it, the others pay a week late, and yet before the notice."""
    made_on = case.some_day(case.due(2), case.due(6))
    case.hear(made_on, "call", "Asks for some more time")
    promised_on = promise_after(case, made_on)
    if case.rng.random() < 0.8:
        pay_between(case, days_after(made_on, 2), promised_on)
    else:
        pay_between(case, days_after(promised_on, 7), days_after(promised_on, 9))


def pays_part(case: Case) -> None:
    pay_between(case, case.due(2), case.due(20), case.rng.randint(40, 70))
    outcome = case.rng.choice(("reached", "refused"))
    called_on = first_call(case, outcome)
    if outcome == "reached":
        pay_between(case, days_after(called_on, 1), days_after(called_on, 4))
    else:
        second_call(case, called_on, outcome, case.rng.choice(("refused", *UNANSWERED)))


def never(case: Case) -> None:
    outcome, again = (case.rng.choice(("refused", *UNANSWERED)) for _ in range(2))
    second_call(case, first_call(case, outcome), outcome, again)


def moved(case: Case) -> None:
    """Cannot be reached under the numbers we have, and does not pay."""
    outcome = case.rng.choice(("wrong_number", "disconnected"))
    called_on = first_call(case, outcome)
    if case.rng.random() < 0.5:
        second_call(case, called_on, outcome, "wrong_number")


def uncalled(case: Case) -> None:
    """Nobody makes the call that was scheduled; some pay in the end, unasked."""
    if case.rng.random() < 0.5:
        pay_between(case, case.due(55), case.due(90))
