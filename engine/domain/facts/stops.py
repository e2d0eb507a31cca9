"""Facts that stop something: disputes, holds, and hardship that somebody told us of."""

from datetime import date
from typing import ClassVar, Literal, get_args

from engine.domain.facts.base import Amount, Fact, Personal, Value

Effect = Literal["contact", "ladder", "interest", "fees"]
EFFECTS: tuple[Effect, ...] = get_args(Effect)


class DisputedPart(Value):
    """So much of an item is disputed; the rest is not."""

    item: str
    amount: Amount


class DisputeOpened(Fact):
    """The debtor disputes these items: of those in `parts` so much, the others as a whole.

    `code` is one of the policy's reason codes, `owner` who is to settle it by `deadline`.
    """

    VERSION: ClassVar[int] = 2

    dispute: str
    items: tuple[str, ...]
    opened_on: date
    reason: Personal[str] | None = None
    parts: tuple[DisputedPart, ...] = ()
    code: str | None = None
    owner: str | None = None
    deadline: date | None = None

    @property
    def happened_on(self) -> date:
        return self.opened_on


class DisputeResolved(Fact):
    dispute: str
    resolved_on: date
    outcome: Literal["upheld", "partly", "rejected", "withdrawn"]
    credit: str | None = None

    @property
    def happened_on(self) -> date:
        return self.resolved_on


class HoldPlaced(Fact):
    """From `from_on` until `until_on` (the first day free again; None: until released) all of `stops` rests.

    No items named means the whole account, invoices to come included. What the hold stops was pinned when
    it was placed; the first version stopped everything.
    """

    VERSION: ClassVar[int] = 2

    hold: str
    kind: str
    from_on: date
    until_on: date | None = None
    items: tuple[str, ...] = ()
    reason: Personal[str] | None = None
    stops: tuple[Effect, ...] = EFFECTS

    @property
    def happened_on(self) -> date:
        return self.from_on


class HoldReleased(Fact):
    hold: str
    released_on: date

    @property
    def happened_on(self) -> date:
        return self.released_on


class HardshipReported(Fact):
    """Somebody said that the debtor cannot pay; `hold` is the arrangement that followed."""

    reported_on: date
    note: Personal[str] | None = None
    hold: str | None = None

    @property
    def happened_on(self) -> date:
        return self.reported_on
