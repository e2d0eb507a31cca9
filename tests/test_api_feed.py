"""The feed of facts: every fact once and in order, waiting for news, server-sent events, erased data."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn

from arrears.access import tokens, users
from arrears.api.routes import PREFIX
from arrears.commands.carrying import carry_out
from arrears.commands.catalogue import CATALOGUE
from arrears.serving import application
from arrears.wiring import Book, open_book

Events = list[dict[str, str]]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def book(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    url = f"sqlite:///{tmp_path_factory.mktemp('feed') / 'book.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("module_postgres_url")
    opened = open_book(url, None, "a clerk", create=True)
    record(opened, "open", account="ACME", name="Acme Mills")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(book: Book) -> Iterator[httpx.Client]:
    """A program with an auditor's token, at a real server on this machine."""
    users.add_user(book.database, "reader", "auditor", None, book.clock())
    _, token = tokens.add_token(book.database, "reader", "", book.clock())
    config = uvicorn.Config(application(book), port=0, log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}{PREFIX}", headers=headers) as made:
        yield made
    server.should_exit = True
    thread.join(10)


def record(book: Book, command: str, **given: str) -> None:
    carry_out(book, CATALOGUE[command].model_validate_json(json.dumps(given)))


def events(answer: httpx.Response, count: int) -> Events:
    """So many server-sent events."""
    found: Events = []
    event: dict[str, str] = {}
    for line in answer.iter_lines():
        name, colon, value = line.partition(": ")
        if colon and name:
            event[name] = value
        elif not line and event:
            found.append(event)
            event = {}
        if len(found) == count:
            break
    return found


def test_every_fact_comes_once_in_the_order_of_the_log(client: httpx.Client, book: Book) -> None:
    record(book, "invoice", account="B", invoice="INV-1", amount="5.00", currency="EUR", due_on="2026-01-01")
    read, after = [], 0
    while page := client.get("/facts", params={"after": after, "limit": 3}).json():
        if not page["facts"]:
            break
        read += page["facts"]
        after = page["next"]
    assert [one["position"] for one in read] == [stored.position for stored in book.store.read(0, 10_000)]
    opened = [one for one in read if one["topic"] == "AccountOpened"]
    assert [(one["account"], one["by"]) for one in opened] == [("ACME", "a clerk"), ("B", "a clerk")]
    assert opened[0]["fact"]["name"] == "Acme Mills"


def test_topics_are_chosen_and_the_others_passed_over(client: httpx.Client, book: Book) -> None:
    page = client.get("/facts", params={"topic": ["AccountOpened", "InvoiceRaised"], "limit": 1}).json()
    assert [one["topic"] for one in page["facts"]] == ["AccountOpened"]
    nothing = client.get("/facts", params={"topic": "PolicyRetired"}).json()
    assert nothing == {"facts": [], "next": book.store.end}


def test_who_waits_is_answered_when_something_is_recorded(client: httpx.Client, book: Book) -> None:
    end = book.store.end
    timer = threading.Timer(0.3, record, (book, "note"), {"account": "ACME", "note": "news"})
    timer.start()
    page = client.get("/facts", params={"after": end, "wait_seconds": 20}, timeout=30).json()
    assert [one["fact"] for one in page["facts"]] == [{"text": "news"}]
    timer.join()
    end = book.store.end
    assert client.get("/facts", params={"after": end, "wait_seconds": 0.2}).json() == {
        "facts": [], "next": end,
    }  # fmt: skip


def test_events_go_on_behind_the_last_one_that_was_read(client: httpx.Client, book: Book) -> None:
    end = book.store.end
    for text in ("one", "two", "three"):
        record(book, "note", account="ACME", note=text)
    with client.stream("GET", "/facts/stream", params={"after": end}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        first = events(answer, 1)[0]
    assert (first["event"], json.loads(first["data"])["fact"]) == ("NoteAdded", {"text": "one"})
    headers = {"Last-Event-ID": first["id"]}
    with client.stream("GET", "/facts/stream", headers=headers) as answer:
        late = threading.Timer(0.2, record, (book, "note"), {"account": "ACME", "note": "four"})
        late.start()
        told = [json.loads(one["data"])["fact"]["text"] for one in events(answer, 3)]
        late.join()
    assert told == ["two", "three", "four"]


def test_what_was_erased_shows_as_erased(client: httpx.Client, book: Book) -> None:
    record(book, "open", account="GONE", name="Nobody Any More")
    end = book.store.end
    book.erase("GONE", book.today, "a request", force=False)
    page = client.get("/facts", params={"after": end - 1}).json()
    assert "Nobody Any More" not in str(page)
    assert page["facts"][0]["fact"]["name"] == {"erased": True}


def test_the_feed_is_read_while_somebody_writes(client: httpx.Client, book: Book, tmp_path: Path) -> None:
    """No fact is missed, none comes twice, however reading and writing fall together."""
    start, read = book.store.end, list[int]()

    def write(author: int) -> None:
        for number in range(10):
            record(book, "note", account="ACME", note=f"{author}-{number}")

    writers = [threading.Thread(target=write, args=(author,)) for author in range(3)]
    for writer in writers:
        writer.start()
    after = start
    while any(writer.is_alive() for writer in writers) or after < book.store.end:
        page = client.get("/facts", params={"after": after, "limit": 7}).json()
        read += [one["position"] for one in page["facts"]]
        after = page["next"]
    assert read == [one.position for one in book.store.read(start, 1000)]
    assert len(read) == 30
