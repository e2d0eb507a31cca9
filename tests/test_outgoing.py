"""One round of all that goes out: bounces are read, reminders sent, and webhooks told of both."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from arrears.cli import session
from arrears.cli.main import run
from arrears.delivery.settings import DeliverySettings, SettingFault, delivery_settings
from arrears.operating import jobs
from arrears.operating.meters import Meters
from arrears.wiring import open_book
from tests.mail_server import MailServer, mail_server
from tests.receiver import Receiver, receiver
from tests.stories import Story, on_sqlite
from tests.test_bounces import FROM, TO, maildir, report


@pytest.fixture
def post() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def other() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def box(post: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The Maildir of bounces; all is set up in the environment."""
    made = maildir(tmp_path)
    given = {
        "SMTP_URL": post.url, "MAIL_FROM": FROM, "BOUNCES_URL": f"maildir://{made}",
        "WEBHOOK_NETWORKS": "127.0.0.0/8",
    }  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv(f"ARREARS_{name}", value)
    return made


def reminded(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """A is to be reminded now, and the clock of the command line stands still at that."""
    monkeypatch.setattr(session, "open_book", partial(open_book, clock=lambda: story.now))
    story.open(name="Ada Example", email=TO)
    story.follow("gentle-to-firm")
    story.invoice("INV-1", "1234.50", due="2026-02-01")
    story.tick("2026-02-08T09:00")


@on_sqlite
def test_the_command_does_one_round_and_says_what_came_of_it(
    story: Story, post: MailServer, other: Receiver, box: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    reminded(story, monkeypatch)
    topics = ["--topic", "ReminderDelivered", "--topic", "ReminderFailed"]
    assert run(["webhook", "add", other.url, *topics, "--book", story.book.url]) == 0
    deliver = ["deliver", "--book", story.book.url]
    capsys.readouterr()
    assert run([*deliver, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["outcomes"][0]["outcome"], told["webhooks"]) == ("delivered", {"delivered": 1})
    (box / "new" / "1").write_bytes(report(post.mails[-1]))
    assert run(deliver) == 0
    said = capsys.readouterr().out
    assert said == "Bounces: 1 bounced.\nWebhooks: 1 delivered.\n"
    assert [one.json["topic"] for one in other.posted] == ["ReminderDelivered", "ReminderFailed"]
    assert run(deliver) == 0
    assert capsys.readouterr().out == "Nothing was due.\n"
    (box / "new").rmdir()
    assert run(deliver) == 4
    assert "Bounces cannot be read now: there is no folder" in capsys.readouterr().err


@on_sqlite
def test_a_book_with_nothing_but_a_webhook_delivers_to_it(
    story: Story, other: Receiver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ARREARS_WEBHOOK_NETWORKS", "127.0.0.0/8")
    assert run(["deliver", "--book", story.book.url]) == 2
    assert "ARREARS_SMTP_URL" in capsys.readouterr().err
    assert run(["webhook", "add", other.url, "--book", story.book.url]) == 0
    story.note()
    assert run(["deliver", "--book", story.book.url]) == 0
    assert [one.json["topic"] for one in other.posted] == ["AccountOpened", "NoteAdded"]


@on_sqlite
def test_a_server_does_the_same_as_jobs_and_counts_it(
    story: Story, post: MailServer, other: Receiver, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reminded(story, monkeypatch)
    assert run(["webhook", "add", other.url, "--book", story.book.url]) == 0
    meters = Meters()
    todo = {job.name: job for job in jobs.outgoing(story.book, 60, delivery_settings(), meters)}
    assert list(todo) == ["bounces", "deliver", "webhooks"]
    todo["deliver"].do()
    (box / "new" / "1").write_bytes(report(post.mails[-1]))
    for job in todo.values():
        job.do()
    assert [one.json["topic"] for one in other.posted] == ["ReminderDelivered", "ReminderFailed"]
    shown = meters.exposed().decode()
    assert 'arrears_webhook_facts_total{outcome="delivered"} 2.0' in shown
    assert 'arrears_bounces_total{outcome="bounced"} 1.0' in shown
    with pytest.raises(SettingFault):
        jobs.outgoing(story.book, 60, DeliverySettings(bounces_url=SecretStr("imap://host/")), meters)
