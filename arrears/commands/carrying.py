"""Carrying requests out: alone, where the caller may state the version it has seen, or many at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from arrears.commands.base import Request, RequestUnfit, here_at
from arrears.logs import concerns
from arrears.wiring import Book, new_id
from engine.application import Command
from engine.domain.account import Account
from engine.domain.errors import RuleBroken
from engine.domain.facts.base import Fact
from policies.book import PolicyBook


class VersionDiffers(RuleBroken):
    sentence = "account '{account}' is at version {version} by now: look at it again before you repeat this"


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

    def decide(account: Account, policies: PolicyBook) -> list[Fact]:
        if not is_seen(account.version):
            raise VersionDiffers(account=request.account, version=account.version)
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
