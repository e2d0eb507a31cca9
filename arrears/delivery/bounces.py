"""Bounces become facts: the reminder failed after all, once, whoever reads the mailbox and however often."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from arrears.delivery.mailbox import mailbox
from arrears.delivery.opting_out import UnknownLink, opt_out, read_token
from arrears.delivery.reports import Bounce, Delay, OptOut, read_report
from arrears.delivery.sending import record
from arrears.delivery.settings import DeliverySettings
from engine.accounts import Stamp
from engine.application import Engine
from engine.domain.errors import ContactUnknown

BY, BY_MAIL = "bounces", "the debtor, by mail"

Outcome = Literal["bounced", "known before", "delayed", "opted out", "not ours"]


def read_bounces(
    engine: Engine, settings: DeliverySettings, clock: Callable[[], datetime]
) -> Counter[Outcome]:
    """Takes in what came into the mailbox, and says what that was.

    Raises SettingMissing, MailboxUrlWrong, MailboxDown.
    """
    outcomes: Counter[Outcome] = Counter()
    with mailbox(settings, engine.store.database) as box:
        for name, content in box.mails():
            outcome = take_in(engine, settings, content, clock())
            outcomes[outcome] += 1
            box.keep(name, is_ours=outcome != "not ours")
    return outcomes


def take_in(engine: Engine, settings: DeliverySettings, content: bytes, at: datetime) -> Outcome:
    """Records what a mail says about one of ours, and says what that is."""
    match read_report(content):
        case Bounce() as bounce:
            return take_bounce(engine, bounce, at)
        case Delay():
            return "delayed"
        case OptOut(token):
            return _opt_out(engine, settings, token, at)
    return "not ours"


def take_bounce(engine: Engine, bounce: Bounce, at: datetime) -> Outcome:
    """Records that the reminder failed; not again where that is recorded."""
    try:
        recorded = record(
            engine, bounce.account, bounce.contact, Stamp(BY, at), delivered=False, reason=bounce.reason,
            permanent=bounce.is_permanent,
        )  # fmt: skip
    except ContactUnknown:
        return "not ours"
    return "bounced" if recorded else "known before"


def _opt_out(engine: Engine, settings: DeliverySettings, token: str, at: datetime) -> Outcome:
    if settings.unsubscribe_key is None:
        return "not ours"
    try:
        account, channel = read_token(settings.unsubscribe_key.get_secret_value(), token)
    except UnknownLink:
        return "not ours"
    return "opted out" if opt_out(engine, account, channel, Stamp(BY_MAIL, at)) else "known before"
