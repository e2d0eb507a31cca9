"""Published figures and reports: each formula gives what its source works out."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.domain.account import Account
from engine.domain.evolve import fold
from engine.domain.facts.base import Fact
from engine.domain.facts.promises import PromiseMade
from policies.business_days import BusinessCalendar
from policies.promise_rules import PromiseRules
from policies.promises import terms, verdicts
from projections import formulas
from projections.aging import bucket_labels, bucket_of
from projections.formulas import CURED, rounded
from tests.report_log import invoice, opened, payment
from tests.test_rule_vectors import vectors

Given = dict[str, Any]
LABELS = {label: label.replace("91+", "90+") for label in bucket_labels()}
"""What the buckets are called here, and in the vectors, where 90+ begins with day 91 all the same."""


def written(figure: Decimal | None, places: int) -> str:
    assert figure is not None
    return str(rounded(figure, places))


def bucket(as_of: str, day: str) -> tuple[int, str]:
    days = (date.fromisoformat(as_of) - date.fromisoformat(day)).days
    return days, LABELS[bucket_labels()[bucket_of(days)]]


def _aging(given: Given) -> Given:
    found = [bucket(given["as_of"], item["due"]) for item in given["items"]]
    totals = {name: Decimal(0) for name in LABELS.values()}
    for (_, name), item in zip(found, given["items"], strict=True):
        totals[name] += Decimal(item["open"])
    return {
        "days_past_due": [days for days, _ in found], "buckets": [name for _, name in found],
        "totals": {name: str(total) for name, total in totals.items()},
        "grand_total": str(sum(totals.values())),
    }  # fmt: skip


def _two_starts(given: Given) -> Given:
    starts = {"by_due_date": given["due"], "by_invoice_date": given["invoice_date"]}
    found = {name: bucket(given["as_of"], start) for name, start in starts.items()}
    return {name: {"days": days, "bucket": label} for name, (days, label) in found.items()}


def _dso_and_best(given: Given) -> Given:
    total, current, sales = (Decimal(given[name]) for name in ("total_ar", "current_ar", "credit_sales"))
    days = given["days"]
    return {
        "dso": written(formulas.dso(total, sales, days), 2),
        "bpdso": written(formulas.best_possible_dso(current, sales, days), 2),
        "add": written(formulas.average_days_delinquent(total, current, sales, days), 2),
    }


def _countback(given: Given) -> Given:
    months = [(Decimal(sales), days) for sales, days in given["months_newest_first"]]
    return {"dso": written(formulas.countback_dso(Decimal(given["ar"]), months), 2)}


def _simple_dso(given: Given) -> Given:
    receivables, sales = Decimal(given["ar"]), Decimal(given["credit_sales_90_days"])
    return {"dso": written(formulas.dso(receivables, sales, given["days"]), 2)}


def _cei(given: Given) -> Given:
    assert given["sales_term"] == "credit_sales/N"
    sales = formulas.average_sales(Decimal(given["credit_sales_total"]), given["n_months"])
    ends = (Decimal(given[name]) for name in ("ending_total_ar", "ending_current_ar"))
    return {"cei_pct": written(formulas.cei(Decimal(given["beginning_ar"]), sales, *ends), 1)}


def _net_roll_rates(given: Given) -> Given:
    order = ("current", "1-30", "31-60", "61-90")
    previous = {name: Decimal(given["prev"][name]) for name in order} | {"90": Decimal(0)}
    present = {name: Decimal(amount) for name, amount in given["this"].items()}
    newly = present.pop("90+_newly_rolled")
    rates = formulas.net_roll_rates(previous, present, newly)

    def named(bucket: str) -> str:
        return f"b{bucket}".replace("-", "_").replace("bcurrent", "current")

    return {
        f"{named(source)}_to_{named(target).removeprefix('b')}": written(rate, 1)
        for (source, target), rate in rates.items()
    }


def _matrix(given: Given) -> Given:
    order, found = (*CURED, "1-30", "31-60", "61-90"), {}
    for source, went in given["counts"].items():
        shares = vars(formulas.transitions(source, went, order))
        found[source] = {name: written(share, 1) for name, share in shares.items() if share}
    return found


def _promise_of(given: Given) -> PromiseMade:
    promise = given["promise"]
    rules = PromiseRules(
        grace_business_days=given["grace_business_days"], tolerance_percent=Decimal(given["tolerance_pct"])
    )
    amount, due = Decimal(promise["amount"]), date.fromisoformat(promise["due"])
    pinned = terms(rules, BusinessCalendar(), amount, "EUR", due, ZoneInfo("UTC"))
    return PromiseMade(
        promise="p", items=("INV-1",), amount=amount, currency="EUR",
        made_on=date.fromisoformat(promise["made_on"]), promised_on=due, terms=pinned,
    )  # fmt: skip


def _judged(promise: PromiseMade, paid: list[list[str]]) -> str:
    facts: list[Fact] = [opened("1"), invoice("INV-1", "500.00", "2026-03-31"), promise]
    for number, (on, amount) in enumerate(paid):
        facts.append(payment(f"pay-{number}", amount, on, ("INV-1", amount)))
    verdict = verdicts(fold(Account("account-1"), facts), "EUR", lambda _: promise.terms.deadline)["p"]
    # Something in time, but too little, is told apart here (partly kept); a kept rate counts it as not kept.
    return "kept" if verdict.kind.__name__ == "PromiseKept" else "broken"


def _kept(given: Given) -> Given:
    promise = _promise_of(given)
    return {
        "deadline": str(promise.terms.deadline), "needed": str(promise.amount - promise.terms.tolerance),
        "status": _judged(promise, given["payments"]),
    }  # fmt: skip


def _kept_cases(given: Given) -> Given:
    return {"status": [_judged(_promise_of(given), paid) for paid in given["cases"]]}


def _contacts(given: Given) -> Given:
    person, right, attempts = given["answered_by_a_person"], given["right_party"], given["attempts"]
    return {
        "contact_rate_pct": written(formulas.contact_rate(person, attempts), 1),
        "rpc_per_attempt_pct": written(formulas.right_party_per_attempt(right, attempts), 1),
        "rpc_per_contact_pct": written(formulas.right_party_per_contact(right, person), 1),
    }


def _days_to_pay(given: Given) -> Given:
    paid = given["paid_invoices"]
    amounts = [Decimal(one["amount"]) for one in paid]

    def weighted(days: list[int]) -> str:
        summed = sum((a * d for a, d in zip(amounts, days, strict=True)), Decimal(0))
        return written(formulas.weighted_days(summed, sum(amounts, Decimal(0))), 2)

    to_pay, late = ([one[name] for one in paid] for name in ("days_to_pay", "days_late"))
    return {
        "avg_days_to_pay": written(formulas.average_days(sum(to_pay), len(paid)), 2),
        "weighted_days_to_pay": weighted(to_pay),
        "weighted_days_late_net": weighted(late),
        "weighted_days_late_floor0": weighted([max(days, 0) for days in late]),
    }


def _bad_debt(given: Given) -> Given:
    lost, back, sales = (Decimal(given[name]) for name in ("write_offs", "recoveries", "credit_sales"))
    return {
        "gross_pct": written(formulas.bad_debt(lost, Decimal(0), sales), 2),
        "net_pct": written(formulas.bad_debt(lost, back, sales), 2),
    }


def _cure(given: Given) -> Given:
    rate = formulas.cure_rate(given["delinquent_at_start"], given["current_at_end_of_those"])
    return {"cure_rate_pct": written(rate, 1)}


CHECKS: dict[str, Callable[[Given], Given]] = {
    "KP-001": _aging, "KP-002": _two_starts, "KP-003": _dso_and_best, "KP-005": _countback,
    "KP-006": _simple_dso, "KP-007": _cei, "KP-010": _net_roll_rates, "KP-011": _matrix, "KP-012": _kept,
    "KP-013": _kept_cases, "KP-015": _contacts, "KP-016": _days_to_pay, "KP-017": _bad_debt,
    "KP-019": _cure,
}  # fmt: skip


@pytest.mark.parametrize("vector", vectors("report_vectors.json"))
def test_published_figures(vector: Given) -> None:
    assert CHECKS[vector["id"]](vector["inputs"]) == vector["expected"]


def test_figures_that_cannot_be_worked_out_are_none() -> None:
    none, ten = Decimal(0), Decimal(10)

    assert formulas.dso(ten, none, 30) is None
    assert formulas.cei(none, none, none, none) is None
    assert formulas.kept_rate(0, 0) is None
    assert formulas.transitions("1-30", {}, (*CURED, "1-30")).cure is None
    assert formulas.countback_dso(ten, [(Decimal(9), 31)]) is None  # more is owed than was ever sold


def test_a_month_without_sales_counts_all_its_days() -> None:
    months = [(Decimal(-5), 30), (Decimal(0), 31), (Decimal(20), 30)]

    assert formulas.countback_dso(Decimal(10), months) == 30 + 31 + 15
    assert formulas.countback_dso(Decimal(0), months) == 0
