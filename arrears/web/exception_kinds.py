"""The kinds of exceptions: what each is called, what to do about it, and the forms that do it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from projections.exceptions import ExceptionKind


@dataclass(frozen=True)
class Kind:
    """A kind of exception. `forms`: the requests that end it, and what each is called on its button."""

    title: str
    remedy: str
    forms: Mapping[str, str] = field(default_factory=dict)


KINDS: dict[ExceptionKind, Kind] = {
    "call_not_made": Kind(
        "Calls not made", "Make the call, and record what came of it; until then the ladder waits.",
        {"call": "Record a call"},
    ),
    "unknown_time_zone": Kind(
        "Unknown time zone", "State the debtor's time zone or country; nobody may call before.",
        {"details": "Give the time zone"},
    ),
    "came_back": Kind(
        "Mail that came back", "Find the address: ask the debtor, or have it traced.",
        {"details": "Give the new address", "trace": "Have it traced"},
    ),
    "no_address": Kind(
        "Letters without an address", "State the address; until then no letter leaves.",
        {"details": "Give the address"},
    ),
    "placement_waits": Kind(
        "Placements to approve", "Approve or decline it; until then nothing goes to the agency.",
        {"approve": "Approve", "decline": "Decline"},
    ),
    "approval_waits": Kind(
        "Requests to approve", "A second person approves or refuses it; until then nothing changes.",
        {"grant": "Approve", "refuse": "Refuse"},
    ),
    "dispute_late": Kind(
        "Disputes past their deadline", "Settle the dispute; until then its items are not asked for.",
        {"resolve": "Resolve"},
    ),
    "unapplied": Kind(
        "Unapplied money", "Set it against what it was paid for, or pay it back.",
        {"allocate": "Allocate", "refund": "Refund"},
    ),
    "limit_broken": Kind("Limits broken", "See on the account what happened: it stays on record."),
    "erased": Kind(
        "Erased and owing", "Nobody can be asked: decide to write it off.", {"write-off": "Write off"}
    ),
}  # fmt: skip
