"""What the policies would be if a given document held: for replays under another policy."""

from dataclasses import dataclass
from datetime import datetime

from engine.domain.account import Account
from policies.book import ALWAYS, PolicyBook, Version
from policies.document import digest


@dataclass
class SupposedPolicies(PolicyBook):
    """The policies of a book, with one document in force from `start` on as policy `name`.

    It stands for what accounts under that policy follow, or, with `for_all`, for what every account follows.
    """

    name: str = ""
    start: datetime = ALWAYS
    for_all: bool = False

    def assigned(self, account: Account, at: datetime) -> tuple[datetime, str | None]:
        """The policy of the account at a moment, and since when it has it."""
        if self.for_all and at >= self.start:
            return self.start, self.name
        return PolicyBook.assigned(self, account, at)

    def _changes(self, account: Account) -> list[datetime]:
        return sorted({*PolicyBook._changes(self, account), self.start})

    def governs(self, account: Account, at: datetime) -> bool:
        """Whether the given document is what the account follows at that moment."""
        return at >= self.start and self.assigned(account, at)[1] == self.name


def suppose(
    recorded: PolicyBook, name: str, document: str, start: datetime, *, for_all: bool
) -> SupposedPolicies:
    """The recorded policies, but with the document as the version of that policy from `start` on."""
    held = recorded.versions.get(name, [])
    given = Version(name, len(held) + 1, start, document, digest(document))
    before = [version for version in held if version.effective_from < start]
    return SupposedPolicies(
        zone=recorded.zone, stream_version=recorded.stream_version,
        versions={**recorded.versions, name: [*before, given]}, retired=dict(recorded.retired),
        defaults=list(recorded.defaults), name=name, start=start, for_all=for_all,
    )  # fmt: skip
