"""The request on what a debtor asks for, or the law gives them, about contact."""

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from arrears.commands.base import At, Here, Ids, NothingGiven, Request
from arrears.imports.cells import Expected
from arrears.imports.fields import Text, TimeZone
from engine.application import Decide
from engine.domain.decisions import contacts
from engine.domain.facts.contacts import Channel, InconvenientHours
from policies.contact_limits.profile import Weekday

ClockTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Hours(BaseModel):
    """Local hours at which the debtor does not want to be contacted; no days named: every day."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    start: ClockTime
    end: ClockTime
    days: tuple[Weekday, ...] = ()

    @model_validator(mode="after")
    def _end_differs(self) -> "Hours":
        if self.start == self.end:
            raise Expected("hours that end at another time than they start")
        return self


class Prefer(Request):
    """Record what the debtor asks for on contact. What is not given stays as it was; limits heed it.

    It holds for the other accounts of the person, too.
    """

    NAME: ClassVar[str] = "prefer"
    EXAMPLE: ClassVar[dict[str, Any]] = {
        "account": "ACME", "refuse": ["sms"],
        "inconvenient": [{"start": "18:00", "end": "21:00", "days": ["mon", "tue"]}],
    }  # fmt: skip

    refuse: tuple[Channel, ...] = Field(default=(), description="no contact this way any more")
    allow: tuple[Channel, ...] = Field(default=(), description="this way again")
    prefer: Channel | None = Field(default=None, description="what goes by e-mail or text goes this way")
    at_work: bool | None = Field(default=None, description="whether they may be contacted at work")
    inconvenient: tuple[Hours, ...] | None = Field(
        default=None, description="in place of what was asked before; empty: nothing is inconvenient any more"
    )
    zones: tuple[TimeZone, ...] = Field(default=(), description="where they may be; all count")
    attorney: Text | None = Field(default=None, description="who represents them from now on")
    represented: bool | None = Field(default=None, description="false: nobody does any more")
    direct_contact: bool | None = Field(default=None, description="whether the attorney allows it")
    cease: bool | None = Field(
        default=None, description="a written request to cease contact came; false: it is withdrawn"
    )
    consent: bool | None = Field(default=None, description="they agreed to be called")
    time_barred: Ids = Field(default=(), description="invoices that cannot be sued for")
    not_time_barred: Ids = Field(default=(), description="invoices that can be, after all")
    changed_at: At | None = Field(default=None, description="by default now")
    note: Text | None = Field(default=None, description="what was said, in your words")

    def decide(self, here: Here) -> Decide:
        given, changed_at = self._given(), here.moment(self.changed_at)
        return lambda account, _: contacts.change_preferences(
            account, changed_at=changed_at, note=self.note, **given
        )

    def _given(self) -> dict[str, Any]:
        """What was asked for; raises NothingGiven."""
        names = [name for name in Prefer.model_fields if name not in ("account", "changed_at", "note")]
        given = {name: getattr(self, name) for name in names}
        if all(value is None or value == () for value in given.values()) and self.inconvenient is None:
            raise NothingGiven("preference", "refuse")
        hours = self.inconvenient
        return given | {
            "zones": self.zones or None,
            "represented": True if self.attorney and self.represented is None else self.represented,
            "inconvenient": None
            if hours is None
            else tuple(InconvenientHours(start=one.start, end=one.end, days=one.days) for one in hours),
        }
