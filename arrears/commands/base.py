"""What all requests share: where they are decided, and what their fields may hold."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema

from arrears.imports.cells import FIRST_YEAR, LAST_YEAR, Expected, read_amount
from arrears.imports.fields import Id
from arrears.wiring import Book, new_id
from engine.application import Decide
from engine.domain.account import Account
from engine.domain.errors import AccountUnknown
from engine.domain.facts.base import Fact
from engine.domain.money import ZERO
from policies.approvals import Person, within_authority
from policies.book import PolicyBook
from policies.calendar import ONE_DAY, local_moment
from policies.contact_limits.case import Proposal


class RequestUnfit(Exception):
    """What is wrong with a request whatever the account, in a sentence."""


class NotYet(RequestUnfit):
    """What is said to have happened lies in the future."""

    def __init__(self, given: str, now: str) -> None:
        super().__init__(f"{given} has not come yet: {now}")


class NothingGiven(RequestUnfit):
    """The request leaves everything as it is."""

    def __init__(self, what: str, example: str) -> None:
        super().__init__(f"nothing to record: give at least one {what}, such as {example}")


@dataclass(frozen=True)
class Here:
    """Where a request is decided: the clock as it then stands, the book's zone, and who asks.

    `role`: what the policies let them decide alone; None: nobody's limits hold.
    """

    now: datetime
    zone: ZoneInfo
    by: str
    new_id: Callable[[str], str] = new_id
    role: str | None = None

    @property
    def today(self) -> date:
        """The book's date."""
        return self.now.astimezone(self.zone).date()

    def day(self, given: date | None) -> date:
        """The day given, else today; raises NotYet for one that has not come yet.

        Tomorrow may be given: where the debtor or the bank is, it may have begun.
        """
        if given is not None and given > self.today + ONE_DAY:
            raise NotYet(f"{given}", f"today is {self.today}")
        return given or self.today

    def moment(self, given: datetime | None) -> datetime:
        """The moment given, else now; raises NotYet for one that has not come yet."""
        if given is not None and given > self.now:
            raise NotYet(f"{given:%Y-%m-%dT%H:%MZ}", f"it is {self.now:%Y-%m-%dT%H:%MZ}")
        return given or self.now

    def start_of(self, day: date) -> datetime:
        """The moment at which a day of the book begins."""
        return local_moment(day, time(0), self.zone)

    def person(self, role: str) -> Person:
        """Who asks, in that role, with an id for what they may have to ask leave for."""
        return Person(self.by, role, self.now, self.today, self.new_id("approval"))


def here_at(book: Book) -> Here:
    """Where requests on this book are decided now."""
    return Here(book.clock(), book.zone, book.by, role=book.role)


class Request(BaseModel):
    """Something to be recorded on one account. Nothing in it depends on the clock before it is decided."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, str_strip_whitespace=True)

    NAME: ClassVar[str]
    EXAMPLE: ClassVar[dict[str, Any]]
    OPENS: ClassVar[bool] = False
    """Whether the account need not be known before."""

    account: Id = Field(description="the number the account is known by")

    def decide(self, here: Here) -> Decide:
        """The decision; fresh ids are made once for it. Raises NotYet."""
        raise NotImplementedError

    def decide_known(self, here: Here) -> Decide:
        """The decision, on an account that must have been opened unless the request opens it.

        What goes beyond the role of who asks is asked for instead.
        """
        decide = self.decide(here)
        person = here.person(here.role) if here.role else None

        def checked(account: Account, policies: PolicyBook) -> list[Fact]:
            self.check_known(account)
            facts = decide(account, policies)
            return within_authority(policies, account, facts, person) if person else facts

        return checked

    def check_known(self, account: Account) -> None:
        """Raises AccountUnknown for one that was never opened, unless the request opens it."""
        if not self.OPENS and not account.exists:
            raise AccountUnknown(account=self.account)

    def asking(self, here: Here) -> Proposal | None:
        """The contact for which leave is needed; None: none is."""
        return None

    @property
    def if_nothing(self) -> str | None:
        """What it means that nothing was recorded; None: it was recorded before."""
        return None


# --- fields -----------------------------------------------------------------------------------------------


def _amount(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str):
        raise Expected('an amount as text, such as "1250.00"')
    return read_amount(value.strip(), ".", "")


def _claim(value: Any) -> Decimal:
    is_nothing = isinstance(value, str) and value.strip(" 0") in ("", ".") and "0" in value
    return ZERO if is_nothing else _amount(value)


def _percent(value: Any) -> Decimal:
    share = _claim(value)
    if share > 100:
        raise Expected("a percentage from 0 to 100")
    return share


def _moment(value: Any) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise Expected("a moment such as 2026-03-31T09:00Z") from None
    if not isinstance(value, datetime):
        raise Expected("a moment such as 2026-03-31T09:00Z")
    if not FIRST_YEAR < value.year < LAST_YEAR:
        raise Expected(f"a moment after {FIRST_YEAR} and before {LAST_YEAR}")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _money_schema(example: str) -> WithJsonSchema:
    return WithJsonSchema(
        {"type": "string", "pattern": r"^[0-9]{1,15}(\.[0-9]{1,4})?$", "examples": [example]}
    )


Money = Annotated[Decimal, PlainValidator(_amount), _money_schema("1250.00")]
"""An amount above zero, as text: a JSON number would be read as a binary fraction."""

Claim = Annotated[Decimal, PlainValidator(_claim), _money_schema("0.00")]
"""An amount that may be zero."""

Percent = Annotated[Decimal, PlainValidator(_percent), _money_schema("12.5")]
"""A share from 0 to 100."""

At = Annotated[datetime, PlainValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
"""A moment; without an offset it is UTC."""

Ids = Annotated[tuple[Id, ...], BeforeValidator(lambda ids: tuple(dict.fromkeys(ids or ())))]
"""Numbers of invoices and charges, each once."""
