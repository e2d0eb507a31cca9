"""A whole generated portfolio: debtors, their bills and what came of them, as files in the plain formats."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from arrears.demo import story
from arrears.demo.case import Case, Debtor
from arrears.demo.conduct import Conduct, on_time, uncalled
from arrears.demo.debtors import SIZES, Debtors, enter
from arrears.demo.payers import NEED_CALLS, Payer, payers_for
from arrears.demo.places import amount_worth
from arrears.demo.sheets import Sheets

MEDIAN_EUR, SPREAD = 900, 1.0  # log-normal: two thirds lie within a factor e of the median
SMALLEST_EUR, LARGEST_EUR = 50, 20_000
SUPPLY_STOPS_DAYS_PAST_DUE = 45
MOST_PREPAID_DAYS = 10  # before the issue, and so after the account is opened

_TERMS_DAYS = (14, 30, 30, 30, 45)
_INVOICES_PER_BILL, _INVOICES_WEIGHTS = (1, 2, 3), (60, 25, 15)
_UNMADE_CALLS_SHARE = 0.06
_LATECOMERS_SHARE = 0.2
_OTHER_CURRENCY_SHARE = 0.12


@dataclass(frozen=True)
class Summary:
    """What was written: the rows of each file, the accounts of each payer type, the bills of each conduct."""

    folder: Path
    rows: Mapping[str, int]
    payers: Mapping[str, int]
    conducts: Mapping[str, int]
    story_account: str


def write_portfolio(
    folder: Path,
    seed: int = 7,
    accounts: int = 500,
    until: date = date(2026, 6, 30),
    months: int = 18,
) -> Summary:
    """What was written into `folder`; the files are byte for byte the same for the same arguments.

    Invoices are issued in the `months` (at least 2) that end with that of `until`; nothing later is told.
    """
    rng, sheets = Random(seed), Sheets()
    story.tell(rng, sheets, until)
    payers = payers_for(accounts - 1)
    rng.shuffle(payers)
    conducts = Counter(_add_accounts(rng, sheets, payers, _first_day(until, months), until))
    return Summary(
        folder=folder,
        rows=sheets.write(folder, until),
        payers=Counter(payer.name for payer in payers),
        conducts=conducts,
        story_account=story.ACCOUNT,
    )


def _add_accounts(
    rng: Random, sheets: Sheets, payers: list[Payer], start: date, until: date
) -> Iterator[str]:
    """The name of the conduct at each bill, once accounts and bills are among the sheets."""
    debtors = Debtors(rng)
    for number, payer in enumerate(payers, start=2):
        issue_days = _issue_days(rng, payer, start, until)
        opened_on = issue_days[0] - timedelta(days=rng.randint(MOST_PREPAID_DAYS, 30))
        debtor = debtors.make(number, max(opened_on, start))
        enter(sheets, debtor)
        for conduct in _play(rng, sheets, debtor, payer, issue_days):
            yield conduct.__name__


def _first_day(until: date, months: int) -> date:
    """The first day of the `months` that end with that of `until`."""
    years, month = divmod(until.year * 12 + until.month - months, 12)
    return date(years, month + 1, 1)


def _issue_days(rng: Random, payer: Payer, start: date, until: date) -> list[date]:
    """The days of the account's bills, at its own pace; at least one, and none too early to be prepaid."""
    gap_days = rng.randint(*payer.gap_days)
    if rng.random() < _LATECOMERS_SHARE:
        start += timedelta(days=rng.randrange((until - start).days // 2))
    start += timedelta(days=MOST_PREPAID_DAYS)
    days = [start + timedelta(days=rng.randrange(min(gap_days, (until - start).days)))]
    while days[-1] < until:
        days.append(days[-1] + timedelta(days=gap_days + rng.randint(-2, 2)))
    return days[:-1]


def _play(
    rng: Random, sheets: Sheets, debtor: Debtor, payer: Payer, issue_days: list[date]
) -> Iterator[Conduct]:
    """The conduct at each bill, once it is played; whoever owes too long gets no further bill."""
    terms = timedelta(days=rng.choice(_TERMS_DAYS))
    cases: list[Case] = []
    for issued_on in issue_days:
        if any(_owes_too_long(case, issued_on) for case in cases):
            continue
        case = _bill(rng, sheets, debtor, issued_on, issued_on + terms)
        case.names_invoices = payer.names_invoices
        conduct = on_time if len(cases) < payer.sound_bills else _draw(rng, payer, debtor)
        conduct(case)
        cases.append(case)
        yield conduct


def _owes_too_long(case: Case, on: date) -> bool:
    settled = case.settled_on is not None and case.settled_on <= on
    return not settled and case.due(SUPPLY_STOPS_DAYS_PAST_DUE) < on


def _draw(rng: Random, payer: Payer, debtor: Debtor) -> Conduct:
    conduct = rng.choices(list(payer.conducts), list(payer.conducts.values()))[0]
    nobody_calls = not debtor.timezone or rng.random() < _UNMADE_CALLS_SHARE
    return uncalled if nobody_calls and conduct in NEED_CALLS else conduct


def _bill(rng: Random, sheets: Sheets, debtor: Debtor, issued_on: date, due_on: date) -> Case:
    usual, *others = debtor.place.currencies
    currency = others[0] if others and rng.random() < _OTHER_CURRENCY_SHARE else usual
    case = Case(debtor, rng, sheets, currency, issued_on, due_on)
    for _ in range(rng.choices(_INVOICES_PER_BILL, _INVOICES_WEIGHTS)[0]):
        worth = MEDIAN_EUR * SIZES[debtor.segment] * rng.lognormvariate(0, SPREAD)
        case.invoice(amount_worth(min(max(worth, SMALLEST_EUR), LARGEST_EUR), currency))
    return case
