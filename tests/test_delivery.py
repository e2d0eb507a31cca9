"""Reminders leave by a real SMTP server on loopback: looked at once more, sent, and recorded once."""

import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from pydantic import SecretStr

from arrears.delivery import outbox
from arrears.delivery.carrier import CarrierDown
from arrears.delivery.carriers import carriers, deliver
from arrears.delivery.mail import contact_of
from arrears.delivery.opting_out import UnknownLink, opt_out, read_token
from arrears.delivery.sending import Tally
from arrears.delivery.settings import (
    DeliverySettings,
    SettingMissing,
    SettingsWrong,
    delivery_settings,
)
from arrears.delivery.smtp import SmtpCarrier, SmtpUrlWrong
from arrears.wiring import whole
from engine.accounts import Stamp
from engine.domain.decisions import contacts
from engine.domain.facts.contacts import InconvenientHours, ReminderDelivered, ReminderFailed, ReminderIssued
from tests.certificates import self_signed
from tests.mail_server import MailServer, mail_server
from tests.stories import Story, moment, on_sqlite, shipped

FROM, TO, KEY = "accounts@creditor.example", "ada@debtor.example", "a key for tests"
DUE, GENTLE = "2026-02-01", "2026-02-08T09:00"
"""The gentle reminder, the first after the due date, falls due a week after it."""

LIMITED = (
    ("min_gap_days = 3", 'min_gap_days = 3\nacting_as = "third-party"\nlimits = ["us-consumer-third-party"]'),
    ('template = "gentle-reminder"', 'template = "gentle-reminder", opt_out_notice = true'),
)


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def post(server: MailServer) -> MailServer:
    """The server of the module, emptied."""
    server.mails.clear()
    server.senders.clear()
    server.answers.clear()
    server.on_mail = lambda: None
    return server


def settings(post: MailServer, **more: Any) -> DeliverySettings:
    return DeliverySettings(
        smtp_url=SecretStr(post.url), mail_from=FROM, creditor="Example Trading", smtp_timeout_seconds=5,
        public_url="https://a.example", mail_unsubscribe="stop@creditor.example",
        unsubscribe_key=SecretStr(KEY), **more,
    )  # fmt: skip


def send(story: Story, post: MailServer, **more: Any) -> Tally:
    return deliver(story.book.engine, settings(post, **more), lambda: story.now)


def reminded(story: Story, **details: Any) -> None:
    """A owes an invoice, and the engine has decided to remind it."""
    story.open(**{"name": "Ada Example", "email": TO, "language": "de", "country": "DE"} | details)
    story.follow("gentle-to-firm")
    story.invoice("INV-1", "1234.50", due=DUE)
    story.invoice("INV-2", "100.00", due=DUE)
    story.tick(GENTLE)


def became(story: Story) -> list[str]:
    """What became of A's reminders, a line each."""
    ended = [
        fact
        for fact in story.facts()
        if fact.TOPIC in ("ReminderDelivered", "ReminderFailed", "ReminderCancelled")
    ]
    return [" ".join(filter(None, (fact.TOPIC, getattr(fact, "reason", "")))) for fact in ended]


def plain(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_a_reminder_leaves_once_as_text_and_html_under_the_name_of_its_fact(
    story: Story, post: MailServer
) -> None:
    reminded(story)
    assert send(story, post).outcomes == {("email", "delivered"): 1}
    assert send(story, post).outcomes == {}

    [sent] = post.mails
    assert (sent["To"], sent["From"]) == (f"Ada Example <{TO}>", f"Example Trading <{FROM}>")
    issued = [fact for fact in story.facts() if isinstance(fact, ReminderIssued)]
    assert [contact_of(one["Message-ID"]) for one in post.mails] == [
        (fact.contact, story.account.id) for fact in issued
    ]
    assert "1.234,50\xa0€" in plain(sent)
    html = sent.get_body(("html",))
    assert html is not None
    assert "<td>INV-1</td>" in html.get_content()
    delivered = [fact for fact in story.facts() if isinstance(fact, ReminderDelivered)]
    assert [fact.reference for fact in delivered] == [one["Message-ID"] for one in post.mails]
    assert (delivered[-1].language, len(delivered[-1].template_sha256), delivered[-1].by) == (
        "de",
        64,
        "delivery",
    )


def test_a_click_or_a_mail_refuses_further_e_mail(story: Story, post: MailServer) -> None:
    reminded(story)
    send(story, post)
    sent = post.mails[-1]
    link, mailto = (way.strip("<> ") for way in sent["List-Unsubscribe"].split(","))
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in plain(sent)
    assert mailto.startswith("mailto:stop@creditor.example?subject=unsubscribe%20")

    account, channel = read_token(KEY, link.rpartition("/")[2])
    stamp = Stamp("the debtor", story.now)
    assert [len(opt_out(story.book.engine, account, channel, stamp)) for _ in range(2)] == [1, 0]
    assert "email" in story.account.standing.refused
    for forged in (link.rpartition("/")[2][:-2], "", "e30.x"):
        with pytest.raises(UnknownLink):
            read_token(KEY, forged)


@pytest.mark.parametrize("in_between", ["pay", "pay_part", "dispute", "hold", "promise", "erase"])
@on_sqlite
def test_what_was_settled_after_it_was_decided_does_not_leave(
    story: Story, post: MailServer, in_between: str
) -> None:
    reminded(story)
    story.now += timedelta(minutes=1)
    match in_between:
        case "pay":
            story.pay("1334.50")
        case "pay_part":
            story.pay("30.00", "INV-1")
        case "dispute":
            story.dispute("INV-2")
        case "hold":
            story.hold()
        case "promise":
            story.promise("1334.50", by="2026-02-12")
        case "erase":
            story.erase()
    post.mails.clear()
    tally = send(story, post)
    assert post.mails == []
    assert tally.outcomes == {("email", "called off"): 1}
    assert became(story)[-1].startswith("ReminderCancelled")


def test_a_reminder_that_was_called_off_is_decided_anew_on_what_is_left(
    story: Story, post: MailServer
) -> None:
    reminded(story)
    story.now += timedelta(minutes=1)
    story.pay("1234.50", "INV-1")
    send(story, post)
    story.tick("2026-02-09T09:00")
    send(story, post)
    assert ["INV-1" in plain(one) for one in post.mails] == [False]


@on_sqlite
def test_outside_the_hours_it_waits_and_what_is_too_old_is_left_alone(story: Story, post: MailServer) -> None:
    reminded(story)
    story.at("2026-02-08T20:00")
    assert send(story, post).outcomes == {("email", "put off"): 1}
    story.at("2026-02-09T08:59:59")
    assert send(story, post).outcomes == {}
    story.at("2026-02-09T09:00:01")
    assert send(story, post, deliver_within_days=1).outcomes == {}
    assert send(story, post).total("delivered") == 1


@on_sqlite
def test_a_reminder_that_a_later_one_overtook_does_not_leave_beside_it(
    story: Story, post: MailServer
) -> None:
    reminded(story)
    story.tick("2026-02-22T09:00")
    assert send(story, post, deliver_within_days=60).outcomes == {
        ("email", "called off"): 1,
        ("email", "delivered"): 1,
    }
    assert became(story) == ["ReminderCancelled a later contact went further", "ReminderDelivered"]


@pytest.mark.parametrize(("prefers", "outcome"), [("refuse", "called off"), ("inconvenient", "put off")])
@on_sqlite
def test_a_limit_that_holds_by_now_keeps_it_back(
    story: Story, post: MailServer, prefers: str, outcome: str
) -> None:
    story.publish(whole(shipped("gentle-to-firm", *LIMITED)))
    reminded(story, kind="consumer", timezone="UTC", country="US")
    hours = InconvenientHours(start="08:00", end="12:00")
    given: dict[str, Any] = {"refuse": ("email",)} if prefers == "refuse" else {"inconvenient": (hours,)}
    story._do(contacts.change_preferences, changed_at=story.now, **given)
    assert send(story, post).outcomes == {("email", outcome): 1}
    story.at("2026-02-08T11:59")
    assert send(story, post).outcomes == {}
    story.at("2026-02-08T12:00")
    assert send(story, post).total("delivered") == (prefers == "inconvenient")


def test_refused_for_good_is_a_failure_and_refused_for_now_is_tried_again(
    story: Story, post: MailServer
) -> None:
    reminded(story)
    post.answers[TO] = "451 try later"
    assert send(story, post).outcomes == {("email", "to be tried again"): 1}
    assert send(story, post).outcomes == {}
    story.now += timedelta(minutes=1)
    assert send(story, post).outcomes == {("email", "to be tried again"): 1}
    story.now += timedelta(minutes=1, seconds=59)
    assert send(story, post).outcomes == {}
    story.now += timedelta(seconds=1)
    assert send(story, post, deliver_attempts=3).outcomes == {("email", "failed"): 1}
    passing = [fact for fact in story.facts() if isinstance(fact, ReminderFailed)]
    assert [fact.permanent for fact in passing] == [False]
    assert story.account.failures.emails_bounced == 0


@on_sqlite
def test_an_unknown_recipient_and_an_impossible_address_fail_at_once(story: Story, post: MailServer) -> None:
    reminded(story)
    post.answers[TO] = "550 5.1.1 no such user"
    assert send(story, post).outcomes == {("email", "failed"): 1}
    assert became(story)[-1] == "ReminderFailed 550 5.1.1 no such user"
    assert story.account.failures.emails_bounced == 1
    story.learn(email="ada@debtor.example\r\nBcc: everybody@debtor.example")
    story.until("2026-02-12", hours=(9,))
    assert send(story, post).total("failed") == 1
    assert post.mails == []


@on_sqlite
def test_nothing_is_held_against_a_debtor_while_our_own_server_is_down(
    story: Story, post: MailServer
) -> None:
    reminded(story)
    with mail_server() as gone:
        pass
    tally = send(story, gone)
    assert (tally.outcomes, list(tally.down)) == ({}, ["email"])
    assert send(story, post).total("delivered") == 1


def test_a_sender_killed_between_sending_and_recording_leaves_one_fact_and_one_name(
    story: Story, post: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    reminded(story)
    for name, value in {"SMTP_URL": post.url, "MAIL_FROM": FROM, "DELIVER_LEASE_SECONDS": "0"}.items():
        monkeypatch.setenv(f"ARREARS_{name}", value)
    words = [sys.executable, "-m", "tests.sending_process", story.book.url, story.now.isoformat()]
    sender = subprocess.Popen(words, cwd=Path(__file__).parent.parent)
    post.on_mail = lambda: os.kill(sender.pid, signal.SIGKILL)
    assert sender.wait(60) == -signal.SIGKILL
    assert (len(post.mails), became(story)) == (1, [])

    post.on_mail = lambda: None
    assert subprocess.run(words, cwd=Path(__file__).parent.parent, timeout=60).returncode == 0
    assert became(story) == ["ReminderDelivered"]
    names = [one["Message-ID"] for one in post.mails]
    assert (len(names), len(set(names))) == (2, 1)


def test_several_senders_share_the_work(story: Story, post: MailServer) -> None:
    reminded(story)
    outbox.catch_up(story.book.database, story.book.store.read)
    long = timedelta(minutes=5)
    one, other = (
        outbox.claim(story.book.database, "email", story.now, story.now - long, owner, long)
        for owner in ("one", "other")
    )
    assert (len(one), other) == (1, [])
    assert not outbox.hold(story.book.database, one[0].contact, story.now, "other", long)
    assert send(story, post).outcomes == {}
    story.now += long
    assert send(story, post).total("delivered") == 1


@on_sqlite
def test_what_was_imported_or_sent_by_hand_is_not_sent_again(story: Story, post: MailServer) -> None:
    reminded(story)
    story.remind("letter", "INV-1")
    outbox.rebuild(story.book.database, story.book.store.read)
    sizes = outbox.sizes(story.book.database, story.now, story.now - timedelta(1))
    assert [(size.channel, size.waiting, size.due) for size in sizes] == [("email", 1, 1)]


# --- the connection ---------------------------------------------------------------------------------------


@on_sqlite
def test_tls_is_verified_and_the_password_is_given_only_then(tmp_path: Path, story: Story) -> None:
    certificate, key = self_signed(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    asked: list[LoginPassword] = []

    def authenticate(
        _server: Any, _session: Any, _envelope: Any, _how: str, given: LoginPassword
    ) -> AuthResult:
        asked.append(given)
        return AuthResult(success=given.password == b"p@ss", handled=False)

    reminded(story)
    with mail_server(
        tls_context=tls, require_starttls=True, authenticator=authenticate, auth_required=True
    ) as secure:
        url = f"smtp://accounts:p%40ss@localhost:{secure.port}"
        base = settings(secure).model_copy(update={"smtp_url": SecretStr(url)})
        assert deliver(story.book.engine, base, lambda: story.now).down
        assert asked == []
        trusted = base.model_copy(update={"smtp_ca_file": certificate})
        wrong = trusted.model_copy(update={"smtp_url": SecretStr(url.replace("p%40ss", "other"))})
        assert deliver(story.book.engine, wrong, lambda: story.now).down
        assert deliver(story.book.engine, trusted, lambda: story.now).total("delivered") == 1
    assert "p%40ss" not in repr(trusted)


def test_settings_that_are_missing_or_wrong_are_all_named_and_never_shown() -> None:
    with pytest.raises(SettingMissing, match="ARREARS_SMTP_URL and ARREARS_MAIL_FROM"):
        carriers(DeliverySettings(), lambda: moment("2026-01-01"))
    with pytest.raises(SettingMissing, match="ARREARS_MAIL_FROM and ARREARS_UNSUBSCRIBE_KEY"):
        carriers(
            DeliverySettings(smtp_url=SecretStr("smtp://h"), public_url="https://x"),
            lambda: moment("2026-01-01"),
        )
    for url in ("http://user:secret@host", "smtp://user:secret@host:port", "secret"):
        with pytest.raises(SmtpUrlWrong) as fault:
            SmtpCarrier(
                DeliverySettings(smtp_url=SecretStr(url), mail_from=FROM), lambda: moment("2026-01-01")
            )
        assert "secret" not in str(fault.value)
    assert issubclass(CarrierDown, Exception)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"IBAN": "DE89370400440532013001"}, "ARREARS_CREDITOR_IBAN: this is no IBAN"),
        ({"BIC": "COBADEFFXX"}, "ARREARS_CREDITOR_BIC: this is no BIC"),
        ({"IBAN": "DE89370400440532013000"}, "ARREARS_CREDITOR_IBAN: set ARREARS_CREDITOR to the name"),
        ({"COUNTRY": "Germany"}, "ARREARS_CREDITOR_COUNTRY"),
    ],
)
def test_a_bank_account_that_is_none_is_said_before_anything_leaves(
    wrong: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in wrong.items():
        monkeypatch.setenv(f"ARREARS_CREDITOR_{name}", value)
    with pytest.raises(SettingsWrong, match=said):
        delivery_settings()
