"""Facts about the book as a whole and its policies, on streams of their own."""

from datetime import date

from engine.domain.facts.base import Fact, Moment, Personal


class BookFounded(Fact):
    """The first fact of a book: its time zone, an IANA name, by which it has its dates for ever."""

    zone: str


class PolicyPublished(Fact):
    """A version of a policy: the whole TOML document and the SHA-256 of its UTF-8 bytes, in hex."""

    policy: str
    version: int
    effective_from: Moment
    document: str
    sha256: str


class PolicyRetired(Fact):
    """From `effective_from` no account can be given this policy."""

    policy: str
    effective_from: Moment


class BucketEdgesAdopted(Fact):
    """From `adopted_on` aging has these edges: the last days past due of each bucket but the last."""

    edges: tuple[int, ...]
    adopted_on: date
    reason: Personal[str]

    @property
    def happened_on(self) -> date:
        return self.adopted_on
