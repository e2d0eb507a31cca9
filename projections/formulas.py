"""The formulas of collections figures: pure functions of Decimals that divide exactly and never round.

Each returns None where what it divides by is zero or less: such a month has no figure, which is not zero.
`rounded` writes a figure down. Days are calendar days; rates are in per cent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from engine.domain.money import ZERO

HUNDRED = Decimal(100)


def rounded(figure: Decimal | None, places: int) -> Decimal | None:
    """The figure with so many decimals, halves away from zero, as people round."""
    return None if figure is None else figure.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def ratio(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """The part divided by the whole."""
    return Decimal(part) / Decimal(whole) if whole > 0 else None


def percent(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """The part in per cent of the whole."""
    return ratio(part * HUNDRED, whole)


# --- days sales outstanding -------------------------------------------------------------------------------


def dso(receivables: Decimal, credit_sales: Decimal, days: int) -> Decimal | None:
    """Days sales outstanding, simple: receivables at the end / credit sales of the period x its days.

    Source: Credit Research Foundation, "Standard Formulas for Analyzing and Evaluating Accounts Receivable".
    """
    return ratio(receivables * days, credit_sales)


def best_possible_dso(current: Decimal, credit_sales: Decimal, days: int) -> Decimal | None:
    """Best possible DSO: what of the receivables is not overdue / credit sales of the period x its days.

    Source: Credit Research Foundation, as `dso`.
    """
    return dso(current, credit_sales, days)


def average_days_delinquent(
    receivables: Decimal, current: Decimal, credit_sales: Decimal, days: int
) -> Decimal | None:
    """Average days delinquent: DSO - best possible DSO, what of DSO is due to lateness.

    Source: Credit Research Foundation, as `dso`.
    """
    return dso(receivables - current, credit_sales, days)


def countback_dso(receivables: Decimal, newest_first: Iterable[tuple[Decimal, int]]) -> Decimal | None:
    """DSO counted back: the days of each month, the newest first, while its credit sales are less than what
    of the receivables is left; of the month in which they are not, the same share of its days.

    `newest_first` are credit sales and days of months. None where all months together sold less than is owed:
    the count does not end. A month with no sales, or with more credited than sold, counts all its days.
    Source: the exhaustion method, as credit managers' handbooks have it.
    """
    left, counted = receivables, ZERO
    if left <= ZERO:
        return ZERO
    for sales, days in newest_first:
        if sales >= left:
            return counted + days * left / sales
        left -= max(sales, ZERO)
        counted += days
    return None


# --- collection effectiveness -----------------------------------------------------------------------------


def cei(beginning: Decimal, sales: Decimal, ending: Decimal, ending_current: Decimal) -> Decimal | None:
    """Collection effectiveness index: of what could be collected, how much was, in per cent.

    (beginning receivables + sales - ending receivables) / (beginning + sales - ending current) x 100. The
    variants differ in `sales`: see `average_sales`. Source: Credit Research Foundation, as `dso`.
    """
    collectable = beginning + sales
    return percent(collectable - ending, collectable - ending_current)


def average_sales(credit_sales: Decimal, months: int) -> Decimal:
    """The sales term of CEI as the Credit Research Foundation has it over N months: credit sales / N.

    Others take the credit sales of the whole period; over one month both are the same.
    """
    return credit_sales / months


# --- roll rates -------------------------------------------------------------------------------------------


def net_roll_rates(
    previous: Mapping[str, Decimal], present: Mapping[str, Decimal], newly_in_last: Decimal
) -> dict[tuple[str, str], Decimal | None]:
    """From each bucket to the next: the next bucket's balance now / this bucket's balance a month before.

    Both by bucket in the order of days past due, the last one open; into the last goes what is new in it.
    Source: OCC Comptroller's Handbook, "Installment Lending", roll rates.
    """
    names = list(previous)
    reached = dict(present) | {names[-1]: newly_in_last}
    return {step: percent(reached[step[1]], previous[step[0]]) for step in pairwise(names)}


@dataclass(frozen=True)
class Rolled:
    """Where what was in one bucket went in a month, in per cent, which add up to 100."""

    cure: Decimal | None
    roll_back: Decimal | None
    stay: Decimal | None
    forward: Decimal | None


def transitions(source: str, went: Mapping[str, Decimal | int], order: Sequence[str]) -> Rolled:
    """Where what was in `source` went: to current or paid (cured), to a younger bucket, nowhere, to an older.

    `went` counts accounts, or their balances a month before, by bucket; `order` are the buckets by days past
    due, and what comes before the first overdue one (current, paid) is cured. Source: the transition matrix
    of loan-level performance reports; a cure is an account that became current.
    """
    whole, place = sum(went.values(), ZERO), order.index(source)
    cured = [name for name in order[:place] if name in CURED]
    younger = [name for name in order[:place] if name not in CURED]

    def share(names: Iterable[str]) -> Decimal | None:
        return percent(sum((Decimal(went.get(name, 0)) for name in names), ZERO), whole)

    return Rolled(share(cured), share(younger), share([source]), share(order[place + 1 :]))


CURED = ("paid", "current")


def cure_rate(delinquent_at_start: Decimal | int, current_at_end_of_those: Decimal | int) -> Decimal | None:
    """Accounts overdue at the start that are current (or paid) at the end / accounts overdue at the start."""
    return percent(current_at_end_of_those, delinquent_at_start)


# --- promises and calls -----------------------------------------------------------------------------------


def kept_rate(kept: Decimal | int, judged: Decimal | int) -> Decimal | None:
    """Promises kept / promises judged, by number or by promised amount; partly kept is not kept, and what is
    pending or was withdrawn is not judged."""
    return percent(kept, judged)


def money_kept_rate(received_in_time: Decimal | int, judged: Decimal | int) -> Decimal | None:
    """What came in time / what was promised, of the promises judged: what was partly kept counts in part."""
    return percent(received_in_time, judged)


def contact_rate(answered_by_a_person: int, attempts: int) -> Decimal | None:
    """Calls that a person answered / calls made."""
    return percent(answered_by_a_person, attempts)


def right_party_per_attempt(right_party: int, attempts: int) -> Decimal | None:
    """Calls in which the debtor was spoken to / calls made: the right-party contact rate of diallers."""
    return percent(right_party, attempts)


def right_party_per_contact(right_party: int, answered_by_a_person: int) -> Decimal | None:
    """Calls in which the debtor was spoken to / calls that a person answered."""
    return percent(right_party, answered_by_a_person)


# --- days to pay, bad debt --------------------------------------------------------------------------------


def average_days(days: int, invoices: int) -> Decimal | None:
    """The sum of the invoices' days / their number: days to pay from issue to payment, each invoice alike."""
    return ratio(days, invoices)


def weighted_days(amount_days: Decimal | int, amount: Decimal | int) -> Decimal | None:
    """The sum of amount x days / the sum of amounts, so that a large invoice counts for more.

    Days late are counted net (early payment makes up for late) or late only (an early day counts as 0).
    """
    return ratio(amount_days, amount)


def bad_debt(write_offs: Decimal, recoveries: Decimal, credit_sales: Decimal) -> Decimal | None:
    """What was written off, less what was recovered of it (none: gross), in per cent of credit sales."""
    return percent(write_offs - recoveries, credit_sales)
