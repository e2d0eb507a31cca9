"""Facts about promises to pay and repayment plans."""

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from engine.domain.facts.base import Amount, Authority, Fact, Moment, Personal, Value


class PromiseTerms(Value):
    """How a promise will be judged, pinned when it is made, and by which policy (None: not recorded)."""

    grace_business_days: int = 0
    posting_lag_business_days: int = 1
    tolerance: Amount
    deadline: date
    judge_at: Moment
    policy: str | None = None

    def judge_like(self, other: "PromiseTerms") -> bool:
        """Whether a promise is judged alike by both, whichever policies they are of."""
        return self == other.model_copy(update={"policy": self.policy})


class PromiseMade(Fact):
    """The debtor will pay `amount` by `promised_on`, for the items named.

    `replaces` is the promise or plan in whose place it stands; `collector` whose account it then was.
    """

    VERSION: ClassVar[int] = 2

    promise: str
    amount: Amount
    currency: str
    made_on: date
    promised_on: date
    items: tuple[str, ...]
    terms: PromiseTerms
    taken_by: str = ""
    replaces: str | None = None
    collector: str | None = None

    @property
    def happened_on(self) -> date:
        return self.made_on


class Instalment(Value):
    promised_on: date
    amount: Amount
    terms: PromiseTerms


class RepaymentPlanAgreed(Fact):
    """A plan: each instalment is judged as a promise of its own, named `plan/1`, `plan/2`, …

    Whether a missed instalment ends the plan was pinned when it was agreed; before its third version a
    plan always did.
    """

    VERSION: ClassVar[int] = 4

    plan: str
    currency: str
    agreed_on: date
    items: tuple[str, ...]
    instalments: tuple[Instalment, ...]
    taken_by: str = ""
    replaces: str | None = None
    collector: str | None = None
    missed_instalment_ends_plan: bool = True
    authority: Authority | None = None

    @property
    def happened_on(self) -> date:
        return self.agreed_on


class SettlementAgreed(Fact):
    """The debtor will pay `amount` by `promised_on` in full settlement of the items, on which `claim` is
    open: judged as a promise of that name.

    Until then nothing is given up. Kept, what is left of the claim is written off; else all of it stands.
    """

    settlement: str
    amount: Amount
    currency: str
    claim: Amount
    agreed_on: date
    promised_on: date
    items: tuple[str, ...]
    terms: PromiseTerms
    taken_by: str = ""
    replaces: str | None = None
    collector: str | None = None
    authority: Authority | None = None

    @property
    def happened_on(self) -> date:
        return self.agreed_on

    @property
    def discount(self) -> Decimal:
        """What is given up where it is kept."""
        return self.claim - self.amount


class PromiseTermsChanged(Fact):
    """From `changed_on` the promise is judged by these terms instead of those it was made on, also where it
    had been judged already."""

    promise: str
    terms: PromiseTerms
    changed_on: date
    reason: Personal[str]

    @property
    def happened_on(self) -> date:
        return self.changed_on


class Judgement(Fact):
    """What came for a promise: `counted` are payments received in time, each cent for one promise only."""

    IS_PART_OF_OTHERS: ClassVar[bool] = True

    promise: str
    received: Amount
    counted: tuple[tuple[str, Amount], ...] = ()
    judged_at: Moment

    @property
    def happened_at(self) -> datetime:
        return self.judged_at


class PromiseKept(Judgement):
    pass


class PromisePartlyKept(Judgement):
    pass


class PromiseBroken(Judgement):
    pass


class PromiseWithdrawn(Fact):
    """The promise (or, by its name, the whole plan) no longer stands; not a breach.

    `replaced_by` is the promise or plan that was agreed in its place.
    """

    VERSION: ClassVar[int] = 2

    promise: str
    withdrawn_on: date
    reason: Personal[str] | None = None
    replaced_by: str | None = None

    @property
    def happened_on(self) -> date:
        return self.withdrawn_on
