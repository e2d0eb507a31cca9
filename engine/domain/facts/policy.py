"""Facts about policies, on streams of their own."""

from engine.domain.facts.base import Fact, Moment


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
