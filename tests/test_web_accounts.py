"""The list of accounts: found by who they are and what is on them, filtered, sorted, paged; and who is gone.

The book of `told_book`, with what else may stand on an account. On SQLite and PostgreSQL, encrypted.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient

from arrears.access.tokens import add_token
from arrears.access.users import add_user
from arrears.casework.directory import Directory
from arrears.web.console import application
from engine.domain.decisions.accounts import change_details
from engine.domain.decisions.casework import assign_collector
from engine.domain.decisions.payments import receive_payment
from engine.domain.decisions.stops import open_dispute, place_hold
from engine.domain.facts.stops import EFFECTS
from projections.account_list import Wanted, sorted_streams
from projections.audit import Found, Place, Sought, Span, find_facts
from projections.connection import reading
from tests.told_book import Desk, moment, tell

ROW = re.compile(r'<td class="nowrap"><a href="/accounts/([^"]+)">')


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder: Path = tmp_path_factory.mktemp("accounts")
    url = f"sqlite:///{folder / 'book.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("module_postgres_url")
    tell(url)
    desk = Desk(url, "2026-04-01 08:00")
    desk.open("2026-04-01 09:00", "D-7", name="Forgotten Gardens")
    desk.book.erase("D-7", date(2026, 4, 1), "asked for it", False)
    desk.open("2026-04-01 09:00", "E/8", name="Example Imports")
    desk.invoice("2026-04-01 09:00", "E/8", "INV-1", "9000", "JPY", due="2026-03-01")
    desk.do("2026-04-01 09:10", "C-2000", with_collector("kim"))
    desk.do("2026-04-01 09:15", "C-1042", dispute("dispute-5", "INV-2"))
    desk.do("2026-04-01 09:20", "C-2000", hold("hold-1"))
    desk.do("2026-04-01 09:25", "C-2000", pay("PAY-77", "10.00"))
    desk.now = moment("2026-04-02 09:00")
    add_user(desk.book.database, "reader", "viewer", None, desk.now)
    add_user(desk.book.database, "checker", "auditor", None, desk.now)
    yield desk
    desk.book.close()


def with_collector(name: str):  # type: ignore[no-untyped-def]
    return lambda account, _: assign_collector(account, collector=name, assigned_on=date(2026, 4, 1))


def dispute(name: str, item: str):  # type: ignore[no-untyped-def]
    return lambda account, _: open_dispute(
        account, dispute=name, items=(item,), opened_on=date(2026, 4, 1), reason="goods never came"
    )


def hold(name: str):  # type: ignore[no-untyped-def]
    return lambda account, _: place_hold(
        account, hold=name, kind="advice", from_on=date(2026, 4, 1), until_on=date(2026, 4, 3), items=(),
        stops=EFFECTS, reason=None,
    )  # fmt: skip


def pay(name: str, amount: str):  # type: ignore[no-untyped-def]
    return lambda account, _: receive_payment(
        account, payment=name, amount=Decimal(amount), currency="EUR", received_on=date(2026, 4, 1),
        designated=("INV-9",),
    )  # fmt: skip


def browser(desk: Desk, user: str = "reader") -> TestClient:
    _, token = add_token(desk.book.database, user, "tests", desk.now)
    headers = {"Authorization": f"Bearer {token}"}
    return TestClient(application(desk.book), headers=headers, follow_redirects=False)


def listed(desk: Desk, **asked: str) -> list[str]:
    """The accounts on the first page, by the end of their address."""
    page = browser(desk).get(f"/accounts?{urlencode(asked)}")
    assert page.status_code == 200, page.headers.get("location")
    return ROW.findall(page.text)


SLASH = "E%2F8"


def by_stream(desk: Desk, number: str) -> str:
    return desk.book.engine.account_ids([number])[number]


@pytest.mark.parametrize(
    ("typed", "number"),
    [("C-1042", "C-1042"), (" C-1042 ", "C-1042"), ("joinery", "C-1042"), ("2000", "C-2000"),
     ("BAKER", "C-2000"), ("INV-9", "C-2000"), ("PAY-77", "C-2000"), ("promise-1", "C-1042"),
     ("dispute-5", "C-1042"), ("hold-1", "C-2000")],
)  # fmt: skip
def test_the_one_account_that_is_meant_is_gone_to(desk: Desk, typed: str, number: str) -> None:
    answer = browser(desk).get(f"/accounts?{urlencode({'q': typed})}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/accounts/{number}")


def test_what_several_accounts_have_is_listed_with_what_was_found(desk: Desk) -> None:
    assert listed(desk, q="INV-1") == [SLASH, "C-1042"]  # by name
    assert "invoice INV-1" in browser(desk).get("/accounts?q=INV-1").text
    assert listed(desk, q="no such thing") == []
    assert set(listed(desk, q="example")) == {"C-1042", SLASH}


def test_the_list_begins_where_most_is_open_and_sorts_by_number_and_age(desk: Desk) -> None:
    gone, slash = by_stream(desk, "D-7"), SLASH
    # Amounts are not converted: 9,000 JPY are more than 1,200 EUR.
    assert listed(desk) == [slash, "C-1042", "C-2000", gone]
    assert listed(desk, sort="number") == ["C-1042", "C-2000", slash, gone]
    assert listed(desk, sort="number", order="down") == [gone, slash, "C-2000", "C-1042"]
    assert listed(desk, sort="oldest") == ["C-1042", slash, "C-2000", gone]
    assert listed(desk, sort="name") == [slash, "C-1042", "C-2000", gone]


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [({"currency": "GBP"}, ["C-1042"]), ({"currency": "EUR"}, ["C-1042", "C-2000"]),
     ({"bucket": "current"}, ["C-2000"]),
     ({"bucket": "61-90"}, ["C-1042"]), ({"bucket": "91+"}, []), ({"segment": "trade"}, ["C-1042"]),
     ({"collector": "kim"}, ["C-2000"]), ({"stop": "disputed"}, ["C-1042"]), ({"stop": "held"}, ["C-2000"]),
     ({"stop": "promised"}, []), ({"stop": "placed"}, []), ({"policy": "gentle-to-firm"}, []),
     ({"collector": "kim", "currency": "GBP"}, []), ({"q": "C-", "stop": "held"}, ["C-2000"])],
)  # fmt: skip
def test_filters_hold_together(desk: Desk, asked: dict[str, str], numbers: list[str]) -> None:
    assert listed(desk, **asked) == numbers


def test_a_filter_for_none_finds_those_without(desk: Desk) -> None:
    assert listed(desk, collector="-", currency="EUR") == ["C-1042"]
    assert by_stream(desk, "D-7") in listed(desk, segment="-")


@pytest.mark.parametrize(
    ("days_from_due", "bucket"), [(0, "current"), (1, "1-30"), (30, "1-30"), (31, "31-60")]
)
def test_a_bucket_holds_the_days_at_both_its_ends(desk: Desk, days_from_due: int, bucket: str) -> None:
    on = date(2026, 6, 30) + timedelta(days_from_due)  # INV-9 of C-2000 is due on 30 June
    with reading(desk.book.database) as connection:
        found = sorted_streams(connection, Wanted(bucket=bucket), on, "open", True, 0, 10)
    assert found == [by_stream(desk, "C-2000")]


def test_a_hold_ends_before_its_last_day_and_when_it_is_released(desk: Desk) -> None:
    def held(on: str) -> bool:
        with reading(desk.book.database) as connection:
            return bool(
                sorted_streams(connection, Wanted(stop="held"), date.fromisoformat(on), "open", True, 0, 9)
            )

    assert [held(f"2026-0{day}") for day in ("3-31", "4-01", "4-02", "4-03")] == [False, True, True, False]


def test_whoever_was_erased_is_found_by_the_number_alone(desk: Desk) -> None:
    answer = browser(desk).get("/accounts?q=D-7")
    assert answer.headers["location"] == f"/accounts/{by_stream(desk, 'D-7')}"
    assert listed(desk, q="Forgotten") == []
    assert "Forgotten" not in browser(desk).get("/accounts").text


def test_the_directory_reads_on_and_forgets_whoever_is_erased(tmp_path: Path) -> None:
    desk = Desk(f"sqlite:///{tmp_path / 'book.db'}", "2026-01-01 08:00")
    directory = Directory(desk.book)
    assert directory.search("Orchard").streams == ()
    desk.open("2026-01-01 09:00", "F-1", name="Sample Orchard")
    [found] = directory.search("orchard").streams
    change = lambda account, _: change_details(account, changed_on=date(2026, 1, 2), name="Sample Garden")  # noqa: E731
    desk.do("2026-01-02 09:00", "F-1", change)
    assert directory.search("orchard").streams == ()
    assert directory.search("garden").streams == (found,)
    desk.book.erase("F-1", date(2026, 1, 3), "asked for it", False)
    assert directory.search("garden").streams == ()
    assert directory.who([found])[found].is_erased
    desk.book.close()


# --- facts by who, what and when --------------------------------------------------------------------------


def found(
    desk: Desk, sought: Sought, size: int = 100, before: int | None = None, most: int = 10_000
) -> Found:
    with reading(desk.book.database) as connection:
        return find_facts(connection, sought, size, before, most)


def all_facts(desk: Desk) -> list[Place]:
    return found(desk, Sought(), 10_000).facts


@pytest.mark.parametrize(
    "sought",
    [Sought(), Sought(topics=("InvoiceRaised",)), Sought(by="engine"),
     Sought(by="mira", topics=("AccountOpened",)), Sought(decided=True),
     Sought(decided=False, topics=("InvoiceRaised", "NoteAdded")),
     Sought(happened_on=Span(date(2026, 1, 10), date(2026, 3, 9))),
     Sought(known_at=Span(moment("2026-01-10 10:00"), moment("2026-01-28 09:00"))),
     Sought(recorded_at=Span(None, moment("2026-01-10 10:00")), by="mira"),
     Sought(known_at=Span(moment("2027-01-01 00:00"), None))],
)  # fmt: skip
@pytest.mark.parametrize(("size", "most"), [(3, 10_000), (100, 4), (1, 1)])
def test_a_search_finds_page_by_page_what_a_plain_filter_finds(
    desk: Desk, sought: Sought, size: int, most: int
) -> None:
    wanted = [one for one in all_facts(desk) if matches(sought, one)]
    seen, before = [], None
    for _ in range(500):
        page = found(desk, sought, size, before, most)
        assert len(page.facts) <= size
        seen += page.facts
        if (before := page.before) is None:
            break
    assert seen == wanted
    assert before is None


def matches(sought: Sought, one: Place) -> bool:
    spans = (
        (sought.happened_on, one.happened_on),
        (sought.known_at, one.known_at),
        (sought.recorded_at, one.recorded_at),
    )
    return (
        (not sought.topics or one.topic in sought.topics)
        and sought.by in (None, one.by)
        and sought.decided in (None, one.policy is not None)
        and all((s.since is None or at >= s.since) and (s.until is None or at <= s.until) for s, at in spans)
    )


def test_the_facts_of_an_account_are_its_own(desk: Desk) -> None:
    stream = by_stream(desk, "C-1042")
    assert found(desk, Sought(account=stream)).facts == [
        one for one in all_facts(desk) if one.account == stream
    ]
