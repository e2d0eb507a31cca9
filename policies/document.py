"""A policy document: TOML, validated, with faults that name the file, the key and what was expected."""

import tomllib
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    model_validator,
)

from engine.domain.facts.contacts import Channel
from engine.domain.facts.escalation import AgencyTerms
from policies.agencies import Agency
from policies.approval_rules import ApprovalRules
from policies.business_days import CalendarRules
from policies.contact_limits.documents import in_force
from policies.contact_limits.profile import Profile, Purpose
from policies.contact_limits.rules import ContactRules
from policies.dispute_rules import DisputeRules
from policies.hold_rules import HoldRule
from policies.interest.rules import ChargeRules
from policies.part import Part
from policies.payment_terms import payment_terms as read_terms
from policies.promise_rules import PromiseRules
from policies.segmenting import Segmenting
from policies.step_order import order_faults
from policies.unreachable import Unreachable
from policies.worklist import WorklistRules

PromiseState = Literal["none", "pending", "kept", "partly_kept", "broken", "withdrawn"]


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _known_terms(words: str) -> str:
    read_terms(words)
    return words


class Remind(Part):
    """Send a letter or message made from a template."""

    channel: Channel
    template: str
    purpose: Purpose = "collect"
    opt_out_notice: bool = False
    threatens_suit: bool = False


class Call(Part):
    """Put a call on the worklist, with a script; it counts when somebody has made it."""

    script: str
    threatens_suit: bool = False
    if_unmade_after: Annotated[int, Field(ge=0)] | None = None
    """Days after which the ladder goes on although nobody called; without it, it waits."""


class Raise(Part):
    """Bring the account to somebody's attention."""

    level: str


class Place(Part):
    """Propose the items for an agency, or, where `automatic`, place them at once."""

    agency: str
    automatic: bool = False


class Trace(Part):
    """Ask somebody to find out where the debtor is."""

    by: str = "tracing"


class If(Part):
    """Conditions of a step: all of one table must hold. Amounts are in the currency of the invoice."""

    balance_at_least: Decimal | None = None
    not_reached: bool | None = None
    no_response_since: str | None = None
    patience_days: Annotated[int, Field(ge=0)] = 7
    promise: Annotated[tuple[PromiseState, ...], BeforeValidator(_as_list)] | None = None
    broken_promises_at_least: int | None = None
    segment: Annotated[tuple[str, ...], BeforeValidator(_as_list)] | None = None
    unreachable: bool | None = None
    trace_failed: bool | None = None


class Step(Part):
    """One rung of the ladder: when it is due, under which conditions, and what is done."""

    id: str
    title: str = ""
    days_before_due: Annotated[int, Field(ge=0)] | None = None
    days_past_due: Annotated[int, Field(ge=0)] | None = None
    after: str | None = None
    days: Annotated[int, Field(ge=0)] | None = None
    conditions: Annotated[tuple[If, ...], BeforeValidator(_as_list), Field(alias="if")] = ()
    remind: Remind | None = None
    call: Call | None = None
    raise_: Annotated[Raise | None, Field(alias="raise")] = None
    place: Place | None = None
    trace: Trace | None = None

    @model_validator(mode="after")
    def _one_time_one_action(self) -> "Step":
        times = [self.days_before_due, self.days_past_due, self.after]
        if sum(value is not None for value in times) != 1:
            raise ValueError("expected exactly one of days_before_due, days_past_due, after")
        if (self.after is None) != (self.days is None):
            raise ValueError("expected after and days together")
        if sum(value is not None for value in self._actions) != 1:
            raise ValueError("expected exactly one of remind, call, raise, place, trace")
        return self

    @property
    def _actions(self) -> tuple[object, ...]:
        return (self.remind, self.call, self.raise_, self.place, self.trace)

    @cached_property
    def is_contact(self) -> bool:
        """Whether the debtor is contacted: a letter, a message or a call."""
        return self.remind is not None or self.call is not None

    @cached_property
    def climbs(self) -> bool:
        """Whether the step moves the invoice up the ladder; raising and tracing happen beside it."""
        return self.is_contact or self.place is not None

    @property
    def channel(self) -> Channel:
        """The channel of a contact step."""
        return self.remind.channel if self.remind else "call"


class Policy(ChargeRules):
    """A whole policy. Steps climb in the order in which they stand."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    title: str = ""
    on_reopen: str | None = None
    contact: ContactRules = ContactRules()
    profiles: dict[str, dict[str, Any]] = Field(default_factory=dict)
    overrides: dict[str, dict[str, Any]] = Field(default_factory=dict)
    promise: PromiseRules = PromiseRules()
    segmenting: Segmenting = Segmenting()
    agencies: dict[str, Agency] = Field(default_factory=dict)
    unreachable: Annotated[tuple[Unreachable, ...], BeforeValidator(_as_list)] = ()
    calendar: CalendarRules = CalendarRules()
    payment_terms: Annotated[str, AfterValidator(_known_terms)] | None = None
    hold: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")], HoldRule] = Field(default_factory=dict)
    dispute: DisputeRules = DisputeRules()
    worklist: WorklistRules = WorklistRules()
    approvals: ApprovalRules = ApprovalRules()
    steps: tuple[Step, ...]

    @model_validator(mode="after")
    def _limits_hold(self) -> "Policy":
        in_force(self.contact.limits, self.profiles, self.overrides)
        return self

    @cached_property
    def limits(self) -> dict[str, Profile]:
        """The profiles of contact limits that hold, by name."""
        return in_force(self.contact.limits, self.profiles, self.overrides)

    @model_validator(mode="after")
    def _steps_refer_to_steps(self) -> "Policy":
        if faults := list(order_faults(self)):
            raise ValueError("\n".join(faults))
        return self

    def agency_terms(self, agency: str, placed_on: date) -> AgencyTerms | None:
        """What a placement with that agency is agreed on; None where the policy says nothing of it."""
        return self.agencies[agency].terms(placed_on) if agency in self.agencies else None

    def step(self, step_id: str) -> Step | None:
        """The step of that id, None where this version has none."""
        return next((step for step in self.steps if step.id == step_id), None)

    @cached_property
    def order(self) -> dict[str, int]:
        """The place of each climbing step on the ladder."""
        return {step.id: place for place, step in enumerate(self.steps) if step.climbs}

    @cached_property
    def balances_asked(self) -> tuple[Decimal, ...]:
        """The amounts that conditions of steps ask for."""
        asked = (table.balance_at_least for step in self.steps for table in step.conditions)
        return tuple({least for least in asked if least is not None})

    @cached_property
    def first_notice(self) -> str:
        """Where a reopened invoice enters: `on_reopen`, else the first step not before the due date."""
        later = (s.id for s in self.steps if s.days_before_due is None and s.climbs)
        return self.on_reopen or next(later, self.steps[0].id)


class PolicyFault(BaseModel):
    """One thing wrong with a document."""

    file: str
    key: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.expected}" if self.key else f"{self.file}: {self.expected}"


class PolicyInvalid(ValueError):
    """A document that is no policy, with all that is wrong with it."""

    def __init__(self, faults: list[PolicyFault]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


def parse(document: str, file: str = "policy") -> Policy:
    """The policy that a TOML text describes; raises PolicyInvalid with every fault."""
    try:
        return Policy.model_validate(tomllib.loads(document))
    except tomllib.TOMLDecodeError as fault:
        raise PolicyInvalid([PolicyFault(file=file, key="", expected=f"not TOML: {fault}")]) from None
    except ValidationError as invalid:
        raise PolicyInvalid([
            PolicyFault(file=file, key=_key(fault["loc"]), expected=_expected(sentence, fault["input"]))
            for fault in invalid.errors()
            for sentence in fault["msg"].split("\n")
        ]) from None  # fmt: skip


def _key(loc: tuple[int | str, ...]) -> str:
    key = ""
    for part in loc:
        key += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return key.lstrip(".")


def _expected(message: str, given: object) -> str:
    sentence = message.removeprefix("Value error, ")
    return sentence if isinstance(given, dict | tuple | list) else f"{sentence} (given: {given!r})"


@lru_cache(maxsize=256)
def parsed(document: str) -> Policy:
    """`parse` of a document that was valid when it was published, remembered."""
    return parse(document)


def digest(document: str) -> str:
    """The SHA-256 of the document's UTF-8 bytes, in hex."""
    return sha256(document.encode()).hexdigest()
