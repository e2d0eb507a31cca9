"""Webhooks: each fact reaches a real server once or more, in order, signed, and nothing else is reached."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from arrears.commands.carrying import carry_out
from arrears.commands.catalogue import CATALOGUE
from arrears.delivery.posting import NoAnswer, Poster
from arrears.delivery.signatures import SecretUnfit, SignatureWrong, check, new_secret, signed
from arrears.delivery.targets import Targets, TargetUnfit
from arrears.telling.feed import Page, read_feed
from arrears.webhooks import deliveries, sending, subscriptions
from arrears.webhooks.faults import DeliveryUnknown, TopicUnknown, WebhookUnknown
from arrears.webhooks.sending import Teller, Told, send_test, tell
from arrears.webhooks.settings import WebhookSettings, webhook_settings
from arrears.webhooks.subscriptions import Webhook
from arrears.wiring import Book, open_book
from tests.receiver import Receiver, receiver

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
LOOPBACK = "127.0.0.0/8"
ALLOWED = Targets([LOOPBACK])
SETTINGS = WebhookSettings(webhook_networks=LOOPBACK, webhook_timeout_seconds=5)


@dataclass
class Clock:
    now: datetime = field(default=START)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def book(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, clock: Clock
) -> Iterator[Book]:
    url = f"sqlite:///{tmp_path_factory.mktemp('hooks') / 'book.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("module_postgres_url")
    opened = open_book(url, None, "a clerk", create=True, clock=clock)
    record(opened, "open", account="ACME", name="Acme Mills")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def other(server: Receiver) -> Receiver:
    """The other system, which has been told nothing yet."""
    server.reset()
    return server


@pytest.fixture
def hook(book: Book, other: Receiver) -> Iterator[Webhook]:
    """A webhook that is told all that is recorded from now on."""
    made, _ = add(book, other.url)
    yield made
    for one in subscriptions.list_webhooks(book.database):
        subscriptions.remove_webhook(book.database, one.id)


def add(book: Book, url: str, *topics: str, after: int | None = None) -> tuple[Webhook, str]:
    start = book.store.end if after is None else after
    return subscriptions.add_webhook(
        book.database, ALLOWED, url, topics=topics, label="", after=start, by="a clerk", at=book.clock()
    )


def record(book: Book, command: str, **given: str) -> None:
    carry_out(book, CATALOGUE[command].model_validate(given))


def note(book: Book, *texts: str) -> None:
    for one in texts:
        record(book, "note", account="ACME", note=one)


def send(book: Book, **more: Any) -> Told:
    return tell(book, SETTINGS.model_copy(update=more))


def now_of(book: Book, hook: Webhook) -> Webhook:
    return next(one for one in subscriptions.list_webhooks(book.database) if one.id == hook.id)


def notes(other: Receiver) -> list[str]:
    return [one.json["fact"]["text"] for one in other.posted]


# --- what is told -----------------------------------------------------------------------------------------


def test_each_fact_is_told_once_in_order_signed_and_as_the_feed_tells_it(
    book: Book, other: Receiver, hook: Webhook
) -> None:
    note(book, "one", "two", "three")
    assert send(book).counts == {"delivered": 3}
    assert send(book).counts == {}

    assert notes(other) == ["one", "two", "three"]
    first = other.posted[0]
    assert (first.json["topic"], first.json["account"], first.json["by"]) == ("NoteAdded", "ACME", "a clerk")
    assert first.headers["content-type"] == "application/json"
    assert check(hook.secret, first.headers, first.body, book.clock()) == first.id
    with pytest.raises(SignatureWrong, match="not of this body"):
        check(hook.secret, first.headers, first.body + b" ", book.clock())
    kept = deliveries.list_deliveries(book.database, hook.id)
    assert [(one.state, one.status, one.message) for one in kept] == [
        ("delivered", 204, one.id) for one in reversed(other.posted)
    ]


def test_topics_are_chosen_and_a_past_can_be_asked_for(book: Book, other: Receiver, hook: Webhook) -> None:
    subscriptions.remove_webhook(book.database, hook.id)
    made, _ = add(book, other.url, "AccountOpened", after=0)
    note(book, "not asked for")
    assert send(book).counts == {"delivered": 1}
    assert [one.json["topic"] for one in other.posted] == ["AccountOpened"]
    assert now_of(book, made).position == book.store.end
    with pytest.raises(TopicUnknown, match="no facts of the kind NoSuchThing"):
        add(book, other.url, "NoSuchThing")


def test_what_was_erased_is_told_as_erased(book: Book, other: Receiver, hook: Webhook) -> None:
    account = f"GONE-{hook.id}"
    record(book, "open", account=account, name="Nobody Any More")
    other.status = 500
    send(book, webhook_attempts=1)
    assert "Nobody Any More" in other.posted[0].body.decode()
    erased = book.erase(account, book.today, "a request", force=False)
    assert any(line.startswith("Systems that webhooks told: 127.0.0.1") for line in erased.outside)
    other.reset()
    assert deliveries.redeliver(book.database, hook.id, None) >= 1
    send(book)
    opened = next(one for one in other.posted if one.json["topic"] == "AccountOpened")
    assert opened.json["fact"]["name"] == {"erased": True}
    assert "Nobody Any More" not in str([one.body for one in other.posted])


def test_what_is_erased_while_those_before_it_are_told_is_told_as_erased(
    book: Book, other: Receiver, hook: Webhook, clock: Clock
) -> None:
    account = f"GOING-{hook.id}"
    note(book, "one")
    record(book, "open", account=account, name="Nobody Much Longer")

    def erase(_: object) -> None:
        clock.now += timedelta(seconds=3)
        if len(other.posted) == 1:
            book.erase(account, book.today, "a request", force=False)

    other.on_post = erase
    assert send(book).counts["delivered"] >= 2
    assert other.posted[1].json["fact"]["name"] == {"erased": True}


def test_a_book_that_takes_long_to_read_is_told_all_the_same(
    book: Book, other: Receiver, hook: Webhook, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(*asked: Any) -> Page:
        clock.now += timedelta(seconds=3)
        return read_feed(*asked)

    monkeypatch.setattr(sending, "read_feed", slowly)
    note(book, "one", "two")
    assert send(book).counts == {"delivered": 2}
    assert notes(other) == ["one", "two"]


def test_nothing_personal_is_kept_of_what_was_told(book: Book, other: Receiver, hook: Webhook) -> None:
    other.status, other.content = 500, b"Acme Mills is not known here"
    note(book, "a secret about Acme Mills")
    send(book, webhook_attempts=1)
    with book.database.connect() as connection:
        kept = [
            connection.execute(text(f"SELECT * FROM {table}")).all()
            for table in ("webhooks", "webhook_deliveries")
        ]
    assert len(kept[1]) >= 1
    assert "Acme Mills" not in str(kept)


# --- failures ---------------------------------------------------------------------------------------------


def test_a_refused_fact_holds_those_behind_it_back_and_is_tried_again_later_and_later(
    book: Book, other: Receiver, hook: Webhook, clock: Clock
) -> None:
    note(book, "one", "two")
    other.answers = [500, 503]
    assert send(book).counts == {"to be tried again": 1}
    assert send(book).counts == {}
    clock.now += timedelta(seconds=59)
    assert send(book).counts == {}
    clock.now += timedelta(seconds=1)
    assert send(book).counts == {"to be tried again": 1}
    failing = now_of(book, hook)
    assert (failing.attempts, failing.trouble) == (2, "HTTP 503")
    assert failing.next_try_at == clock.now + timedelta(minutes=2)
    clock.now += timedelta(minutes=2)
    assert send(book).counts == {"delivered": 2}
    assert notes(other) == ["one", "one", "one", "two"]
    assert len({one.id for one in other.posted}) == 2
    assert (now_of(book, hook).attempts, now_of(book, hook).failing_since) == (0, None)


def test_who_asks_to_be_left_alone_for_a_while_is(
    book: Book, other: Receiver, hook: Webhook, clock: Clock
) -> None:
    note(book, "one")
    other.answers, other.headers = [429], {"Retry-After": "600"}
    send(book)
    assert now_of(book, hook).next_try_at == clock.now + timedelta(minutes=10)
    other.answers, other.headers = [429], {"Retry-After": "99999999"}
    clock.now += timedelta(minutes=10)
    send(book)
    assert now_of(book, hook).next_try_at == clock.now + timedelta(hours=6)


def test_after_so_many_attempts_it_is_a_dead_letter_which_can_be_sent_again(
    book: Book, other: Receiver, hook: Webhook, clock: Clock
) -> None:
    note(book, "one", "two")
    other.answers = [400, 400, 400]
    for _ in range(3):
        told = send(book, webhook_attempts=3)
        clock.now += timedelta(hours=6)
    assert told.counts == {"dead": 1, "delivered": 1}
    [dead] = deliveries.list_deliveries(book.database, hook.id, "dead")
    assert (dead.attempts, dead.status, dead.trouble) == (3, 400, "HTTP 400")

    other.answers = [400]
    assert deliveries.redeliver(book.database, hook.id, None) == 1
    assert send(book).counts == {"dead": 1}
    assert deliveries.redeliver(book.database, hook.id, [dead.position]) == 1
    assert send(book).counts == {"delivered": 1}
    assert notes(other) == ["one", "one", "one", "two", "one", "one"]
    assert len({one.id for one in other.posted}) == 2
    assert deliveries.redeliver(book.database, hook.id, None) == 0
    with pytest.raises(DeliveryUnknown, match="has delivered nothing from 1:"):
        deliveries.redeliver(book.database, hook.id, [dead.position, 1])
    assert send(book).counts == {}


@pytest.mark.parametrize("short_of_days", [True, False])
def test_who_takes_nothing_for_days_is_disabled_and_misses_nothing_when_resumed(
    book: Book, other: Receiver, hook: Webhook, clock: Clock, short_of_days: bool
) -> None:
    note(book, "one", "two")
    other.status = 500
    send(book)
    clock.now += timedelta(days=5, microseconds=-1 if short_of_days else 0)
    told = send(book)
    assert told.disabled == ([] if short_of_days else [hook.id])
    subscriptions.resume_webhook(book.database, hook.id)
    other.reset()
    assert send(book).counts == {"delivered": 2}
    assert notes(other) == ["one", "two"]


def test_who_is_gone_is_told_nothing_more(book: Book, other: Receiver, hook: Webhook) -> None:
    note(book, "one")
    other.status = 410
    assert send(book).disabled == [hook.id]
    assert (now_of(book, hook).state, now_of(book, hook).trouble) == ("disabled", "HTTP 410")
    note(book, "two")
    assert send(book).counts == {}
    assert len(other.posted) == 1


def test_who_is_paused_is_told_later_what_came_meanwhile(book: Book, other: Receiver, hook: Webhook) -> None:
    subscriptions.pause_webhook(book.database, hook.id)
    note(book, "one")
    assert send(book).counts == {}
    subscriptions.resume_webhook(book.database, hook.id)
    other.on_post = lambda _: subscriptions.pause_webhook(book.database, hook.id)
    note(book, "two")
    send(book)
    assert notes(other) == ["one"], "paused between two facts"


def test_who_does_not_answer_in_time_is_tried_again(book: Book, other: Receiver, hook: Webhook) -> None:
    hangs = threading.Event()
    other.on_post = lambda _: hangs.wait(10)
    note(book, "one")
    assert send(book, webhook_timeout_seconds=0.2).counts == {"to be tried again": 1}
    assert now_of(book, hook).trouble == "timed out"
    hangs.set()


def test_no_redirect_is_followed_and_nobody_there_is_no_disaster(
    book: Book, other: Receiver, hook: Webhook
) -> None:
    with receiver() as elsewhere:
        other.status, other.headers = 307, {"Location": elsewhere.url}
        note(book, "one")
        assert send(book).counts == {"to be tried again": 1}
        assert elsewhere.posted == []
    made, _ = add(book, elsewhere.url, after=book.store.end - 1)
    assert send(book).counts == {"to be tried again": 1}
    assert now_of(book, made).trouble == "not connected"


def test_one_that_fails_does_not_keep_the_others_waiting(book: Book, other: Receiver, hook: Webhook) -> None:
    with receiver() as good:
        made, _ = add(book, good.url)
        other.status = 500
        note(book, "one")
        assert send(book).counts == {"to be tried again": 1, "delivered": 1}
        assert now_of(book, made).position == book.store.end
        assert notes(good) == ["one"]


# --- several senders, and killed ones ---------------------------------------------------------------------


def test_several_senders_never_tell_one_system_two_things_at_once(
    book: Book, other: Receiver, hook: Webhook
) -> None:
    note(book, *map(str, range(12)))
    senders = [threading.Thread(target=tell, args=(book, SETTINGS)) for _ in range(3)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(60)
    send(book)
    assert notes(other) == [*map(str, range(12))]
    assert other.most_at_once == 1


def test_a_sender_that_lost_its_turn_keeps_nothing(book: Book, other: Receiver, hook: Webhook) -> None:
    """While the first one waits for its answer its lease runs out, and another one tells the fact."""
    note(book, "one")
    first, second = Teller(book, SETTINGS), Teller(book, SETTINGS)
    held = first._claim(hook.id)
    assert held is not None
    assert second.run().counts == {}
    assert isinstance(book.clock, Clock)
    book.clock.now += SETTINGS.lease
    assert second.run().counts == {"delivered": 1}
    assert not deliveries.move(book.database, held, first.owner, position=held.position)
    assert now_of(book, hook).position == book.store.end


def test_a_sender_killed_between_sending_and_keeping_sends_the_same_message_again(
    book: Book, other: Receiver, hook: Webhook, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARREARS_WEBHOOK_NETWORKS", LOOPBACK)
    note(book, "one", "two")
    words = [sys.executable, "-m", "tests.telling_process", book.url, clock.now.isoformat()]
    sender = subprocess.Popen(words, cwd=Path(__file__).parent.parent)
    other.on_post = lambda _: os.kill(sender.pid, signal.SIGKILL)
    assert sender.wait(60) == -signal.SIGKILL
    assert notes(other) == ["one"]

    other.on_post = lambda _: None
    assert send(book).counts == {}, "the claim of the dead sender holds"
    clock.now += WebhookSettings().lease
    assert send(book).counts == {"delivered": 2}
    assert notes(other) == ["one", "one", "two"]
    assert [other.posted[0].id == one.id for one in other.posted] == [True, True, False]


# --- signatures and targets -------------------------------------------------------------------------------


def test_signatures_are_those_of_the_specification() -> None:
    """The example of Standard Webhooks itself."""
    secret, message = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    body, at = b'{"test": 2432232314}', datetime.fromtimestamp(1614265330, UTC)
    headers = signed(secret, message, body, at)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    several = headers | {"webhook-signature": f"v1,AAAA v2,x {headers['webhook-signature']}"}
    assert check(secret, several, body, at + timedelta(minutes=5)) == message
    for late in (timedelta(minutes=5, seconds=1), timedelta(minutes=-5, seconds=-1)):
        with pytest.raises(SignatureWrong, match="more than five minutes off"):
            check(secret, headers, body, at + late)
    for wrong in ({}, headers | {"webhook-timestamp": "1e9"}, headers | {"webhook-signature": "é"}):
        with pytest.raises(SignatureWrong):
            check(secret, wrong, body, at)
    with pytest.raises(SignatureWrong):
        check(new_secret(), headers, body, at)
    for unfit in ("whsec_", "whsec_%%%"):
        with pytest.raises(SecretUnfit):
            signed(unfit, message, body, at)


@pytest.mark.parametrize(
    "url",
    """http://erp.example/in https://127.0.0.1/in https://10.0.0.1 https://169.254.169.254/latest
    https://[::1]/ https://[::ffff:127.0.0.1]/ https://[64:ff9b::7f00:1]/ https://0.0.0.0 https://224.0.0.1
    https://[fe80::1]/ https://user:secret@erp.example/ ftp://erp.example https:// https://erp.example:x/
    https://erp.example/#part erp.example https://erp.example/ä""".split(),
)
def test_only_public_addresses_are_told_anything(url: str) -> None:
    with pytest.raises(TargetUnfit) as fault:
        Targets().check_url(url)
    assert "secret" not in str(fault.value)


def test_a_network_can_be_allowed_and_names_are_looked_at_when_they_are_used() -> None:
    assert Targets().check_url("https://erp.example:8443/in?key=1").hostname == "erp.example"
    assert Targets(["10.0.0.0/8"]).check_url("http://10.1.2.3/in")
    with pytest.raises(TargetUnfit):
        Targets(["10.0.0.0/8"]).check_url("http://11.1.2.3/in")
    with receiver() as running:
        with (
            Poster(5, Targets(["10.0.0.0/8"])) as poster,
            pytest.raises(NoAnswer, match="address not allowed"),
        ):
            poster.post(f"http://localhost:{running.port}/in", {}, b"{}")
        assert running.posted == []
        with Poster(5, ALLOWED) as poster:
            assert poster.post(f"http://localhost:{running.port}/in", {}, b"{}").status == 204
        assert running.posted[0].headers["host"] == f"localhost:{running.port}"


def test_a_test_is_sent_at_once_and_kept_nowhere(book: Book, other: Receiver, hook: Webhook) -> None:
    outcome = send_test(book, SETTINGS, hook.id)
    assert not isinstance(outcome, str)
    assert outcome.status == 204
    assert other.posted[0].json["topic"] == "WebhookTest"
    assert deliveries.list_deliveries(book.database, hook.id) == []
    with pytest.raises(WebhookUnknown):
        send_test(book, SETTINGS, "hook-0")


def test_what_was_delivered_long_ago_is_forgotten_and_dead_letters_are_not(
    book: Book, other: Receiver, hook: Webhook, clock: Clock
) -> None:
    other.answers = [400]
    note(book, "one", "two")
    send(book, webhook_attempts=1)
    clock.now += timedelta(days=30, microseconds=1)
    send(book)
    assert [one.state for one in deliveries.list_deliveries(book.database, hook.id)] == ["dead"]


def test_a_setting_that_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARREARS_WEBHOOK_NETWORKS", "10.0.0.1/8, nonsense")
    with pytest.raises(
        ValueError, match=r"ARREARS_WEBHOOK_NETWORKS: .*expected networks such as 10.1.0.0/16"
    ):
        webhook_settings()
