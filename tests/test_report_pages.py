"""Promises and contacts by pages: the rows and figures of the whole reports, cut by the database."""

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select

from arrears.wiring import open_book
from projections import contact_pages, promise_pages
from projections.aging_pages import Part, aged_accounts
from projections.balances import open_balances
from projections.clocks import end_of, start_of
from projections.connection import reading
from projections.contacts import contact_counts, contact_list
from projections.exceptions import exceptions
from projections.promises import STATUSES, promise_list
from projections.slices import Slice
from tests.browser import NOW, UNTIL
from tests.plain_balances import PLAIN, plain_balances
from tests.report_log import day

ZONE = ZoneInfo("UTC")


@pytest.fixture(scope="module")
def database(demo_book_url: str) -> Iterator[Engine]:
    """The tables of the demo's book."""
    book = open_book(demo_book_url, None, "tests", clock=lambda: NOW)
    book.catch_up()
    yield book.database
    book.close()


@pytest.mark.parametrize("as_of", ["2026-06-30", "2026-03-31"])
@pytest.mark.parametrize("status", [None, *STATUSES])
def test_promises_by_pages_are_those_of_the_list(database: Engine, as_of: str, status: str | None) -> None:
    wanted = promise_pages.Wanted(status=status)  # type: ignore[arg-type]
    whole = [one for one in promise_list(database, day(as_of)) if status in (None, one.status)]
    with reading(database) as connection:
        found, total = promise_pages.promise_page(
            connection, day(as_of), wanted, Slice("promised_on", descending=False)
        )
        first, _ = promise_pages.promise_page(
            connection, day(as_of), wanted, Slice("promised_on", descending=False, limit=2)
        )
    assert (found, first) == (whole, whole[:2])
    assert total == len(whole)


def test_promises_are_told_apart_by_collector_and_day(database: Engine) -> None:
    whole = promise_list(database, UNTIL)
    collector = next(one.collector for one in whole if one.collector)
    since, until = day("2026-02-01"), day("2026-04-30")
    with reading(database) as connection:
        wanted = promise_pages.Wanted(collector=collector, since=since, until=until)
        found, _ = promise_pages.promise_page(connection, UNTIL, wanted, Slice("amount"))
    expected = [one for one in whole if one.collector == collector and since <= one.promised_on <= until]
    assert {one.promise for one in found} == {one.promise for one in expected} != set()


@pytest.mark.parametrize("stood_on", ["2026-06-30", "2026-05-15"])
def test_contacts_by_pages_are_those_of_the_list(database: Engine, stood_on: str) -> None:
    first, last = day("2026-05-01"), day(stood_on)
    whole = contact_list(database, first, last, None, ZONE, as_of=last)
    assert len(whole) > 10
    wanted = contact_pages.Wanted(start_of(first, ZONE), end_of(last, ZONE), end_of(last, ZONE))
    with reading(database) as connection:
        found, total = contact_pages.contact_page(connection, wanted, Slice("at", descending=False))
        page, _ = contact_pages.contact_page(connection, wanted, Slice("at", offset=3, limit=2))
        sums = contact_pages.contact_sums(connection, wanted)
    assert (found, total) == (whole, len(whole))
    assert page == sorted(whole, key=lambda one: (-one.at.timestamp(), one.position))[3:5]
    assert sums == contact_counts(whole)


@pytest.mark.parametrize("days_before", [0, 10, 30, 150])
def test_what_is_open_is_what_was_posted(database: Engine, days_before: int) -> None:
    """What is kept beside the postings is what they add up to, and so is what waits to be applied."""
    on = UNTIL - timedelta(days_before)
    with reading(database) as connection:
        due = open_balances(connection, on)
        kept = {tuple(row) for row in connection.execute(select(*(due.c[name] for name in PLAIN)))}
        assert kept == plain_balances(connection, on) != set()
        accounts, _ = aged_accounts(connection, on, Part(), Slice("unapplied"))
    waiting = [one for one in exceptions(database, end_of(on, ZONE)) if one.kind == "unapplied"]
    assert {(one.account, one.detail) for one in waiting} == {
        (one.account, f"{one.unapplied} {one.currency}") for one in accounts if one.unapplied
    }
