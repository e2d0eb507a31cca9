"""What is asked over HTTP: the answers of the command line, as documented, by pages, and in nobody's way."""

import json
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import pytest
from sqlalchemy import text

from arrears.api.routes import PREFIX
from arrears.cli.main import run
from arrears.commands.base import here_at
from arrears.commands.catalogue import CATALOGUE
from arrears.wiring import Book, open_book
from engine.application import Command
from projections.connection import reading, writing
from tests.api_story import Caller, Given, tell

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """A book in which every command was used, and 24 accounts that owe something."""
    url = f"sqlite:///{tmp_path_factory.mktemp('queries') / 'book.db'}"
    opened = open_book(url, None, "a clerk", create=True, clock=lambda: NOON)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def asker(book: Book) -> Caller:
    return told(book)


def told(book: Book) -> Caller:
    """A program that has told the book all there is to be asked."""
    caller = Caller(book, "administrator")
    tell(caller)
    invoice = CATALOGUE["invoice"].EXAMPLE | {"command": "invoice"}
    promise = CATALOGUE["promise"].EXAMPLE | {"command": "promise", "promised_on": "2026-07-10"}
    numbers = [f"B-{number:02}" for number in range(24)]
    tally = caller.lines(
        *({"command": "open", "account": one, "name": f"Sample Bakery {one}"} for one in numbers),
        *(invoice | {"account": one} for one in numbers),
        *(promise | {"account": one, "promise": f"P-{one}"} for one in numbers),
    ).json()
    assert tally["refused"] == 0, tally
    book.tick(NOON)
    return caller


# --- the same words as on the command line ----------------------------------------------------------------

ON = "2026-06-30"
PREVIEW = "template preview B-01 collection-notice --language de"
THEN = {"as_of": ON}
SAME: list[tuple[str, Given, str]] = [
    ("/accounts/ACME", THEN, f"account ACME --as-of {ON}"),
    ("/accounts/ACME", {"as_of": ON, "as_known": ON}, f"account ACME --as-of {ON} --as-known {ON}"),
    (
        "/accounts/ACME/statement",
        THEN | {"from": "2026-04-01"},
        f"statement ACME --from 2026-04-01 --as-of {ON}",
    ),
    ("/accounts/ACME/explain/3", THEN, f"explain ACME 3 --as-of {ON}"),
    ("/accounts/B-01/explain", {"on": "2026-06-29"}, "explain B-01 --on 2026-06-29"),
    ("/accounts/ACME/interest", {"until": ON}, f"interest ACME --until {ON}"),
    ("/reports/aging", THEN | {"by": "account"}, f"report aging --by account --as-of {ON}"),
    ("/reports/aging", THEN | {"edge": [15, 45]}, f"report aging --edges 15,45 --as-of {ON}"),
    (
        "/reports/aging",
        THEN | {"as_known": "2026-06-29", "against": ON},
        f"report aging --as-of {ON} --as-known 2026-06-29 --against {ON}",
    ),
    ("/reports/contacts", THEN, f"report contacts --by step --as-of {ON}"),
    ("/reports/disputes", THEN | {"by": "reason"}, f"report disputes --by reason --as-of {ON}"),
    ("/reports/approvals", THEN, f"report approvals --as-of {ON}"),
    ("/reports/agencies", THEN, f"report agencies --as-of {ON}"),
    ("/reports/agencies/Harbour Recoveries", THEN, f"report agency 'Harbour Recoveries' --as-of {ON}"),
    (
        "/reports/kpi",
        THEN | {"figure": ["dso", "cei"], "months": 2},
        f"report kpi dso cei --months 2 --as-of {ON}",
    ),
    ("/policies", {}, "policy list"),
    ("/policies/notice-calls-agency", {}, "policy show notice-calls-agency"),
    ("/limits", {}, "policy limits"),
    ("/templates", {}, "template list"),
    ("/accounts/B-01/templates/collection-notice", {"language": "de"}, PREVIEW),
]


@pytest.mark.parametrize(("path", "params", "typed"), SAME)
def test_the_answer_is_that_of_the_command_line(
    asker: Caller,
    book: Book,
    path: str,
    params: dict[str, Any],
    typed: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = asker.get(path, **params)
    assert answer.status_code == 200, answer.text
    monkeypatch.setitem(open_book.__kwdefaults__ or {}, "clock", lambda: NOON)
    capsys.readouterr()
    assert run([*shlex.split(typed), "--format", "json", "--book", book.url]) == 0
    assert answer.json() == json.loads(capsys.readouterr().out)


# --- as documented ----------------------------------------------------------------------------------------

QUERIES = [(path, params) for path, params, _ in SAME] + [
    ("/accounts", {}),
    ("/templates/collection-notice", {}),
    ("/accounts", THEN | {"kind": "business", "limit": 2}),
    ("/accounts/ACME/facts", {}),
    ("/reports/promises", {"by": "taken_by"}),
    *((f"/{name}", {}) for name in ("worklist", "exceptions", "promises", "contacts", "placements")),
    ("/disputes", {"resolved": True}),
    *((f"/{name}", {}) for name in ("items", "outbox", "limits/us-consumer-third-party")),
    ("/policies/notice-calls-agency/compare", {}),
]


@pytest.mark.parametrize(("path", "params"), QUERIES)
def test_the_answer_has_the_shape_that_is_documented(
    asker: Caller, path: str, params: dict[str, Any]
) -> None:
    answer = asker.get(path, **params)
    assert answer.status_code == 200, answer.text
    document = asker.get("/openapi.json").json()
    content = documented(document, path)["content"]["application/json"]
    validator = jsonschema_rs.validator_for(content["schema"] | {"components": document["components"]})
    assert [f"{one.instance_path}: {one.message}" for one in validator.iter_errors(answer.json())] == []
    validator.validate(content["example"])


def documented(document: dict[str, Any], path: str) -> dict[str, Any]:
    """What is documented of the answer at a path."""
    patterns = {re.sub(r"\{\w+\}", ".+", known): known for known in document["paths"]}
    fitting = [known for pattern, known in patterns.items() if re.fullmatch(pattern, path)]
    found: dict[str, Any] = document["paths"][max(fitting, key=len)]["get"]["responses"]["200"]
    return found


# --- pages ------------------------------------------------------------------------------------------------

LISTS = {
    "/accounts": "accounts", "/accounts/ACME/facts": "facts", "/worklist": "worklist", "/items": "items",
    "/exceptions": "exceptions", "/promises": "promises", "/contacts": "contacts",
    "/disputes?resolved=true": "disputes", "/placements": "placements", "/outbox": "reminders",
}  # fmt: skip


def walked(asker: Caller, path: str, name: str, limit: int) -> Iterator[list[Any]]:
    """The pages of a list, each found by the link of the one before."""
    link = f"{PREFIX}{path}{'&' if '?' in path else '?'}limit={limit}"
    while link:
        answer = asker.client.get(link)
        assert answer.status_code == 200, answer.text
        yield answer.json()[name]
        link = answer.json()["next"]
        assert (f'<{link}>; rel="next"' == answer.headers.get("Link")) == bool(link)


@pytest.mark.parametrize(("path", "name"), LISTS.items())
def test_pages_hold_each_row_once(asker: Caller, path: str, name: str) -> None:
    pages = list(walked(asker, path, name, 3))
    [whole] = walked(asker, path, name, 500)
    assert [row for page in pages for row in page] == whole
    assert all(len(page) == 3 for page in pages[:-1])


def test_what_is_recorded_between_two_pages_shows_no_row_twice_and_hides_none(asker: Caller) -> None:
    before = [row["account"] for [row] in walked(asker, "/accounts", "accounts", 1)]
    seen = []
    for number, page in enumerate(walked(asker, "/accounts", "accounts", 5)):
        seen += [row["account"] for row in page]
        asker.done("open", {"account": f"NEW-{number}", "opened_on": "2026-01-01"})
    assert len(seen) == len(set(seen))
    assert set(before) <= set(seen)


def test_accounts_are_found_by_parts_of_who_they_are(asker: Caller) -> None:
    found = asker.get("/accounts", search="bakery b-0", limit=3).json()
    more = asker.client.get(found["next"]).json()
    names = {row["name"] for row in found["accounts"] + more["accounts"]}
    assert len(names) == 6
    assert all(name.startswith("Sample Bakery B-0") for name in names)
    [exact] = asker.get("/accounts", search="ACME").json()["accounts"]
    assert exact["account"] == "ACME"
    assert asker.get("/accounts", search="nobody of that name").json()["accounts"] == []


def test_a_cursor_is_good_for_its_own_list_only(asker: Caller) -> None:
    link = asker.get("/promises", limit=1).json()["next"]
    cursor = link.partition("cursor=")[2]
    assert asker.get("/promises", limit=2, cursor=cursor).status_code == 200
    others: tuple[tuple[str, Given], ...] = (
        ("/promises", {"status": "kept"}), ("/contacts", {}), ("/accounts/B-01/facts", {}),
    )  # fmt: skip
    for path, params in others:
        refused = asker.get(path, cursor=cursor, **params)
        assert (refused.status_code, refused.json()["title"]) == (422, "CursorUnfit")
    assert asker.get("/promises", cursor="x").status_code == 422
    assert asker.get("/promises", limit=501).status_code == 422


def test_promises_of_one_status_and_account(asker: Caller) -> None:
    found = asker.get("/promises", status=["pending"], account="B-03").json()["promises"]
    assert [row["promise"] for row in found] == ["P-B-03"]
    assert asker.get("/promises", status="broken").json() | THEN == {
        **THEN, "as_known": None, "promises": [], "next": None,
    }  # fmt: skip


# --- versions ---------------------------------------------------------------------------------------------


def test_an_account_that_stands_is_not_sent_again(asker: Caller) -> None:
    first = asker.get("/accounts/B-07")
    tag = first.headers["ETag"]
    same = asker.get("/accounts/B-07", headers={"If-None-Match": f'"x", {tag}'})
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    other = asker.get("/accounts/B-07", headers={"If-None-Match": tag}, as_of="2026-06-01")
    assert other.status_code == 200, "as of another day it says something else"

    asker.done("note", {"account": "B-07", "note": "saw it"}, If_Match=tag)
    assert asker.get("/accounts/B-07", headers={"If-None-Match": tag}).status_code == 200
    assert asker.post("note", {"account": "B-07", "note": "late"}, If_Match=tag).status_code == 412


def test_what_is_wrong_with_a_query_is_said(asker: Caller) -> None:
    wrong: list[tuple[str, Given, int, str]] = [
        ("/accounts/NOBODY", {}, 404, "AccountUnknown"),
        ("/accounts/B-01", {"as_known": "2026-01-01"}, 409, "AccountNotKnownThen"),
        ("/accounts/B-01", {"as_of": "0"}, 422, "BodyUnfit"),
        ("/accounts/B-01/explain/999", {}, 404, "FactUnknown"),
        ("/reports/aging", {"edge": [30, 20]}, 422, "QueryUnfit"),
        ("/reports/aging", {"against": ON}, 422, "QueryUnfit"),
        ("/policies/nothing", {}, 404, "UnknownPolicy"),
        ("/limits/nothing", {}, 404, "UnknownProfile"),
        ("/reports/kpi", {"variant": "odd"}, 422, "VariantUnknown"),
    ]
    for path, params, status, title in wrong:
        answer = asker.get(path, **params)
        assert (answer.status_code, answer.json()["title"]) == (status, title), path


# --- readers and writers ----------------------------------------------------------------------------------


def test_a_long_read_does_not_hold_up_a_writer(asker: Caller, book: Book) -> None:
    with reading(book.database) as connection:
        before = connection.execute(text("SELECT count(*) FROM timeline")).scalar_one()
        asker.done("note", {"account": "B-09", "note": "while somebody reads"})
        assert connection.execute(text("SELECT count(*) FROM timeline")).scalar_one() == before


QUICK = "/accounts /accounts/B-09 /worklist /reports/aging /facts /accounts/B-09/interest".split()


def test_a_long_write_does_not_hold_up_queries(asker: Caller, book: Book) -> None:
    """Another process holds the one lock of SQLite: whoever needs it waits for a minute, and then fails."""
    asker.get("/accounts")
    with writing(book.database):
        for path in QUICK:
            assert asker.get(path).status_code == 200


def test_tables_that_were_left_behind_are_brought_up_after_an_answer(asker: Caller, book: Book) -> None:
    account = book.account_id("B-10")
    version = book.store.version(account)
    note = CATALOGUE["note"].model_validate({"account": "B-10", "note": "nobody folds this in"})
    book.engine.execute(Command(account, note.decide_known(here_at(book)), book.stamp()))
    stale = asker.get("/accounts/B-10")
    assert stale.headers["ETag"].startswith(f'"{version + 1}.')
    assert asker.get("/accounts/B-10").headers["ETag"] != stale.headers["ETag"], "the tables are up by now"


# --- PostgreSQL -------------------------------------------------------------------------------------------


def test_postgresql_answers_the_same_by_the_same_pages(asker: Caller, module_postgres_url: str) -> None:
    """All queries, and each list by pages of three; the order of accounts is the book's own."""
    book = open_book(module_postgres_url, None, "a clerk", create=True, clock=lambda: NOON)
    other = told(book)
    for path, params in QUERIES:
        answer = other.get(path, **params)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        if path.startswith("/reports"):
            assert answer.json().keys() == asker.get(path, **params).json().keys()
    for path, name in LISTS.items():
        [whole] = walked(other, path, name, 500)
        assert [row for page in walked(other, path, name, 3) for row in page] == whole, path
    with writing(book.database):
        assert other.get("/worklist").status_code == 200
    book.close()
