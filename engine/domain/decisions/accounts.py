"""Commands on the account itself."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.domain.account import Account
from engine.domain.decisions.erasure import check_not_erased
from engine.domain.errors import AccountAlreadyOpen, AlreadyLive, UnknownZone, text
from engine.domain.facts.accounts import (
    AccountOpened,
    DebtorDetailsChanged,
    FollowUpSet,
    NoteAdded,
    PolicyAssigned,
    WentLive,
)
from engine.domain.facts.base import Fact

_COMPARED = ("name", "kind", "country", "region", "timezone", "segment", "collector")
_PERSONAL = ("name", "email", "phone", "address")


def check_zone(timezone: str | None) -> None:
    """Raises UnknownZone unless the name is an IANA time zone or None."""
    try:
        if timezone is not None:
            ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise UnknownZone(timezone=timezone) from None


def open_account(account: Account, *, number: str, opened_on: date, **details: Any) -> list[Fact]:
    """Opens the account; given again with the same details it is nothing new."""
    check_zone(details.get("timezone"))
    check_not_erased(account)
    if not account.exists:
        return [AccountOpened(number=number, opened_on=opened_on, **details)]
    given = {name: details[name] for name in _COMPARED if details.get(name) is not None}
    recorded = {name: getattr(account, name) for name in given}
    if given != recorded:
        raise AccountAlreadyOpen(account=number, recorded=_shown(recorded), given=_shown(given))
    return []


def _shown(details: Mapping[str, Any]) -> str:
    return text(*(f"{name} {value}" for name, value in details.items()))


def change_details(account: Account, *, changed_on: date, **details: Any) -> list[Fact]:
    """Records new details; None leaves a detail as it was."""
    check_zone(details.get("timezone"))
    if any(details.get(name) is not None for name in _PERSONAL):
        check_not_erased(account)
    return [DebtorDetailsChanged(changed_on=changed_on, **details)]


def assign_policy(account: Account, *, policy: str, effective_from: datetime) -> list[Fact]:
    """Puts the account under a policy from that moment; nothing new if it already is."""
    now = [name for since, name in account.assignments if since <= effective_from]
    if now and now[-1] == policy:
        return []
    return [PolicyAssigned(policy=policy, effective_from=effective_from)]


def add_note(account: Account, *, note: str) -> list[Fact]:
    check_not_erased(account)
    return [NoteAdded(text=note)]


def set_follow_up(account: Account, *, on: date, note: str | None = None) -> list[Fact]:
    if note is not None:
        check_not_erased(account)
    return [FollowUpSet(on=on, note=note)]


def go_live(
    account: Account,
    *,
    on: date,
    invoices: Literal["fresh", "from-step", "as-imported"],
    step: str | None = None,
) -> list[Fact]:
    """Lets the engine escalate a backfilled account from that day; raises AlreadyLive."""
    if not account.awaits_go_live:
        raise AlreadyLive(account=account.number, live_on=account.live_on or account.opened_on)
    return [WentLive(on=on, invoices=invoices, step=step)]
