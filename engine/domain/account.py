"""The account as folded from its facts: all may read it, only `evolve` changes it."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from engine.domain.facts.authority import Concerned, Matter
from engine.domain.facts.base import UNRECORDED, Erased
from engine.domain.facts.contacts import CallOutcome, Line
from engine.domain.facts.escalation import AgencyTerms
from engine.domain.facts.promises import PromiseTerms
from engine.domain.facts.stops import EFFECTS, Effect
from engine.domain.money import ZERO
from engine.domain.standing import ContactHistory
from engine.domain.wishes import Standing


@dataclass(slots=True)
class Days:
    """Days from `start` (included) to `end` (excluded; None: still running)."""

    start: date
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Fired:
    """A step taken (or passed over) for items in their present cycle, which share it."""

    step: str
    at: datetime
    contact: str | None = None
    lapsed: bool = False


@dataclass(slots=True)
class Item:
    """An open item: an invoice or a charge. `breaks` are days that do not count for the ladder.

    `moves` is what was owed more (+) or less (−) of it, and from which day; `known_at` when we learnt of it,
    or that it is owed again.
    """

    id: str
    kind: Literal["invoice", "fee", "interest"]
    currency: str
    raised_amount: Decimal
    raised_due_on: date
    amount: Decimal
    open: Decimal
    issued_on: date
    due_on: date
    invoice: str | None = None
    reason: str | Erased | None = None
    written_off: Decimal = ZERO
    written_off_on: date | None = None
    waived: Decimal = ZERO
    closed_on: date | None = None
    breaks: list[Days] = field(default_factory=list)
    disputes: dict[str, Decimal | None] = field(default_factory=dict)
    """What each open dispute is about: so much of the item, None: all of it."""
    covered_from: date | None = None
    """Since when nothing is left open of the item but parts that are disputed."""
    placement: str | None = None
    paid_by: dict[str, Decimal] = field(default_factory=dict)
    cycle: int = 1
    cycle_from: date | None = None
    ladder_from: date | None = None
    entry_step: str | None = None
    fired: dict[str, Fired] = field(default_factory=dict)
    called_off: dict[str, datetime] = field(default_factory=dict)
    heard_on: date | None = None
    known_at: datetime = UNRECORDED
    moves: list[tuple[date, Decimal]] = field(default_factory=list)

    @property
    def undisputed(self) -> Decimal:
        """What of the open amount nobody disputes."""
        if not self.disputes:
            return self.open
        parts = [part for part in self.disputes.values() if part is not None]
        if len(parts) < len(self.disputes):
            return ZERO
        return max(self.open - sum(parts, ZERO), ZERO)


@dataclass(slots=True)
class Borne:
    """The interest an invoice has been charged: `periods` by the last day of each, as (day after which,
    amount). `stale_at`: when something came to be known of days that have been charged."""

    charged: Decimal = ZERO
    periods: dict[date, tuple[date, Decimal]] = field(default_factory=dict)
    charges: list[str] = field(default_factory=list)
    stale_at: datetime | None = None

    @property
    def until(self) -> date:
        """The last day charged for."""
        return max(self.periods)


@dataclass(slots=True)
class Receipt:
    """A payment or a credit note; `allocated` and `unapplied` share out its amount."""

    id: str
    kind: Literal["payment", "credit"]
    currency: str
    amount: Decimal
    received_on: date
    designated: tuple[str, ...]
    unapplied: Decimal
    allocated: dict[str, Decimal] = field(default_factory=dict)
    allocated_on: dict[str, date] = field(default_factory=dict)
    refunded: Decimal = ZERO
    reversed_on: date | None = None


PromiseStatus = Literal["pending", "kept", "partly_kept", "broken", "withdrawn"]


@dataclass(slots=True)
class Promise:
    """A promise to pay, one instalment of a plan, or a settlement, which gives up `discount` once it is
    kept: `given_up` is what was written off for it, by item.

    `ends_plan`: whether the plan ends where this part of it is missed.
    `terms_changed`: new terms were given by which it is still to be judged.
    """

    id: str
    plan: str | None
    items: tuple[str, ...]
    currency: str
    amount: Decimal
    made_on: date
    promised_on: date
    terms: PromiseTerms
    taken_by: str
    ends_plan: bool = False
    terms_changed: bool = False
    status: PromiseStatus = "pending"
    received: Decimal = ZERO
    counted: dict[str, Decimal] = field(default_factory=dict)
    judged_at: datetime | None = None
    withdrawn_on: date | None = None
    replaced_by: str | None = None
    discount: Decimal | None = None
    given_up: dict[str, Decimal] = field(default_factory=dict)


@dataclass(slots=True)
class Dispute:
    """A dispute on items. `raised`: somebody was told that its deadline has passed."""

    id: str
    items: tuple[str, ...]
    opened_on: date
    parts: dict[str, Decimal] = field(default_factory=dict)
    owner: str | None = None
    deadline: date | None = None
    resolved_on: date | None = None
    outcome: str | None = None
    raised: bool = False
    code: str | None = None


@dataclass(slots=True)
class Hold:
    """A stop on named items, or, naming none, on the whole account; `stops` says what rests."""

    id: str
    kind: str
    days: Days
    items: tuple[str, ...]
    stops: tuple[Effect, ...] = EFFECTS
    released_on: date | None = None


ContactStatus = Literal["issued", "delivered", "failed", "cancelled", "scheduled", "made"]


@dataclass(slots=True)
class Contact:
    """A contact of ours: a reminder, or a call scheduled or made."""

    id: str
    channel: str
    step: str
    lines: tuple[Line, ...]
    at: datetime
    status: ContactStatus
    leaves_at: datetime | None = None
    made_at: datetime | None = None
    outcome: CallOutcome | None = None


@dataclass(slots=True)
class Placement:
    id: str
    agency: str
    lines: tuple[Line, ...]
    status: Literal["proposed", "placed", "recalled", "declined"]
    since: date | None = None
    terms: AgencyTerms | None = None


@dataclass(slots=True)
class Failures:
    """Attempts that found nobody, in a row: since the debtor was reached, or gave a new number or address.

    `last_at` is the moment of the last one.
    """

    bad_numbers: int = 0
    letters_returned: int = 0
    emails_bounced: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Remittance:
    """What an agency passed on, before and after its commission."""

    id: str
    placement: str
    payment: str
    gross: Decimal
    commission: Decimal
    currency: str
    received_on: date
    remitted_on: date


@dataclass(slots=True)
class ContactPerson:
    """Somebody to talk to about the account, beside the debtor's own details."""

    id: str
    role: str = "other"
    name: str | Erased | None = None
    phones: tuple[str | Erased, ...] = ()
    emails: tuple[str | Erased, ...] = ()
    note: str | Erased | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to the account; its bytes stand beside the log."""

    id: str
    file_name: str | Erased
    media_type: str
    size_bytes: int
    sha256: str
    note: str | Erased | None
    added_at: datetime
    by: str


RequestStatus = Literal["waiting", "approved", "refused", "withdrawn"]


@dataclass(slots=True)
class ApprovalRequest:
    """What waits, or waited, for a second person's leave; `wanted` is recorded where it is given."""

    id: str
    matter: Matter
    asked_by: str
    role: str
    asked_on: date
    lapses_on: date
    amount: Decimal
    currency: str
    share_percent: Decimal | None
    days: int | None
    concerned: tuple[Concerned, ...]
    wanted: str | Erased
    status: RequestStatus = "waiting"


@dataclass(slots=True)
class Account:
    """One person or firm at one creditor. `version` counts its facts; amounts are per currency.

    `interest` is what each invoice was charged, `compensated` the fee that goes with it; `to_settle` are
    closed invoices of which the last interest may not be charged yet.
    """

    id: str
    version: int = 0
    number: str | Erased = ""
    name: str | Erased | None = None
    kind: str | None = None
    country: str | None = None
    region: str | None = None
    timezone: str | None = None
    segment: str | None = None
    segment_pinned: bool = False
    segment_since: datetime | None = None
    segment_why: str | None = None
    collector: str | None = None
    contact_persons: dict[str, ContactPerson] = field(default_factory=dict)
    attachments: dict[str, Attachment] = field(default_factory=dict)
    person: str | None = None
    debt: str | None = None
    opened_on: date | None = None
    erased_on: date | None = None

    assignments: list[tuple[datetime, str]] = field(default_factory=list)
    backfilled: bool = False
    live_on: date | None = None
    last_live_at: datetime = UNRECORDED
    last_known_at: datetime = UNRECORDED

    open_items: dict[str, Item] = field(default_factory=dict)
    closed_items: dict[str, Item] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    credits: dict[str, Receipt] = field(default_factory=dict)
    unapplied: dict[str, Decimal] = field(default_factory=dict)
    balance: dict[str, Decimal] = field(default_factory=dict)
    interest: dict[str, Borne] = field(default_factory=dict)
    compensated: dict[str, str] = field(default_factory=dict)
    to_settle: set[str] = field(default_factory=set)

    promises: dict[str, Promise] = field(default_factory=dict)
    pending: dict[str, Promise] = field(default_factory=dict)
    to_rejudge: dict[str, date] = field(default_factory=dict)
    plans: dict[str, tuple[str, ...]] = field(default_factory=dict)
    settlements: dict[str, Promise] = field(default_factory=dict)
    """Those of the promises that settle a claim."""
    broken_promises: int = 0

    disputes: dict[str, Dispute] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)
    calls_due: dict[str, Contact] = field(default_factory=dict)
    unsent: dict[str, Contact] = field(default_factory=dict)
    reserved: dict[str, str] = field(default_factory=dict)
    inbound: set[str] = field(default_factory=set)
    history: ContactHistory = field(default_factory=ContactHistory)
    shared: ContactHistory | None = None
    """The contacts with all accounts of the person, put here by who holds the account; None: no person."""
    standing: Standing = field(default_factory=Standing)
    last_contact_at: datetime | None = None
    last_response_on: date | None = None
    heard_on: date | None = None
    last_outcome: CallOutcome | None = None
    mail_returned: bool = False
    came_back: dict[str, Contact] = field(default_factory=dict)
    failures: Failures = field(default_factory=Failures)
    unreachable: bool = False
    trace: str | None = None
    trace_failed: bool = False
    placements: dict[str, Placement] = field(default_factory=dict)
    remittances: dict[str, Remittance] = field(default_factory=dict)
    remitted: set[str] = field(default_factory=set)
    requests: dict[str, ApprovalRequest] = field(default_factory=dict)
    """What was to be approved; those that still wait also in `to_approve`."""
    to_approve: dict[str, ApprovalRequest] = field(default_factory=dict)
    withheld: set[tuple[str, int, str, str, str]] = field(default_factory=set)
    deferred: dict[tuple[str, int, str], datetime] = field(default_factory=dict)

    @property
    def asked(self) -> Standing:
        """What the debtor asked for, here or, where a person has several accounts, on another of them."""
        if self.shared is None or not self.shared.wishes_version:
            return self.standing
        return self.shared.wishes.over(self.standing, self.debt or "")

    def item(self, item_id: str) -> Item | None:
        """The item of that number, open or closed."""
        return self.open_items.get(item_id) or self.closed_items.get(item_id)

    @property
    def policy(self) -> str | None:
        """The policy that was assigned last, from whatever moment on; None: the book's default."""
        return self.assignments[-1][1] if self.assignments else None

    @property
    def exists(self) -> bool:
        """Whether the account has been opened."""
        return self.opened_on is not None

    @property
    def is_settled(self) -> bool:
        """Whether nothing is open on it, neither owed nor unapplied, in any currency."""
        return not (self.open_items or any(self.balance.values()) or any(self.unapplied.values()))

    @property
    def awaits_go_live(self) -> bool:
        """Whether its history was backfilled and nobody has said yet from when it is escalated."""
        return self.backfilled and self.live_on is None

    def local_day(self, moment: datetime) -> date:
        """The date where the debtor is at that moment (UTC where that is not known)."""
        return moment.astimezone(ZoneInfo(self.timezone) if self.timezone else UTC).date()

    @property
    def cannot_be_located(self) -> bool:
        """Whether neither telephone nor mail finds the debtor, or somebody has said so."""
        no_number = self.last_outcome in (CallOutcome.WRONG_NUMBER, CallOutcome.DISCONNECTED)
        return self.unreachable or (no_number and self.mail_returned)

    def receipt(self, receipt_id: str) -> Receipt | None:
        """The payment or, failing that, the credit note of that number."""
        return self.receipts.get(receipt_id) or self.credits.get(receipt_id)
