"""Which policy, in which version, holds for an account at a moment: folded from the policy facts."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from engine.domain.account import Account
from engine.domain.errors import RuleBroken
from engine.domain.facts.accounts import PolicyAssigned
from engine.domain.facts.base import Fact
from engine.domain.facts.policy import BookFounded, BucketEdgesAdopted, PolicyPublished, PolicyRetired
from policies.contact_limits.rules import ContactRules
from policies.document import Policy, parsed

ALWAYS = datetime(1, 1, 1, tzinfo=UTC)


class NoPolicy(LookupError):
    """An account whose policy has no version in force."""

    def __init__(self, policy: str | None, at: datetime) -> None:
        self.policy, self.at = policy, at
        super().__init__(f"no version of policy '{policy}' is in force at {at.isoformat()}")


class UnknownPolicy(RuleBroken):
    sentence = "there is no policy '{policy}' in this book; there are: {known}"


class UnknownStep(RuleBroken):
    sentence = "policy '{policy}' has no step '{step}'; it has: {known}"


class PolicyIsRetired(RuleBroken):
    sentence = "policy '{policy}' was retired on {since}; no account can be given it"


@dataclass(slots=True, frozen=True)
class Version:
    """One published version of a policy."""

    name: str
    version: int
    effective_from: datetime
    document: str
    sha256: str

    @property
    def policy(self) -> Policy:
        """The document, parsed."""
        return parsed(self.document)


@dataclass(slots=True, frozen=True)
class InForce:
    """The version an account follows, and since when it does. `base` is the policy it was given, which may
    send payers of its segment to another."""

    version: Version
    policy: Policy
    since: datetime
    base: Policy

    def check_step(self, step: str) -> None:
        """Raises UnknownStep unless the policy's ladder has a step of that id."""
        named = self.policy.step(step)
        if named is None or not named.climbs:
            known = ", ".join(each.id for each in self.policy.steps if each.climbs)
            raise UnknownStep(policy=self.version.name, step=step, known=known)


Follows = tuple[tuple[tuple[datetime, str], ...], str | None, datetime | None]
"""All of an account that says what it follows: assignments, segment, and since when it is in that."""
Spans = tuple[list[datetime], list[InForce | None]]
"""The moments from which something else is in force, in order, and what that is."""
SPANS_KEPT = 1_000


@dataclass(slots=True)
class PolicyBook:
    """All published versions, in order of the moment from which they hold, and the default.

    `zone` is the book's time zone: the one it was founded in, else the one that is given.
    """

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    founded_in: ZoneInfo | None = None
    stream_version: int = 0
    versions: dict[str, list[Version]] = field(default_factory=dict)
    retired: dict[str, datetime] = field(default_factory=dict)
    defaults: list[tuple[datetime, str]] = field(default_factory=list)
    _spans: dict[Follows, Spans] = field(default_factory=dict, init=False, repr=False, compare=False)

    bucket_edges: list[BucketEdgesAdopted] = field(default_factory=list)

    def evolve(self, fact: Fact) -> None:
        """Folds one more fact of the policies' stream."""
        self.stream_version += 1
        self._spans.clear()
        if isinstance(fact, PolicyPublished):
            held = self.versions.setdefault(fact.policy, [])
            held.append(Version(fact.policy, fact.version, fact.effective_from, fact.document, fact.sha256))
            held.sort(key=lambda version: (version.effective_from, version.version))
        elif isinstance(fact, PolicyRetired):
            self.retired[fact.policy] = fact.effective_from
        elif isinstance(fact, PolicyAssigned):
            self.defaults.append((fact.effective_from, fact.policy))
            self.defaults.sort(key=lambda default: default[0])
        elif isinstance(fact, BookFounded):
            self.zone = self.founded_in = ZoneInfo(fact.zone)
        elif isinstance(fact, BucketEdgesAdopted):
            self.bucket_edges.append(fact)

    def edges_on(self, day: date, known: datetime | None = None) -> BucketEdgesAdopted | None:
        """The bucket edges adopted for that day, as known then (None: now); None: the usual ones."""
        known = known or datetime.max.replace(tzinfo=UTC)
        held = [one for one in self.bucket_edges if one.adopted_on <= day and one.known_at <= known]
        latest = max((one.adopted_on for one in held), default=None)
        return next((one for one in reversed(held) if one.adopted_on == latest), None)

    def default_at(self, at: datetime) -> tuple[datetime, str | None]:
        """The default policy at a moment, and since when it is that."""
        return next((d for d in reversed(self.defaults) if d[0] <= at), (ALWAYS, None))

    def assigned(self, account: Account, at: datetime) -> tuple[datetime, str | None]:
        """The policy of the account at a moment, and since when it has it."""
        own = next((own for own in reversed(account.assignments) if own[0] <= at), None)
        return own or self.default_at(at)

    def in_force(self, account: Account, at: datetime) -> InForce:
        """What the account follows at a moment; raises NoPolicy."""
        held = self._held(account, at)
        if held is None:
            raise NoPolicy(self.assigned(account, at)[1], at)
        return held

    def _version(self, name: str | None, at: datetime) -> Version | None:
        versions = self.versions.get(name or "", [])
        return next((v for v in reversed(versions) if v.effective_from <= at), None)

    def policy_of(self, assigned: str | None, segment: str | None, at: datetime) -> Policy | None:
        """The policy at that moment of an account that was given this one (None: none of its own) and is in
        that segment; None where no version is in force."""
        base = self._version(assigned or self.default_at(at)[1], at)
        own = base and self._version(base.policy.segmenting.policy_of(segment), at)
        held = own or base
        return held.policy if held else None

    def followed(self, account: Account, at: datetime) -> set[str]:
        """The names of the policies on which it depends what the account follows."""
        _, name = self.assigned(account, at)
        base = self._version(name, at)
        own = base.policy.segmenting.policy_of(account.segment) if base else None
        return {name for name in (name, own) if name is not None}

    def has_policy(self, account: Account, at: datetime) -> bool:
        """Whether a version of the account's policy is in force; without one nothing is decided on it."""
        return self._held(account, at) is not None

    def _held(self, account: Account, at: datetime) -> InForce | None:
        begins, held = self._spans_of(account)
        return held[bisect_right(begins, at) - 1]

    def _spans_of(self, account: Account) -> Spans:
        """What is in force for accounts like this one, and from when; worked out once for all of them."""
        key = (tuple(account.assignments), account.segment, account.segment_since)
        spans = self._spans.get(key)
        if spans is None:
            if len(self._spans) >= SPANS_KEPT:
                self._spans.clear()
            begins = self._changes(account)
            spans = self._spans[key] = (begins, [self._in_force_at(account, each) for each in begins])
        return spans

    def _changes(self, account: Account) -> list[datetime]:
        """Every moment from which the account may follow something else, from the beginning of time on."""
        moments = {version.effective_from for held in self.versions.values() for version in held}
        moments.update(since for since, _ in (*self.defaults, *account.assignments))
        return sorted(moments | {ALWAYS})

    def _in_force_at(self, account: Account, at: datetime) -> InForce | None:
        since, name = self.assigned(account, at)
        base = self._version(name, at)
        if base is None:
            return None
        since = max(since, base.effective_from)
        own = self._version(base.policy.segmenting.policy_of(account.segment), at)
        if own is None:
            return InForce(base, base.policy, since, base.policy)
        since = max(since, own.effective_from, account.segment_since or ALWAYS)
        return InForce(own, own.policy, since, base.policy)

    def check_assignable(self, name: str) -> None:
        """Raises UnknownPolicy, PolicyIsRetired unless accounts can be given this policy."""
        if name not in self.versions:
            raise UnknownPolicy(policy=name, known=", ".join(sorted(self.versions)))
        if name in self.retired:
            raise PolicyIsRetired(policy=name, since=self.retired[name])

    def next_change(self, account: Account, after: datetime) -> datetime | None:
        """The first later moment at which the account may follow something else."""
        begins, _ = self._spans_of(account)
        if after >= begins[-1]:
            return None
        names = self.followed(account, after)
        moments = [v.effective_from for name in names for v in self.versions.get(name, [])]
        moments += [since for since, _ in self.defaults]
        moments += [since for since, _ in account.assignments]
        return min((moment for moment in moments if moment > after), default=None)

    def clock_of(self, account: Account, rules: ContactRules) -> tuple[ZoneInfo, bool]:
        """The zone by which the account is contacted, and whether it is known well enough to call."""
        name = account.timezone
        if name is None and account.kind != "consumer":
            name = rules.zone_by_country.get(account.country or "")
        if name is not None:
            return ZoneInfo(name), True
        if zones := account.asked.zones:
            return ZoneInfo(zones[0]), True
        return self.zone, rules.unknown_zone == "book"


def fold_policies(facts: Iterable[Fact], zone: ZoneInfo) -> PolicyBook:
    """The policies after these facts."""
    book = PolicyBook(zone)
    for fact in facts:
        book.evolve(fact)
    return book
