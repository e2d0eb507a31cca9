"""The demo's portfolio: the same for the same seed, right in form, and true to the ladder it is played on."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from arrears.demo.payers import PAYERS, payers_for
from arrears.demo.places import PLACES, is_working_day
from arrears.demo.portfolio import Summary, write_portfolio
from arrears.demo.sheets import COLUMNS, Row
from engine.domain.money import money

UNTIL = date(2026, 6, 30)
START = date(2025, 1, 1)


@dataclass(frozen=True)
class Portfolio:
    summary: Summary
    files: dict[str, list[Row]]

    def of(self, name: str, account: str) -> list[Row]:
        return [row for row in self.files[name] if row["account"] == account]

    @cached_property
    def accounts(self) -> dict[str, Row]:
        return {row["account"]: row for row in self.files["accounts"]}

    @cached_property
    def items(self) -> dict[str, Row]:
        charges = {row["charge"]: row for row in self.files["charges"]}
        return {row["invoice"]: row for row in self.files["invoices"]} | charges

    @property
    def calls(self) -> list[Row]:
        return [row for row in self.files["contacts"] if row["direction"] == "out"]


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Portfolio:
    folder = tmp_path_factory.mktemp("portfolio")
    return Portfolio(write_portfolio(folder), {name: _read(folder / f"{name}.csv") for name in COLUMNS})


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _called_on(call: Row) -> date:
    return datetime.fromisoformat(call["at"]).date()


def _named(row: Row) -> list[str]:
    return [item for item in row.get("invoices", row.get("invoice", "")).split(";") if item]


def _received(portfolio: Portfolio, promise: Row) -> Decimal:
    """What was received in time for the promise."""
    payments = portfolio.of("payments", promise["account"])
    in_time = [p for p in payments if promise["made_on"] <= p["received_on"] <= promise["promised_on"]]
    return sum((Decimal(p["amount"]) for p in in_time if not p["reversed_on"]), Decimal(0))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for folder, seed in (("one", 3), ("two", 3), ("three", 4)):
        write_portfolio(tmp_path / folder, seed=seed, accounts=40)
    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "two")
    assert _bytes(tmp_path / "one") != _bytes(tmp_path / "three")


def test_the_files_are_those_of_the_plain_formats(portfolio: Portfolio) -> None:
    for name, columns in COLUMNS.items():
        header = (portfolio.summary.folder / f"{name}.csv").read_text("utf-8").splitlines()[0]
        assert header == ",".join(columns.split())
    assert {name: len(rows) for name, rows in portfolio.files.items()} == portfolio.summary.rows


def test_about_500_accounts_and_4000_invoices_over_18_months(portfolio: Portfolio) -> None:
    assert len(portfolio.accounts) == 500
    assert 3_600 <= len(portfolio.files["invoices"]) <= 4_600
    months = {row["issued_on"][:7] for row in portfolio.files["invoices"]}
    assert (min(months), max(months), len(months)) == ("2025-01", "2026-06", 18)


def test_money_is_exact_to_the_decimals_of_its_currency(portfolio: Portfolio) -> None:
    rows = [row for rows in portfolio.files.values() for row in rows if "amount" in row]
    assert {row["currency"] for row in rows} == {"EUR", "GBP", "USD", "JPY", "KWD", "CHF"}
    for row in rows:
        assert row["amount"] == str(money(Decimal(row["amount"]), row["currency"]))
        assert Decimal(row["amount"]) > 0


def test_every_payer_type_and_every_conduct_occurs(portfolio: Portfolio) -> None:
    assert set(portfolio.summary.payers) == {payer.name for payer in PAYERS}
    conducts = {conduct.__name__ for payer in PAYERS for conduct in payer.conducts}
    assert set(portfolio.summary.conducts) == conducts | {"uncalled"}


@pytest.mark.parametrize("accounts", [1, len(PAYERS), len(PAYERS) + 1, 100, 500, 5_000])
def test_each_account_has_a_payer_type(accounts: int) -> None:
    payers = payers_for(accounts)
    assert len(payers) == accounts
    assert len({payer.name for payer in payers}) == min(accounts, len(PAYERS))


# What a reader of the files alone can find in them.
BEHAVIOURS: dict[str, Callable[[Portfolio], object]] = {
    "bounced payment": lambda p: [r for r in p.files["payments"] if r["reversed_on"]],
    "payment without a name": lambda p: [r for r in p.files["payments"] if not r["invoice"]],
    "payment of several": lambda p: [r for r in p.files["payments"] if ";" in r["invoice"]],
    "payment before due": lambda p: list(_payments(p, below=0)),
    "payment after the notice": lambda p: list(_payments(p, above=30)),
    "prepayment": lambda p: [
        r for r in p.files["payments"] if not r["invoice"] and _balance(p, r["account"], r["received_on"]) < 0
    ],
    "more paid than owed": lambda p: [a for a in p.accounts if _balance(p, a) < 0],
    "promise kept": lambda p: [r for r in p.files["promises"] if _received(p, r) >= Decimal(r["amount"])],
    "promise partly kept": lambda p: [
        r for r in p.files["promises"] if 0 < _received(p, r) < Decimal(r["amount"])
    ],
    "promise broken": lambda p: [
        r for r in p.files["promises"] if r["promised_on"] <= str(UNTIL) and not _received(p, r)
    ],
    "promise pending": lambda p: [r for r in p.files["promises"] if r["promised_on"] > str(UNTIL)],
    "dispute open": lambda p: [r for r in p.files["disputes"] if not r["resolved_on"]],
    "deduction credited": lambda p: [r for r in p.files["credits"] if r["reason"] == "Deduction accepted"],
    "inbound call": lambda p: [
        r for r in p.files["contacts"] if (r["direction"], r["channel"]) == ("in", "call")
    ],
    "inbound e-mail": lambda p: [
        r for r in p.files["contacts"] if (r["direction"], r["channel"]) == ("in", "email")
    ],
    "no time zone": lambda p: [r for r in p.files["accounts"] if not r["timezone"]],
    "overdue and never called": lambda p: [
        account
        for account in p.accounts.keys() - {call["account"] for call in p.calls}
        if _balance(p, account) > 0
        and min(r["due_on"] for r in p.of("invoices", account)) < str(UNTIL - timedelta(days=90))
    ],
}


def _payments(p: Portfolio, below: int = 9_999, above: int = -9_999) -> Iterator[Row]:
    """The payments whose first named invoice was so many days past due."""
    for row in p.files["payments"]:
        if named := _named(row):
            days = (_day(row["received_on"]) - _day(p.items[named[0]]["due_on"])).days
            if above < days < below:
                yield row


def _balance(p: Portfolio, account: str, on: str = str(UNTIL)) -> Decimal:
    """What the account owed in the currency of its first invoice at the end of that day."""
    currency = p.of("invoices", account)[0]["currency"]

    def total(name: str, day: str) -> Decimal:
        rows = (r for r in p.of(name, account) if r["currency"] == currency and not r.get("reversed_on"))
        return sum((Decimal(r["amount"]) for r in rows if r[day] <= on), Decimal(0))

    owed = total("invoices", "issued_on") + total("charges", "charged_on")
    return owed - total("payments", "received_on") - total("credits", "issued_on")


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_the_behaviour_can_be_seen_in_the_files(portfolio: Portfolio, behaviour: str) -> None:
    assert BEHAVIOURS[behaviour](portfolio)


def test_every_outcome_of_calls_and_disputes_occurs(portfolio: Portfolio) -> None:
    spoken = {"reached", "promised", "refused", "third_party"}
    unspoken = {"voicemail", "no_answer", "busy", "wrong_number", "disconnected"}
    assert {call["outcome"] for call in portfolio.calls} == spoken | unspoken
    outcomes = {row["outcome"] for row in portfolio.files["disputes"]}
    assert outcomes == {"upheld", "partly", "rejected", "withdrawn", ""}


def test_numbers_are_unique(portfolio: Portfolio) -> None:
    for name, column in (
        ("accounts", "account"),
        ("invoices", "invoice"),
        ("payments", "payment"),
        ("credits", "credit"),
        ("charges", "charge"),
        ("promises", "promise"),
        ("disputes", "dispute"),
        ("contacts", "contact"),
    ):
        numbers = [row[column] for row in portfolio.files[name]]
        assert len(set(numbers)) == len(numbers)


def test_what_is_named_is_of_the_same_account_and_currency(portfolio: Portfolio) -> None:
    items = portfolio.items
    for name in ("payments", "credits", "charges", "promises", "disputes", "contacts"):
        for row in portfolio.files[name]:
            assert row["account"] in portfolio.accounts
            for item in (items[number] for number in _named(row)):
                assert item["account"] == row["account"]
                assert item["currency"] == row.get("currency", item["currency"])


def test_events_follow_each_other_in_time(portfolio: Portfolio) -> None:
    items = portfolio.items
    for row in portfolio.files["invoices"]:
        assert row["issued_on"] < row["due_on"]
    for name, first, later in (
        ("payments", "received_on", "reversed_on"),
        ("disputes", "opened_on", "resolved_on"),
        ("promises", "made_on", "promised_on"),
    ):
        for row in portfolio.files[name]:
            assert row[first] < (row[later] or "9999")
            for number in _named(row):
                assert row[first] >= items[number].get("issued_on", items[number].get("charged_on", ""))
    for row in portfolio.files["credits"]:
        assert row["issued_on"] > items[row["invoice"]]["issued_on"]


def test_nothing_lies_outside_the_months_or_before_the_account(portfolio: Portfolio) -> None:
    days = {
        "invoices": "issued_on",
        "payments": "received_on",
        "credits": "issued_on",
        "charges": "charged_on",
        "promises": "made_on",
        "disputes": "opened_on",
        "contacts": "at",
    }
    for name, column in days.items():
        for row in portfolio.files[name]:
            assert portfolio.accounts[row["account"]]["opened_on"] <= row[column][:10] <= str(UNTIL)
    assert min(row["opened_on"] for row in portfolio.files["accounts"]) >= str(START)
    assert max(row["reversed_on"] for row in portfolio.files["payments"]) <= str(UNTIL)
    assert max(row["resolved_on"] for row in portfolio.files["disputes"]) <= str(UNTIL)


def test_collectors_call_in_the_debtors_working_hours_and_know_his_time(portfolio: Portfolio) -> None:
    for call in portfolio.calls:
        account = portfolio.accounts[call["account"]]
        local = datetime.fromisoformat(call["at"]).astimezone(ZoneInfo(account["timezone"]))
        assert 10 <= local.hour < 17
        place = next(
            p for p in PLACES if (p.country, p.timezone) == (account["country"], account["timezone"])
        )
        assert is_working_day(local.date(), place._replace(region=account["region"]))


def test_nobody_calls_before_the_ladder_comes_to_it(portfolio: Portfolio) -> None:
    """The first call is due 7 days after the notice at 30 days past due, the second 5 days after that."""
    last_call: dict[str, date] = {}
    for call in portfolio.calls:
        called_on, items = _called_on(call), _named(call)
        due_on = max(_day(portfolio.items[number]["due_on"]) for number in items if number.startswith("INV"))
        if earlier := last_call.get(items[-1]):
            assert called_on >= earlier + timedelta(days=5)
        else:
            assert called_on >= due_on + timedelta(days=37)
        last_call |= dict.fromkeys(items, called_on)


def test_a_promise_is_made_when_the_debtor_was_spoken_to(portfolio: Portfolio) -> None:
    spoken = {
        (row["account"], row["at"][:10])
        for row in portfolio.files["contacts"]
        if row["outcome"] == "promised" or row["direction"] == "in"
    }
    for promise in portfolio.files["promises"]:
        assert (promise["account"], promise["made_on"]) in spoken
        assert 5 <= (_day(promise["promised_on"]) - _day(promise["made_on"])).days <= 14


def test_an_upheld_dispute_has_its_credit_note(portfolio: Portfolio) -> None:
    credited = {(row["invoice"], row["issued_on"]) for row in portfolio.files["credits"]}
    for dispute in portfolio.files["disputes"]:
        has_credit = (dispute["invoices"], dispute["resolved_on"]) in credited
        assert has_credit == (dispute["outcome"] in ("upheld", "partly"))


def test_debtors_can_be_reached_nowhere(portfolio: Portfolio) -> None:
    for row in portfolio.accounts.values():
        assert row["email"].split("@")[1] in ("example.com", "example.net", "example.org")
    for column in ("name", "email", "phone"):
        assert len({row[column] for row in portfolio.accounts.values()}) == 500


def test_the_story_runs_through_the_ladder(portfolio: Portfolio) -> None:
    """Due 12 March: notice in April, call, broken promise, second call, half of it kept; then the agency."""
    account = portfolio.summary.story_account
    calls = [call for call in portfolio.calls if call["account"] == account]
    first, second = portfolio.of("promises", account)
    assert [(_called_on(call).isoformat(), call["outcome"]) for call in calls] == [
        (first["made_on"], "promised"),
        (second["made_on"], "promised"),
    ]
    assert _received(portfolio, first) == 0
    assert _received(portfolio, second) == Decimal(second["amount"]) / 2
    assert [row["due_on"] for row in portfolio.of("invoices", account)] == [
        "2025-08-04",
        "2026-03-12",
        "2026-03-12",
        "2026-05-28",
    ]
