"""Text messages and calls through providers on loopback: signed, under one name, and what they say back."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from arrears.api.routes import PREFIX
from arrears.cli import session
from arrears.cli.main import run
from arrears.delivery import outbox
from arrears.delivery.carriers import carriers, deliver
from arrears.delivery.dialler import Dialler
from arrears.delivery.gateway import GatewayWrong
from arrears.delivery.sending import Tally
from arrears.delivery.settings import DeliverySettings, SettingMissing, SettingsWrong, delivery_settings
from arrears.delivery.signatures import check, new_secret, signed
from arrears.operating import jobs
from arrears.operating.meters import Meters
from arrears.serving import application
from arrears.wiring import open_book
from engine.domain.facts.contacts import CallMade, ContactPreferenceChanged, ReminderDelivered, ReminderFailed
from tests.receiver import Receiver, receiver
from tests.stories import Story, moment, on_sqlite, shipped

SECRET, OTHER = new_secret(), new_secret()
BY_SMS = ('remind = { channel = "email", template = "gentle-reminder" }',
          'remind = { channel = "sms", template = "gentle-reminder" }')  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def provider(server: Receiver, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """The provider, which has been told nothing yet, and is set up."""
    server.reset()
    for name in ("SMS", "CALL"):
        monkeypatch.setenv(f"ARREARS_{name}_URL", server.url)
        monkeypatch.setenv(f"ARREARS_{name}_SECRET", SECRET)
    monkeypatch.setenv("ARREARS_BOUNCES_SECRET", "any text will do")
    return server


def to_be_texted(story: Story, **details: Any) -> None:
    """A owes an invoice, and the engine has decided to send a text message about it."""
    given = {"name": "Ada Example", "phone": "030 5550100", "language": "de", "country": "DE"}
    story.open(**given | details)
    story.publish(shipped("gentle-to-firm", BY_SMS))
    story.follow("gentle-to-firm")
    story.invoice("INV-1", "1234.50", due="2026-02-01")
    story.tick("2026-02-08T09:00")


def to_be_called(story: Story, **details: Any) -> None:
    """A got a notice, said nothing, and is to be called."""
    story.open(**{"name": "Ada Example", "phone": "+44 20 7946 0900", "timezone": "UTC"} | details)
    story.invoice("INV-1", "1234.50", due="2026-01-05")
    for on in ("2026-02-04", "2026-02-11"):
        story.tick(f"{on}T10:00")
    assert len(story.account.calls_due) == 1


def send(story: Story, **more: Any) -> Tally:
    return deliver(story.book.engine, DeliverySettings(**more), lambda: story.now)


def dial(story: Story, **more: Any) -> dict[str, int]:
    done = Dialler(story.book.engine, DeliverySettings(**more), lambda: story.now).run()
    return {str(outcome): count for outcome, count in done.items()}


def back(story: Story, what: str, secret: str = SECRET, **said: Any) -> httpx.Response:
    """What a provider posts back, and how it is answered."""
    body = orjson.dumps(said)
    client = TestClient(application(story.book), f"http://localhost{PREFIX}/callbacks/")
    answer: httpx.Response = client.post(what, content=body, headers=signed(secret, "msg_1", body, story.now))
    return answer


def topics(story: Story) -> list[str]:
    return [fact.TOPIC for fact in story.facts()]


# --- text messages ----------------------------------------------------------------------------------------


def test_a_text_message_is_posted_once_signed_in_the_debtors_language(
    story: Story, provider: Receiver
) -> None:
    to_be_texted(story)
    assert send(story).outcomes == {("sms", "delivered"): 1}
    assert send(story).outcomes == {}
    [posted] = provider.posted
    assert check(SECRET, posted.headers, posted.body, story.now) == posted.id == posted.json["id"]
    assert (posted.json["to"], posted.json["language"]) == ("+49305550100", "de")
    assert "1.234,50" in posted.json["text"]
    [delivered] = [fact for fact in story.facts() if isinstance(fact, ReminderDelivered)]
    assert delivered.reference == posted.id
    assert posted.id == f"{delivered.contact}_{story.account.id}"


@pytest.mark.parametrize(
    ("status", "outcome", "fact"),
    [
        (409, "delivered", "ReminderDelivered"),
        (422, "failed", "ReminderFailed"),
        (503, "to be tried again", "ReminderIssued"),
        (429, "to be tried again", "ReminderIssued"),
        (401, "", "ReminderIssued"),
        (302, "", "ReminderIssued"),
    ],
)
@on_sqlite
def test_what_the_provider_answers_is_understood(
    story: Story, provider: Receiver, status: int, outcome: str, fact: str
) -> None:
    to_be_texted(story)
    provider.status, provider.content = status, b'{"detail": "no such subscriber"}'
    tally = send(story)
    assert tally.outcomes == ({("sms", outcome): 1} if outcome else {})
    assert bool(tally.down) == (not outcome)
    assert topics(story)[-1] == fact
    if fact == "ReminderFailed":
        [failed] = [one for one in story.facts() if isinstance(one, ReminderFailed)]
        assert failed.reason == "no such subscriber"
    assert [one.channel for one in outbox.everything(story.book.database)] == (
        ["sms"] if fact == "ReminderIssued" else []
    )


@on_sqlite
def test_a_provider_that_hangs_or_is_not_there_is_nobodys_failure(story: Story, provider: Receiver) -> None:
    to_be_texted(story)
    with receiver() as gone:
        pass
    tally = send(story, sms_url=SecretStr(gone.url))
    assert (tally.outcomes, tally.down) == ({}, {"sms": "not connected"})
    assert send(story, gateway_timeout_seconds=0.0001).total("delivered") == 0
    story.now += timedelta(hours=1)
    assert send(story).total("delivered") == 1


@pytest.mark.parametrize(
    ("phone", "country", "reason"),
    [
        (None, "DE", "there is no telephone number"),
        ("1", "DE", "'1' is no telephone number that can be reached from anywhere"),
        ("none", "DE", "'none' is no telephone number that can be reached from anywhere"),
        ("030 5550100", None, "'030 5550100' is no telephone number that can be reached from anywhere"),
    ],
)
@on_sqlite
def test_a_number_that_cannot_be_reached_is_a_failure(
    story: Story, provider: Receiver, phone: str | None, country: str | None, reason: str
) -> None:
    to_be_texted(story, phone=phone, country=country)
    assert send(story).outcomes == {("sms", "failed"): 1}
    [failed] = [fact for fact in story.facts() if isinstance(fact, ReminderFailed)]
    assert failed.reason == reason
    assert provider.posted == []


@on_sqlite
def test_with_a_new_number_what_came_back_counts_as_not_sent(story: Story, provider: Receiver) -> None:
    to_be_texted(story, phone="1")
    send(story)
    story.tick("2026-02-10T09:00")
    assert send(story).outcomes == {}
    story.learn(phone="030 5550100")
    story.tick("2026-02-12T09:00")
    assert send(story).outcomes == {("sms", "delivered"): 1}


def test_what_the_provider_says_later_is_recorded_once(story: Story, provider: Receiver) -> None:
    to_be_texted(story)
    send(story)
    name = provider.posted[0].id
    assert back(story, "sms", id=name, status="delivered").json() == {"recorded": False}
    failed: dict[str, Any] = {
        "id": name,
        "status": "failed",
        "reason": "unknown subscriber",
        "permanent": True,
    }
    assert back(story, "sms", **failed).json() == {"recorded": True}
    assert back(story, "sms", **failed).json() == {"recorded": False}
    assert topics(story)[-2:] == ["ReminderDelivered", "ReminderFailed"]
    assert back(story, "sms", id=name, status="opted_out").json() == {"recorded": True}
    [refused] = [fact for fact in story.facts() if isinstance(fact, ContactPreferenceChanged)]
    assert refused.refuse == ("sms",)


@on_sqlite
def test_what_is_not_signed_or_about_nothing_is_refused(
    story: Story, provider: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_be_texted(story)
    send(story)
    before, name = topics(story), provider.posted[0].id
    forged = back(story, "sms", OTHER, id=name, status="failed")
    assert (forged.status_code, forged.json()["title"]) == (401, "SignatureWrong")
    story.now += timedelta(minutes=6)
    client = TestClient(application(story.book), f"http://localhost{PREFIX}/callbacks/")
    old = signed(SECRET, "msg_1", b"{}", story.now - timedelta(minutes=6))
    assert client.post("sms", content=b"{}", headers=old).status_code == 401
    assert client.post("sms", content=b"{}").status_code == 401
    unfit = back(story, "sms", id="x", status="lost")
    assert (unfit.status_code, [one["field"] for one in unfit.json()["errors"]]) == (422, ["id", "status"])
    other = f"contact-{UUID(int=0)}_{story.account.id}"
    unknown = back(story, "sms", id=other, status="failed")
    assert (unknown.status_code, unknown.json()["title"]) == (409, "ContactUnknown")
    monkeypatch.delenv("ARREARS_SMS_SECRET")
    monkeypatch.delenv("ARREARS_SMS_URL")
    assert back(story, "sms", id=name, status="failed").status_code == 404
    assert topics(story) == before


# --- calls ------------------------------------------------------------------------------------------------


def test_a_scheduled_call_is_pushed_once_and_its_outcome_recorded(story: Story, provider: Receiver) -> None:
    to_be_called(story)
    assert dial(story) == {"pushed": 1}
    assert dial(story) == {}
    [posted] = provider.posted
    assert check(SECRET, posted.headers, posted.body, story.now) == posted.id
    assert (posted.json["type"], posted.json["to"]) == ("call.scheduled", "+442079460900")
    assert "INV-1" in posted.json["script"]
    assert moment(posted.json["not_before"][:16]) <= story.now < moment(posted.json["not_after"][:16])
    assert len(story.account.calls_due) == 1, "it stays on the worklist"

    story.now += timedelta(minutes=10)
    ended = {"id": posted.id, "attempt": "a-1", "outcome": "no_answer", "called_at": story.now.isoformat()}
    assert back(story, "calls", **ended).json() == {"recorded": True}
    assert back(story, "calls", **ended).json() == {"recorded": False}
    [made] = [fact for fact in story.facts() if isinstance(fact, CallMade)]
    assert (made.outcome, made.by, made.called_at) == ("no_answer", "dialler", story.now)
    assert story.account.calls_due == {}
    assert dial(story) == {}, "the dialler knows that it is over"
    later = ended | {"attempt": "a-2", "called_at": (story.now + timedelta(minutes=1)).isoformat()}
    assert back(story, "calls", **later).status_code == 422


@pytest.mark.parametrize("settled", ["pay", "call", "erase"])
@on_sqlite
def test_a_call_that_nobody_is_to_make_any_more_is_withdrawn(
    story: Story, provider: Receiver, settled: str
) -> None:
    to_be_called(story)
    dial(story)
    story.now += timedelta(minutes=10)
    match settled:
        case "pay":
            story.pay("1234.50")
        case "call":
            story.call("reached")
        case "erase":
            story.erase()
    story.book.tick(story.now)
    provider.answers = [503]
    assert dial(story) == {"to be tried again": 1}
    story.now += timedelta(minutes=1)
    assert dial(story) == {"withdrawn": 1}
    told = provider.posted[-1].json
    assert (told["type"], told["call"]) == ("call.withdrawn", provider.posted[0].id)
    assert "Ada" not in str(told)
    assert dial(story) == {}


@pytest.mark.parametrize("in_between", ["pay_part", "dispute", "no number", "too late", "out of hours"])
@on_sqlite
def test_a_call_that_should_not_be_made_now_is_not_pushed(
    story: Story, provider: Receiver, in_between: str
) -> None:
    to_be_called(story, phone=None if in_between == "no number" else "+44 20 7946 0900")
    story.now += timedelta(minutes=10)
    match in_between:
        case "pay_part":
            story.pay("30.00")
        case "dispute":
            story.dispute("INV-1")
        case "too late":
            story.now += timedelta(days=2)
        case "out of hours":
            story.now += timedelta(hours=12)
    done = dial(story)
    assert done == {
        "too late": {}, "out of hours": {"put off": 1},
    }.get(in_between, {"left to people": 1})  # fmt: skip
    assert provider.posted == []
    assert len(story.account.calls_due) == 1, "it stays on the worklist"
    assert dial(story) == {}


@on_sqlite
def test_the_command_pushes_calls_and_says_when_the_dialler_takes_none(
    story: Story, provider: Receiver, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(session, "open_book", partial(open_book, clock=lambda: story.now))
    to_be_called(story)
    provider.status = 401
    assert run(["deliver", "--book", story.book.url]) == 4
    assert "Nothing more goes by call now: HTTP 401" in capsys.readouterr().err
    provider.status = 204
    assert run(["deliver", "--book", story.book.url]) == 0
    assert "Calls: 1 pushed." in capsys.readouterr().out
    todo = jobs.outgoing(story.book, 60, delivery_settings(), Meters())
    assert [job.name for job in todo] == ["deliver", "dialler", "webhooks"]
    for job in todo:
        job.do()
    assert len(provider.posted) == 2


# --- bounces that are posted, and settings ----------------------------------------------------------------


@on_sqlite
def test_a_bounce_that_is_posted_is_a_failure(story: Story, provider: Receiver) -> None:
    to_be_texted(story)
    send(story)
    [delivered] = [fact for fact in story.facts() if isinstance(fact, ReminderDelivered)]
    named = f"<{delivered.contact}.{story.account.id}@creditor.example>"
    said = {"message_id": named, "status": "5.1.1", "reason": "no such user"}
    assert back(story, "bounces", "any text will do", **said).json() == {"recorded": True}
    [failed] = [fact for fact in story.facts() if isinstance(fact, ReminderFailed)]
    assert (failed.permanent, failed.reason) == (True, "5.1.1 no such user")
    others = {"message_id": "<1@elsewhere.example>", "status": "5.1.1"}
    assert back(story, "bounces", "any text will do", **others).json() == {"recorded": False}


def test_settings_that_are_missing_or_wrong_are_named_and_never_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(SettingMissing, match="ARREARS_SMS_SECRET"):
        carriers(DeliverySettings(sms_url=SecretStr("https://sms.example")), lambda: moment("2026-01-01"))
    for url in ("ftp://user:hidden@host", "hidden", "https://"):
        given = DeliverySettings(sms_url=SecretStr(url), sms_secret=SecretStr("x"))
        with pytest.raises(GatewayWrong, match="ARREARS_SMS_URL") as fault:
            carriers(given, lambda: moment("2026-01-01"))
        assert "hidden" not in str(fault.value)
    for secret in ("whsec_%hidden%", ""):
        monkeypatch.setenv("ARREARS_CALL_SECRET", secret)
        with pytest.raises(SettingsWrong, match="ARREARS_CALL_SECRET") as wrong:
            delivery_settings()
        assert "hidden" not in str(wrong.value)
