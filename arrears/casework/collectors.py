"""Who works which account: giving accounts to collectors, and handing over what one of them works."""

from datetime import date

from arrears.wiring import Book
from engine.application import Command
from engine.domain.account import Account
from engine.domain.decisions.casework import assign_collector
from engine.domain.errors import RuleBroken
from engine.domain.facts.base import Fact
from policies.book import PolicyBook
from projections.accounts import accounts_of_collector


class NothingToHandOver(RuleBroken):
    sentence = "'{collector}' works no account in this book"


def hand_over(book: Book, collector: str, to: str, on: date, note: str | None) -> int:
    """Gives all accounts of a collector to another, in one transaction; returns how many.

    Raises NothingToHandOver. An erased account goes over without the note, which might name somebody.
    """
    book.catch_up()
    streams = accounts_of_collector(book.database, collector)
    if not streams or collector == to:
        raise NothingToHandOver(collector=collector)

    def decide(account: Account, _: PolicyBook) -> list[Fact]:
        said = note if account.erased_on is None else None
        return assign_collector(account, collector=to, assigned_on=on, note=said, handed_over=True)

    stamp = book.stamp()
    batch = book.engine.execute_all([Command(stream, decide, stamp) for stream in streams])
    if batch.refused:
        raise batch.refused[0].broken
    book.catch_up()
    return batch.by_kind["CollectorAssigned"]
