"""What is recorded over HTTP: every command's example, refusals, versions, keys, and streams of lines."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from arrears.access.permissions import COMMANDS
from arrears.api.routes import PREFIX
from arrears.commands.catalogue import CATALOGUE
from arrears.wiring import Book, open_book
from tests.api_story import STORY, Caller, Given, asking, tell

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def book(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    url = f"sqlite:///{tmp_path_factory.mktemp('api') / 'book.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("module_postgres_url")
    opened = open_book(url, None, "a clerk", create=True, clock=lambda: NOON)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def manager(book: Book) -> Caller:
    caller = Caller(book, "manager")
    caller.done("open", {"account": "BYSTANDER", "opened_on": "2026-01-01"})
    return caller


_serial = iter(range(10_000))


@pytest.fixture
def owing(manager: Caller) -> str:
    """The number of a fresh account that owes 120.00 EUR since 31 March."""
    number = f"A-{next(_serial)}"
    manager.done("invoice", CATALOGUE["invoice"].EXAMPLE | {"account": number})
    return number


def test_the_example_of_every_command_works_one_after_the_other(manager: Caller, book: Book) -> None:
    before = book.store.log.recorder.max_notification_id() or 0
    tell(manager)
    needs_interest = {"charge-interest"}  # the default policy charges none
    assert set(CATALOGUE) - needs_interest <= set(STORY.split()), "every example was sent"
    news = book.store.read(before, 1000)
    assert len({stored.stream for stored in news}) == 1, "the bystander stays untouched"
    assert {stored.fact.by for stored in news} - {"a clerk"} == {manager.name, asking(manager.name)}


def test_every_command_has_its_permission() -> None:
    assert set(COMMANDS) == set(CATALOGUE)


# --- refused ----------------------------------------------------------------------------------------------

REFUSED = [
    ("pay", {"payment": "P", "amount": "1.00", "currency": "EUR", "invoices": ["X"]}, 409, "ItemUnknown"),
    ("pay", {"payment": "P", "amount": 1.0, "currency": "EUR"}, 422, "BodyUnfit"),
    ("pay", {"payment": "P", "amount": "1.005", "currency": "EUR"}, 422, "TooPrecise"),
    ("pay", {"payment": "P", "amount": "1.00", "currency": "ECU"}, 422, "BodyUnfit"),
    ("pay", {"payment": "P", "amount": "1.00", "currency": "EUR", "received": "x"}, 422, "BodyUnfit"),
    (
        "pay",
        {"payment": "P", "amount": "1.00", "currency": "EUR", "received_on": "2026-07-02"},
        422,
        "NotYet",
    ),
    ("details", {}, 422, "NothingGiven"),
    ("note", {"note": "a\0b"}, 422, "BodyUnfit"),
    ("note", {"note": "x", "account": "NOBODY"}, 404, "AccountUnknown"),
    ("plan", {"currency": "EUR", "instalments": {"total": "9", "parts": 1}}, 422, "BodyUnfit"),
]


@pytest.mark.parametrize(("command", "given", "status", "title"), REFUSED)
def test_a_refusal_names_the_rule_and_nothing_is_recorded(
    manager: Caller, book: Book, owing: str, command: str, given: Given, status: int, title: str
) -> None:
    before = book.store.log.recorder.max_notification_id()
    answer = manager.post(command, {"account": owing} | given)
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["title"]) == (status, status, title)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["instance"] == f"{PREFIX}/commands/{command}"
    assert book.store.log.recorder.max_notification_id() == before


def test_all_that_is_wrong_is_said_at_once(manager: Caller, owing: str) -> None:
    answer = manager.post("pay", {"account": owing, "amount": "1e3", "currency": "XXQ"})
    assert [error["field"] for error in answer.json()["errors"]] == ["payment", "amount", "currency"]
    assert "an amount such as 1250.00" in answer.json()["errors"][1]["expected"]


# --- versions ---------------------------------------------------------------------------------------------


def test_a_command_on_an_account_that_changed_meanwhile_is_refused(manager: Caller, owing: str) -> None:
    tag = manager.done("note", {"account": owing, "note": "first"}).headers["ETag"]
    manager.done("note", {"account": owing, "note": "second"}, If_Match=tag)
    refused = manager.post("note", {"account": owing, "note": "third"}, If_Match=tag)
    assert (refused.status_code, refused.json()["title"]) == (412, "VersionDiffers")
    assert refused.json()["data"] == {"account": owing, "version": 4}
    assert manager.post("note", {"account": owing, "note": "x"}, If_Match=f"W/{tag}").status_code == 412
    assert manager.done("note", {"account": owing, "note": "x"}, If_Match=f'"9", "{4}"').status_code == 201
    manager.done("note", {"account": owing, "note": "x"}, If_Match="*")


def test_of_many_who_saw_the_same_version_one_wins(manager: Caller, owing: str) -> None:
    tag = manager.done("note", {"account": owing, "note": "seen"}).headers["ETag"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(
                lambda n: manager.post("note", {"account": owing, "note": f"{n}"}, If_Match=tag), range(8)
            )
        )
    assert sorted(answer.status_code for answer in answers) == [201] + [412] * 7


# --- keys -------------------------------------------------------------------------------------------------


def test_a_request_sent_again_under_its_key_is_carried_out_once(
    manager: Caller, book: Book, owing: str
) -> None:
    given = {"account": owing, "amount": "10.00", "currency": "EUR", "promised_on": "2026-07-15"}
    first = manager.done("promise", given, Idempotency_Key=f"k-{owing}")
    manager.done("note", {"account": owing, "note": "something else in between"})
    again = manager.done("promise", given, Idempotency_Key=f"k-{owing}")
    assert (again.json(), again.headers["ETag"]) == (first.json(), first.headers["ETag"])
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(book.store.stream(book.account_id(owing))) == 4

    other = manager.post("promise", given | {"amount": "11.00"}, Idempotency_Key=f"k-{owing}")
    assert (other.status_code, other.json()["title"]) == (422, "KeyReused")


def test_a_key_whose_request_was_refused_can_be_used_again(manager: Caller, owing: str) -> None:
    pay = {"account": owing, "payment": "P", "amount": "1.00", "currency": "EUR", "invoices": ["LATER"]}
    assert manager.post("pay", pay, Idempotency_Key=f"late-{owing}").status_code == 409
    manager.done("invoice", CATALOGUE["invoice"].EXAMPLE | {"account": owing, "invoice": "LATER"})
    assert manager.done("pay", pay, Idempotency_Key=f"late-{owing}").status_code == 201


def test_one_request_sent_by_many_at_once_is_recorded_once(manager: Caller, book: Book, owing: str) -> None:
    note = {"account": owing, "note": "only once"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: manager.post("note", note, Idempotency_Key=owing), range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len(book.store.stream(book.account_id(owing))) == 3


# --- streams of lines -------------------------------------------------------------------------------------


def test_a_stream_of_lines_is_carried_out_and_told(manager: Caller, owing: str) -> None:
    pay = {"command": "pay", "account": owing, "payment": "P", "amount": "20.00", "currency": "EUR"}
    late = pay | {"payment": "Q", "received_on": "2026-12-24"}
    unknown = {"command": "note", "account": "NOBODY", "note": "x"}
    stream = (pay, unknown, "", "no json", {"command": "dance", "account": owing}, late, pay)
    answer = manager.lines(*stream)
    told = answer.json()
    assert answer.status_code == 200
    assert {name: told[name] for name in ("lines", "carried_out", "already_known", "facts", "refused")} == {
        "lines": 6, "carried_out": 1, "already_known": 1, "facts": 1, "refused": 4,
    }  # fmt: skip
    assert sorted((one["line"], one["title"]) for one in told["problems"]) == [
        (2, "AccountUnknown"), (4, "NoJson"), (5, "UnknownCommand"), (6, "NotYet"),
    ]  # fmt: skip
    assert manager.lines(*stream).json()["already_known"] == 2, "sent again it is nothing new"


def test_all_or_nothing_stores_nothing_where_a_line_is_refused(
    manager: Caller, book: Book, owing: str
) -> None:
    before = book.store.log.recorder.max_notification_id()
    good = {"command": "note", "account": owing, "note": "x"}
    for wrong in ({"command": "note", "account": "NOBODY", "note": "x"}, "no json"):
        answer = manager.lines(good, wrong, all_or_nothing=True)
        assert (answer.status_code, answer.json()["facts"], answer.json()["refused"]) == (409, 0, 1)
    assert book.store.log.recorder.max_notification_id() == before
    assert manager.lines(good, good, all_or_nothing=True).json()["facts"] == 2


def test_each_line_needs_the_permission_of_its_command(book: Book, owing: str) -> None:
    collector = Caller(book, "collector")
    note = {"command": "note", "account": owing, "note": "x"}
    pay = {"command": "pay", "account": owing, "payment": "P", "amount": "20.00", "currency": "EUR"}
    told = collector.lines(note, pay).json()
    assert (told["carried_out"], [one["title"] for one in told["problems"]]) == (1, ["NotAllowed"])
