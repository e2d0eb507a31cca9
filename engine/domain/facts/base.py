"""What every fact carries: who, when it was stored, when we knew it, and, for a decision, why."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
Amount = Annotated[Decimal, Field(allow_inf_nan=False)]

UNRECORDED = datetime(1, 1, 1, tzinfo=UTC)
"""The stamp of a fact that has been decided but not yet stored."""


class Value(BaseModel):
    """A frozen part of a fact."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Erased(Value):
    """What stands where personal data was erased."""

    erased: Literal[True] = True

    def __str__(self) -> str:
        return "[erased]"


class PersonalMark:
    """Marks a field as personal data, so that sealing and erasing can find it."""


T = TypeVar("T")
Personal = Annotated[T | Erased, PersonalMark()]
"""Data that can name a person: `Personal[str]` decodes to `str` or to `Erased`."""


class Because(Value):
    """Why the engine decided: the policy and step, when it was due, when it acted, on which figures."""

    id: str
    policy: str
    policy_version: int
    step: str
    due_at: Moment
    acted_at: Moment
    wake_up: str
    figures: dict[str, str] = {}


class Authority(Value):
    """By whose leave something was decided: `asked_by` in the role they had, who may decide it alone, or by
    a second person, `approved_by`, on the request named."""

    asked_by: str
    role: str
    request: str | None = None
    approved_by: str | None = None
    approver_role: str | None = None


Upcast = Callable[[dict[str, Any]], None]


class Fact(Value):
    """An immutable fact. `recorded_at` is the wall clock at storing, `known_at` when we knew it (UTC).

    A fact that carries `because` is a decision of the engine; the same kind without it is an outside
    fact. `basis` says where backfilled or played knowledge comes from.
    """

    TOPIC: ClassVar[str]
    VERSION: ClassVar[int] = 1
    IS_PART_OF_OTHERS: ClassVar[bool] = False
    """Set on a kind that is only the common part of other kinds, and never stored itself."""
    UPCASTS: ClassVar[dict[int, Upcast]] = {}
    """`UPCASTS[1]` turns the stored fields of version 1 into those of version 2, in place; a version whose
    only news is fields with a default needs none."""

    by: str = ""
    recorded_at: Moment = UNRECORDED
    known_at: Moment = UNRECORDED
    basis: str | None = None
    because: Because | None = None

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Registers the fact under its topic, which is its name for ever, not its module path."""
        if cls.__dict__.get("IS_PART_OF_OTHERS"):
            return
        cls.TOPIC = cls.__dict__.get("TOPIC", cls.__name__)
        if TOPICS.setdefault(cls.TOPIC, cls) is not cls:
            raise TypeError(f"topic {cls.TOPIC} is already that of {TOPICS[cls.TOPIC]}")

    @property
    def happened_on(self) -> date | None:
        """The fact's own business date; None where it has a moment, or only the moment of knowing counts."""
        return None

    @property
    def happened_at(self) -> datetime | None:
        """The fact's own moment; None where it has a business date, or only the moment of knowing counts."""
        return None


TOPICS: dict[str, type[Fact]] = {}
"""Every fact by its topic; complete once `engine.domain.facts.catalogue` is imported."""


class Stored(NamedTuple):
    """A fact where it stands in the log: `position` orders the whole log (gaps mean nothing), `version`
    counts from 1 within the stream."""

    position: int
    stream: str
    version: int
    fact: Fact


class Allocation(Value):
    """So much money or credit, set against one open item (or given back to it), counting from `on`."""

    item: str
    amount: Amount
    on: date


class Release(Value):
    """So much of a payment or credit, freed from an item and unapplied again, counting from `on`."""

    receipt: str
    amount: Amount
    on: date
