"""A mailbox into which bounces come: a Maildir folder, or a folder on an IMAP server over TLS."""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import SplitResult, unquote, urlsplit

from sqlalchemy import Engine, select

from arrears.delivery.outbox import mailboxes
from arrears.delivery.settings import DeliverySettings, SettingFault, SettingMissing
from projections.catch_up import insert_or
from projections.connection import writing

MAILDIR, IMAP = "maildir", "imaps"
IMAP_PORT = 993
READ_AT_MOST = 1_000_000
"""Of each mail; what a report says stands at its beginning."""


class MailboxUrlWrong(SettingFault):
    """The address of a mailbox that is none; it is not shown, because it may hold a password."""

    def __init__(self) -> None:
        super().__init__(
            "ARREARS_BOUNCES_URL is no mailbox: expected imaps://USER:PASSWORD@HOST/FOLDER or maildir:///PATH"
        )


class MailboxDown(Exception):
    """The mailbox cannot be read at the moment."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(f"the mailbox cannot be read: {why}")


class Mailbox(Protocol):
    """Mails that were not looked at yet, while it is entered. Raises MailboxDown."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def mails(self) -> Iterator[tuple[str, bytes]]:
        """Each mail by a name that this mailbox knows it by."""

    def keep(self, name: str, *, is_ours: bool) -> None:
        """It was looked at: mails that are about ours are marked as read, others are left as they are."""


def mailbox(settings: DeliverySettings, database: Engine) -> Mailbox:
    """The mailbox of the settings; raises SettingMissing, MailboxUrlWrong."""
    if settings.bounces_url is None:
        raise SettingMissing("read bounces", ["ARREARS_BOUNCES_URL"])
    try:
        url = urlsplit(settings.bounces_url.get_secret_value())
        known = url.scheme in (MAILDIR, IMAP) and (url.port or True)
    except ValueError:
        known = False
    if not known or (url.scheme == IMAP and not (url.hostname and url.username)):
        raise MailboxUrlWrong
    if url.scheme == MAILDIR:
        return Maildir(Path(unquote(url.path)))
    return ImapFolder(url, settings, database)


class Maildir:
    """A folder of the Maildir form: what is in `new` was not read yet, and goes to `cur` when it was."""

    _passed_over: dict[Path, set[str]] = {}  # noqa: RUF012 - of this process, on purpose

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen = self._passed_over.setdefault(folder.absolute(), set())

    def __enter__(self) -> Self:
        for sub in ("new", "cur"):
            if not (self.folder / sub).is_dir():
                raise MailboxDown(f"there is no folder {self.folder / sub}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held open."""

    def mails(self) -> Iterator[tuple[str, bytes]]:
        """Those in `new`; a mail that was passed over once is not read again by this process."""
        names = {one.name for one in (self.folder / "new").iterdir() if not one.name.startswith(".")}
        self.seen &= names
        for name in sorted(names - self.seen):
            try:
                with (self.folder / "new" / name).open("rb") as file:
                    yield name, file.read(READ_AT_MOST)
            except FileNotFoundError:
                continue  # somebody else took it
            except OSError as fault:
                raise MailboxDown(str(fault.strerror)) from None

    def keep(self, name: str, *, is_ours: bool) -> None:
        """Moves what is about ours to `cur`, marked as seen."""
        if not is_ours:
            self.seen.add(name)
            return
        try:
            (self.folder / "new" / name).rename(self.folder / "cur" / f"{name.split(':')[0]}:2,S")
        except FileNotFoundError:
            return
        except OSError as fault:
            raise MailboxDown(str(fault.strerror)) from None


class ImapFolder:
    """A folder on an IMAP server: mails come in the order of their numbers, and the last one is kept."""

    def __init__(self, url: SplitResult, settings: DeliverySettings, database: Engine) -> None:
        self.url, self.settings, self.database = url, settings, database
        self.folder = unquote(url.path.strip("/")) or "INBOX"
        self.name = f"{IMAP}://{url.username}@{url.hostname}:{url.port or IMAP_PORT}/{self.folder}"
        self.validity = self.last = 0

    def __enter__(self) -> Self:
        with _told():
            trust = ssl.create_default_context(cafile=self.settings.bounces_ca_file)
            self.server = imaplib.IMAP4_SSL(
                self.url.hostname or "", self.url.port or IMAP_PORT, ssl_context=trust,
                timeout=self.settings.bounces_timeout_seconds,
            )  # fmt: skip
        try:
            with _told():
                self.server.login(unquote(self.url.username or ""), unquote(self.url.password or ""))
                self._check(self.server.select(_quoted(self.folder)))
                self.validity = int(self.server.response("UIDVALIDITY")[1][0] or 0)
        except BaseException:
            self.server.shutdown()
            raise
        self.last = self._kept()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.server.logout()
        except (imaplib.IMAP4.error, OSError):
            self.server.shutdown()

    def mails(self) -> Iterator[tuple[str, bytes]]:
        """Those with a number above the last that was looked at."""
        with _told():
            [found] = self._check(self.server.uid("SEARCH", "UID", f"{self.last + 1}:*"))
        for number in sorted(int(one) for one in (found or b"").split()):
            if number > self.last:  # a server answers with the last mail where there is none above
                yield str(number), self._mail(number)

    def _mail(self, number: int) -> bytes:
        with _told():
            answer = self._check(self.server.uid("FETCH", str(number), f"(BODY.PEEK[]<0.{READ_AT_MOST}>)"))
        return next((bytes(part[1]) for part in answer if isinstance(part, tuple)), b"")

    def keep(self, name: str, *, is_ours: bool) -> None:
        """Marks what is about ours as seen, and keeps the number."""
        if is_ours:
            with _told():
                self._check(self.server.uid("STORE", name, "+FLAGS", r"(\Seen)"))
        self.last = int(name)
        row = {"name": self.name, "validity": self.validity, "last": self.last}
        with writing(self.database) as connection:
            put = insert_or(connection, mailboxes).values(row)
            connection.execute(put.on_conflict_do_update(index_elements=["name"], set_=row))

    def _kept(self) -> int:
        """The number of the last mail that was looked at; 0 where the server has numbered them anew."""
        its = (mailboxes.c.name == self.name) & (mailboxes.c.validity == self.validity)
        with self.database.connect() as connection:
            return connection.execute(select(mailboxes.c.last).where(its)).scalar_one_or_none() or 0

    def _check(self, answer: tuple[str, list[Any]]) -> list[Any]:
        if answer[0] != "OK":
            raise MailboxDown(f"the server says {answer[0]}")
        return answer[1]


@contextmanager
def _told() -> Iterator[None]:
    """What the server or the network says is told as MailboxDown."""
    try:
        yield
    except (imaplib.IMAP4.error, OSError) as fault:
        raise MailboxDown(re.sub(r"\s+", " ", str(fault))) from None


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
