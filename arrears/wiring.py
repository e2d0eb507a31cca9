"""Opens a book: the one place that owns a clock, makes ids, and puts the parts together."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache, partial
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Literal, Self
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, make_url

from arrears import server_tables
from arrears.delivery import outbox
from arrears.erasure import Erasure, count_readable, lies_outside
from arrears.keys import new_cipher, open_cipher
from engine import agenda, attachments
from engine.accounts import Stamp
from engine.application import Command, Decide
from engine.application import Engine as Commands
from engine.domain.account import Account
from engine.domain.decisions.accounts import go_live
from engine.domain.decisions.erasure import erase_account
from engine.domain.errors import AccountUnknown, RuleBroken
from engine.domain.evolve import fold
from engine.domain.facts.accounts import PolicyAssigned
from engine.domain.facts.base import Fact, Stored
from engine.domain.facts.policy import BookFounded, PolicyPublished
from engine.encryption.cipher import Cipher
from engine.encryption.faults import NotEncrypted
from engine.escalation import Tally, tick
from engine.store import Store
from policies.approval_rules import Role
from policies.book import ALWAYS, PolicyBook
from policies.calendar import local_moment
from policies.contact_limits.case import Proposal
from policies.contact_limits.documents import pin
from policies.document import digest, parsed
from policies.interest.rates import with_rates
from projections import catch_up as read_side
from projections.accounts import awaiting_go_live, has_accounts, last_decision
from projections.connection import alone, connect
from projections.personal import open_with

OPENING_LOCK = 4_209_113  # any number, the same in every process
DEFAULT_POLICY = "notice-calls-agency"
LOCAL_ROLE: Role = "administrator"
"""The role of who works on the book itself, not through a server, unless they say another one."""


class NoSuchBook(Exception):
    """A question about a book that nobody has made yet."""

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__(f"there is no book at {url}; make one with 'arrears import' or 'arrears open'")


@dataclass(frozen=True, slots=True)
class Access:
    """What another process needs to read the same book: the one place where a worker opens it. Pickled."""

    url: str
    zone: ZoneInfo

    @contextmanager
    def __call__(self) -> Iterator[Commands]:
        """The engine of the book, for reading; raises NoSuchBook where an SQLite file is not there."""
        check_there(self.url)
        database = connect(self.url)
        store = Store(self.url, database)
        _unlock(store, open_cipher(self.url, database))
        try:
            yield Commands(store, self.zone)
        finally:
            store.close()
            database.dispose()


NewKeys = Callable[[Engine], Cipher | None]
"""Makes the keys of a book that has no facts yet; None: it is to do without encryption."""


class Book:
    """A creditor's book: its engine, its tables, and the clock."""

    def __init__(
        self, url: str, zone: ZoneInfo, clock: Callable[[], datetime], by: str, new_keys: NewKeys
    ) -> None:
        self.url = url
        self.clock = clock
        self.by = by
        self.role: str | None = None
        self.database = connect(url)
        with alone(self.database, OPENING_LOCK):  # others may open the same new book at once
            self.store = Store(url, self.database)
            cipher = open_cipher(url, self.database)
            if cipher is None and not self.store.read(0, 1):
                cipher = new_keys(self.database)
            _unlock(self.store, cipher)
            self.engine = Commands(self.store, zone)
            read_side.create_tables(self.database)
            agenda.create(self.database)
            server_tables.create(self.database)
            attachments.create(self.database)
            outbox.create(self.database)

    def speaking_for(self, name: str, role: str | None = None) -> Self:
        """The same book (engine, tables and connections), whose facts say that this user recorded them."""
        spoken = copy.copy(self)
        spoken.by, spoken.role = name, role
        return spoken

    @property
    def zone(self) -> ZoneInfo:
        """The book's time zone."""
        return self.engine.zone

    @property
    def today(self) -> date:
        """The book's date."""
        return self.clock().astimezone(self.zone).date()

    def stamp(self, known_at: datetime | None = None, basis: str | None = None) -> Stamp:
        """The stamp of facts recorded now."""
        return Stamp(self.by, self.clock(), known_at, basis)

    def catch_up(self) -> None:
        """Brings the tables up to the log, and forgets the keys that were erased meanwhile."""
        if self.store.cipher is not None:
            self.store.cipher.refresh()
        self.engine.catch_up()

    def rebuild(self, folded_in: Callable[[int], None] = lambda _: None) -> int:
        """Makes all tables anew from the log, and returns how many facts that took; see `refold`."""
        folded = read_side.rebuild(self.database, self.store.read, self.engine.dates_in, folded_in=folded_in)
        agenda.rebuild(self.database, self.store.read)
        outbox.rebuild(self.database, self.store.read)
        return folded

    def account_id(self, number: str) -> str:
        """The stream of a known account; raises AccountUnknown."""
        with self.account(number) as account:
            return account.id

    @contextmanager
    def account(self, number: str) -> Iterator[Account]:
        """A known account, to be read only, held still meanwhile; raises AccountUnknown."""
        with self.engine.accounts.work(self.engine.account_ids([number]).values()) as work:
            [account] = work.accounts.values()
            if not account.exists:
                raise AccountUnknown(account=number)
            yield account

    def stream_of(self, number: str) -> str:
        """The stream of a known account, looked up without holding or writing anything; raises
        AccountUnknown."""
        stream = self.engine.account_ids([number], is_up=True)[number]
        if not self.store.version(stream):
            raise AccountUnknown(account=number)
        return stream

    def facts_of(self, number: str) -> list[Stored]:
        """The facts of a known account, read without holding it; raises AccountUnknown."""
        with self.engine.looking.at(self.stream_of(number)) as looked:
            return list(looked.facts)

    def folded(self, number: str) -> Account:
        """A copy of an account that nobody else holds, without its person; raises AccountUnknown."""
        facts = self.facts_of(number)
        return fold(Account(facts[0].stream), (stored.fact for stored in facts))

    def execute(
        self, number: str, decide: Decide, known: bool = True, asking: Proposal | None = None
    ) -> list[Fact]:
        """Carries out one command on an account and brings the tables up; raises RuleBroken.

        `known` accounts must have been opened before. `asking`: the contact that needs leave to be made.
        """
        account_id = self.account_id(number) if known else self.engine.account_ids([number])[number]
        facts = self.engine.execute(Command(account_id, decide, self.stamp(), asking))
        self.catch_up()
        return facts

    def tick(
        self, at: datetime, played: bool = False, looked_at: Callable[[int], None] = lambda _: None
    ) -> Tally:
        """Does all that is due up to a moment and brings the tables up.

        `played`: the moment is not the wall clock's, and is what the decisions count as known at.
        """
        stamp = self.stamp(at, "tick --at") if played else self.stamp()
        tally = tick(self.engine, at, stamp, looked_at)
        self.catch_up()
        return tally

    def decide_on_policies(self, decide: Callable[[PolicyBook], list[Fact]]) -> list[Fact]:
        """Carries out one command on the policies; raises RuleBroken."""
        facts = self.engine.decide_on_policies(decide, self.stamp())
        self.catch_up()
        return facts

    def has_accounts(self) -> bool:
        """Whether any account has been opened."""
        self.catch_up()
        return has_accounts(self.database)

    def decided_until(self, account: str | None = None) -> datetime | None:
        """The moment of the engine's last decision (on that stream), None where it has made none."""
        self.catch_up()
        return last_decision(self.database, account)

    def not_live(self) -> int:
        """How many backfilled accounts wait for somebody to say from when they are escalated."""
        return len(awaiting_go_live(self.database))

    def go_live(
        self,
        on: date,
        invoices: Literal["fresh", "from-step", "as-imported"],
        step: str | None,
        numbers: Sequence[str] | None,
    ) -> int:
        """Lets the engine escalate backfilled accounts (all of them, or those named) from that day.

        Returns how many. Raises RuleBroken, UnknownStep.
        """
        self.catch_up()
        ids = [self.account_id(number) for number in numbers or ()] or awaiting_go_live(self.database)
        start = local_moment(on, time(0), self.zone)

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            if step is not None:
                policies.in_force(account, start).check_step(step)
            return go_live(account, on=on, invoices=invoices, step=step)

        stamp = self.stamp()
        batch = self.engine.execute_all([Command(account_id, decide, stamp) for account_id in ids])
        if batch.refused:
            raise batch.refused[0].broken
        self.catch_up()
        return len(ids)

    def erase(self, number: str, erased_on: date, reason: str, force: bool) -> Erasure:
        """Records that the person is erased, then destroys the key of its data; done again it completes what
        was cut short. Raises NotEncrypted, AccountUnknown, StillOpen.
        """
        cipher = self.store.cipher
        if cipher is None:
            raise NotEncrypted
        account_id = self.account_id(number)
        decide = partial(erase_account, number=number, erased_on=erased_on, reason=reason, force=force)
        recorded = self.engine.execute(Command(account_id, lambda account, _: decide(account), self.stamp()))
        had_key = cipher.ring.holds(account_id)
        cipher.ring.erase(account_id)
        self.catch_up()
        facts = [stored.fact for stored in self.store.stream(account_id)]
        outside = tuple(lies_outside(facts, server_tables.webhook_hosts(self.database)))
        return Erasure(bool(recorded), had_key, count_readable(facts), outside)

    @property
    def access(self) -> Access:
        """How a worker opens this book; an SQLite file by its whole path, wherever the worker stands."""
        parsed = make_url(self.url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            parsed = parsed.set(database=str(Path(parsed.database).absolute()))
        return Access(parsed.render_as_string(hide_password=False), self.zone)

    @property
    def shown_url(self) -> str:
        """The URL without its password."""
        return make_url(self.url).render_as_string(hide_password=True)

    def close(self) -> None:
        """Gives all connections back."""
        self.store.close()
        self.database.dispose()


def _unlock(store: Store, cipher: Cipher | None) -> None:
    """Lets the store and the tables of its database read and write personal data under the book's keys."""
    if cipher is not None:
        store.seal_with(cipher)
        open_with(store.database, cipher.texts)


def new_id(kind: str) -> str:
    """A fresh id for something that a person records without giving it one: `call-…`, `promise-…`."""
    return f"{kind}-{uuid4().hex[:12]}"


def now() -> datetime:
    """The wall clock, UTC."""
    return datetime.now(UTC)


class ZoneDiffers(RuleBroken):
    sentence = "the book was founded in the time zone {zone}, and keeps it: leave --zone (ARREARS_ZONE) out"


def open_book(
    url: str,
    zone: ZoneInfo | None,
    by: str,
    *,
    create: bool = False,
    found: bool = True,
    plain: bool = False,
    clock: Callable[[], datetime] = now,
    say: Callable[[str], None] = lambda _: None,
) -> Book:
    """The book at a URL. Raises NoSuchBook where an SQLite file is not there and `create` does not allow it,
    KeyFault, ZoneDiffers where it was founded in another zone than the one that is asked for.

    A new book is founded in that zone (UTC where none is asked for) with the shipped policies and, unless it
    is to be `plain`, with keys; `say` is told what its maker has to know of them. Without `found` nothing is
    read or stored yet: a log is brought in, or one that may not be readable verified.
    """
    if not create:
        check_there(url)

    def new_keys(database: Engine) -> Cipher | None:
        return new_cipher(url, database, say) if found and not plain else None

    book = Book(url, zone or ZoneInfo("UTC"), clock, by, new_keys)
    if found and not book.engine.policies().stream_version:
        _found(book)
    if found and zone is not None and book.zone.key != zone.key:
        founded_in = book.zone.key
        book.close()
        raise ZoneDiffers(zone=founded_in)
    return book


def check_there(url: str) -> None:
    """Raises NoSuchBook where the book is an SQLite file that is not there; opening it would make one."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        raise NoSuchBook(url)


@cache
def shipped_policies() -> Mapping[str, str]:
    """The documents of the policies that come with arrears, each whole."""
    return MappingProxyType({name: whole(document) for name, document in _shipped("shipped").items()})


def shipped_limits() -> Mapping[str, str]:
    """The profiles of contact limits that come with arrears, by name."""
    return _shipped("limits")


def whole(document: str) -> str:
    """A policy document with the reference rate and the profiles of contact limits that it names written into
    it, from those that come with arrears."""
    return pin(with_rates(document, _shipped("rates")), shipped_limits())


@cache
def _shipped(folder: str) -> Mapping[str, str]:
    """The TOML files of a folder of policies, by name."""
    files = (resources.files("policies") / folder).iterdir()
    found = sorted((file for file in files if file.name.endswith(".toml")), key=lambda file: file.name)
    return MappingProxyType(
        {file.name.removesuffix(".toml"): file.read_text(encoding="utf-8") for file in found}
    )


def _found(book: Book) -> None:
    """States the zone, publishes the shipped policies for all time and makes one of them the default; another
    founder may be first."""
    facts: list[Fact] = [BookFounded(zone=book.zone.key)]
    facts += [
        PolicyPublished(
            policy=parsed(document).name, version=1, effective_from=ALWAYS, document=document,
            sha256=digest(document),
        )
        for document in shipped_policies().values()
    ]  # fmt: skip
    facts.append(PolicyAssigned(policy=DEFAULT_POLICY, effective_from=ALWAYS))
    # The book's own mark: stream ids of accounts are derived from it, and it travels with the log.
    basis = f"founding of book {uuid4()}"
    book.engine.decide_on_policies(
        lambda policies: [] if policies.versions else facts, Stamp("arrears", book.clock(), None, basis)
    )
