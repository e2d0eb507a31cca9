"""The figures of a collections desk, each in its named variants, worked out of the months of a book."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from engine.domain.money import ZERO
from projections import formulas
from projections.aging import CURRENT
from projections.figures.cells import CHARGED, CHARGES, NEWLY_LAST, PRINCIPAL, RECOVERED, SALES, WRITTEN_OFF
from projections.figures.months import Month
from projections.figures.rolling import COUNT, MINOR, PAID

Unit = Literal["days", "%"]
Values = Mapping[str, Decimal | None]
"""A figure by step (from which bucket to which); most figures have one value, whose step is empty."""
History = Sequence[Month]
"""The months up to the one that is asked for, the last."""


@dataclass(frozen=True)
class Basis:
    """What is counted: the buckets of the report in their order, and whether interest and fees count beside
    invoices, both among receivables and among sales."""

    labels: tuple[str, ...]
    with_charges: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        return (PRINCIPAL, CHARGES) if self.with_charges else (PRINCIPAL,)

    def receivables(self, month: Month) -> Decimal:
        """All that was open at the end of the month, unapplied money not taken off."""
        return sum((month.bucket(label, self.parts) for label in self.labels), ZERO)

    def current(self, month: Month) -> Decimal:
        """What of it was not overdue."""
        return month.bucket(CURRENT, self.parts)

    def sales(self, months: History) -> Decimal:
        """What was invoiced in these months, corrections counted and credit notes taken off."""
        measures = (SALES, CHARGED) if self.with_charges else (SALES,)
        return sum((month.amount(*measures) for month in months), ZERO)


@dataclass(frozen=True)
class Variant:
    """One way to work out a figure: what it is called, its formula in words, and where that stands."""

    figure: str
    name: str
    title: str
    unit: Unit
    formula: str
    source: str
    values: Callable[[History, Basis], Values]
    by_currency: bool = True


CRF = "Credit Research Foundation, Standard Formulas for Analyzing and Evaluating Accounts Receivable"
_Single = Callable[[History, Basis], Decimal | None]


def _one(work_out: _Single) -> Callable[[History, Basis], Values]:
    return lambda history, basis: {"": work_out(history, basis)}


# --- days sales outstanding -------------------------------------------------------------------------------


def _dso(months: int, share: Literal["all", "current", "overdue"]) -> _Single:
    def work_out(history: History, basis: Basis) -> Decimal | None:
        period, total = history[-months:], basis.receivables(history[-1])
        current = basis.current(history[-1])
        sales, days = basis.sales(period), sum(month.days for month in period)
        if share == "overdue":
            return formulas.average_days_delinquent(total, current, sales, days)
        return formulas.dso(total if share == "all" else current, sales, days)

    return work_out


def _countback(history: History, basis: Basis) -> Decimal | None:
    newest_first = ((basis.sales([month]), month.days) for month in reversed(history))
    return formulas.countback_dso(basis.receivables(history[-1]), newest_first)


# --- collection effectiveness -----------------------------------------------------------------------------


def _cei(months: int, averaged: bool) -> _Single:
    def work_out(history: History, basis: Basis) -> Decimal | None:
        period, last = history[-months:], history[-1]
        before = history[-months - 1] if len(history) > months else None
        sales = basis.sales(period)
        term = formulas.average_sales(sales, len(period)) if averaged else sales
        beginning = ZERO if before is None else basis.receivables(before)
        return formulas.cei(beginning, term, basis.receivables(last), basis.current(last))

    return work_out


# --- roll rates -------------------------------------------------------------------------------------------


def _is_whole(history: History) -> bool:
    """Whether there is a month before, and the last is over: between two ends of months something rolls."""
    return len(history) > 1 and history[-1].is_whole


def _net_rolls(history: History, basis: Basis) -> Values:
    if not _is_whole(history):
        return {}
    before, last = history[-2:]
    previous, present = ({label: month.bucket(label) for label in basis.labels} for month in (before, last))
    rates = formulas.net_roll_rates(previous, present, last.amount(NEWLY_LAST))
    return {f"{source} to {target}": rate for (source, target), rate in rates.items()}


def _transitions(measure: str) -> Callable[[History, Basis], Values]:
    def work_out(history: History, basis: Basis) -> Values:
        if not _is_whole(history):
            return {}
        order, found = (PAID, *basis.labels), dict[str, Decimal | None]()
        # Before the first overdue bucket all is cured, and behind the last there is none.
        impossible = {(basis.labels[1], "roll_back"), (basis.labels[-1], "forward")}
        for source in basis.labels[1:]:
            went = {target: history[-1].standing.get(f"{measure}/{source}/{target}", 0) for target in order}
            for name, share in vars(formulas.transitions(source, went, order)).items():
                if (source, name) not in impossible:
                    found[f"{source}: {name.replace('_', ' ')}"] = share
        return found

    return work_out


def _cure_rate(history: History, basis: Basis) -> Decimal | None:
    if not _is_whole(history):
        return None
    standing, targets = history[-1].standing, (PAID, *basis.labels)
    went = {
        (source, target): standing.get(f"{COUNT}/{source}/{target}", 0)
        for source in basis.labels[1:]
        for target in targets
    }
    cured = sum(count for (_, target), count in went.items() if target in formulas.CURED)
    return formulas.cure_rate(sum(went.values()), cured)


# --- promises, calls, payments, bad debt ------------------------------------------------------------------


def _share(share: Callable[[int, int], Decimal | None], part: str, whole: str) -> _Single:
    def work_out(history: History, _: Basis) -> Decimal | None:
        gained = history[-1].gained
        return share(gained.get(part, 0), gained.get(whole, 0))

    return work_out


def _bad_debt(net: bool) -> _Single:
    def work_out(history: History, basis: Basis) -> Decimal | None:
        year = history[-12:]
        lost = sum((month.amount(WRITTEN_OFF) for month in year), ZERO)
        back = sum((month.amount(RECOVERED) for month in year), ZERO)
        return formulas.bad_debt(lost, back if net else ZERO, basis.sales(year))

    return work_out


_AR = "receivables at the end"
_LATE = "Σ amount × days late ÷ Σ amount of invoices paid in the month"
_DIALLER = "contact centre practice: right-party contacts per call made"
_MATRIX = "transition matrix of loan-level performance reports; cured: became current or paid"

VARIANTS: tuple[Variant, ...] = (
    Variant("dso", "quarter", "DSO, simple, three months", "days",
            f"{_AR} ÷ credit sales of the last three months × their days", CRF, _one(_dso(3, "all"))),
    Variant("dso", "month", "DSO, simple, one month", "days",
            f"{_AR} ÷ credit sales of the month × its days", CRF, _one(_dso(1, "all"))),
    Variant("dso", "year", "DSO, simple, twelve months", "days",
            f"{_AR} ÷ credit sales of the last twelve months × their days", CRF, _one(_dso(12, "all"))),
    Variant("dso", "countback", "DSO, counted back", "days",
            f"days of the latest months until their credit sales reach the {_AR}, the last month in part",
            "exhaustion (count-back) method of credit management handbooks", _one(_countback)),
    Variant("dso", "best-possible", "Best possible DSO", "days",
            "receivables not overdue ÷ credit sales of the last three months × their days", CRF,
            _one(_dso(3, "current"))),
    Variant("dso", "delinquent", "Average days delinquent (ADD)", "days",
            "DSO (three months) − best possible DSO", CRF, _one(_dso(3, "overdue"))),
    Variant("cei", "month", "CEI, one month", "%",
            "(beginning receivables + credit sales − ending receivables) ÷ "
            "(beginning + credit sales − ending current) × 100", CRF, _one(_cei(1, False))),
    Variant("cei", "quarter-average", "CEI, three months, sales ÷ 3", "%",
            "as by month, from the beginning of three months, with their credit sales ÷ 3", CRF,
            _one(_cei(3, True))),
    Variant("cei", "quarter-total", "CEI, three months, all sales", "%",
            "as by month, from the beginning of three months, with all their credit sales",
            "as published, with the whole period's sales", _one(_cei(3, False))),
    Variant("roll-rates", "net", "Roll rates, net", "%",
            "balance of a bucket at the end of the month ÷ balance of the bucket before it a month earlier; "
            "into the last: what is new in it",
            "OCC Comptroller's Handbook, Installment Lending", _net_rolls),
    Variant("roll-rates", "accounts", "Roll rates, accounts", "%",
            "accounts of a bucket a month earlier, by where they are now (cured, rolled back, stayed, rolled "
            "forward) ÷ all of them; an account is in the bucket of its oldest item", _MATRIX,
            _transitions(COUNT)),
    Variant("roll-rates", "balances", "Roll rates, balances", "%",
            "as by accounts, each weighted with its balance a month earlier", _MATRIX, _transitions(MINOR)),
    Variant("cure-rate", "accounts", "Cure rate", "%",
            "accounts overdue at the start of the month that are current or paid at its end ÷ "
            "accounts overdue at the start", _MATRIX, _one(_cure_rate)),
    Variant("kept-rate", "number", "Kept rate, by number", "%",
            "promises kept ÷ promises judged, of those promised for the month",
            "collections practice; partly kept is not kept, pending and withdrawn are not judged",
            _one(_share(formulas.kept_rate, "kept", "judged"))),
    Variant("kept-rate", "amount", "Kept rate, by amount", "%",
            "promised amounts of promises kept ÷ of promises judged", "as by number",
            _one(_share(formulas.kept_rate, "kept_minor", "judged_minor"))),
    Variant("kept-rate", "money", "Kept rate, by money in time", "%",
            "money received in time ÷ promised amounts of promises judged", "as by number",
            _one(_share(formulas.money_kept_rate, "in_time_minor", "judged_minor"))),
    Variant("contact-rate", "right-party-per-attempt", "Right-party contacts per attempt", "%",
            "calls in which the debtor was spoken to ÷ calls made", _DIALLER,
            _one(_share(formulas.right_party_per_attempt, "right_party", "attempts")), by_currency=False),
    Variant("contact-rate", "right-party-per-contact", "Right-party contacts per contact", "%",
            "calls in which the debtor was spoken to ÷ calls that a person answered",
            "contact centre practice: right-party contacts per person reached",
            _one(_share(formulas.right_party_per_contact, "right_party", "answered")), by_currency=False),
    Variant("contact-rate", "contact", "Contact rate", "%",
            "calls that a person answered ÷ calls made", _DIALLER,
            _one(_share(formulas.contact_rate, "answered", "attempts")), by_currency=False),
    Variant("days-to-pay", "average", "Average days to pay", "days",
            "Σ days from issue to payment in full ÷ number of invoices paid in the month",
            "arithmetic mean over invoices", _one(_share(formulas.average_days, "paid_days", "paid_count"))),
    Variant("days-to-pay", "weighted", "Days to pay, weighted", "days",
            "Σ amount × days to pay ÷ Σ amount of invoices paid in the month", "mean weighted by amount",
            _one(_share(formulas.weighted_days, "paid_minor_days", "paid_minor"))),
    Variant("days-to-pay", "late", "Days late, weighted, net", "days",
            f"{_LATE}; early days count against late ones", "mean weighted by amount",
            _one(_share(formulas.weighted_days, "late_minor_days", "paid_minor"))),
    Variant("days-to-pay", "late-only", "Days late, weighted, late only", "days",
            f"{_LATE}; an early day counts as 0", "mean weighted by amount",
            _one(_share(formulas.weighted_days, "late_only_minor_days", "paid_minor"))),
    Variant("bad-debt", "gross", "Bad debt to sales, gross", "%",
            "written off in twelve months ÷ their credit sales", "ratio of financial statements",
            _one(_bad_debt(False))),
    Variant("bad-debt", "net", "Bad debt to sales, net", "%",
            "written off less recovered (write-offs reversed) in twelve months ÷ their credit sales",
            "ratio of financial statements", _one(_bad_debt(True))),
)  # fmt: skip
"""Every figure in every variant; of each figure the first is the one shown where none is named."""

FIGURES = tuple(dict.fromkeys(variant.figure for variant in VARIANTS))


def variants_of(figure: str) -> list[Variant]:
    """The variants of a figure, the usual one first."""
    return [variant for variant in VARIANTS if variant.figure == figure]


@dataclass(frozen=True)
class Figure:
    """A figure of one month; calls are counted whatever the currency (""). `value` is not rounded, and None
    where there is nothing to divide by; `is_running`: the month is not over."""

    variant: Variant
    month: str
    currency: str
    step: str
    value: Decimal | None
    is_running: bool


def figures_of(
    months: Mapping[str, History], variants: Sequence[Variant], basis: Basis, count: int = 1
) -> list[Figure]:
    """Each of these variants in the last `count` months, by currency, in the order of the variants."""
    found = []
    for variant in variants:
        for currency, history in months.items():
            if variant.by_currency == bool(currency):
                for end in range(max(len(history) - count, 0) + 1, len(history) + 1):
                    found += _month(variant, currency, history[:end], basis)
    return found


def _month(variant: Variant, currency: str, history: History, basis: Basis) -> list[Figure]:
    last = history[-1]
    return [
        Figure(variant, last.name, currency, step, value, not last.is_whole)
        for step, value in variant.values(history, basis).items()
    ]
