"""Where the pages of an account are, and which account such an address means."""

from typing import NamedTuple
from urllib.parse import quote

from fastapi import HTTPException

from arrears.casework.directory import ERASED, Directory, Who
from arrears.wiring import Book
from engine.application import ACCOUNT_PREFIX
from engine.domain.errors import AccountUnknown


class Meant(NamedTuple):
    """The account that an address means: its stream, and the number to call it by there."""

    stream: str
    number: str


def account_path(stream: str, who: Who) -> str:
    """The address of an account's page: by its number; by its stream where that is erased, or is no part of
    an address."""
    number = who.number
    if number in (ERASED, ".", "..") or "/" in number:
        return f"/accounts/{stream}"
    return f"/accounts/{quote(number, safe='')}"


def meant(book: Book, directory: Directory, name: str) -> Meant:
    """The account of that number or stream; raises HTTPException 404."""
    if name.startswith(ACCOUNT_PREFIX) and name in (people := directory.people()):
        return Meant(name, people[name].number)
    try:
        return Meant(book.account_id(name), name)
    except AccountUnknown as unknown:
        raise HTTPException(404, f"{unknown}.".capitalize()) from None
