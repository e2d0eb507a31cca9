"""Where the pages of an account are, and which account such an address means."""

from typing import NamedTuple

from fastapi import HTTPException, Request

from arrears.access.web import book_of
from arrears.casework.directory import ERASED, Directory, Who
from arrears.web.forms import account_path as path_of_number
from engine.application import ACCOUNT_PREFIX
from engine.domain.errors import AccountUnknown


class Meant(NamedTuple):
    """The account that an address means: its stream, the number to call it by there, and who it is."""

    stream: str
    number: str
    who: Who

    @property
    def path(self) -> str:
        """The address of its page, as it was asked for."""
        return path_of_number(self.number)

    @property
    def has_number(self) -> bool:
        """Whether it was asked for by its number, and not by its stream."""
        return self.number != self.stream


def directory_of(request: Request) -> Directory:
    """Who the accounts of this server's book are."""
    directory = request.app.state.directory
    assert isinstance(directory, Directory)
    return directory


def account_path(stream: str, who: Who) -> str:
    """The address of an account's page: by its number; by its stream where that is erased, or would mean
    another address."""
    return address_of(stream, who.number)


def address_of(stream: str, number: str) -> str:
    """The same, of an account that a list names by its number."""
    return path_of_number(stream if number in (ERASED, "", ".", "..") else number)


def meant(request: Request, name: str) -> Meant:
    """The account of that number or stream, the tables brought up to the log; raises HTTPException 404."""
    book, directory = book_of(request), directory_of(request)
    book.catch_up()
    if name.startswith(ACCOUNT_PREFIX) and (found := directory.find([name])):
        return Meant(name, name, found[name])
    try:
        stream = book.stream_of(name)
    except AccountUnknown as unknown:
        said = str(unknown)
        raise HTTPException(404, f"{said[:1].upper()}{said[1:]}.") from None
    return Meant(stream, name, directory.who([stream])[stream])
