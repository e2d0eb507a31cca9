"""Bringing readings into the book: all their rows in date order, or nothing and every reason why not."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from arrears.imports.commands import Deed, Importing, Mode, deeds
from arrears.imports.faults import Fault, Reading
from arrears.imports.payees import find_payees
from arrears.imports.rows import AccountRow, ChargeRow, InvoiceRow, PaymentRow, Row
from engine.application import Batch, Command, Engine
from engine.play import play_into
from policies.approvals import Person
from policies.calendar import ONE_DAY, local_moment

Seen = Callable[[], None]


@dataclass
class Imported:
    """What an import came to. `stored` counts facts by kind; with faults and no leave to skip it is empty."""

    stored: Counter[str] = field(default_factory=Counter)
    already_known: int = 0
    skipped: int = 0
    faults: list[Fault] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """What it came to, for programs."""
        return {
            "stored": dict(sorted(self.stored.items())), "already_known": self.already_known,
            "skipped": self.skipped, "faults": [fault.as_json() for fault in self.faults],
        }  # fmt: skip


@dataclass(frozen=True)
class Import:
    """How readings are to be brought in. A `preview` finds out what would come of it, and stores nothing.

    In a live import nothing is decided that goes beyond the `role`; history was decided before.
    """

    mode: Mode
    by: str
    recorded_at: datetime
    zone: ZoneInfo
    skip_bad: bool = False
    until: date | None = None
    seen: Seen = lambda: None
    preview: bool = False
    role: str | None = None

    @property
    def person(self) -> Person | None:
        """Who decides, in their role, what is new and not history."""
        if self.mode != "live" or self.role is None:
            return None
        return Person(self.by, self.role, self.recorded_at, self.recorded_at.astimezone(self.zone).date())


def bring_in(engine: Engine, readings: Sequence[Reading], how: Import) -> Imported:
    """Stores what the readings hold in one transaction, in the order in which it was known.

    Where a row has a fault or breaks a rule nothing is stored, unless bad rows may be skipped; the faults
    then say, and the rejects of each reading hold, what was left out.
    """
    for reading in readings:
        _refuse_what_has_not_come(reading, how)
    find_payees(engine, readings)
    may_store = not how.preview and (how.skip_bad or not any(reading.faults for reading in readings))
    skipped = sum(reading.skipped for reading in readings)
    commands = _commands(engine, readings, how)
    origin = {id(command): deed for command, deed in commands}
    batch = _carry_out(engine, [command for command, _ in commands], how, may_store) if commands else Batch()
    by_file = {reading.file: reading for reading in readings}
    for refused in batch.refused:
        row = origin[id(refused.command)].row
        by_file[row.file].refuse(row.line, str(refused.broken))
    faults = [fault for reading in readings for fault in reading.faults]
    if faults and not how.skip_bad:
        return Imported(skipped=skipped, faults=faults)
    stored = batch.by_kind
    if how.preview:
        stored = Counter(fact.TOPIC for facts in batch.recorded for fact in facts)
    return Imported(stored, batch.already_known, skipped, faults)


def _refuse_what_has_not_come(reading: Reading, how: Import) -> None:
    """Refuses payments of a day that has not come, as `arrears pay` does.

    Tomorrow may be given: where the bank is, it may have begun.
    """
    today = how.recorded_at.astimezone(how.zone).date()
    for row in reading.rows:
        on = row.received_on if isinstance(row, PaymentRow) else today
        if on > today + ONE_DAY:
            reading.refuse(row.line, f"received on {on}, which has not come yet: today is {today}")
    reading.drop_rejected()


def _carry_out(engine: Engine, commands: list[Command], how: Import, may_store: bool) -> Batch:
    if how.mode == "played":
        last = commands[-1].stamp.known_at or how.recorded_at
        end = how.until or last.astimezone(how.zone).date()
        until = min(local_moment(end + timedelta(1), time(0), how.zone), how.recorded_at)
        return play_into(
            engine, commands, until, skip_refused=how.skip_bad, seen=how.seen, may_store=may_store
        )
    return engine.execute_all(commands, skip_refused=how.skip_bad, seen=how.seen, may_store=may_store)


def _commands(engine: Engine, readings: Iterable[Reading], how: Import) -> list[tuple[Command, Deed]]:
    rows = _accounts_first_dated([row for reading in readings for row in reading.rows])
    ids = engine.account_ids(row.account for row in rows)
    importing = Importing(
        how.mode, how.by, how.recorded_at, how.zone, _zones(engine, ids, rows),
        {(row.account, _item(row)) for row in rows if isinstance(row, InvoiceRow | ChargeRow)}, how.person,
    )  # fmt: skip
    done = [deed for row in rows for deed in deeds(row, importing)]
    done.sort(key=lambda deed: (importing.moment(deed.on, deed.row.account), deed.turn))
    return [(deed.command(importing, ids[deed.row.account]), deed) for deed in done]


def _item(row: InvoiceRow | ChargeRow) -> str:
    return row.invoice if isinstance(row, InvoiceRow) else row.charge


def _accounts_first_dated(rows: list[Row]) -> list[Row]:
    """Accounts without an opening date are opened on the date of the first thing we know of them."""
    first: dict[str, date] = {}
    for row in rows:
        if (on := _first_date(row)) is not None:
            first[row.account] = min(on, first.get(row.account, on))
    return [
        row.model_copy(update={"opened_on": first[row.account]})
        if isinstance(row, AccountRow)
        and row.account in first
        and _is_later(row.opened_on, first[row.account])
        else row
        for row in rows
    ]


def _is_later(opened_on: date | None, first: date) -> bool:
    return opened_on is None or opened_on > first


def _first_date(row: Row) -> date | None:
    for name in ("issued_on", "received_on", "charged_on", "made_on", "opened_on", "placed_on", "at"):
        value = getattr(row, name, None)
        if isinstance(value, datetime):
            # A day early where zones differ is right: the account must be open by then.
            return value.date() - timedelta(1)
        if isinstance(value, date) and not isinstance(row, AccountRow):
            return value
    return None


def _zones(engine: Engine, ids: dict[str, str], rows: Iterable[Row]) -> dict[str, str]:
    """The time zones of accounts, as the book has them and as the rows bring them."""
    known = {}
    with engine.accounts.work(ids.values()) as work:
        for number, stream in ids.items():
            if (zone := work.accounts[stream].timezone) is not None:
                known[number] = zone
    brought = {row.account: row.timezone for row in rows if isinstance(row, AccountRow) and row.timezone}
    return known | brought
