"""Webhooks over HTTP and on the command line: the same, for whoever operates the server."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient

from arrears.access import tokens, users
from arrears.api.routes import PREFIX
from arrears.cli.main import run
from arrears.commands.carrying import carry_out
from arrears.commands.catalogue import CATALOGUE
from arrears.delivery.signatures import check
from arrears.serving import application
from arrears.wiring import Book, open_book
from tests.receiver import Receiver, receiver


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    url = f"sqlite:///{tmp_path_factory.mktemp('hooks') / 'book.db'}"
    opened = open_book(url, None, "a clerk", create=True)
    carry_out(opened, CATALOGUE["open"].model_validate({"account": "ACME"}))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(book: Book) -> TestClient:
    """A program with an administrator's token."""
    users.add_user(book.database, "mira", "administrator", None, book.clock())
    _, token = tokens.add_token(book.database, "mira", "", book.clock())
    return TestClient(
        application(book), f"http://localhost{PREFIX}", headers={"Authorization": f"Bearer {token}"}
    )


@pytest.fixture
def other(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("ARREARS_WEBHOOK_NETWORKS", "127.0.0.0/8")
    with receiver() as running:
        yield running


def record(book: Book, note: str) -> None:
    carry_out(book, CATALOGUE["note"].model_validate({"account": "ACME", "note": note}))


def test_a_webhook_lives_and_dies_over_http(client: TestClient, book: Book, other: Receiver) -> None:
    made = client.post("webhooks", json={"url": other.url, "topics": ["NoteAdded"], "label": "the ERP"})
    assert made.status_code == 201
    hook, secret = made.json()["id"], made.json()["secret"]
    assert made.json()["created_by"] == "mira"
    [listed] = client.get("webhooks").json()["webhooks"]
    assert listed == {name: value for name, value in made.json().items() if name != "secret"}
    assert secret not in client.get("webhooks").text

    assert client.post(f"webhooks/{hook}/test").json() == {"taken": True, "said": "HTTP 204"}
    assert check(secret, other.posted[0].headers, other.posted[0].body, book.clock())
    record(book, "one")
    other.answers = [410]
    assert run(["webhook", "send", "--book", book.url]) == 0
    assert client.get("webhooks").json()["webhooks"][0]["state"] == "disabled"
    assert client.post(f"webhooks/{hook}/resume").json()["state"] == "active"
    assert run(["webhook", "send", "--book", book.url]) == 0
    page = client.get(f"webhooks/{hook}/deliveries", params={"limit": 1}).json()
    [delivered] = page["deliveries"]
    assert (delivered["state"], delivered["topic"]) == ("delivered", "NoteAdded")
    assert client.get(f"webhooks/{hook}/deliveries", params={"before": page["next"]}).json() == {
        "deliveries": [], "next": None,
    }  # fmt: skip

    again = client.post(f"webhooks/{hook}/redeliver", json={"positions": [delivered["position"]]})
    assert (again.status_code, again.json()) == (202, {"queued": 1})
    assert client.post(f"webhooks/{hook}/redeliver", json={}).json() == {"queued": 0}
    assert client.post(f"webhooks/{hook}/pause").json()["state"] == "paused"
    assert client.delete(f"webhooks/{hook}").status_code == 200
    gone = client.delete(f"webhooks/{hook}")
    assert (gone.status_code, gone.json()["title"]) == (404, "WebhookUnknown")


@pytest.mark.parametrize(
    ("given", "title"),
    [
        ({"url": "https://127.0.0.1/x"}, "TargetUnfit"),
        ({"url": "https://erp.example", "topics": ["Nonsense"]}, "TopicUnknown"),
        ({"url": "https://erp.example", "label": "a\u0000b"}, "BodyUnfit"),
        ({"url": "https://erp.example", "after": -1, "more": 1}, "BodyUnfit"),
        ({}, "BodyUnfit"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_kept(
    client: TestClient, given: dict[str, object], title: str
) -> None:
    refused = client.post("webhooks", json=given)
    assert (refused.status_code, refused.json()["title"]) == (422, title)
    assert client.get("webhooks").json() == {"webhooks": []}


def test_the_command_line_does_the_same(
    book: Book, other: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*words: str, code: int = 0) -> Any:
        capsys.readouterr()
        assert run(["webhook", *words, "--book", book.url, "--format", "json"]) == code
        told = capsys.readouterr()
        return orjson.loads(told.out or told.err)

    hook = str(said("add", other.url, "--topic", "NoteAdded")["id"])
    record(book, "two")
    other.status = 500
    assert said("send") == {"facts": {"to be tried again": 1}, "disabled": []}
    assert said("test", hook, code=1)["said"] == "HTTP 500"
    other.status = 204
    assert said("pause", hook)["state"] == "paused"
    assert said("resume", hook)["attempts"] == 0
    assert said("send")["facts"] == {"delivered": 1}
    [delivery] = said("deliveries", hook, "--state", "delivered")["deliveries"]
    assert said("redeliver", hook, str(delivery["position"])) == {"queued": 1}
    assert said("send")["facts"] == {"delivered": 1}
    for word in ("list", "send"):
        assert run(["webhook", word, "--book", book.url]) == 0
    assert hook in capsys.readouterr().out
    assert said("remove", hook)["id"] == hook
    assert said("remove", hook, code=3)["error"]["rule"] == "WebhookUnknown"
