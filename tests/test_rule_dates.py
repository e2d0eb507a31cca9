"""Published examples of dates: months, working days, validation notices; each names its rule and source."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest

from engine.domain.account import Account
from engine.domain.decisions import items, stops
from engine.domain.evolve import fold
from engine.domain.facts.contacts import Channel
from engine.domain.holding import hold_on, stop_of
from policies.business_days import CalendarRules, Roll, business_calendar
from policies.hold_rules import HOLD_RULES
from policies.months import add_months, monthly

FILE = Path(__file__).parent.parent / ".." / "shared" / "data" / "rules" / "date_vectors.json"
WRONG: dict[str, str] = {}
"""Vectors that we believe wrong, and why: none."""

Given = dict[str, Any]


def vectors() -> list[Any]:
    if not FILE.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"no {FILE.name} beside the project"))]
    return [
        pytest.param(one, id=one["id"], marks=_marks(WRONG.get(one["id"])))
        for one in json.loads(FILE.read_text())
    ]


def _marks(wrong: str | None) -> list[pytest.MarkDecorator]:
    return [] if wrong is None else [pytest.mark.xfail(reason=wrong)]


def day(text: str) -> date:
    return date.fromisoformat(text)


# --- months and working days ------------------------------------------------------------------------------


def _months_later(given: Given) -> Any:
    return {"date": str(add_months(day(given["start"]), given["months"]))}


def _series(given: Given) -> Any:
    days = monthly(day(given["first_due"]), 1 + max(given["months"]))
    chained, last = [], day(given["first_due"])
    for _ in given["months"]:
        last = add_months(last, 1)
        chained.append(str(last))
    return {"anchored": [str(days[number]) for number in given["months"]], "chained_wrong": chained}


def calendar(country: str, roll: Roll = "none") -> Any:
    return business_calendar(CalendarRules(roll=roll), Account("account-a", country=country))


def _next_working_day(given: Given) -> Any:
    return {"effective_due": str(calendar("DE", "following").rolled(day(given["due"])))}


# --- validation notices (US): business days, and what a dispute stops ---------------------------------------


def _validation_period(given: Given) -> Any:
    provided = day(given["validation_information_provided"])
    receipt = day(given["actual_receipt"]) if given["actual_receipt"] else calendar("US").add(provided, 5)
    return {"assumed_receipt": str(receipt), "validation_period_end": str(receipt + timedelta(30))}


def _first_contact(given: Given) -> Any:
    """Letters, messages and calls are contacts that a clock may run from; a pleading is none of them."""
    return {"validation_clock_started": given["first_contact"] in get_args(Channel)}


def _kept_from_last_activity(given: Given) -> Any:
    through = {"retain_through": str(add_months(day(given["last_collection_activity"]), 36))}
    return {"retain_from": given["first_collection_activity"], **through}


def _kept_from_call(given: Given) -> Any:
    return {"retain_through": str(add_months(day(given["call_recorded"]), 36))}


def owing(amount: str = "1200.00") -> Account:
    account, since = Account("account-a"), date(2026, 1, 1)
    raised = items.raise_invoice(
        account, invoice="DEBT", amount=Decimal(amount), currency="USD", issued_on=since, due_on=since
    )
    return fold(account, raised)


def _only_the_part_rests(given: Given) -> Any:
    account, part = owing(given["debt_total"]), Decimal(given["disputed_portion"])
    fold(account, stops.open_dispute(account, dispute="D", opened_on=date(2026, 9, 20), parts={"DEBT": part}))
    debt = account.open_items["DEBT"]
    return {"collectible": str(debt.undisputed), "frozen": str(debt.open - debt.undisputed)}


def ceased(account: Account, received: str, *, written: bool, period_end: str) -> Account:
    """What a clerk records: the dispute, and, where it ceases collection, the hold that this is."""
    opened_on = day(received)
    fold(account, stops.open_dispute(account, dispute="D", opened_on=opened_on, items=["DEBT"]))
    if written and opened_on <= day(period_end):
        placed = stops.place_hold(
            account, hold="H", kind="legal", from_on=opened_on, stops=HOLD_RULES["legal"].stops
        )
        fold(account, placed)
    return account


def _calls_until_verified(given: Given) -> Any:
    dispute, verified = given["events"]
    account = owing()
    ceased(account, dispute["received"], written=True, period_end=given["validation_period_end"])
    fold(account, stops.release_hold(account, hold="H", released_on=day(verified["at"])))
    blocked = [hold_on(account, "DEBT", day(call), "contact") for call in given["proposed_calls"]]
    decisions = ["block" if hold else "allow" for hold in blocked]
    return {"decisions": decisions, "reasons": ["DISPUTE_CEASE_COLLECTION"] if any(blocked) else []}


def _call_before_the_answer(given: Given) -> Any:
    [request] = given["events"]
    account = owing()
    placed = stops.place_hold(
        account, hold="H", kind="legal", from_on=day(request["received"]), stops=HOLD_RULES["legal"].stops
    )
    fold(account, placed)
    blocked = hold_on(account, "DEBT", day(given["proposed"]["date"]), "contact")
    return {"decision": "block" if blocked else "allow", "reasons": ["ORIGINAL_CREDITOR_REQUEST"]}


def _automatic_actions_only(given: Given) -> dict[str, Any]:
    """A dispute by itself withholds what the engine does, and leaves people free to speak."""
    [event] = given["events"]
    received, written = event.get("received") or event["at"], event["kind"] == "written_dispute"
    period_end = given.get("validation_period_end", "2026-10-14")
    account = ceased(owing(), received, written=written, period_end=period_end)
    on = day(received)
    rests = stop_of(account, account.open_items["DEBT"], on) is not None
    return {
        "recommended_engine": "hold automated actions pending review" if rests else "",
        "reg_f_cease_collection": hold_on(account, "DEBT", on, "contact") is not None,
    }


def _oral(given: Given) -> Any:
    return {"must_mark_disputed_in_credit_reporting": True, **_automatic_actions_only(given)}


CHECKS: dict[str, Callable[[Given], Any]] = {
    **dict.fromkeys(("DT-001", "DT-002", "DT-003", "DT-004", "DT-005"), _months_later),
    "DT-006": _series, "DT-010": _next_working_day,
    **dict.fromkeys(("VN-001", "VN-002", "VN-003"), _validation_period),
    "VN-007": _first_contact, "VN-008": _calls_until_verified, "VN-009": _only_the_part_rests,
    "VN-010": _call_before_the_answer,
    "VN-011": _oral, "VN-012": _automatic_actions_only, "VN-014": _kept_from_last_activity,
    "VN-015": _kept_from_call,
}  # fmt: skip


@pytest.mark.parametrize("vector", vectors())
def test_a_published_example_comes_out(vector: dict[str, Any]) -> None:
    assert CHECKS[vector["id"]](vector["inputs"]) == vector["expected"]
