"""Carrying requests out: alone, where the caller may state the version it has seen, or many at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from arrears.commands.base import Request, RequestUnfit, here_at
from arrears.logs import concerns
from arrears.wiring import Book, new_id
from engine.application import Command, Decide
from engine.domain.account import Account
from engine.domain.errors import RuleBroken
from engine.domain.facts.base import Fact
from policies.book import PolicyBook


class VersionDiffers(RuleBroken):
    sentence = "account '{account}' is at version {version} by now: look at it again before you repeat this"


class TogetherRefused(Exception):
    """Of requests that are to be carried out together, those that were refused by their place, and why."""

    def __init__(self, why: dict[int, Exception]) -> None:
        self.why = why
        super().__init__("; ".join(str(one) for one in why.values()))


@dataclass
class Outcome:
    """What a request recorded on which stream, behind which version of the account."""

    stream: str
    after_version: int = 0
    facts: list[Fact] = field(default_factory=list)

    @property
    def version(self) -> int:
        """The version of the account now."""
        return self.after_version + len(self.facts)


def carry_out(
    book: Book,
    request: Request,
    is_seen: Callable[[int], bool] = lambda _: True,
    fresh: Callable[[str], str] = new_id,
) -> Outcome:
    """What a request recorded, on an account at a version that the caller has seen; no facts where it is
    nothing new. The tables are up with it. `fresh` makes the ids that the request leaves out.

    Raises VersionDiffers, RuleBroken and what else refuses a command, RequestUnfit, Conflict.
    """
    here = replace(here_at(book), new_id=fresh)
    outcome = Outcome(book.engine.account_ids([request.account])[request.account])
    known = request.decide_known(here)

    seen = _seen(request.account, is_seen)

    def decide(account: Account, policies: PolicyBook) -> list[Fact]:
        seen(account, policies)
        outcome.after_version = account.version
        return known(account, policies)

    command = Command(outcome.stream, decide, book.stamp(), request.asking(here))
    concerns(account=outcome.stream)
    try:
        outcome.facts = book.engine.execute(command)
    except RuleBroken as broken:
        concerns(refused=broken.rule, limit=broken.data.get("broken"))
        raise
    book.catch_up()
    return outcome


def carry_out_together(
    book: Book,
    requests: Sequence[Request],
    is_seen: Callable[[int], bool] = lambda _: True,
    may_store: bool = True,
) -> list[list[Fact]]:
    """What each of these requests on one account recorded, in order: all of them, or, where one is refused,
    none. Without `may_store` nothing is recorded, and it is only said what would be.

    Raises TogetherRefused, VersionDiffers, Conflict.
    """
    here, stamp, unfit = here_at(book), book.stamp(), dict[int, Exception]()
    stream = book.engine.account_ids([requests[0].account])[requests[0].account]
    commands = [Command(stream, _seen(requests[0].account, is_seen), stamp)]
    for place, one in enumerate(requests):
        try:
            commands.append(Command(stream, one.decide_known(here), stamp, one.asking(here)))
        except RequestUnfit as fault:
            unfit[place] = fault
    if unfit:
        raise TogetherRefused(unfit)
    batch = book.engine.execute_all(commands, may_store=may_store)
    places = {id(command): place for place, command in enumerate(commands, start=-1)}
    refused = {places[id(one.command)]: one.broken for one in batch.refused}
    if -1 in refused:
        raise refused[-1]
    if refused:
        raise TogetherRefused(refused)
    book.catch_up()
    return batch.recorded[1:]


def _seen(number: str, is_seen: Callable[[int], bool]) -> Decide:
    """Records nothing; raises VersionDiffers where the account is at a version that was not seen."""

    def decide(account: Account, _: PolicyBook) -> list[Fact]:
        if not is_seen(account.version):
            raise VersionDiffers(account=number, version=account.version)
        return []

    return decide


def carry_out_all(
    book: Book, requests: Sequence[Request], skip_refused: bool
) -> tuple[list[list[Fact] | Exception], bool]:
    """What each request recorded, or why it was refused, and whether anything is stored.

    All are carried out in one transaction, in order: where one is refused nothing is stored, or, with
    `skip_refused`, all but the refused. The tables are up with them. Raises Conflict.
    """
    here, stamp = here_at(book), book.stamp()
    ids = book.engine.account_ids([request.account for request in requests])
    results: list[list[Fact] | Exception] = []
    commands: dict[int, Command] = {}
    for place, one in enumerate(requests):
        results.append([])
        try:
            commands[place] = Command(ids[one.account], one.decide_known(here), stamp, one.asking(here))
        except RequestUnfit as unfit:
            results[place] = unfit
    if len(commands) < len(requests) and not skip_refused:
        return results, False
    batch = book.engine.execute_all(list(commands.values()), skip_refused=skip_refused)
    broken = {id(refused.command): refused.broken for refused in batch.refused}
    for (place, command), facts in zip(commands.items(), batch.recorded, strict=True):
        results[place] = broken.get(id(command), facts)
    book.catch_up()
    return results, skip_refused or not broken
