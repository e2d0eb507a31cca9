"""Commands and wake-ups on accounts: hold, decide, store, and decide again where somebody else was first."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, partial
from threading import Lock
from uuid import NAMESPACE_OID, uuid5
from zoneinfo import ZoneInfo

from engine.accounts import Accounts, Stamp, Work, stamped
from engine.domain.account import Account
from engine.domain.errors import BackfillTooLate, ContactRefused, RuleBroken
from engine.domain.evolve import BACKFILL
from engine.domain.facts.base import Fact, Stored
from engine.domain.facts.contacts import CallScheduled, ReminderIssued
from engine.domain.facts.personal import without_personal
from engine.domain.money import TooPrecise, UnknownCurrency
from engine.domain.permit import Permit, Refusal
from engine.looking import Looking
from engine.store import Conflict, Store
from policies.book import NoPolicy, PolicyBook
from policies.contact_limits.case import Proposal
from policies.contact_limits.permits import permit
from policies.contact_limits.recorded import flagged, proposal_of
from policies.due import decide_or_wait
from policies.payment_terms import UnknownTerms
from projections.accounts import find_accounts
from projections.catch_up import catch_up

POLICIES = "policies"
ACCOUNT_PREFIX = "account-"
ATTEMPTS = 20

REFUSALS = (RuleBroken, NoPolicy, TooPrecise, UnknownCurrency, UnknownTerms)
"""What refuses one command of a batch; anything else is a fault of ours, and stops the batch."""

Decide = Callable[[Account, PolicyBook], list[Fact]]


@dataclass(frozen=True, slots=True)
class Command:
    """One decision to be made on one account, and the stamp of the facts that follow from it."""

    account_id: str
    decide: Decide
    stamp: Stamp
    asking: Proposal | None = None
    """The contact that is to be made: it needs leave. None: what is recorded has happened already."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A command of a batch, and the rule that it broke."""

    command: Command
    broken: Exception


@dataclass(frozen=True, slots=True)
class Seen:
    """An account as a wake-up left it: its version, when something is due next, and its policy (None: not
    one alone). `wishes_version`: up to where the wishes of its person were known."""

    account_id: str
    version: int
    due_at: datetime | None
    policy: str | None
    policies_version: int
    wishes_version: int = 0


class _Abandoned(Exception):
    """A batch of which some was refused: nothing of it is to be stored."""


@dataclass
class Batch:
    """What a batch of commands came to: facts by kind, commands that were nothing new, and refusals."""

    recorded: list[list[Fact]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    by_kind: Counter[str] = field(default_factory=Counter)
    ends_trial: Command | None = None
    """The last command of a batch of which nothing is stored: no other one rests on what it decides."""

    @property
    def already_known(self) -> int:
        """How many commands had been carried out before."""
        return sum(not facts for facts in self.recorded) - len(self.refused)

    def carry_out(self, work: Work, policies: PolicyBook, command: Command) -> None:
        """Decides and records one command, or notes why it is refused.

        On an erased account facts are recorded without their personal data.
        """
        account = work.accounts[command.account_id]
        facts: list[Fact] = []
        try:
            facts = command.decide(account, policies)
            if account.erased_on is not None:
                facts = [without_personal(fact) for fact in facts]
            if facts:
                _check_backfill(account, command.stamp)
                if command.asking is not None:
                    _check_leave(account, policies, command.asking)
                facts = [flagged(account, policies, fact) for fact in facts]
                if command is not self.ends_trial:
                    work.record(account, facts, command.stamp)
        except REFUSALS as broken:
            self.refused.append(Refused(command, broken))
            facts = []
        self.recorded.append(facts)


Run = Callable[[Work, PolicyBook, Callable[[Command], None]], None]


class Engine:
    """The commands of one book on its log. `zone` is the time zone of a book that states none itself."""

    def __init__(self, store: Store, zone: ZoneInfo) -> None:
        self.store = store
        self.accounts = Accounts(store)
        self.looking = Looking(store)
        if store.cipher is not None:
            store.cipher.forgotten = self._forget_all
        self._policies = PolicyBook(zone)
        self._policies_lock = Lock()

    def _forget_all(self) -> None:
        self.accounts.forget_all()
        self.looking.forget_all()

    def policies(self) -> PolicyBook:
        """The policies as they now stand in the log."""
        with self._policies_lock:
            for stored in self.store.stream(POLICIES, self._policies.stream_version):
                self._policies.evolve(stored.fact)
            return self._policies

    @property
    def zone(self) -> ZoneInfo:
        """The book's time zone."""
        return self._founding.zone

    @property
    def dates_in(self) -> ZoneInfo:
        """The zone by which the tables date moments: UTC in a book that does not state its own."""
        return self._founding.founded_in or ZoneInfo("UTC")

    @property
    def _founding(self) -> PolicyBook:
        """The policies as they were read last: what a book was founded with stays."""
        with self._policies_lock:
            were_read = self._policies.stream_version > 0
        return self._policies if were_read else self.policies()

    def catch_up(self) -> None:
        """Brings the tables up to the log."""
        catch_up(self.store.database, self.store.read, self.dates_in)

    def account_ids(self, numbers: Iterable[str], is_up: bool = False) -> dict[str, str]:
        """The stream of each outside number: that of the account found, else the one it would be opened on.

        The stream of a new number is derived from it and the book's own mark, so that two processes that
        open it at once meet on one stream, and one of them loses. In an encrypted book each is derived with
        the secret of the key ring, so that nobody without the ring can try numbers. `is_up`: the tables are
        taken as they are.
        """
        cipher = self.store.cipher
        if cipher is not None:
            return {
                number: f"{ACCOUNT_PREFIX}{cipher.derived_id(f'{self._mark}|{number}')}" for number in numbers
            }
        if not is_up:
            self.catch_up()
        wanted = list(dict.fromkeys(numbers))
        found = find_accounts(self.store.database, wanted)
        mark = self._mark if len(found) < len(wanted) else None
        return {
            number: found.get(number) or f"{ACCOUNT_PREFIX}{uuid5(NAMESPACE_OID, f'{mark}|{number}')}"
            for number in wanted
        }

    @cached_property
    def _mark(self) -> str:
        founding = self.store.stream(POLICIES)[0].fact
        return founding.basis or founding.recorded_at.isoformat()

    def decide_on_policies(self, decide: Callable[[PolicyBook], list[Fact]], stamp: Stamp) -> list[Fact]:
        """What one command on the policies recorded; none where it is nothing new. Raises RuleBroken."""
        for _ in range(ATTEMPTS):
            policies = self.policies()
            facts = [stamped(fact, stamp) for fact in decide(policies)]
            version = policies.stream_version
            try:
                self.store.append([
                    Stored(0, POLICIES, version + number, fact) for number, fact in enumerate(facts, start=1)
                ])  # fmt: skip
            except Conflict:
                continue
            return facts
        raise Conflict

    def execute(self, command: Command) -> list[Fact]:
        """The facts that one command recorded; none where it was recorded before. Raises RuleBroken."""
        batch = self.execute_all([command])
        if batch.refused:
            raise batch.refused[0].broken
        return batch.recorded[0]

    def execute_all(
        self,
        commands: Sequence[Command],
        *,
        skip_refused: bool = False,
        may_store: bool = True,
        seen: Callable[[], None] = lambda: None,
    ) -> Batch:
        """Carries out commands in one transaction; where some are refused nothing is stored.

        With `skip_refused` the refused ones are left out and the rest is stored. Without `may_store` it is
        only found out what would be refused. `seen` is called once for each command.
        """

        def one_by_one(_: Work, policies: PolicyBook, carry_out: Callable[[Command], None]) -> None:
            for command in commands:
                carry_out(command)
                seen()

        last = None if may_store or not commands else commands[-1]
        return self.attempt(
            commands, one_by_one, skip_refused=skip_refused, may_store=may_store, ends_trial=last
        )

    def attempt(
        self,
        commands: Sequence[Command],
        run: Run,
        *,
        skip_refused: bool,
        may_store: bool,
        ends_trial: Command | None = None,
    ) -> Batch:
        """Holds the accounts of all commands while `run` carries each out, then stores all that was recorded.

        It is run again, on the accounts as they then stand, where somebody else was first.
        """
        for _ in range(ATTEMPTS):
            batch = Batch(ends_trial=ends_trial)
            try:
                with self.accounts.work(command.account_id for command in commands) as work:
                    policies = self.policies()
                    run(work, policies, partial(batch.carry_out, work, policies))
                    if not may_store or (batch.refused and not skip_refused):
                        raise _Abandoned
                    batch.by_kind = Counter(stored.fact.TOPIC for stored in work.staged)
            except Conflict:
                continue
            except _Abandoned:
                pass
            return batch
        raise Conflict

    def act(self, ids: Iterable[str], at: datetime, stamp: Stamp) -> tuple[list[Fact], list[Seen]]:
        """Does all that is due on accounts up to a moment, in one transaction, and says how they stand then.

        Raises Conflict where somebody else acted on one of them first.
        """
        policies = self.policies()
        done: list[Fact] = []
        seen: list[Seen] = []
        with self.accounts.work(ids) as work:
            for account in work.accounts.values():
                facts, due_at = decide_or_wait(account, policies, at)
                while facts:
                    _check_decided(account, policies, facts)
                    work.record(account, facts, stamp)
                    done += facts
                    facts, due_at = decide_or_wait(account, policies, at)
                seen.append(_seen(account, policies, at, due_at))
            return done, seen


def _seen(account: Account, policies: PolicyBook, at: datetime, due_at: datetime | None) -> Seen:
    followed = policies.followed(account, at)
    policy = followed.pop() if len(followed) == 1 else None
    wishes = account.shared.wishes_version if account.shared else 0
    return Seen(account.id, account.version, due_at, policy, policies.stream_version, wishes)


def leave(account: Account, policies: PolicyBook, proposal: Proposal) -> Permit | Refusal:
    """The leave for a contact of the account, asked for machines and people alike. Raises NoPolicy.

    It is about the account's own debt, whoever asks.
    """
    if account.debt and not proposal.debts:
        proposal = replace(proposal, debts=frozenset([account.debt]))
    return permit(account, policies, policies.in_force(account, proposal.at).policy, proposal)


def _check_leave(account: Account, policies: PolicyBook, proposal: Proposal) -> None:
    """Raises ContactRefused where a limit forbids the contact as things stand in this transaction."""
    answer = leave(account, policies, proposal)
    if isinstance(answer, Refusal):
        raise ContactRefused(
            channel=proposal.channel, why=answer.why, broken=answer.rule, source=answer.source,
            counted=list(answer.counted), first_allowed=answer.first_allowed_at, route_to=answer.route_to,
            zone=policies.zone,
        )  # fmt: skip


def _check_decided(account: Account, policies: PolicyBook, facts: Iterable[Fact]) -> None:
    """What the engine decided to send is asked for once more, right before it is stored."""
    for fact in facts:
        if isinstance(fact, ReminderIssued | CallScheduled) and fact.because:
            policy = policies.in_force(account, fact.because.acted_at).policy
            _check_leave(account, policies, proposal_of(account, policy, fact))


def _check_backfill(account: Account, stamp: Stamp) -> None:
    if stamp.basis is None or not stamp.basis.startswith(BACKFILL) or stamp.known_at is None:
        return
    if stamp.known_at < account.last_live_at:
        raise BackfillTooLate(
            account=account.number, last_live_at=account.last_live_at, known_at=stamp.known_at
        )
