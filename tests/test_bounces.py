"""Bounces: what comes back into a mailbox becomes a fact, once, and can make a debtor unreachable."""

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from arrears.cli.main import run
from arrears.delivery import bounces
from arrears.delivery.carriers import deliver
from arrears.delivery.mailbox import MailboxDown, MailboxUrlWrong, mailbox
from arrears.delivery.opting_out import token
from arrears.delivery.reports import Bounce, Delay, is_permanent, read_report
from arrears.delivery.settings import DeliverySettings, SettingMissing
from engine.domain.facts.contacts import ContactPreferenceChanged, ReminderFailed
from tests.imap_server import imap_server
from tests.mail_server import mail_server
from tests.stories import Story, on_sqlite, shipped

FROM, TO, KEY = "accounts@creditor.example", "ada@debtor.example", "a key for tests"
GONE, FULL = "550 5.1.1 <ada@debtor.example>: no such user", "552 5.2.2 mailbox full"


def reminded(story: Story) -> EmailMessage:
    """The e-mail that A got."""
    story.open(name="Ada Example", email=TO)
    story.follow("gentle-to-firm")
    story.invoice("INV-1", "1234.50", due="2026-02-01")
    story.tick("2026-02-08T09:00")
    with mail_server() as post:
        sent_by = DeliverySettings(smtp_url=SecretStr(post.url), mail_from=FROM)
        assert deliver(story.book.engine, sent_by, lambda: story.now).total("delivered") == 1
        return post.mails[-1]


def report(
    original: EmailMessage, said: str = GONE, action: str = "failed", status: str = "", whole: bool = True
) -> bytes:
    """The report that a mail server (Postfix) makes of a mail that it could not deliver."""
    status = status or said.split()[1]
    enclosed = (
        b"Content-Type: message/rfc822\n\n" + original.as_bytes()
        if whole
        else b"Content-Type: text/rfc822-headers\n\n"
        + b"".join(f"{name}: {value}\n".encode() for name, value in original.items())
    )
    return (
        f"""From: MAILER-DAEMON@creditor.example
To: {FROM}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="parts"

--parts
Content-Type: text/plain

I could not deliver it. unsubscribe nothing

--parts
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.creditor.example
X-Postfix-Queue-ID: 3F2A

Final-Recipient: rfc822; {TO}
Original-Recipient: rfc822;{TO}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.debtor.example
Diagnostic-Code: smtp; {said}

--parts
""".encode()
        + enclosed
        + b"\n--parts--\n"
    )


def maildir(tmp_path: Path) -> Path:
    for sub in ("new", "cur", "tmp"):
        (tmp_path / "box" / sub).mkdir(parents=True)
    return tmp_path / "box"


def settings(url: str, **more: Any) -> DeliverySettings:
    return DeliverySettings(bounces_url=SecretStr(url), unsubscribe_key=SecretStr(KEY), **more)


def read(story: Story, given: DeliverySettings) -> dict[str, int]:
    read_now = bounces.read_bounces(story.book.engine, given, lambda: story.now)
    return {str(outcome): count for outcome, count in read_now.items()}


def failed(story: Story) -> list[ReminderFailed]:
    return [fact for fact in story.facts() if isinstance(fact, ReminderFailed)]


def test_a_bounce_in_a_maildir_is_a_failure_after_delivery_once(story: Story, tmp_path: Path) -> None:
    sent, box = reminded(story), maildir(tmp_path)
    for name in ("1", "2"):
        (box / "new" / name).write_bytes(report(sent))
    (box / "new" / "3").write_bytes(b"Subject: Lunch?\n\nToday?")
    (box / "new" / "4").write_bytes(report(sent).replace(b"contact-", b"contact-0"))
    before = [fact.TOPIC for fact in story.facts()]
    assert read(story, settings(f"maildir://{box}")) == {"bounced": 1, "known before": 1, "not ours": 2}
    assert [fact.TOPIC for fact in story.facts()] == [*before, "ReminderFailed"]
    [bounced] = failed(story)
    assert (bounced.permanent, bounced.by) == (True, "bounces")
    assert bounced.reason == f"5.1.1 smtp; {GONE}"
    assert story.account.failures.emails_bounced == 1
    assert sorted(one.name for one in (box / "new").iterdir()) == ["3", "4"]
    assert sorted(one.name for one in (box / "cur").iterdir()) == ["1:2,S", "2:2,S"]
    assert read(story, settings(f"maildir://{box}")) == {}


@pytest.mark.parametrize(("said", "found"), [(GONE, ["DebtorUnreachable"]), (FULL, [])])
@on_sqlite
def test_a_bounce_makes_a_debtor_unreachable_where_the_policy_says_so(
    story: Story, tmp_path: Path, said: str, found: list[str]
) -> None:
    story.publish(shipped("gentle-to-firm") + "\n[[unreachable]]\nemails_bounced_at_least = 1\n")
    sent, box = reminded(story), maildir(tmp_path)
    (box / "new" / "1").write_bytes(report(sent, said))
    read(story, settings(f"maildir://{box}"))
    story.tick("2026-02-08T10:00")
    assert [one.TOPIC for one, _ in story.decided("DebtorUnreachable")] == found


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        ("5.1.1", True), ("5.1.10", True), ("5.1.2", True), ("5.0.0", True), ("5.2.1", True), ("5.4.4", True),
        ("5.1.8", False), ("5.1.7", False), ("5.2.2", False), ("5.2.3", False), ("5.3.4", False),
        ("5.6.1", False), ("5.7.1", False), ("5.7.26", False), ("4.2.2", False), ("4.4.7", False),
        ("2.0.0", False), ("", False), ("550", False), (" 5.1.1 (bad address)", True),
    ],
)  # fmt: skip
def test_only_what_is_wrong_with_the_address_counts_against_it(status: str, permanent: bool) -> None:
    assert is_permanent(status) is permanent


@on_sqlite
def test_reports_are_read_in_the_forms_that_servers_give_them(story: Story) -> None:
    sent = reminded(story)
    contact = next(iter(story.account.contacts))
    headers_only = read_report(report(sent, whole=False))
    assert isinstance(headers_only, Bounce)
    assert (headers_only.contact, headers_only.account) == (contact, story.account.id)
    assert read_report(report(sent, "451 4.4.1 no answer", "delayed")) == Delay(contact)
    assert read_report(report(sent, "250 2.0.0 taken", "delivered")) is None
    answered = EmailMessage()
    answered["Subject"], answered["In-Reply-To"] = "Re: Reminder", sent["Message-ID"]
    answered.set_content("I paid on Friday.")
    assert read_report(answered.as_bytes()) is None, "an answer is no bounce"
    forwarded = EmailMessage()
    forwarded["Subject"] = "FW: Undelivered"
    forwarded.add_attachment(report(sent), maintype="application", subtype="octet-stream")
    assert read_report(forwarded.as_bytes()) is None, "a bounce that somebody encloses is none"


@pytest.mark.parametrize("cut", range(0, 2400, 97))
def test_a_mail_that_is_cut_short_or_garbled_is_never_a_disaster(cut: int) -> None:
    whole = report(_mail())
    for content in (whole[:cut], whole[:cut] + b"\xff\x00\xfe" + whole[cut:], whole[cut:]):
        read_report(content)


def _mail() -> EmailMessage:
    made = EmailMessage()
    ids = "6f9619ff-8b86-d011-b42d-00cf4fc964ff"
    made["Message-ID"] = f"<contact-{ids}.account-{ids}@creditor.example>"
    made.set_content("Dear Sir or Madam")
    return made


def test_who_mails_to_get_no_more_gets_no_more(story: Story, tmp_path: Path) -> None:
    reminded(story)
    box = maildir(tmp_path)
    for name, asked in {"1": token(KEY, story.account.id, "email"), "2": "me.please"}.items():
        (box / "new" / name).write_bytes(f"Subject: unsubscribe {asked}\n\n".encode())
    assert read(story, settings(f"maildir://{box}")) == {"opted out": 1, "not ours": 1}
    [refused] = [fact for fact in story.facts() if isinstance(fact, ContactPreferenceChanged)]
    assert (refused.refuse, refused.by) == (("email",), "the debtor, by mail")


def test_an_imap_folder_is_read_by_its_numbers_over_verified_tls(story: Story, tmp_path: Path) -> None:
    sent = reminded(story)
    with imap_server(tmp_path) as server:
        given = settings(server.url, bounces_ca_file=server.certificate, bounces_timeout_seconds=5)
        assert read(story, given) == {}
        server.mails = {3: b"Subject: Lunch?\r\n\r\nToday?", 4: report(sent), 9: report(sent, FULL)}
        assert read(story, given) == {"not ours": 1, "bounced": 1, "known before": 1}
        assert server.seen == {4, 9}
        server.commands.clear()
        assert read(story, given) == {}
        assert not any("FETCH" in one for one in server.commands)
        server.validity += 1
        assert read(story, given) == {"not ours": 1, "known before": 2}
        assert len(failed(story)) == 1

        with pytest.raises(MailboxDown, match="certificate"):
            read(story, settings(server.url, bounces_timeout_seconds=5))
        server.password = "another"
        with pytest.raises(MailboxDown, match="who are you"):
            read(story, given)
    with pytest.raises(MailboxDown):
        read(story, given)


@on_sqlite
def test_a_bounce_that_is_faster_than_the_record_of_its_sending_stands(story: Story) -> None:
    story.open(name="Ada Example", email=TO)
    story.follow("gentle-to-firm")
    story.invoice("INV-1", "1234.50", due="2026-02-01")
    story.tick("2026-02-08T09:00")
    with mail_server() as post:
        post.on_mail = lambda: _record(story, report(post.mails[-1]))
        sent_by = DeliverySettings(smtp_url=SecretStr(post.url), mail_from=FROM)
        deliver(story.book.engine, sent_by, lambda: story.now)
    assert [fact.TOPIC for fact in story.facts()][-1] == "ReminderFailed"
    assert next(iter(story.account.contacts.values())).status == "failed"


def _record(story: Story, content: bytes) -> None:
    assert bounces.take_in(story.book.engine, DeliverySettings(), content, story.now) == "bounced"


@on_sqlite
def test_a_bounce_about_somebody_who_was_erased_is_recorded_unreadable(story: Story) -> None:
    sent = reminded(story)
    story.erase()
    _record(story, report(sent))
    assert "ada@" not in str(failed(story))


@on_sqlite
def test_the_command_reads_the_mailbox_of_the_settings(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent, box = reminded(story), maildir(tmp_path)
    (box / "new" / "1").write_bytes(report(sent))
    read_it = ["bounces", "read", "--book", story.book.url]
    assert run(read_it) == 2
    assert "to read bounces set ARREARS_BOUNCES_URL" in capsys.readouterr().err
    monkeypatch.setenv("ARREARS_BOUNCES_URL", f"maildir://{box}")
    assert run(read_it) == 0
    assert "Bounces: 1 bounced." in capsys.readouterr().out
    monkeypatch.setenv("ARREARS_BOUNCES_URL", f"maildir://{tmp_path / 'nowhere'}")
    assert run(read_it) == 4


@pytest.mark.parametrize(
    "url", ["imap://u:secret@h/", "imaps://h/INBOX", "imaps://u:secret@h:x/", "secret", "maildir"]
)
def test_a_mailbox_that_is_none_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(MailboxUrlWrong) as fault:
        mailbox(settings(url), None)  # type: ignore[arg-type]
    assert "secret" not in str(fault.value)
    with pytest.raises(SettingMissing):
        mailbox(DeliverySettings(), None)  # type: ignore[arg-type]
