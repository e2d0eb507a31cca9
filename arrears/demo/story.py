"""The account whose story the demo tells."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from arrears.demo.case import Case, Debtor, percent
from arrears.demo.debtors import COLLECTORS, enter
from arrears.demo.ladder import call_after_promise, days_after, first_call
from arrears.demo.places import PLACES
from arrears.demo.sheets import Sheets

ACCOUNT = "C-0001"


def tell(rng: Random, sheets: Sheets, until: date) -> None:
    """Adds the account and its bills: a sound one, one that runs through the whole ladder, one just overdue.

    The second: reminder, notice, call, promise broken, second call, promise kept by half, then the agency.
    """
    debtor = _debtor(opened_on=until - timedelta(days=420))
    enter(sheets, debtor)

    def bill(due_days_before_until: int, *amounts: str) -> Case:
        due_on = until - timedelta(days=due_days_before_until)
        case = Case(debtor, rng, sheets, "GBP", due_on - timedelta(days=30), due_on)
        for amount in amounts:
            case.invoice(Decimal(amount))
        return case

    sound = bill(330, "1840.00")
    sound.pay(sound.due(-1))
    _run_through_ladder(bill(110, "4275.50", "960.00"))
    bill(33, "2130.25")


def _run_through_ladder(case: Case) -> None:
    made_on = first_call(case, "promised")
    promised_on = days_after(made_on, 7)
    case.promise(made_on, promised_on)
    made_again_on = call_after_promise(case, promised_on, "promised")
    promised_again_on = days_after(made_again_on, 7)
    case.promise(made_again_on, promised_again_on)
    paid_on = case.some_day(days_after(made_again_on, 3), promised_again_on)
    case.pay(paid_on, percent(case.owed, case.currency, 50))


def _debtor(opened_on: date) -> Debtor:
    return Debtor(
        account=ACCOUNT,
        name="Quorandumor Textiles Ltd",
        kind="business",
        place=next(place for place in PLACES if place.city == "London"),
        timezone="Europe/London",
        email="quorandumor.textiles@example.com",
        phone="+44 20 7946 0900",
        address="17 Zimolim Street, London",
        segment="standard",
        collector=COLLECTORS[0],
        opened_on=opened_on,
    )
