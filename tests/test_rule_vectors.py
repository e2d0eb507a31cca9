"""Published examples of late-payment interest and of allocation, each naming its rule and source."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from engine.domain.allocation import Debt, spread
from policies.interest.accrual import Stretch, daily, fixed_sum, rounded, simple, stretch
from policies.interest.day_counts import days_between
from policies.interest.statutory import (
    half_year_start,
    half_years_between,
    last_day_of_term,
    longest_term_days,
    uk_reference_date,
)
from policies.interest.tables import COMPENSATION

RULES = Path(__file__).parent.parent / ".." / "shared" / "data" / "rules"
WRONG: dict[str, str] = {}
"""Vectors that we believe wrong, and why: none so far."""

Check = Callable[[dict[str, Any]], Any]
ONE_DAY = timedelta(1)


def vectors(file: str) -> list[Any]:
    path = RULES / file
    if not path.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"no {file} beside the project"))]
    return [
        pytest.param(
            one,
            id=one["id"],
            marks=[pytest.mark.xfail(reason=WRONG[one["id"]])] if one["id"] in WRONG else [],
        )
        for one in json.loads(path.read_text())
    ]


def day(text: str) -> date:
    return date.fromisoformat(text)


def two(amount: Fraction) -> str:
    return str(rounded(amount, "EUR"))


# --- interest ---------------------------------------------------------------------------------------------


def _daily_rounding(given: dict[str, Any]) -> Any:
    principal, days = Decimal(given["principal"]), given["days"]
    rate = Decimal(given["base_rate_pct"]) + Decimal(given["margin_pct"])
    due = date(2026, 1, 31)
    by_day = stretch(due, due, due + timedelta(days), principal, rate, "ACT/365F", "", "GBP")
    return {
        "annual": two(simple(principal, rate, "ACT/365F", due, due + timedelta(365))),
        "daily_rounded": str(daily(principal, rate, "ACT/365F", due, "GBP")),
        "total_daily_rounded": two(by_day.interest),
        "total_unrounded": two(simple(principal, rate, "ACT/365F", due, due + timedelta(days))),
    }


def _uk_fixed_sum(given: dict[str, Any]) -> Any:
    return {"fixed_sum": str(fixed_sum(Decimal(given["debt"]), COMPENSATION["uk"].bands))}


def _public_authority(given: dict[str, Any]) -> Any:
    begun = max(day(given["performance"]), day(given["purchaser_has_notice"]))
    relevant = min(day(given["agreed_payment_day"]), last_day_of_term(begun, 30, counts_first_day=True))
    return {"relevant_day": str(relevant), "interest_from": str(relevant + ONE_DAY)}


def _reference_date(given: dict[str, Any]) -> Any:
    starts = day(given["relevant_day"]) + ONE_DAY
    return {"interest_from": str(starts), "reference_date": str(uk_reference_date(starts))}


def _uk_whole(given: dict[str, Any]) -> Any:
    due, paid, principal = day(given["relevant_day"]), day(given["paid"]), Decimal(given["principal"])
    reference = str(uk_reference_date(due + ONE_DAY))
    rate = Decimal(given["base_rate_on"][reference]) + 8
    interest = rounded(simple(principal, rate, "ACT/365F", due, paid), "GBP")
    fixed = fixed_sum(principal, COMPENSATION["uk"].bands)
    return {
        "days": days_between("ACT/365F", due, paid), "fixed_sum": str(fixed), "interest": str(interest),
        "rate_pct": str(rate), "reference_date": reference, "total_extra": str(interest + fixed),
    }  # fmt: skip


def _eu_halves(given: dict[str, Any]) -> list[Stretch]:
    due, paid = day(given["due"]), day(given["paid"])
    ends = [due, *(first - ONE_DAY for first in half_years_between(due + ONE_DAY, paid)), paid]
    found = []
    for after, until in pairwise(ends):
        reference = given["reference_rate_on"][str(half_year_start(after + ONE_DAY))]
        rate = Decimal(reference) + Decimal(given["margin_pct"])
        found.append(stretch(due, after, until, Decimal(given["principal"]), rate, "ACT/365F", "ECB"))
    return found


def _eu_whole(given: dict[str, Any]) -> Any:
    found = _eu_halves(given)
    return {
        "compensation": str(fixed_sum(Decimal(given["principal"]), COMPENSATION["eu"].bands)),
        "segments": [
            {
                "days": one.days, "from": str(one.after + ONE_DAY), "interest": two(one.interest),
                "rate_pct": str(one.rate_percent), "to": str(one.until),
            }
            for one in found
        ],
        "total_interest": two(sum((one.interest for one in found), Fraction(0))),
    }  # fmt: skip


def _eu_start(given: dict[str, Any]) -> Any:
    return {"interest_from": str(day(given["due"]) + ONE_DAY), "reminder_required": False}


def _eu_no_term(given: dict[str, Any]) -> Any:
    last = last_day_of_term(day(given["invoice_received"]), 30, counts_first_day=False)
    return {"last_day_to_pay": str(last), "interest_from": str(last + ONE_DAY)}


def _eu_several(given: dict[str, Any]) -> Any:
    one = fixed_sum(Decimal(1), COMPENSATION["eu"].bands)
    return {"minimum_compensation": str(given["late_invoices"] * one)}


def _german(given: dict[str, Any]) -> Any:
    business = given["debtor"] == "business"
    rate = Decimal(given["basiszinssatz_pct"]) + (9 if business else 5)
    due = date(2026, 3, 31)
    interest = simple(
        Decimal(given["principal"]), rate, given["day_count"], due, due + timedelta(given["days"])
    )
    flat = fixed_sum(Decimal(given["principal"]), COMPENSATION["eu"].bands) if business else Decimal("0.00")
    return {"flat": str(flat), "interest": two(interest), "rate_pct": str(rate)}


def _german_default(given: dict[str, Any]) -> Any:
    last = last_day_of_term(day(given["due_and_invoice_received"]), 30, counts_first_day=False)
    return {"last_day": str(last), "in_default_from": str(last + ONE_DAY)}


def _terms(given: dict[str, Any]) -> Any:
    def allowed(days: int, kind: str, **agreed: bool) -> bool:
        longest = longest_term_days(kind, **agreed)
        return longest is None or days <= longest

    return {"ok": [allowed(**term) for term in given["terms"]]}


def _day_counts(given: dict[str, Any]) -> Any:
    start, end = day(given["start"]), day(given["end"])
    return {
        "30/360_US": days_between("30/360", start, end), "30E/360": days_between("30E/360", start, end),
        "ACT": days_between("ACT/365F", start, end),
    }  # fmt: skip


INTEREST: dict[str, Check] = {
    "UK-001": _daily_rounding, "UK-003": _uk_fixed_sum, "UK-004": _uk_fixed_sum, "UK-011": _public_authority,
    "UK-012": _reference_date, "UK-013": _reference_date, "UK-014": _reference_date,
    "UK-015": _reference_date, "UK-016": _uk_whole, "EU-001": _eu_whole, "EU-002": _eu_start,
    "EU-003": _eu_no_term, "EU-004": _eu_several, "EU-005": _german, "EU-006": _german,
    "EU-007": _german_default, "EU-010": _terms, "DC-001": _day_counts,
}  # fmt: skip


@pytest.mark.parametrize("vector", vectors("interest_vectors.json"))
def test_interest(vector: dict[str, Any]) -> None:
    assert INTEREST[vector["id"]](vector["inputs"]) == vector["expected"], vector["source"]


# --- allocation -------------------------------------------------------------------------------------------

ON = date(2026, 3, 1)


def debt(name: str, amount: str, part: Any = "invoice", due: str = "2026-01-10", **more: Any) -> Debt:
    return Debt(name, Decimal(amount), day(due), day(due) - timedelta(30), part, **more)


def shared(amount: str, debts: list[Debt], order: Any) -> dict[str, Decimal]:
    parts = dict(spread(Decimal(amount), debts, order, "EUR", ON))
    return {one.id: parts.get(one.id, Decimal("0.00")) for one in debts}


def _within_one_debt(given: dict[str, Any]) -> Any:
    parts = {"costs": "fee", "interest": "interest", "principal": "invoice"}
    debts = [debt(name, given[name], part, of="principal") for name, part in parts.items()]
    paid = shared(given["payment"], debts, "costs-interest-principal")
    remaining = {name: str(Decimal(given[name]) - paid[name]) for name in parts}
    return {**{f"{name}_paid": str(paid[name]) for name in parts}, "remaining": remaining}


def _burden(given: dict[str, Any]) -> Any:
    debts = [
        debt(
            one["id"], one["open"], due=one.get("due", "2026-01-10"), secured=one.get("secured", False),
            rate_percent=Decimal(one.get("rate_pct", 0)),
        )
        for one in given["debts"]
    ]  # fmt: skip
    return {name: str(part) for name, part in shared(given["payment"], debts, "bgb-366").items()}


def _us_rule(given: dict[str, Any]) -> Any:
    """Interest to each payment's day, then the payment by the rule; rounded only to be shown."""
    balance, before = Fraction(given["principal"]), day(given["date"])
    steps = []
    for on, payment in (
        *((day(on), Fraction(paid)) for on, paid in given["payments"]),
        (day(given["settle"]), Fraction(0)),
    ):
        interest = simple(balance, Decimal(given["rate_pct"]), given["day_count"], before, on)
        # The order takes decimals; twenty of them are as good as exact here.
        debts = [
            Debt("interest", _decimal(interest), on, on, "interest"),
            Debt("principal", _decimal(balance), on, on),
        ]
        paid = sum((part for _, part in spread(_decimal(payment), debts, "us-rule", "USD", on)), Decimal(0))
        balance, days = balance + interest - Fraction(paid), days_between(given["day_count"], before, on)
        steps.append({
            "balance": two(balance), "date": str(on), "days": days, "interest": two(interest),
            "payment": two(payment),
        })  # fmt: skip
        before = on
    return {"due_at_settlement": two(balance), "steps": steps}


def _decimal(exact: Fraction) -> Decimal:
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def _merchants_rule(given: dict[str, Any]) -> Any:
    settle, rate = day(given["settle"]), Decimal(given["rate_pct"])

    def grown(amount: str, since: str) -> Fraction:
        return Fraction(amount) + simple(Decimal(amount), rate, given["day_count"], day(since), settle)

    note = grown(given["principal"], given["date"])
    payments = [grown(paid, on) for on, paid in given["payments"]]
    return {
        "amount_of_note": two(note), "amounts_of_payments": [two(one) for one in payments],
        "due": two(note - sum(payments)),
    }  # fmt: skip


def _disputed(given: dict[str, Any]) -> Any:
    debts = [debt(one["id"], one["open"], disputed=one["disputed"]) for one in given["debts"]]
    paid = shared(given["payment"], debts, "oldest-first")
    unapplied = Decimal(given["payment"]) - sum(paid.values())
    return {**{name: str(part) for name, part in paid.items()}, "unapplied": str(unapplied)}


def _ledger_default(given: dict[str, Any]) -> Any:
    parts = {"costs": "fee", "interest": "interest", "principal": "invoice"}
    debts = [
        debt(f"{one['id']} {name}", one[name], part, one["due"], of=one["id"])
        for one in given["invoices"]
        for name, part in parts.items()
    ]
    paid = shared(given["payment"], debts, "costs-interest-principal")
    found: dict[str, Any] = {one["id"]: {} for one in given["invoices"]}
    for name, part in paid.items():
        if part:
            found[name.split()[0]][name.split()[1]] = str(part)
    return {**found, "unapplied": str(Decimal(given["payment"]) - sum(paid.values()))}


def _overpaid(given: dict[str, Any]) -> Any:
    paid = shared(given["payment"], [debt("A", given["open"])], "oldest-first")["A"]
    return {"applied": str(paid), "unapplied": str(Decimal(given["payment"]) - paid)}


ALLOCATION: dict[str, Check] = {
    "PA-001": _within_one_debt, "PA-003": _burden, "PA-004": _burden, "PA-006": _us_rule,
    "PA-007": _merchants_rule, "PA-008": _disputed, "PA-009": _ledger_default, "PA-010": _overpaid,
}  # fmt: skip


@pytest.mark.parametrize("vector", vectors("allocation_vectors.json"))
def test_allocation(vector: dict[str, Any]) -> None:
    assert ALLOCATION[vector["id"]](vector["inputs"]) == vector["expected"], vector["source"]
