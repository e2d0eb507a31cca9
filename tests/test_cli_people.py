"""What a person does at the command line: every verb, from its own --help example to its refusals."""

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import typer

from arrears.cli import people, people_casework, session
from arrears.cli.desk import ALREADY_KNOWN
from arrears.cli.main import run
from arrears.cli.people_preferences import parse_hours
from arrears.wiring import Book, open_book
from engine.domain.account import Account
from engine.domain.decisions.contacts import line
from engine.domain.facts.base import Fact
from engine.domain.facts.escalation import PlacementProposed
from policies.book import PolicyBook

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)


def verbs() -> list[str]:
    """All verbs but those of casework, which tests/test_casework.py tries out."""
    every, casework = typer.Typer(), typer.Typer()
    people.register(every)
    people_casework.register(casework)
    others = {command.name for command in casework.registered_commands}
    return [command.name or "" for command in every.registered_commands if command.name not in others]


@dataclass
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        return json.loads(self.err)["error"]

    @property
    def topics(self) -> list[str]:
        return [fact["topic"] for fact in self.json["recorded"]]


@dataclass
class Terminal:
    """A command line on one book, at a moment that the test sets."""

    url: str
    capture: pytest.CaptureFixture[str]
    now: datetime = NOON
    proposed: int = 0

    def __call__(self, command: str) -> Answer:
        code = run([*shlex.split(command), "--book", self.url])
        said = self.capture.readouterr()
        return Answer(code, said.out, said.err)

    def done(self, *commands: str) -> Answer:
        """Runs commands of which none may fail; the answer to the last."""
        for command in commands:
            answer = self(command)
            assert answer.code == 0, f"{command}: {answer.err}"
        return answer

    @contextmanager
    def book(self) -> Iterator[Book]:
        book = open_book(self.url, ZoneInfo("UTC"), "kim", clock=lambda: self.now)
        try:
            yield book
        finally:
            book.close()

    def log(self) -> list[Any]:
        with self.book() as book:
            return book.store.read(0, 1000)

    def propose(self, number: str, *items: str) -> str:
        """Proposes invoices for the agency, as a step of a policy does."""
        self.proposed += 1
        placement = f"PROPOSAL-{self.proposed}"

        def decide(account: Account, _: PolicyBook) -> list[Fact]:
            lines = tuple(line(account.open_items[item], "agency", NOON.date()) for item in items)
            return [PlacementProposed(placement=placement, agency="agency", step="agency", lines=lines)]

        with self.book() as book:
            book.execute(number, decide)
        return placement


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    terminal = Terminal("", capsys)
    monkeypatch.setattr(session, "open_book", partial(open_book, clock=lambda: terminal.now))
    return terminal


@pytest.fixture
def arrears(terminal: Terminal, sqlite_url: str) -> Terminal:
    """A command line on a book that is not there yet."""
    terminal.url = sqlite_url
    return terminal


@pytest.fixture
def anywhere(terminal: Terminal, book_url: str) -> Terminal:
    """The same, once on SQLite and once on PostgreSQL."""
    terminal.url = book_url
    return terminal


@pytest.fixture(scope="module")
def owing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book in which ACME owes 120.00 EUR since 31 March, and a bystander owes too; to be copied."""
    folder = tmp_path_factory.mktemp("owing")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "open_book", partial(open_book, clock=lambda: NOON))
        for command in (
            "open ACME --opened 2026-01-01 --timezone Europe/Berlin",
            "invoice ACME INV-1 120.00 EUR --issued 2026-03-01 --due 2026-03-31",
            "open BYSTANDER --opened 2026-01-01",
            "invoice BYSTANDER INV-1 70.00 EUR --issued 2026-03-01 --due 2026-03-31",
        ):
            assert run([*command.split(), "--book", f"sqlite:///{folder / 'book.db'}"]) == 0
    return folder


@pytest.fixture
def acme(arrears: Terminal, owing: Path, tmp_path: Path) -> Terminal:
    """A command line on a copy of that book."""
    shutil.copytree(owing, tmp_path, dirs_exist_ok=True)
    arrears.capture.readouterr()
    return arrears


# The examples of --help, run as they stand.

STORY = """
open / details / note / follow-up / invoice / invoice / pay / reverse / charge / credit / correct
promise / promise / withdraw / plan / plan / dispute / dispute / resolve / waive
: pay ACME PAY-2 50.00 EUR --on 2026-05-05 --invoice FEE-1
refund / allocate / contact / contact / contact
unreachable / trace / not-found / located / hold / call / release / hardship
: withdraw ACME PLAN-2
: release ACME HOLD-2
propose INV-1
place / remittance / recall
propose INV-1
: write-off ACME INV-1 --by kim --as collector
refuse
: write-off ACME INV-1 --by kim --as collector
retract
: write-off ACME INV-1 --by kim --as collector
grant
: unwrite-off ACME INV-1
settle
: withdraw ACME SETTLEMENT-1
decline / write-off / unwrite-off
place / placements / reserve / reserve / prefer / prefer
"""


def examples(arrears: Terminal, verb: str) -> list[str]:
    answer = arrears.done(f"{verb} --help")
    return re.findall(r"Example: arrears (.+)", answer.out)


def test_the_examples_of_help_work_one_after_the_other(anywhere: Terminal) -> None:
    anywhere.done("open BYSTANDER --opened 2026-01-01")
    before = len(anywhere.log())
    waiting = {verb: examples(anywhere, verb) for verb in verbs()}
    waiting["hold"].pop()  # on a register: for a debtor whose policy protects them, see docs/policies.md
    for step in re.split(r"\n| / ", STORY.strip()):
        if step.startswith("propose"):
            anywhere.propose("ACME", step.split()[1])
        elif step.startswith(":"):
            anywhere.done(step[1:])
        else:
            example = waiting[step].pop(0)
            assert example.startswith(step)
            answer = anywhere.done(example)
            assert answer.out.startswith("recorded ") or step == "placements"
    assert not any(waiting.values()), "every example was run"
    news = anywhere.log()[before:]
    assert len({stored.stream for stored in news}) == 1, "the bystander stays untouched"
    assert all(stored.fact.because is None for stored in news), "a person's deed is no decision"


@pytest.mark.parametrize("verb", verbs())
def test_every_verb_explains_itself_with_an_example(arrears: Terminal, verb: str) -> None:
    found = examples(arrears, verb)
    assert found
    assert all(shlex.split(example)[0] == verb for example in found)


def test_all_verbs_are_there() -> None:
    required = """open invoice pay reverse credit allocate write-off promise plan withdraw dispute resolve
    hold release call contact note charge waive correct refund unwrite-off details follow-up located
    unreachable placements place decline recall trace not-found remittance hardship
    reserve prefer grant refuse retract settle"""
    assert set(verbs()) == set(required.split())


# What is said of what was recorded.


def test_people_read_a_sentence_for_each_fact(arrears: Terminal) -> None:
    opened = arrears.done("open ACME --name 'Acme Mills' --opened 2026-01-01 --by kim")
    assert opened.out == "recorded AccountOpened ACME, opened 2026-01-01, name Acme Mills\n"
    raised = arrears.done("invoice ACME INV-1 120 eur --due 2026-03-31 --issued 2026-03-01")
    assert raised.out == "recorded InvoiceRaised INV-1 120.00 EUR, issued 2026-03-01, due 2026-03-31\n"
    paid = arrears.done("pay ACME PAY-1 100.00 EUR --on 2026-04-02")
    assert (
        paid.out
        == "recorded PaymentReceived PAY-1 100.00 EUR, received 2026-04-02, allocations INV-1 100.00\n"
    )
    assert arrears.log()[-3].fact.by == "kim"


def test_programs_read_every_field(acme: Terminal) -> None:
    answer = acme.done("pay ACME PAY-1 100.00 EUR --on 2026-04-02 --invoice INV-1 --format json")
    assert answer.json == {
        "recorded": [
            {
                "topic": "PaymentReceived",
                "payment": "PAY-1",
                "amount": "100.00",
                "currency": "EUR",
                "received_on": "2026-04-02",
                "designated": ["INV-1"],
                "allocations": [{"item": "INV-1", "amount": "100.00", "on": "2026-04-02"}],
            }
        ],
        "already_known": False,
    }


def test_spreadsheets_get_a_row_for_each_fact(acme: Terminal) -> None:
    answer = acme.done("note ACME 'Pays late, always' --format csv")
    assert answer.out.splitlines() == ["recorded,content", 'NoteAdded,"Pays late, always"']


def test_an_invoice_opens_an_account_that_is_not_known(acme: Terminal) -> None:
    answer = acme.done("invoice NEW INV-9 10.00 EUR --due 2026-07-30 --format json")
    assert answer.topics == ["AccountOpened", "InvoiceRaised"]
    assert [fact.get("opened_on") or fact["issued_on"] for fact in answer.json["recorded"]] == [
        "2026-06-30"
    ] * 2


def test_money_that_pays_too_much_is_released_by_a_correction(acme: Terminal) -> None:
    acme.done("pay ACME PAY-1 120.00 EUR --on 2026-04-02")
    answer = acme.done("correct ACME INV-1 --amount 0.00 --effective 2026-03-01 --format json")
    assert answer.json["recorded"][0]["released"] == [
        {"receipt": "PAY-1", "amount": "120.00", "on": "2026-04-02"}
    ]


# Repeated.

REPEATABLE = [
    "open ACME --timezone Europe/Berlin",
    "open ACME --policy gentle-to-firm",
    "invoice ACME INV-2 50.00 EUR --issued 2026-05-01 --due 2026-05-31",
    "charge ACME FEE-1 5.00 EUR --kind interest",
    "pay ACME PAY-1 120.00 EUR --on 2026-04-02 --invoice INV-1",
    "credit ACME CN-1 20.00 EUR",
    "promise ACME 120.00 EUR --by-day 2026-07-15 --id P-1",
    "plan ACME EUR --instalment 2026-07-15=60.00 --instalment 2026-08-15=60.00 --id PLAN-1",
    "dispute ACME --id D-1",
    "hold ACME breathing-space --id H-1",
    "call ACME no_answer --id C-1",
    "contact ACME --channel letter --id L-1 --note again",
    "contact ACME --channel sms --in --id S-1",
    "unreachable ACME",
    "place ACME --agency harbour --placement PL-1",
]


@pytest.mark.parametrize("command", REPEATABLE)
def test_a_repeated_command_is_nothing_new_and_says_so(acme: Terminal, command: str) -> None:
    if "gentle-to-firm" in command:
        command = command.replace("ACME", "OTHER")
    acme.done(command)
    before = acme.log()
    assert acme.done(command).out == f"{ALREADY_KNOWN}\n"
    assert acme.done(f"{command} --format json").json == {"recorded": [], "already_known": True}
    assert acme.log() == before


def test_what_is_given_no_id_gets_a_fresh_one(acme: Terminal) -> None:
    command = "promise ACME 10.00 EUR --by-day 2026-07-15 --format json"
    ids = {acme.done(command).json["recorded"][0]["promise"] for _ in range(2)}
    assert len(ids) == 2
    assert all(re.fullmatch(r"promise-[0-9a-f]{12}", one) for one in ids)


def test_the_end_of_a_dispute_a_hold_and_a_payment_repeated_is_nothing_new(acme: Terminal) -> None:
    acme.done("dispute ACME --id D-1", "hold ACME legal --id H-1", "pay ACME PAY-1 20.00 EUR --on 2026-06-01")
    for command in ("resolve ACME D-1 rejected", "release ACME H-1", "reverse ACME PAY-1"):
        acme.done(command)
        assert acme.done(command).out == f"{ALREADY_KNOWN}\n"


def test_nothing_to_allocate_and_nobody_missing_is_not_an_error(acme: Terminal) -> None:
    acme.done("pay ACME PAY-1 20.00 EUR")
    answer = acme.done("allocate ACME PAY-1")
    assert answer.out == "nothing to allocate: PAY-1 has nothing unapplied, or nothing to pay is open\n"
    assert acme.done("located ACME --format json").json == {"recorded": [], "already_known": False}


# Refused.


@pytest.mark.parametrize("verb", sorted(set(verbs()) - {"open", "invoice", "placements"}))
def test_an_unknown_account_is_refused_and_not_opened(acme: Terminal, verb: str) -> None:
    before = acme.log()
    command = examples(acme, verb)[0].replace("ACME", "NOBODY")
    answer = acme(f"{command} --format json")
    assert answer.code == 3
    assert answer.error == {
        "rule": "AccountUnknown",
        "sentence": "there is no account 'NOBODY' in this book",
        "data": {"account": "NOBODY"},
    }
    assert acme.log() == before


REFUSED = [
    ("invoice ACME INV-1 99.00 EUR --issued 2026-03-01 --due 2026-03-31", "DiffersFromRecorded"),
    ("open ACME --timezone Europe/Paris", "AccountAlreadyOpen"),
    ("open ACME --policy gentle-to-firm", "AccountAlreadyOpen"),
    ("open OTHER --policy no-such-policy", "UnknownPolicy"),
    ("pay ACME PAY-1 1.00 EUR --invoice INV-X", "ItemUnknown"),
    ("pay ACME PAY-1 1.00 USD --invoice INV-1", "CurrencyDiffers"),
    ("reverse ACME PAY-X", "PaymentUnknown"),
    ("credit ACME CN-1 1.00 EUR --invoice INV-X", "ItemUnknown"),
    ("correct ACME INV-1 --amount 120.00", "NothingToCorrect"),
    ("waive ACME INV-1", "NotACharge"),
    ("unwrite-off ACME INV-1", "NotWrittenOff"),
    ("promise ACME 1.00 EUR --by-day 2026-06-29", "PromisedInThePast"),
    ("promise ACME 1.00 USD --by-day 2026-07-29", "NothingToPromise"),
    ("plan ACME EUR --instalment 2026-07-01=5", "PlanTooShort"),
    ("plan ACME EUR --instalment 2026-07-02=5 --instalment 2026-07-01=5", "InstalmentsOutOfOrder"),
    ("withdraw ACME P-X", "PromiseUnknown"),
    ("invoice ACME INV-2 5.00 EUR", "DueDateMissing"),
    ("invoice ACME INV-2 5.00 EUR --issued 2026-03-01 --due 2026-03-30 --terms 'net 30'", "DueDateDiffers"),
    ("dispute ACME --invoice INV-X", "ItemUnknown"),
    ("dispute ACME --part INV-1=120.01", "MoreThanOpen"),
    ("hold ACME siesta", "UnknownHoldKind"),
    ("promise ACME 1.00 EUR --by-day 2026-07-15 --replaces P-X", "PromiseUnknown"),
    ("resolve ACME D-X upheld", "DisputeUnknown"),
    ("hold ACME legal --from 2026-07-01 --until 2026-06-30 --id H-1", "EndsBeforeItBegins"),
    ("release ACME H-X", "HoldUnknown"),
    ("contact ACME --delivered C-X", "ContactUnknown"),
    ("place ACME", "NoPlacement"),
    ("place ACME --placement X", "PlacementUnknown"),
    ("place ACME --agency harbour --invoice INV-X", "ItemUnknown"),
    ("decline ACME", "NoPlacement"),
    ("recall ACME", "NoPlacement"),
]


@pytest.mark.parametrize(("command", "rule"), REFUSED)
def test_a_broken_rule_is_named_and_nothing_is_recorded(acme: Terminal, command: str, rule: str) -> None:
    before = acme.log()
    answer = acme(f"{command} --format json")
    assert (answer.code, answer.error["rule"], answer.out) == (3, rule, "")
    assert set(answer.error) == {"rule", "sentence", "data"}
    sentence = answer.error["sentence"]
    assert acme(command).err == f"arrears: {sentence}\n"
    assert acme.log() == before


MISTYPED = [
    ("pay ACME PAY-1 12,50 EUR", "'12,50' is no amount: expected an amount such as 1250.00"),
    ("pay ACME PAY-1 0.00 EUR", "'0.00' is no amount: expected an amount above zero"),
    ("pay ACME PAY-1 -- -5.00 EUR", "'-5.00' is no amount: expected an amount above zero"),
    ("pay ACME PAY-1 1e3 EUR", "'1e3' is no amount"),
    ("pay ACME PAY-1 NaN EUR", "'NaN' is no amount"),
    ("pay ACME PAY-1 1.005 EUR", "1.005 EUR is too precise: EUR has 2 decimals"),
    ("pay ACME PAY-1 5.5 JPY", "5.5 JPY is too precise: JPY has 0 decimals"),
    ("pay ACME PAY-1 5.00 EURO", "'EURO' is no currency: expected an ISO 4217 currency such as EUR"),
    ("pay ACME PAY-1 5.00", "Missing argument 'CURRENCY'"),
    ("pay ACME '' 5.00 EUR", "'' is no number: expected at least one character"),
    (
        "pay ACME PAY-1 5.00 EUR --on 2026-13-01",
        "'2026-13-01' is no date: expected a date such as 2021-03-31",
    ),
    ("pay ACME PAY-1 5.00 EUR --on yesterday", "'yesterday' is no date"),
    ("pay ACME PAY-1 5.00 EUR --on 0206-03-31", "expected a date from 1900 to 2200"),
    ("invoice ACME INV-2 5.00 EUR --terms soon", "'soon' are no terms of payment"),
    ("plan ACME EUR", "give either each --instalment, or --total, --parts and --first"),
    ("plan ACME EUR --total 5.005 --parts 2 --first 2026-09-01", "too precise"),
    ("dispute ACME --part INV-1", "'INV-1' is no part of an invoice"),
    ("invoice ACME INV-2 5.00 EUR --due 20260", "'20260' is no date"),
    ("correct ACME INV-1 --amount -1", "'-1' is no amount: expected an amount above zero"),
    ("correct ACME INV-1 --amount .", "'.' is no amount"),
    ("plan ACME EUR --instalment 50.00", "'50.00' is no instalment: expected one such as 2026-05-01=50.00"),
    ("plan ACME EUR --instalment 2026-07-01=x", "'x' is no amount"),
    ("call ACME reached --at noon", "'noon' is no moment: expected one such as 2026-03-31T09:00Z"),
    ("call ACME reached --at 0001-01-01T00:00+14:00", "is no moment"),
    ("call ACME reached --at 0206-03-31T09:00Z", "is no moment: expected one from 1900 on"),
    ("call ACME shouted", "'shouted' is not one of"),
    ("resolve ACME D-1 settled", "'settled' is not one of"),
    ("details ACME", "give at least one detail"),
    ("details ACME --country ZZ", "'ZZ' is no country"),
    ("open NEW --timezone Mars/Base", "'Mars/Base' is no time zone"),
    ("note ACME ' '", "' ' is no text: expected at least one character"),
    (f"note ACME {'x' * 10_001}", "expected at most 10000 characters"),
    ("contact ACME", "expected exactly one of --channel, --delivered, --failed"),
    ("contact ACME --channel sms --failed C-1", "expected exactly one of --channel, --delivered, --failed"),
    ("contact ACME --delivered C-1 --id C-2", "--id go with --channel"),
    ("contact ACME --channel sms --in --happened", "not with --in"),
    ("contact ACME --channel call", "recorded with 'arrears call'"),
    ("place ACME --invoice INV-1", "--invoice goes with --agency"),
]


@pytest.mark.parametrize(("command", "sentence"), MISTYPED)
def test_a_slip_of_the_hand_is_told_and_nothing_is_recorded(
    acme: Terminal, command: str, sentence: str
) -> None:
    before = acme.log()
    answer = acme(command)
    assert answer.code == 2
    assert sentence in answer.err
    assert answer.err.count("\n") == 1
    assert acme.log() == before


def test_only_open_makes_a_book(arrears: Terminal) -> None:
    answer = arrears("invoice ACME INV-1 5.00 EUR --due 2026-07-31 --format json")
    assert (answer.code, answer.error["rule"]) == (4, "NoSuchBook")
    arrears.done("open ACME")


# Days and moments.

DATED = [
    "invoice ACME INV-2 5.00 EUR --due 2026-07-31 --issued {}",
    "pay ACME PAY-1 5.00 EUR --on {}",
    "credit ACME CN-1 5.00 EUR --on {}",
    "charge ACME FEE-1 5.00 EUR --on {}",
    "write-off ACME INV-1 --on {}",
    "promise ACME 5.00 EUR --by-day 2026-07-31 --made {}",
    "dispute ACME --on {}",
    "place ACME --agency harbour --on {}",
    "open NEW --opened {}",
]


@pytest.mark.parametrize("command", DATED)
@pytest.mark.parametrize(
    ("day", "code"), [("2026-06-30", 0), ("2026-07-01", 0), ("2026-07-02", 2), ("2027-06-30", 2)]
)
def test_what_happened_may_be_dated_tomorrow_but_not_later(
    acme: Terminal, command: str, day: str, code: int
) -> None:
    answer = acme(command.format(day))
    assert answer.code == code
    if code:
        assert f"{day} has not come yet: today is 2026-06-30" in answer.err


@pytest.mark.parametrize(
    ("at", "code"),
    [("2026-06-30T11:59Z", 0), ("2026-06-30T14:00+02:00", 0), ("2026-06-30T12:01Z", 2), ("2026-07-01", 2)],
)
def test_a_call_was_made_by_now(acme: Terminal, at: str, code: int) -> None:
    answer = acme(f"call ACME reached --at {at}")
    assert answer.code == code
    if code:
        assert "has not come yet: it is 2026-06-30T12:00Z" in answer.err


@pytest.mark.parametrize(("zone", "today"), [("UTC", "2026-06-30"), ("Asia/Tokyo", "2026-07-01")])
def test_today_is_the_books_date(arrears: Terminal, zone: str, today: str) -> None:
    """The book keeps the zone it was founded in."""
    arrears.now = NOON.replace(hour=23)
    answer = arrears.done(f"open NEW --zone {zone}", "pay NEW PAY-1 5.00 EUR --format json")
    assert answer.json["recorded"][0]["received_on"] == today
    other = arrears("note NEW 'asked for a copy' --zone America/New_York")
    assert (other.code, other.out) == (3, "")
    assert f"the book was founded in the time zone {zone}, and keeps it" in other.err


def test_a_hold_may_begin_later(acme: Terminal) -> None:
    answer = acme.done("hold ACME legal --from 2026-09-01 --format json")
    assert answer.json["recorded"][0]["from_on"] == "2026-09-01"


# Promises.


def test_a_promise_is_pinned_to_the_terms_of_its_policy(acme: Terminal) -> None:
    """One business day of grace and one for posting: promised for Friday, judged after Tuesday in Berlin."""
    command = "promise ACME 120.00 EUR --by-day 2026-07-10 --by kim --format json"
    promise = acme.done(command).json["recorded"][0]
    assert (promise["items"], promise["taken_by"]) == (["INV-1"], "kim")
    assert promise["terms"]["deadline"] == "2026-07-13"
    assert promise["terms"]["judge_at"] == "2026-07-14T22:00:00Z"


def test_each_instalment_has_terms_of_its_own_and_the_plan_can_be_withdrawn(acme: Terminal) -> None:
    plan = acme.done(
        "plan ACME EUR --instalment 2026-07-10=50 --instalment 2026-08-10=70.00 --taken-by lou --id PLAN-1"
        " --format json"
    ).json["recorded"][0]
    parts = [(p["promised_on"], p["amount"], p["terms"]["deadline"]) for p in plan["instalments"]]
    assert parts == [("2026-07-10", "50.00", "2026-07-13"), ("2026-08-10", "70.00", "2026-08-11")]
    assert plan["taken_by"] == "lou"
    assert acme.done("withdraw ACME PLAN-1 --format json").topics == ["PromiseWithdrawn"]


# Contact.


@pytest.mark.parametrize(("days_later", "code"), [(0, 3), (2, 3), (3, 0), (4, 0)])
def test_a_person_needs_the_leave_that_the_engine_needs(acme: Terminal, days_later: int, code: int) -> None:
    """The policy wants three days between contacts."""
    acme.done("contact ACME --channel email")
    acme.now += timedelta(days_later)
    answer = acme("contact ACME --channel letter --format json")
    assert answer.code == code
    if code:
        assert answer.error["rule"] == "ContactRefused"
        assert "first allowed at 2026-07-03 07:00:00+00:00" in answer.error["sentence"]
        assert acme.done("contact BYSTANDER --channel letter --format json").topics == ["ReminderIssued"]


def test_what_happened_anyway_is_recorded(acme: Terminal) -> None:
    acme.done("contact ACME --channel email")
    answer = acme.done("contact ACME --channel letter --happened --note 'sent by mistake' --format json")
    assert answer.topics == ["ReminderIssued", "NoteAdded"]
    assert acme.done("call ACME voicemail --format json").topics == ["CallMade"]


def test_a_contact_names_what_it_was_about(acme: Terminal) -> None:
    acme.done("invoice ACME INV-2 5.00 EUR --issued 2026-06-01 --due 2026-06-20")
    sent = acme.done("contact ACME --channel email --invoice INV-2 --id M-1 --format json").json["recorded"][
        0
    ]
    assert [(one["item"], one["open"], one["days_past_due"]) for one in sent["lines"]] == [
        ("INV-2", "5.00", 10)
    ]
    failed = acme.done("contact ACME --failed M-1 --note 'mailbox full' --format json").json["recorded"][0]
    assert (failed["topic"], failed["reason"]) == ("ReminderFailed", "mailbox full")
    delivered = acme.done("contact ACME --delivered M-1 --note 'arrived after all' --format json")
    assert delivered.topics == ["ReminderDelivered", "NoteAdded"]


# Placements.


def test_a_proposal_is_listed_until_it_is_decided(acme: Terminal) -> None:
    placement = acme.propose("ACME", "INV-1")
    assert acme.done("placements --format json").json["placements"] == [
        {
            "account": "ACME",
            "placement": placement,
            "agency": "agency",
            "status": "proposed",
            "since": "2026-06-30",
            "items": ["INV-1"],
            "placed": {"EUR": "120.00"},
            "open": {"EUR": "120.00"},
        }
    ]
    assert placement in acme.done("placements").out
    acme.done("decline ACME --reason 'once more'")
    assert acme.done("placements --format json").json["placements"] == []
    assert acme.done("placements --all --format json").json["placements"][0]["status"] == "declined"


def test_what_is_paid_since_it_was_proposed_is_not_placed(acme: Terminal) -> None:
    acme.propose("ACME", "INV-1")
    acme.done("pay ACME PAY-1 100.00 EUR")
    placed = acme.done("place ACME --format json").json["recorded"][0]
    assert (placed["agency"], placed["lines"][0]["open"]) == ("agency", "20.00")
    acme.done("pay ACME PAY-2 20.00 EUR")
    row = acme.done("placements --all --format json").json["placements"][0]
    assert (row["placed"], row["open"]) == ({"EUR": "20.00"}, {"EUR": "0.00"})


def test_of_several_proposals_one_must_be_named(acme: Terminal) -> None:
    acme.done("invoice ACME INV-2 5.00 EUR --issued 2026-06-01 --due 2026-06-20")
    first, second = acme.propose("ACME", "INV-1"), acme.propose("ACME", "INV-2")
    for verb in ("place", "decline"):
        answer = acme(f"{verb} ACME --format json")
        assert (answer.code, answer.error["rule"]) == (3, "SeveralPlacements")
        assert f"{first}, {second}" in answer.error["sentence"]
    acme.done(f"place ACME --placement {first}", f"decline ACME --placement {second}")
    assert acme.done(f"place ACME --placement {first}").out == f"{ALREADY_KNOWN}\n"
    acme.done("recall ACME")


def test_naming_an_agency_does_not_pass_a_proposal_by(acme: Terminal) -> None:
    """Or the invoices that nobody proposed would be placed in its stead."""
    placement = acme.propose("ACME", "INV-1")
    acme.done("invoice ACME INV-2 5.00 EUR --issued 2026-06-01 --due 2026-06-20")
    answer = acme("place ACME --agency harbour --format json")
    assert (answer.code, answer.error["rule"]) == (3, "ProposalWaits")
    answer = acme(f"place ACME --agency harbour --invoice INV-2 --placement {placement} --format json")
    assert (answer.code, answer.error["rule"]) == (3, "DiffersFromRecorded")
    placed = acme.done("place ACME --agency harbour --invoice INV-2 --format json").json["recorded"][0]
    assert (placed["agency"], [one["item"] for one in placed["lines"]]) == ("harbour", ["INV-2"])


@pytest.mark.parametrize(
    ("typed", "days"),
    [("fri-mon", "fri sat sun mon"), ("mon-wed", "mon tue wed"), ("sun", "sun"), ("sat-sun,sat", "sat sun")],
)
def test_the_days_of_inconvenient_hours_may_go_over_the_weekend(typed: str, days: str) -> None:
    assert list(parse_hours(f"{typed} 18:00-21:00").days) == days.split()


def test_a_wake_up_that_charges_says_so_and_charges_wait_for_no_reminder(arrears: Terminal) -> None:
    arrears.done(
        "policy default eu-late-payment",
        "open ACME --kind business --opened 2025-12-01",
        "invoice ACME INV-1 10000.00 EUR --issued 2025-12-01 --due 2026-04-15",
    )
    assert "1 charge of interest, 1 fee charged" in arrears.done("tick --at 2026-07-01T09:00Z").out
    arrears.now += timedelta(5)
    said = arrears.done("explain ACME --on 2026-07-03").out
    follows = "it is demanded with invoice INV-1, and gets no reminders of its own (charges_climb)"
    assert said.count(follows) == 2
    assert "entered the ladder after" not in said
