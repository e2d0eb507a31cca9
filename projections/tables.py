"""The tables that people's questions are answered from; all of them can be rebuilt from the log.

Rows are only added, except in `position`, `accounts` and `items`, which hold the present, and in `balances`.
Each added row has the business date it counts from and `known_at`, so that it can be read on both clocks; the
business date of a moment is its date in the book's zone. Amounts (`…_minor`)
are whole numbers of the currency's smallest unit; an `account` is the id of its stream.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Dialect,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    and_,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Whole microseconds from 1970 to that moment."""
    return (moment - _EPOCH) // _MICROSECOND


class UtcMoment(TypeDecorator[datetime]):
    """An aware moment, kept as whole microseconds since 1970 in UTC: sorts and compares alike everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MICROSECOND


# SQLite keeps a table in the order of its key, without a second index, only where the key is an INTEGER.
_LOG_POSITION = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData()


def _position_key() -> Column[int]:
    return Column("position", _LOG_POSITION, primary_key=True, autoincrement=False)


def _line_key() -> Column[int]:
    return Column("line", Integer, primary_key=True, autoincrement=False)


def _text(name: str, *, key: bool = False, required: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=not (key or required))


position = Table("position", metadata, _text("name", key=True), Column("at", BigInteger, nullable=False))

accounts = Table(
    "accounts",
    metadata,
    _text("stream", key=True),
    *(
        _text(name)
        for name in "number name kind country timezone phone email segment collector policy".split()
    ),
    Column("opened_on", Date),
    Column("backfilled", Boolean, nullable=False),
    Column("went_live", Boolean, nullable=False),
    Index("accounts_number", "number"),
    Index("accounts_collector", "collector"),
)

account_details = Table(
    "account_details",
    metadata,
    _position_key(),
    _text("account", required=True),
    Column("happened_on", Date, nullable=False),
    Column("known_at", UtcMoment, nullable=False),
    # What one fact says of these; where it says nothing there is none.
    *(Column(said.name, said.type) for said in accounts.c if said.name not in ("stream", "backfilled")),
    Index("account_details_account", "account", "position"),
    Index("account_details_happened_on", "happened_on"),
    Index("account_details_known_at", "known_at"),
)

assignments = Table(
    "assignments",
    metadata,
    _position_key(),
    _text("account"),  # none: every account that was assigned none of its own
    _text("policy", required=True),
    Column("effective_from", UtcMoment, nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("known_at", UtcMoment, nullable=False),
)

postings = Table(
    "postings",
    metadata,
    _position_key(),
    _line_key(),
    _text("account", required=True),
    _text("item"),
    _text("kind", required=True),
    _text("document", required=True),
    _text("currency", required=True),
    Column("amount_minor", BigInteger, nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("received_on", Date),  # of what a payment paid of an item at once
    Column("known_at", UtcMoment, nullable=False),
    Column("backfilled", Boolean, nullable=False),
    Index("postings_account_item", "account", "item"),
)
Index(
    "postings_unapplied",
    postings.c.account,
    sqlite_where=postings.c.item.is_(None),
    postgresql_where=postings.c.item.is_(None),
)
Index(  # holds all that is asked of a payment by its name: the day on which it was received
    "postings_payment",
    *(postings.c[name] for name in ("account", "document", "effective_on", "known_at")),
    sqlite_where=postings.c.kind == "payment",
    postgresql_where=postings.c.kind == "payment",
)
PAID = ("allocation", "reopening")
"""Kinds that say what a payment or a credit note has paid of items: the second takes back the first."""
_paid = postings.c.item.is_not(None) & postings.c.kind.in_(PAID)
Index(  # holds all that is asked of what was paid on an item
    "postings_paid",
    *(
        postings.c[name]
        for name in "account item effective_on document currency amount_minor received_on known_at".split()
    ),
    sqlite_where=_paid,
    postgresql_where=_paid,
)

items = Table(
    "items",
    metadata,
    _text("account", key=True),
    _text("item", key=True),
    _text("item_kind"),
    _text("currency"),
    Column("issued_on", Date),
    Column("due_on", Date),
    Column("open_minor", BigInteger, nullable=False),
)
Index(  # holds all that a list of what is open reads
    "items_open",
    *(items.c[name] for name in "account item item_kind currency issued_on due_on open_minor".split()),
    sqlite_where=items.c.open_minor != 0,
    postgresql_where=items.c.open_minor != 0,
)

balances = Table(
    "balances",
    metadata,
    _text("account", key=True),
    _text("item", key=True),  # empty: unapplied money
    _text("currency", key=True),
    Column("from_on", Date, primary_key=True),
    Column("known_from", UtcMoment, primary_key=True),
    Column("last_on", Date, nullable=False),
    Column("known_until", UtcMoment),  # none: it is known still
    Column("open_minor", BigInteger, nullable=False),
    Column("due_on", Date),
    _text("item_kind"),
    Column("issued_on", Date),
    Column("backfilled", Boolean, nullable=False),
    Column("days_class", Integer, nullable=False),
    Column("known_class", Integer),
    sqlite_with_rowid=False,
)
"""What stood on an item, or unapplied, from day to day (both included), as known from one moment until (not
at) another; the classes say how long. Made by `projections.kept_balances`."""

_BALANCE = (
    "from_on last_on known_from known_until account item currency open_minor due_on item_kind issued_on "
    "backfilled"
).split()
for _name, _first, _when in (
    ("balances_known", "days_class from_on", balances.c.known_until.is_(None)),
    ("balances_superseded", "known_class known_from", balances.c.known_until.is_not(None)),
):  # each holds all that a list of what is open reads
    _open = and_(_when, balances.c.open_minor != 0)
    _names = dict.fromkeys((*_first.split(), *_BALANCE))
    Index(_name, *(balances.c[name] for name in _names), sqlite_where=_open, postgresql_where=_open)

item_terms = Table(
    "item_terms",
    metadata,
    _position_key(),
    _text("account", required=True),
    _text("item", required=True),
    Column("due_on", Date, nullable=False),
    Column("effective_on", Date, nullable=False),
    Column("known_at", UtcMoment, nullable=False),
    Index("item_terms_item", "account", "item", "position"),
)

promises = Table(
    "promises",
    metadata,
    _position_key(),
    _line_key(),
    _text("account", required=True),
    _text("promise", required=True),
    _text("plan"),
    _text("currency", required=True),
    Column("amount_minor", BigInteger, nullable=False),
    Column("made_on", Date, nullable=False),
    Column("promised_on", Date, nullable=False),
    Column("deadline", Date, nullable=False),
    _text("taken_by", required=True),
    _text("collector"),
    _text("policy"),
    Column("discount_minor", BigInteger),  # of a settlement: what is given up where it is kept
    Column("known_at", UtcMoment, nullable=False),
    Column("backfilled", Boolean, nullable=False),
    Index("promises_account", "account"),
)

promise_deadlines = Table(
    "promise_deadlines",
    metadata,
    _position_key(),
    _text("account", required=True),
    _text("promise", required=True),
    Column("deadline", Date, nullable=False),
    Column("happened_on", Date, nullable=False),
    Column("known_at", UtcMoment, nullable=False),
    Index("promise_deadlines_promise", "account", "promise", "position"),
)

promise_items = Table(
    "promise_items",
    metadata,
    _position_key(),
    _line_key(),
    _text("item", required=True),
)

promise_counts = Table(
    "promise_counts",
    metadata,
    _position_key(),
    _line_key(),
    _text("account", required=True),
    _text("payment", required=True),
    Column("amount_thousandths", BigInteger, nullable=False),  # a judgement names no currency
    Index("promise_counts_payment", "account", "payment"),
)

promise_states = Table(
    "promise_states",
    metadata,
    _position_key(),
    _text("account", required=True),
    _text("promise", required=True),
    _text("status", required=True),
    Column("received_thousandths", BigInteger),  # a judgement names no currency
    _text("replaced_by"),
    Column("happened_on", Date, nullable=False),
    Column("known_at", UtcMoment, nullable=False),
    Index("promise_states_promise", "account", "promise", "position"),
    Index("promise_states_status", "status", "happened_on"),
)

contacts = Table(
    "contacts",
    metadata,
    _position_key(),
    _text("account", required=True),
    _text("contact", required=True),
    _text("kind", required=True),
    _text("channel", required=True),
    _text("step"),
    _text("policy"),
    _text("outcome"),
    _text("answers"),
    _text("breaches"),  # the contact limits that it broke, by name
    _text("by", required=True),
    Column("item_count", Integer, nullable=False),
    Column("at", UtcMoment, nullable=False),
    Column("known_at", UtcMoment, nullable=False),
    Index("contacts_contact", "account", "contact"),
    # Holds all that is counted of the contacts of a time.
    Index("contacts_at", *"at kind channel step breaches answers account contact known_at".split()),
    Index("contacts_kind", "kind", "at", "account", "contact"),
)
_broke = contacts.c.breaches.is_not(None)
Index("contacts_breaches", contacts.c.at, sqlite_where=_broke, postgresql_where=_broke)

contact_items = Table(
    "contact_items",
    metadata,
    _position_key(),
    _line_key(),
    _text("item", required=True),
)

contact_states = Table(
    "contact_states",
    metadata,
    _position_key(),
    _line_key(),
    _text("account", required=True),
    _text("contact", required=True),
    _text("status", required=True),
    _text("outcome"),
    Column("at", UtcMoment, nullable=False),
    Column("known_at", UtcMoment, nullable=False),
    Index("contact_states_contact", "account", "contact", "status", "at"),
)
_failed = contact_states.c.status == "failed"
Index("contact_states_failed", contact_states.c.at, sqlite_where=_failed, postgresql_where=_failed)
UNDONE = ("failed", "cancelled")
"""What becomes of a contact that did not happen after all: of few, which an index of their own finds."""
Index(
    "contact_states_undone",
    *(contact_states.c[name] for name in ("account", "contact", "status")),
    sqlite_where=contact_states.c.status.in_(UNDONE),
    postgresql_where=contact_states.c.status.in_(UNDONE),
)

withheld = Table(
    "withheld",
    metadata,
    _position_key(),
    _text("account", required=True),
    _text("step", required=True),
    _text("reason", required=True),
    Column("known_at", UtcMoment, nullable=False),
)

new_addresses = Table(
    "new_addresses",
    metadata,
    _position_key(),
    _line_key(),
    _text("account", required=True),
    _text("channel", required=True),
    Column("happened_on", Date, nullable=False),
    Column("known_at", UtcMoment, nullable=False),
    Index("new_addresses_account", "account"),
)

follow_ups = Table(
    "follow_ups",
    metadata,
    _position_key(),
    _text("account", required=True),
    _text("by", required=True),
    Column("version", Integer, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("happened_on", Date, nullable=False),
    Column("known_at", UtcMoment, nullable=False),
    Index("follow_ups_due_on", "due_on"),
    Index("follow_ups_account", "account"),
)

placements = Table(
    "placements",
    metadata,
    _position_key(),
    _text("account", required=True),
    _text("placement", required=True),
    _text("agency"),
    _text("status", required=True),
    Column("happened_on", Date, nullable=False),
    Column("known_at", UtcMoment, nullable=False),
    Index("placements_placement", "account", "placement"),
)

placement_items = Table(
    "placement_items",
    metadata,
    _position_key(),
    _line_key(),
    _text("item", required=True),
    _text("currency", required=True),
    Column("open_minor", BigInteger, nullable=False),
)

remittances = Table(
    "remittances",
    metadata,
    _position_key(),
    _text("account", required=True),
    _text("remittance", required=True),
    _text("placement", required=True),
    _text("agency", required=True),
    _text("payment", required=True),
    _text("currency", required=True),
    Column("gross_minor", BigInteger, nullable=False),
    Column("commission_minor", BigInteger, nullable=False),
    Column("received_on", Date, nullable=False),
    Column("happened_on", Date, nullable=False),
    Column("known_at", UtcMoment, nullable=False),
)

disputes = Table(
    "disputes",
    metadata,
    _position_key(),
    _line_key(),
    _text("account", required=True),
    _text("dispute", required=True),
    _text("item", required=True),
    _text("part"),
    Column("happened_on", Date, nullable=False),
    Column("known_at", UtcMoment, nullable=False),
    Index("disputes_item", "account", "item"),
)

dispute_cases = Table(
    "dispute_cases",
    metadata,
    _position_key(),
    _text("account", required=True),
    _text("dispute", required=True),
    _text("code"),
    _text("owner"),
    Column("deadline", Date),
    Column("happened_on", Date, nullable=False),
    Column("known_at", UtcMoment, nullable=False),
)

dispute_outcomes = Table(
    "dispute_outcomes",
    metadata,
    _position_key(),
    _text("account", required=True),
    _text("dispute", required=True),
    _text("outcome", required=True),
    Column("happened_on", Date, nullable=False),
    Column("known_at", UtcMoment, nullable=False),
    Index("dispute_outcomes_dispute", "account", "dispute"),
)

approval_requests = Table(
    "approval_requests",
    metadata,
    _position_key(),
    _text("account", required=True),
    _text("request", required=True),
    _text("matter", required=True),
    _text("asked_by", required=True),
    _text("role", required=True),
    _text("may", required=True),
    _text("currency", required=True),
    Column("amount_minor", BigInteger, nullable=False),
    _text("share_percent"),
    Column("days", Integer),
    _text("items", required=True),  # one a line
    Column("lapses_on", Date, nullable=False),
    Column("happened_on", Date, nullable=False),
    Column("known_at", UtcMoment, nullable=False),
)

approval_ends = Table(
    "approval_ends",
    metadata,
    _position_key(),
    _text("account", required=True),
    _text("request", required=True),
    _text("status", required=True),
    Column("happened_on", Date, nullable=False),
    Column("known_at", UtcMoment, nullable=False),
    Index("approval_ends_request", "account", "request"),
)

recalled_items = Table(
    "recalled_items",
    metadata,
    _position_key(),
    _line_key(),
    _text("item", required=True),
)

timeline = Table(
    "timeline",
    metadata,
    _position_key(),
    _text("account", required=True),
    Column("version", Integer, nullable=False),
    _text("topic", required=True),
    Column("happened_on", Date, nullable=False),
    Column("known_at", UtcMoment, nullable=False),
    Column("recorded_at", UtcMoment, nullable=False),
    _text("by", required=True),
    _text("policy"),
    _text("step"),
    Column("backfilled", Boolean, nullable=False),
    Index("timeline_account", "account", "version"),
    Index("timeline_topic", "topic", "position"),
    Index("timeline_by", "by", "position"),
)

timeline_blocks = Table(
    "timeline_blocks",
    metadata,
    Column("block", _LOG_POSITION, primary_key=True, autoincrement=False),
    *(
        Column(f"{end}_{clock}", Date if clock == "happened_on" else UtcMoment, nullable=False)
        for clock in ("happened_on", "known_at", "recorded_at")
        for end in ("first", "last")
    ),
)
"""Between which dates and moments the facts of so many positions lie: see `projections.audit`."""

names = Table(
    "names",
    metadata,
    _position_key(),
    _line_key(),
    _text("account", required=True),
    _text("kind", required=True),
    _text("name", required=True),
    Index("names_name", "name", "account"),
)
"""What a fact gave a name to (an invoice, a payment, a promise), so that its account is found by it."""

holds = Table(
    "holds",
    metadata,
    _position_key(),
    _text("account", required=True),
    _text("hold", required=True),
    _text("kind", required=True),
    Column("from_on", Date, nullable=False),
    Column("until_on", Date),
    Column("happened_on", Date, nullable=False),
    Column("known_at", UtcMoment, nullable=False),
)

hold_releases = Table(
    "hold_releases",
    metadata,
    _position_key(),
    _text("account", required=True),
    _text("hold", required=True),
    Column("happened_on", Date, nullable=False),
    Column("known_at", UtcMoment, nullable=False),
    Index("hold_releases_hold", "account", "hold"),
)

figures = Table(
    "figures",
    metadata,
    *(_text(name, key=True) for name in ("cut", "key", "currency", "measure")),
    Column("day", Date, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
"""What `projections.figures` works out from the other tables: see there."""

figures_position = Table("figures_position", metadata, Column("at", BigInteger, nullable=False))
"""Up to which place in the log the figures were worked out: one row, or none at all yet."""

DERIVED = [table for table in metadata.sorted_tables if table is not position]
"""The tables that hold what was folded from the log; `position` says up to where."""
