"""The frame of the console: what every page carries, and what a reader is told of errors."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from arrears.access.tokens import add_token
from arrears.access.users import add_user
from arrears.web import filters, flash
from arrears.web.console import application
from arrears.web.navigation import Link, is_here
from arrears.web.pages import environment
from arrears.web.tables import Listing, listing
from arrears.wiring import open_book
from engine.domain.errors import AccountUnknown
from engine.domain.facts.base import Erased
from engine.store import Conflict

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    url = f"sqlite:///{tmp_path_factory.mktemp('console') / 'book.db'}"
    book = open_book(url, ZoneInfo("Europe/Berlin"), "tests", create=True, plain=True, clock=lambda: NOW)
    add_user(book.database, "reader", "viewer", None, NOW)
    app = application(book)

    @app.get("/fails/{kind}")
    def fails(kind: str, number: int = 0) -> None:
        known = {
            "refused": AccountUnknown(account="C-9"),
            "overtaken": Conflict(),
            "wrong": RuntimeError("x"),
        }
        raise known[kind]

    @app.get("/asked")
    def asked(request: Request) -> Listing:
        return listing(request, ("open", "number"), descending=True)

    @app.post("/does")
    def does() -> object:
        return flash.see_other("/", "<b>Done</b>.")

    yield app
    book.close()


@pytest.fixture
def browser(app: FastAPI) -> TestClient:
    """A browser of somebody who may only read; a token stands for the session, and needs no form token."""
    _, token = add_token(app.state.book.database, "reader", "tests", NOW)
    headers = {"Authorization": f"Bearer {token}"}
    return TestClient(app, raise_server_exceptions=False, headers=headers)


def test_no_page_needs_another_host_nor_anything_inline(browser: TestClient) -> None:
    page = browser.get("/")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"https?://|<style|style=|\son\w+=|<script>", page.text)


def test_templates_hold_nothing_that_the_policy_for_content_forbids() -> None:
    assert environment.loader is not None
    names = environment.list_templates()
    assert "base.html" in names
    for name in names:
        source, file, _ = environment.loader.get_source(environment, name)
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?! src)|hx-on|javascript:", source), file


def test_files_of_the_console_may_be_kept_since_their_address_changes_with_them(browser: TestClient) -> None:
    page = browser.get("/").text
    addresses = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert {address.split("?")[0] for address in addresses} >= {"/static/console.css", "/static/htmx.min.js"}
    for address in addresses:
        file = browser.get(address)
        assert file.status_code == 200
        assert "immutable" in file.headers["cache-control"]
    for name in re.findall(r'url\("([^"]+)"\)', browser.get("/static/console.css").text):
        assert browser.get(f"/static/{name}").status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/nowhere", 404, "not in this book"),
        ("/fails/refused", 409, "There is no account &#39;C-9&#39; in this book."),
        ("/fails/overtaken", 412, "has changed meanwhile"),
        ("/fails/refused?number=x", 422, "number: input should be a valid integer"),
        ("/fails/wrong", 500, "Nothing was recorded by halves."),
        ("/does", 405, "use the form"),
    ],
)
def test_errors_are_pages_with_a_sentence(browser: TestClient, path: str, status: int, sentence: str) -> None:
    page = browser.get(path)
    assert page.status_code == status
    assert sentence in page.text
    assert "RuntimeError" not in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


def test_what_was_done_is_said_once_and_never_as_markup(browser: TestClient) -> None:
    done = browser.post("/does")  # and sent on to the first page
    assert "&lt;b&gt;Done&lt;/b&gt;." in done.text
    assert "Done" not in browser.get("/").text
    browser.cookies.set(flash.COOKIE, "forged")
    assert browser.get("/").status_code == 200


def test_nobody_who_is_not_signed_in_sees_a_page(app: FastAPI) -> None:
    stranger = TestClient(app, follow_redirects=False)
    assert stranger.get("/asked?page=2").status_code == 200  # a page of this test, which asks nobody
    page = stranger.get("/?page=2")
    assert (page.status_code, page.headers["location"]) == (303, "/log-in?back=%2F%3Fpage%3D2")
    part = stranger.get("/", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["hx-redirect"]) == (401, "/log-in")
    assert (
        stranger.post("/log-in", data={"name": "reader", "password": "x"}).status_code == 403
    )  # no form token


def test_moments_are_shown_in_the_zone_that_the_reader_chose(browser: TestClient) -> None:
    assert 'value="Europe/Berlin"' in browser.get("/").text
    assert 'value="Asia/Tokyo"' in browser.post("/zone", data={"zone": "Asia/Tokyo", "back": "/"}).text
    assert 'value="Europe/Berlin"' in browser.post("/zone", data={"zone": "../x", "back": "/"}).text
    assert browser.post("/zone", data={"zone": "x" * 65}).status_code == 422
    sent_away = browser.post("/zone", data={"zone": "UTC", "back": "//x.example"}, follow_redirects=False)
    assert sent_away.headers["location"] == "/"


@pytest.mark.parametrize(
    ("query", "page", "sort", "descending"),
    [
        ("", 1, "open", True),
        ("?page=3&sort=number&order=up", 3, "number", False),
        ("?page=0&sort=password&order=sideways", 1, "open", True),
        ("?page=-1", 1, "open", True),
        ("?page=99999999999", 1, "open", True),
    ],
)
def test_a_table_is_asked_for_by_the_query_string(
    browser: TestClient, query: str, page: int, sort: str, descending: bool
) -> None:
    asked = Listing(**browser.get(f"/asked{query}").json())
    assert (asked.page, asked.sort, asked.descending) == (page, sort, descending)


@pytest.mark.parametrize(("total", "pages"), [(0, 1), (1, 1), (50, 1), (51, 2), (50_000, 1000)])
def test_pages_of_a_table(total: int, pages: int) -> None:
    assert Listing(1, 50, "open", False).pages(total) == pages


def test_figures_dates_and_moments() -> None:
    assert filters.figure(Decimal("-1234.5"), "EUR") == "−1,234.50"
    assert filters.figure(Decimal(1234), "JPY") == "1,234"
    assert filters.money(Decimal(1), "KWD") == '<span class="money">1.000&nbsp;<abbr>KWD</abbr></span>'
    assert filters.day(date(2024, 2, 29)) == '<time datetime="2024-02-29">2024-02-29</time>'
    assert filters.day(None) == filters.NONE
    assert filters.percent(Decimal("0.125"), 1) == "12.5\u202f%"
    token = filters.READER_ZONE.set(ZoneInfo("Europe/Berlin"))
    shown = filters.moment(datetime(2026, 3, 29, 1, 0, tzinfo=UTC))  # an hour that Berlin does not have
    filters.READER_ZONE.reset(token)
    assert ">2026-03-29 03:00</time>" in shown
    assert 'datetime="2026-03-29T01:00:00Z"' in shown
    assert "erased" in filters.personal(Erased())


def test_a_page_below_a_link_is_the_link_s_place() -> None:
    assert is_here(Link("Accounts", "/accounts"), "/accounts/C-1")
    assert not is_here(Link("Accounts", "/accounts"), "/accountsx")
    assert not is_here(Link("Home", "/"), "/accounts")


def test_templates_and_files_are_in_the_package(pytestconfig: pytest.Config) -> None:
    declared = (Path(pytestconfig.rootpath) / "pyproject.toml").read_text()
    assert '"web/static/*"' in declared
    assert '"web/templates/*/*.html"' in declared
