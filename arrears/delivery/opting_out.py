"""Links by which a debtor refuses further contact on a channel (RFC 8058): signed, so that nobody can make
them up, and good for nothing else."""

from typing import get_args

from itsdangerous import BadSignature, URLSafeSerializer

from engine.accounts import Stamp
from engine.application import Command, Engine
from engine.domain.account import Account
from engine.domain.decisions.contacts import change_preferences
from engine.domain.facts.base import Fact
from engine.domain.facts.contacts import Channel

PATH = "/unsubscribe"
_SALT = "arrears unsubscribe"


class UnknownLink(ValueError):
    """A link for opting out that is none of ours, or was cut short."""

    def __init__(self) -> None:
        super().__init__("this link is not, or not wholly, one that we sent: use the one in our message")


def token(key: str, account: str, channel: Channel) -> str:
    """What the link of an account and channel ends with."""
    return URLSafeSerializer(key, salt=_SALT).dumps([account, channel])


def read_token(key: str, text: str) -> tuple[str, Channel]:
    """The account and the channel of a link; raises UnknownLink."""
    try:
        account, channel = URLSafeSerializer(key, salt=_SALT).loads(text)
    except (BadSignature, TypeError, ValueError):
        raise UnknownLink from None
    if channel not in get_args(Channel):
        raise UnknownLink
    return account, channel


def opt_out(engine: Engine, account_id: str, channel: Channel, stamp: Stamp) -> list[Fact]:
    """Records that the debtor refuses the channel; nothing new where they do already."""

    def decide(account: Account, _: object) -> list[Fact]:
        if not account.exists or channel in account.standing.refused:
            return []
        return change_preferences(account, changed_at=stamp.recorded_at, refuse=(channel,))

    return engine.execute(Command(account_id, decide, stamp))
