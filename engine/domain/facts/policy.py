"""Facts about the book as a whole and its policies, on streams of their own."""

from engine.domain.facts.base import Fact, Moment


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
