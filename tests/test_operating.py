"""A book as its operator sees it: settings, logs without personal data, metrics, health, a graceful stop."""

import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from arrears import logs
from arrears.access import tokens, users
from arrears.api.routes import PREFIX
from arrears.cli.main import run
from arrears.operating.meters import Meters
from arrears.operating.settings import all_settings
from arrears.operating.standing import MOST_BEHIND
from arrears.serving import application
from arrears.wiring import Book, open_book
from projections.connection import writing
from projections.tables import position
from tests.postgres import PROJECT
from tests.told_book import Desk

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
FORTNIGHT = timedelta(days=14)
NAME, NUMBER = "Ada Sample", "SAMPLE-ADA"
AS_INSTALLED = "from arrears.cli.main import main; main()"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    url = f"sqlite:///{tmp_path_factory.mktemp('operating') / 'book.db'}"
    opened = open_book(url, None, "a clerk", create=True, clock=lambda: NOON)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def meters(book: Book) -> Meters:
    counted = Meters()
    counted.watch(book, FORTNIGHT)
    return counted


@pytest.fixture(scope="module")
def client(book: Book, meters: Meters) -> TestClient:
    users.add_user(book.database, "monitor", "administrator", None, NOON)
    token = tokens.add_token(book.database, "monitor", "", NOON)[1]
    app = application(book, meters)
    return TestClient(app, headers={"Authorization": f"Bearer {token}"}, raise_server_exceptions=False)


def command(client: TestClient, name: str, **given: Any) -> httpx.Response:
    answer: httpx.Response = client.post(f"{PREFIX}/commands/{name}", json=given)
    return answer


def value(client: TestClient, sample: str) -> float:
    """The figure of that sample in what Prometheus would read."""
    [found] = re.findall(rf"^{re.escape(sample)} (.+)$", client.get("/metrics").text, re.MULTILINE)
    return float(found)


# --- settings ---------------------------------------------------------------------------------------------


def test_every_variable_that_the_source_names_is_a_listed_setting() -> None:
    """Those named in code and docs; the test's own and those of a terminal's session are not ours."""
    listed = {setting.name for setting in all_settings()}
    sources = [*(PROJECT / "arrears").rglob("*.py"), *(PROJECT / "docs").glob("*.md"), PROJECT / "README.md"]
    named = {name for file in sources for name in re.findall(r"ARREARS_[A-Z_]*[A-Z]", file.read_text())}
    assert named - listed == set()


def test_settings_show_no_secret(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("ARREARS_BOOK", "postgresql://clerk:hidden-1@localhost/arrears")
    monkeypatch.setenv("ARREARS_SMTP_URL", "smtp://clerk:hidden-2@localhost:587")
    monkeypatch.setenv("ARREARS_MASTER_KEY", "hidden-3")
    assert run(["settings", "--format", "json"]) == 0
    told = capsys.readouterr().out
    held = {one["name"]: one for one in json.loads(told)}
    assert "hidden" not in told
    assert held["ARREARS_BOOK"]["value"] == "postgresql://clerk:***@localhost/arrears"
    assert held["ARREARS_SMTP_URL"]["set"]
    assert held["ARREARS_PORT"] | {"what": ""} == {
        "name": "ARREARS_PORT", "value": "8000", "set": False, "default": "8000", "what": "",
    }  # fmt: skip
    assert all(one["what"] for one in held.values()), "each says what it is"


def test_settings_that_are_wrong_are_all_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ARREARS_PORT", "http")
    monkeypatch.setenv("ARREARS_LOG_FORMAT", "xml")
    assert run(["settings"]) == 2
    told = capsys.readouterr().err
    assert "ARREARS_PORT" in told
    assert "ARREARS_LOG_FORMAT" in told


# --- logs -------------------------------------------------------------------------------------------------


@pytest.fixture
def logged(capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What has been logged since the test itself had logs configured."""
    yield lambda: [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    logging.getLogger().handlers.clear()


def test_a_request_is_logged_by_route_and_stream_and_names_nobody(
    client: TestClient, book: Book, logged: Any
) -> None:
    logs.configure("json", "INFO")
    sent = client.post(
        f"{PREFIX}/commands/open",
        json={"account": NUMBER, "name": NAME},
        headers={"X-Request-ID": "from-a-proxy"},
    )
    command(client, "note", account=NUMBER, note=f"{NAME} is on holiday")
    command(client, "note", account="NOBODY-ADA", note="who is this?")
    events = [event for event in logged() if event["event"] == "answered"]
    stream = book.engine.account_ids([NUMBER])[NUMBER]
    assert sent.headers["X-Request-ID"] == "from-a-proxy"
    assert [(event["route"], event["status"], event["account"] == stream) for event in events] == [
        ("/api/v1/commands/open", 201, True),
        ("/api/v1/commands/note", 201, True),
        ("/api/v1/commands/note", 404, False),
    ]
    assert events[0]["request"] == "from-a-proxy"
    assert re.fullmatch("[0-9a-f]{16}", events[1]["request"])
    assert events[2]["refused"] == "AccountUnknown"
    assert not re.search("(?i)ada", json.dumps(events))


def test_what_fails_is_logged_without_what_was_said(logged: Any) -> None:
    logs.configure("json", "INFO")
    try:
        raise ValueError(f"{NAME} cannot be parsed")
    except ValueError:
        logs.logger("tests").exception("it failed")
    [event] = logged()
    assert (event["fault"], event["level"]) == ("ValueError", "error")
    assert "test_what_fails_is_logged_without_what_was_said" in event["where"]
    assert NAME not in json.dumps(event)


# --- metrics and health -----------------------------------------------------------------------------------


def test_metrics_count_facts_requests_refusals_and_limits(client: TestClient, meters: Meters) -> None:
    command(client, "open", account="C-1", timezone="Europe/Berlin", country="DE")
    invoice = {"account": "C-1", "amount": "10.00", "currency": "EUR", "due_on": "2026-07-01"}
    assert command(client, "invoice", invoice="I-1", **invoice).status_code == 201
    assert command(client, "invoice", invoice="I-1", **invoice).status_code == 200
    wrong = command(client, "correct", account="C-1", invoice="I-9", amount="5.00", reason="x")
    assert wrong.status_code == 409
    assert value(client, 'arrears_refusals_total{rule="ItemUnknown"}') == 1
    assert value(client, 'arrears_facts_recorded_total{topic="InvoiceRaised"}') == 1
    route = 'method="POST",route="/api/v1/commands/invoice"'
    assert value(client, f'arrears_request_seconds_count{{{route},status="201"}}') >= 1
    assert value(client, 'arrears_projection_lag{table="projections"}') == 0
    assert value(client, "arrears_log_position") > 0


def test_metrics_are_for_those_who_operate(client: TestClient, book: Book) -> None:
    users.add_user(book.database, "looker", "viewer", None, NOON)
    token = tokens.add_token(book.database, "looker", "", NOON)[1]
    assert client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer none"}).status_code == 401


def test_a_server_is_ready_until_its_tables_are_far_behind(client: TestClient, book: Book) -> None:
    assert client.get("/health/live").json() == {"status": "alive"}
    assert client.get("/health/ready").json()["status"] == "ready"
    held = position.c.name == "agenda"
    with writing(book.database) as connection:
        at = connection.execute(position.select().where(held)).one().at
        connection.execute(update(position).where(held).values(at=at - MOST_BEHIND - 1))
    try:
        answer = client.get("/health/ready", headers={"Authorization": ""})
        assert answer.status_code == 503
        assert answer.json()["checks"]["tables"].startswith("far behind the log: agenda by ")
    finally:
        with writing(book.database) as connection:
            connection.execute(update(position).where(held).values(at=at))


# --- processes --------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def started(url: str, *words: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "ARREARS_LOG_FORMAT": "json"}
    return subprocess.Popen(
        [sys.executable, "-c", AS_INSTALLED, "--book", url, *words], text=True, stderr=subprocess.PIPE,
        env=environment | {"ARREARS_WAKE_EVERY_SECONDS": "0.2"},
    )  # fmt: skip


def answering(address: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            assert httpx.get(f"{address}/health/ready").status_code == 200
        except httpx.TransportError:
            assert time.monotonic() < deadline, "it does not answer within a minute"
            time.sleep(0.1)
        else:
            return


def test_one_process_serves_and_wakes_and_stops_when_asked(sqlite_url: str) -> None:
    desk = Desk(sqlite_url, "2026-03-01 08:00")
    desk.open("2026-03-01 09:00", "C-1", timezone="UTC")
    desk.invoice("2026-03-01 09:00", "C-1", "I-1", "100.00", "EUR", due="2026-03-01")
    port = free_port()
    process = started(sqlite_url, "serve", "--port", str(port))
    try:
        answering(f"http://127.0.0.1:{port}")
        deadline = time.monotonic() + 60
        while not any(one.fact.because for one in desk.book.store.read_all()):
            assert time.monotonic() < deadline, "the engine was not woken within a minute"
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    events = [json.loads(line)["event"] for line in said.splitlines() if line.startswith("{")]
    assert process.returncode == 0, said
    assert events[0].startswith("serving ")
    assert "woken" in events
    assert events[-1] == "stopping on SIGTERM, after what is under way"


def test_two_servers_of_one_book_on_postgresql_show_what_either_records(postgres_book_url: str) -> None:
    book = open_book(postgres_book_url, None, "a clerk", create=True)
    users.add_user(book.database, "program", "manager", None, book.clock())
    token = tokens.add_token(book.database, "program", "", book.clock())[1]
    book.close()
    ports = (free_port(), free_port())
    servers = [started(postgres_book_url, "serve", "--only", "--port", str(port)) for port in ports]
    first, second = (f"http://127.0.0.1:{port}" for port in ports)
    let_in = {"Authorization": f"Bearer {token}"}
    try:
        answering(first)
        answering(second)
        opened = httpx.post(f"{first}{PREFIX}/commands/open", json={"account": "C-1"}, headers=let_in)
        noted = httpx.post(
            f"{second}{PREFIX}/commands/note", json={"account": "C-1", "note": "called twice"},
            headers={**let_in, "If-Match": opened.headers["ETag"]},
        )  # fmt: skip
        stale = httpx.post(
            f"{first}{PREFIX}/commands/note", json={"account": "C-1", "note": "called again"},
            headers={**let_in, "If-Match": opened.headers["ETag"]},
        )  # fmt: skip
        assert (opened.status_code, noted.status_code, stale.status_code) == (201, 201, 412)
    finally:
        for server in servers:
            server.send_signal(signal.SIGTERM)
        for server in servers:
            assert server.wait(timeout=60) == 0
            assert server.stderr is not None
            server.stderr.close()


OPENED = """
import sys
from arrears.wiring import open_book
open_book(sys.argv[1], None, "x", create=True).close()
"""


def test_processes_that_open_a_new_book_at_once_found_it_once(bare_url: str) -> None:
    words = [sys.executable, "-c", OPENED, bare_url]
    opened = [subprocess.Popen(words, cwd=PROJECT, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate(timeout=120)[1] for process in opened] == [""] * 3
    book = open_book(bare_url, None, "a clerk")
    founded = [one.fact.TOPIC for one in book.store.read(0, 1000)]
    book.close()
    assert founded.count("BookFounded") == 1


# --- examples ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", sorted((PROJECT / "deploy").glob("*.service")), ids=lambda unit: unit.name)
def test_the_commands_of_the_units_are_commands(unit: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [line] = re.findall(r"^ExecStart=(.+)$", unit.read_text(), re.MULTILINE)
    program, *words = line.split()
    assert program.endswith("/bin/arrears")
    assert run([words[0], "--help"]) == 0
    offered = capsys.readouterr().out
    assert all(word in offered for word in words[1:] if word.startswith("--"))
