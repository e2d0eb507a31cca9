"""The page on the HTTP API does what it says: each request is sent as it is typed there."""

import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from arrears.api.problems import STATUSES
from arrears.api.routes import PREFIX
from arrears.cli.main import run
from arrears.serving import application
from arrears.wiring import open_book
from tests.postgres import PROJECT

PAGE = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")
NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)


def requests(text: str) -> Iterator[tuple[list[str], int | None]]:
    """What is typed after `curl`, and the status that is announced beside it."""
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            typed, _, status = line.partition("   # ")
            if typed.startswith("curl "):
                yield shlex.split(typed)[1:], int(status) if status else None


def send(client: TestClient, words: list[str], token: str) -> Any:
    """Sends what was typed."""
    method, url, content = "GET", "", None
    headers: dict[str, str] = {}
    fields: dict[str, str] = {}
    files: dict[str, tuple[str, bytes]] = {}
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value.replace("$TOKEN", token)
        elif word in ("-d", "--data-binary"):
            content = words.pop(0)
        elif word == "-F":
            name, _, value = words.pop(0).partition("=")
            if value.startswith("@"):
                files[name] = (value[1:], Path(value[1:]).read_bytes())
            else:
                fields[name] = value
        else:
            url = word.replace("$API", PREFIX)
    return client.request(
        method, url, headers=headers, files=files or None, data=fields or None, content=content
    )


def test_every_request_of_the_page_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in re.findall(r"^`([\w.-]+)`:\n\n```csv\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE):
        (tmp_path / name).write_text(content, encoding="utf-8")
    url = f"sqlite:///{tmp_path / 'book.db'}"
    book = open_book(url, None, "a clerk", create=True, clock=lambda: NOON)
    for typed in re.findall(r"^arrears (.*)$", PAGE, re.MULTILINE):
        assert run([*shlex.split(typed), "--book", url]) == 0
    token = capsys.readouterr().out.split()[-1]
    client = TestClient(application(book))
    sent = list(requests(PAGE))
    assert len(sent) > 20
    for words, status in sent:
        typed = " ".join(words)
        answer = send(client, words, token)
        assert answer.status_code == status if status else answer.is_success, f"{typed}: {answer.text}"
    book.close()


def test_the_table_of_statuses_is_whole() -> None:
    named = {int(status) for status in re.findall(r"^\| (\d{3}) \|", PAGE, re.MULTILINE)}
    assert named == {*STATUSES.values(), 400}
