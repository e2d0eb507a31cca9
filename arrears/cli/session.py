"""What every command shares: the book, the clock's zone, who is asking, and in which format to answer."""

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import typer

from arrears.wiring import LOCAL_ROLE, Book, open_book

Format = Literal["table", "json", "csv"]


@dataclass
class Session:
    """The options that every command takes."""

    url: str = "sqlite:///arrears.db"
    asked_zone: ZoneInfo | None = None
    by: str = ""
    format: Format = "table"
    plain: bool = False
    role: str = LOCAL_ROLE
    zone: ZoneInfo = field(init=False, default=ZoneInfo("UTC"))

    @contextmanager
    def book(self, *, create: bool = False, found: bool = True) -> Iterator[Book]:
        """The book, open for this command, which goes by its time zone from then on.

        Raises NoSuchBook unless it may be created, ZoneDiffers, KeyFault.
        """
        book = open_book(
            self.url, self.asked_zone, self.by or user_name(), create=create, found=found, plain=self.plain,
            say=lambda sentence: print(sentence, file=sys.stderr),
        )  # fmt: skip
        book.role = self.role
        try:
            if found:
                self.zone = book.zone
            yield book
        finally:
            book.close()


def user_name() -> str:
    """The name under which the operating system knows who is asking."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def session_of(context: typer.Context) -> Session:
    """The session that the root command set up."""
    session = context.find_root().obj
    assert isinstance(session, Session)
    return session


def parse_date(text: str) -> date:
    """A date such as 2026-03-31."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' is no date: expected one such as 2026-03-31") from None


def parse_moment(text: str) -> datetime:
    """A moment such as 2026-03-31T09:00Z or 2026-03-31T09:00+02:00; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"'{text}' is no moment: expected one such as 2026-03-31T09:00Z") from None
