"""A desk of several collectors: the list they share, who has which account open, what comes of a call."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient

from arrears.access.permissions import COMMANDS
from arrears.access.tokens import add_token
from arrears.access.users import add_user
from arrears.casework.briefing import briefing
from arrears.casework.calling import leave_to_call
from arrears.casework.ranked import Standing, by_collector, by_kind, of_collector, of_kind
from arrears.casework.taking import HELD, SKIPPED, hold_on, open_with, put_back, take_first
from arrears.commands.base import Request
from arrears.commands.carrying import TogetherRefused, carry_out, carry_out_together
from arrears.commands.casework import AssignCollector, ChangeContactPerson
from arrears.commands.contacts import RecordCall
from arrears.commands.debtors import AddNote, Open, SetFollowUp
from arrears.commands.invoices import RaiseInvoice
from arrears.commands.payments import Pay
from arrears.commands.promises import MakePromise
from arrears.delivery.recipient import Creditor
from arrears.web.console import application
from arrears.web.exception_kinds import KINDS
from arrears.web.worklist import standing_of
from arrears.wiring import Book, open_book
from engine.domain.facts.contacts import CallOutcome
from projections.exceptions import ExceptionKind

BERLIN = ZoneInfo("Europe/Berlin")
CALL_DAY = datetime(2026, 3, 13, 12, tzinfo=UTC)  # a Friday; 13:00 in Berlin


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Desk:
    """A book with accounts A to D, each with INV-… of 100, 200, 300 and 400 EUR, and a call due to each."""

    book: Book
    clock: Clock

    def do(self, request: Request) -> None:
        carry_out(self.book, request)

    def client(self, role: str) -> TestClient:
        _, token = add_token(self.book.database, role, "tests", self.clock.now)
        headers = {"Authorization": f"Bearer {token}"}
        return TestClient(application(self.book), headers=headers, follow_redirects=False)

    def stream(self, number: str) -> str:
        return self.book.account_id(number)

    def last(self, number: str) -> Any:
        return self.book.store.stream(self.stream(number))[-1].fact

    def version(self, number: str) -> int:
        with self.book.account(number) as account:
            return account.version


@pytest.fixture
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    url: str = request.getfixturevalue(getattr(request, "param", "sqlite_url"))
    clock = Clock(datetime(2026, 1, 5, 9, tzinfo=UTC))
    book = open_book(url, BERLIN, "a clerk", create=True, plain=True, clock=clock)
    for role in ("collector", "manager", "viewer"):
        add_user(book.database, role, role, None, clock.now)
    for place, number in enumerate("ABCD", start=1):
        carry_out(
            book, Open(account=number, timezone="Europe/Berlin", name=f"Firm {number}", phone="+49 30 1")
        )
        carry_out(book, RaiseInvoice(
            account=number, invoice=f"INV-{number}", amount=Decimal(100 * place), currency="EUR",
            issued_on=date(2026, 1, 5), due_on=date(2026, 2, 4),
        ))  # fmt: skip
    for at in (datetime(2026, 3, 6, 12, tzinfo=UTC), CALL_DAY):
        clock.now = at
        book.tick(at)
    yield Desk(book, clock)
    book.close()


# --- the list ---------------------------------------------------------------------------------------------

ON_BOTH = pytest.mark.parametrize("desk", ["sqlite_url", "postgres_book_url"], indirect=True)


def numbers(desk: Desk, standing: Standing) -> list[str]:
    """The list, by numbers."""
    found = {desk.stream(number): number for number in "ABCD"}
    return [found[entry.account] for _, entry in standing.ranked(desk.book)[0]]


@ON_BOTH
def test_the_list_is_kept_up_fact_by_fact_as_though_it_were_made_anew(desk: Desk) -> None:
    kept = Standing()
    assert numbers(desk, kept) == ["D", "C", "B", "A"]
    desk.do(RecordCall(account="D", outcome=CallOutcome.NO_ANSWER))
    assert numbers(desk, kept) == numbers(desk, Standing()) == ["C", "B", "A"]
    desk.do(Pay(account="C", payment="P", amount=Decimal(300), currency="EUR"))
    desk.do(AssignCollector(account="A", collector="mira"))
    desk.do(SetFollowUp(account="D", on=date(2026, 3, 14)))
    assert numbers(desk, kept) == ["B", "A"]
    assert kept.ranked(desk.book)[0] == Standing().ranked(desk.book)[0]
    desk.clock.now += timedelta(days=1)
    assert numbers(desk, kept) == numbers(desk, Standing()) == ["D", "B", "A"]
    ranked = kept.ranked(desk.book)[0]
    assert by_collector(ranked) == {"": 2, "mira": 1}
    assert by_kind(ranked) == {"calls": 2, "follow-ups": 1, "broken": 0}
    assert [entry.account for _, entry in of_collector(ranked, "mira")] == [desk.stream("A")]
    assert [entry.account for _, entry in of_kind(ranked, "follow-ups")] == [desk.stream("D")]


# --- who has what open ------------------------------------------------------------------------------------


def test_two_collectors_never_get_one_account(book_url: str) -> None:
    book, at = open_book(book_url, None, "x", create=True, plain=True), CALL_DAY
    database, listed = book.database, ["one", "two", "three"]
    assert take_first(database, "mira", listed, at) == "one"
    assert take_first(database, "noor", listed, at) == "two"
    assert hold_on(database, "noor", "one", at) == "mira"
    assert open_with(database, listed, at) == {"one": "mira", "two": "noor"}
    assert take_first(database, "mira", listed, at) == "one"  # what she had open is free for her again

    put_back(database, "mira", "one", at, skip=True)
    assert take_first(database, "mira", listed, at) == "three"
    assert take_first(database, "kim", listed, at) == "one"
    assert take_first(database, "lou", listed, at) is None
    assert take_first(database, "lou", listed, at + HELD - timedelta(microseconds=1)) is None
    assert take_first(database, "lou", listed, at + HELD) == "one"
    assert hold_on(database, "lou", "one", at + HELD + HELD / 2) == "lou"  # the page is still open
    assert hold_on(database, "kim", "one", at + 2 * HELD) == "lou"

    later = at + SKIPPED
    put_back(database, "lou", "one", later)
    assert take_first(database, "mira", ["one"], later - timedelta(microseconds=1)) is None
    assert take_first(database, "mira", ["one"], later) == "one"
    book.close()


def test_the_next_account_is_the_most_urgent_one_that_nobody_has_open(desk: Desk) -> None:
    first, second = desk.client("manager"), desk.client("collector")
    assert first.get("/worklist/next").headers["location"] == "/worklist/work/D?whose=all"
    assert second.get("/worklist/next?whose=all").headers["location"] == "/worklist/work/C?whose=all"
    assert "collector has this account open" in first.get("/worklist/work/C/leave").text
    assert first.post("/worklist/work/D/skip").headers["location"] == "/worklist/next?whose=all"
    assert first.get("/worklist/next").headers["location"] == "/worklist/work/B?whose=all"
    mine = second.get("/worklist/next")
    assert mine.headers["location"] == "/worklist?whose=mine"


# --- what to know -----------------------------------------------------------------------------------------


def test_the_briefing_says_what_is_owed_to_whom_to_talk_and_what_to_say(desk: Desk) -> None:
    desk.do(ChangeContactPerson(account="D", person="AP", role="accounts_payable", phones=("+49 30 2",)))
    desk.do(AddNote(account="D", note="pays on Fridays"))
    desk.do(Pay(account="D", payment="P", amount=Decimal(150), currency="EUR"))
    known = briefing(desk.book, "D", Creditor("Northwind Ltd"))
    [owed] = known.owed
    assert {owed.open, owed.overdue, owed.demand} == {Decimal(250)}
    assert known.oldest_days == 37
    assert [one.role for one in known.persons] == ["accounts_payable"]
    assert [one.text for one in known.notes] == ["pays on Fridays"]
    assert known.script is not None
    assert "Northwind Ltd" in known.script.text
    assert "INV-D" in known.script.text


def test_of_many_invoices_the_oldest_are_read_out_and_the_others_counted(desk: Desk) -> None:
    desk.do(Open(account="E", timezone="Europe/Berlin", language="en"))
    for number in range(1, 16):
        due_on = date(2026, 2, 1) - timedelta(number)
        desk.do(RaiseInvoice(
            account="E", invoice=f"INV-{number}", amount=Decimal(100), currency="EUR", issued_on=due_on,
            due_on=due_on,
        ))  # fmt: skip
    known = briefing(desk.book, "E", Creditor("Northwind Ltd"))
    assert (len(known.items), known.more_items) == (12, 3)
    page = desk.client("collector").get("/worklist/work/E").text
    told = page.partition("What to say")[2].partition("Before now")[0]
    assert re.findall(r"INV-(\d+)", told) == [str(number) for number in range(15, 3, -1)]
    assert "3 more are not listed here; open on all of them together: €1,500.00." in told


def test_a_call_is_allowed_by_the_clock_of_the_debtor(desk: Desk) -> None:
    now = leave_to_call(desk.book, "A")
    assert (now.is_given, now.is_known, f"{now.local:%H:%M}", now.hours) == (True, True, "13:00", None)
    desk.clock.now = datetime(2026, 3, 13, 7, 59, tzinfo=UTC)
    early = leave_to_call(desk.book, "A")
    assert early.is_given  # by hand, a person may; the page says that it is early
    assert early.hours is not None
    held = desk.client("collector").post("/accounts/A/commands/hold", data={"kind": "legal"})
    assert held.status_code == 303
    assert "no call now" in desk.client("collector").get("/worklist/work/A/leave").text


# --- what came of it --------------------------------------------------------------------------------------

PROMISE = {"promise-amount": "400.00", "promise-currency": "EUR", "promise-promised_on": "2026-03-20"}


@ON_BOTH
def test_a_call_a_promise_and_a_day_to_look_again_are_recorded_together(desk: Desk) -> None:
    sent = {"call-outcome": "promised", "note-note": "after the fair", "follow-up-on": "2026-03-23"} | PROMISE
    done = desk.client("collector").post("/worklist/work/D", data=sent)
    assert (done.status_code, done.headers["location"]) == (303, "/worklist/next?whose=mine")
    facts = [one.fact for one in desk.book.store.stream(desk.stream("D"))][-3:]
    assert [fact.TOPIC for fact in facts] == ["CallMade", "PromiseMade", "FollowUpSet"]
    assert {fact.by for fact in facts} == {"collector"}
    assert facts[0].note == "after the fair"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("wrong", "status", "said"),
    [
        ({"promise-amount": "much"}, 422, "Expected an amount"),
        ({"promise-promised_on": "2026-03-12"}, 409, "2026-03-12"),
        ({"follow-up-on": "soon"}, 422, 'id="follow-up-on-error"'),
        ({"hold-reason": "why"}, 422, 'id="hold-kind-error"'),
        (
            {"call-outcome": "promised", "promise-amount": "", "promise-promised_on": ""},
            422,
            "what was promised",
        ),
        ({"seen_version": "1"}, 412, "All that you typed is still here"),
    ],
)
def test_where_one_part_is_wrong_nothing_is_recorded_and_nothing_is_lost(
    desk: Desk, wrong: dict[str, str], status: int, said: str
) -> None:
    before = desk.version("D"), desk.version("A")
    sent = {"call-outcome": "reached", "note-note": "a word of theirs"} | PROMISE | wrong
    page = desk.client("collector").post("/worklist/work/D", data=sent)
    assert (page.status_code, said in page.text) == (status, True)
    assert ">a word of theirs</textarea>" in page.text
    assert "checked" in page.text.split(f'value="{sent["call-outcome"]}"')[1].split(">")[0]
    assert (desk.version("D"), desk.version("A")) == before


def test_nothing_said_is_nothing_recorded_and_a_note_needs_no_call(desk: Desk) -> None:
    client = desk.client("collector")
    assert "Nothing to record" in client.post("/worklist/work/A", data={"promise-currency": "EUR"}).text
    noted = client.post("/worklist/work/A", data={"note-note": "moved", "go": "stay"})
    assert noted.headers["location"].startswith("/worklist/work/A?")
    assert desk.last("A").TOPIC == "NoteAdded"


def test_a_promise_is_tried_out_while_it_is_typed(desk: Desk) -> None:
    client, before = desk.client("collector"), desk.version("D")

    def said(**typed: str) -> str:
        return str(client.get("/worklist/work/D/check", params=PROMISE | typed).text)

    assert "covers all of it" in said()
    assert "all but 250.00 EUR" in said(**{"promise-amount": "150.00"})
    assert "would be refused" in said(**{"promise-promised_on": "2026-03-12"})
    assert "note" not in said(**{"promise-promised_on": ""})  # not typed yet: nothing to complain of
    assert desk.version("D") == before
    desk.clock.now += timedelta(days=30)
    assert "Money is in time up to 2026-04-" in said(**{"promise-promised_on": "2026-04-20"})


def test_what_is_tried_out_leaves_the_account_in_memory_as_it_was(desk: Desk) -> None:
    with desk.book.account("D") as before:
        told = repr(before)
    assert "covers all of it" in desk.client("collector").get("/worklist/work/D/check", params=PROMISE).text
    with desk.book.account("D") as after:
        assert after is before, "it need not be folded again"
        assert repr(after) == told


def test_a_promise_for_many_invoices_names_the_first_of_them(desk: Desk) -> None:
    for number in range(25):
        desk.do(RaiseInvoice(
            account="D", invoice=f"INV-{number}", amount=Decimal(1), currency="EUR",
            issued_on=date(2026, 2, 1), due_on=date(2026, 2, 4),
        ))  # fmt: skip
    said = desk.client("collector").get("/worklist/work/D/check", params=PROMISE).text
    assert len(re.findall("INV-", said)) == 5
    assert "and 21 more: of 425.00 EUR open it covers all but 25.00 EUR" in said


def test_leave_to_call_is_reserved_and_used_or_given_back(desk: Desk) -> None:
    client = desk.client("collector")
    client.post("/worklist/work/D/call")
    assert desk.last("D").TOPIC == "ContactReserved"
    client.post("/worklist/work/D/skip")
    assert desk.last("D").TOPIC == "ReminderCancelled"
    client.post("/worklist/work/C/call")
    client.post("/worklist/work/C", data={"call-outcome": "busy"})
    reserved = desk.book.store.stream(desk.stream("C"))[-2].fact
    assert reserved.contact in desk.last("C").answers  # type: ignore[attr-defined]


def test_requests_together_say_all_that_is_refused(desk: Desk) -> None:
    early = MakePromise(account="A", amount=Decimal(1), currency="EUR", promised_on=date(2026, 3, 1))
    none = MakePromise(account="A", amount=Decimal(1), currency="GBP", promised_on=date(2026, 4, 1))
    with pytest.raises(TogetherRefused) as refused:
        carry_out_together(desk.book, [AddNote(account="A", note="x"), early, none])
    assert refused.value.why.keys() == {1, 2}


# --- who works what ---------------------------------------------------------------------------------------


def test_accounts_are_given_in_bulk_or_not_at_all(desk: Desk) -> None:
    client = desk.client("manager")
    given = {"account": ["A", "B"], "collector": "mira", "back": "?whose=all"}
    done = client.post("/worklist/assign", data=given)
    assert done.headers["location"] == "/worklist?whose=all"
    ranked = standing_of(_asked(desk)).ranked(desk.book)[0]
    assert by_collector(ranked) == {"": 2, "mira": 2}
    client.post("/worklist/assign", data=given | {"account": ["C", "X"]})
    assert by_collector(Standing().ranked(desk.book)[0]) == {"": 2, "mira": 2}
    client.post("/worklist/hand-over", data={"collector": "mira", "to": "noor"})
    assert by_collector(Standing().ranked(desk.book)[0]) == {"": 2, "noor": 2}


def _asked(desk: Desk) -> Any:
    """Something that has the application, as a request does."""

    @dataclass
    class Asked:
        app: Any

    return Asked(application(desk.book))


def test_a_viewer_sees_the_list_and_no_forms(desk: Desk) -> None:
    client = desk.client("viewer")
    page = client.get("/worklist").text
    assert "Firm D" in page
    assert "Work through it" not in page
    assert "/worklist/assign" not in page
    assert client.get("/worklist/next").status_code == 403
    assert client.post("/worklist/work/D", data={"call-outcome": "busy"}).status_code == 403
    assert client.post("/worklist/assign", data={"account": "A", "collector": "x"}).status_code == 403


# --- exceptions -------------------------------------------------------------------------------------------


def test_exceptions_are_listed_with_the_form_that_ends_them(desk: Desk) -> None:
    desk.do(Pay(account="A", payment="P", amount=Decimal(150), currency="EUR"))
    client = desk.client("manager")
    assert "1 exception<" in client.get("/exceptions/count").text
    page = client.get("/exceptions?kind=unapplied").text
    assert "50.00 EUR is set against nothing" in page
    assert "/accounts/A/commands/allocate?back=/exceptions" in page
    assert "/accounts/A/commands/allocate" not in desk.client("viewer").get("/exceptions").text
    desk.clock.now += timedelta(days=5)
    late = client.get("/exceptions").text
    assert "nobody has made it" in late
    assert "/accounts/D/commands/call?back=/exceptions" in late


def test_every_kind_of_exception_is_worded_and_its_forms_are_those_of_requests() -> None:
    assert set(KINDS) == set(get_args(ExceptionKind))
    assert {command for kind in KINDS.values() for command in kind.forms} <= COMMANDS.keys()


def test_an_account_is_opened_by_the_number_that_is_typed(desk: Desk) -> None:
    client = desk.client("manager")
    assert "Open an account" in client.get("/accounts").text
    asked = client.get("/open-account", params={"number": " N/1 "}, follow_redirects=False)
    assert asked.headers["location"] == "/accounts/N%2F1/commands/open"
    assert client.get("/open-account").status_code == 422
    assert "Open an account" not in desk.client("viewer").get("/accounts").text
