"""What a debtor has asked for, or the law gives them, as far as it bears on contact.

What a person says on one account holds for their others.

A refused channel, inconvenient hours, no contact at work, and where they may be are the person's. A written
request to cease and an attorney are about a debt: said on an account without a debt of its own they hold for
every account of the person, else for those of that debt, and for accounts that are about no one debt.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, time
from typing import TypeVar

from engine.domain.facts.contacts import ContactPreferenceChanged, InconvenientHours
from engine.domain.facts.people import PersonPreferenceChanged

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DEBT = ""
AN_ATTORNEY = "an attorney"
Said = TypeVar("Said")


@dataclass(frozen=True, slots=True)
class Inconvenient:
    """Hours of the debtor's day at which they do not want to be contacted, on these weekdays (0: Monday)."""

    start: time
    end: time
    weekdays: frozenset[int] = frozenset(range(7))


@dataclass(slots=True)
class Standing:
    """What stands between us and the debtor on one account. Moments are when it was asked or received."""

    zones: tuple[str, ...] = ()
    refused: dict[str, datetime] = field(default_factory=dict)
    preferred: str | None = None
    not_at_work: bool = False
    inconvenient: tuple[Inconvenient, ...] = ()
    ceased_at: datetime | None = None
    attorney: str | None = None
    direct_contact_allowed: bool = False
    consents: list[datetime] = field(default_factory=list)
    time_barred: set[str] = field(default_factory=set)
    validation_sent_at: datetime | None = None


def hours(told: InconvenientHours) -> Inconvenient:
    """Inconvenient hours as the limits look at them."""
    start, end = time.fromisoformat(told.start), time.fromisoformat(told.end)
    days = frozenset(WEEKDAYS.index(day) for day in told.days) or frozenset(range(7))
    return Inconvenient(start, end, days)


def personal(
    fact: ContactPreferenceChanged, account: str, debt: str, standing: Standing
) -> PersonPreferenceChanged | None:
    """What of it holds for other accounts of the person, whom it does not name; None: nothing.

    `standing` is how the account stands after it.
    """
    attorney_matters = fact.represented is not None or fact.direct_contact is not None
    only_attorney = standing.attorney is not None and not standing.direct_contact_allowed
    shared = PersonPreferenceChanged(
        account=account, debt=debt, changed_at=fact.changed_at, refuse=fact.refuse, allow=fact.allow,
        at_work=fact.at_work, inconvenient=fact.inconvenient, zones=fact.zones, cease=fact.cease,
        through_attorney=only_attorney if attorney_matters else None,
    )  # fmt: skip
    said = shared.model_dump(exclude_defaults=True).keys() - {"account", "debt", "changed_at"}
    return shared if said else None


@dataclass(slots=True)
class Wishes:
    """All that a person asked for. Absent and None: nothing was said.

    `refused`: since when a channel is (None: it is allowed again). `ceased` and `through_attorney`: by debt.
    """

    refused: dict[str, datetime | None] = field(default_factory=dict)
    not_at_work: bool | None = None
    inconvenient: tuple[Inconvenient, ...] | None = None
    zones: tuple[str, ...] | None = None
    ceased: dict[str, datetime | None] = field(default_factory=dict)
    through_attorney: dict[str, bool] = field(default_factory=dict)

    def copy(self) -> "Wishes":
        """The same, to be changed apart from these."""
        return replace(
            self, refused=dict(self.refused), ceased=dict(self.ceased),
            through_attorney=dict(self.through_attorney),
        )  # fmt: skip

    def heed(self, fact: PersonPreferenceChanged) -> None:
        """Takes in one more; what it does not say stays as it was."""
        self.refused |= dict.fromkeys(fact.refuse, fact.changed_at) | dict.fromkeys(fact.allow)
        if fact.at_work is not None:
            self.not_at_work = not fact.at_work
        if fact.inconvenient is not None:
            self.inconvenient = tuple(map(hours, fact.inconvenient))
        if fact.zones is not None:
            self.zones = fact.zones
        if fact.cease is not None:
            _say(self.ceased, fact.debt, fact.changed_at if fact.cease else None)
        if fact.through_attorney is not None:
            _say(self.through_attorney, fact.debt, fact.through_attorney)

    def over(self, own: Standing, debt: str) -> Standing:
        """How an account stands that has heard this itself (`own`), and for its person the rest."""
        refused = {**own.refused, **self.refused}
        ceased = _of(self.ceased, debt)
        return replace(
            _represented(own, _of(self.through_attorney, debt)),
            refused={channel: since for channel, since in refused.items() if since is not None},
            not_at_work=own.not_at_work if self.not_at_work is None else self.not_at_work,
            inconvenient=own.inconvenient if self.inconvenient is None else self.inconvenient,
            zones=own.zones if self.zones is None else self.zones,
            ceased_at=max(filter(None, ceased), default=None) if ceased else own.ceased_at,
        )  # fmt: skip


def _represented(own: Standing, through_attorney: list[bool]) -> Standing:
    if not through_attorney:
        return own
    attorney = own.attorney or AN_ATTORNEY
    return replace(own, attorney=attorney if any(through_attorney) else None, direct_contact_allowed=False)


def _say(by_debt: dict[str, Said], debt: str, said: Said) -> None:
    """What is said of every debt takes the place of what was said of single ones."""
    if debt == EVERY_DEBT:
        by_debt.clear()
    by_debt[debt] = said


def _of(by_debt: dict[str, Said], debt: str) -> list[Said]:
    """All that was said of this debt; of an account that is about no one debt, of any."""
    if debt == EVERY_DEBT:
        return list(by_debt.values())
    return [by_debt[one] for one in (debt, EVERY_DEBT) if one in by_debt][:1]
