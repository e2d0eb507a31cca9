"""The one table of permissions: what each role may do. Every route names its row of it, or is public."""

from typing import Literal

from policies.approval_rules import ROLES, Role

__all__ = ["COMMANDS", "PERMISSIONS", "PUBLIC", "ROLES", "Permission", "Role", "may"]

Permission = Literal[
    "read",
    "contact",
    "arrange",
    "debtor",
    "post",
    "concede",
    "ask",
    "approve",
    "place",
    "policies",
    "run",
    "read-log",
    "replay",
    "erase",
    "operate",
    "users",
]

_ALL: frozenset[Role] = frozenset(ROLES)
_COLLECTING: frozenset[Role] = frozenset({"collector", "manager", "administrator"})
_DECIDING: frozenset[Role] = frozenset({"manager", "administrator"})
_CHECKING: frozenset[Role] = frozenset({"auditor", "manager", "administrator"})
_ADMINISTERING: frozenset[Role] = frozenset({"administrator"})

PERMISSIONS: dict[Permission, frozenset[Role]] = {
    "read": _ALL,  # accounts, the worklist, reports, explanations, policies
    "contact": _COLLECTING,  # calls, reminders, what the debtor said, notes, follow-ups
    "arrange": _COLLECTING,  # promises, plans, disputes, holds, hardship
    "debtor": _COLLECTING,  # details and preferences of debtors, where they were found
    "post": _DECIDING,  # accounts opened, invoices, payments and their allocation, imports
    "concede": _DECIDING,  # credit notes, corrections, refunds
    "ask": _COLLECTING,  # write-offs, waivers, settlements: done, or asked for, as the policy has it
    "approve": _DECIDING,  # what others asked for approved or refused
    "place": _DECIDING,  # placements approved and recalled, what agencies report
    "policies": _DECIDING,  # policies published, assigned and retired, going live, bucket edges
    "run": _DECIDING,  # the engine woken by hand
    "read-log": _CHECKING,  # the feed of facts, checks, seals and proofs
    "replay": _CHECKING,  # what another policy would have done, and would do
    "erase": _ADMINISTERING,  # personal data made unreadable for ever
    "operate": _ADMINISTERING,  # webhooks, schedules, the state of the server
    "users": _ADMINISTERING,  # users and their tokens
}

COMMANDS: dict[str, Permission] = {
    **dict.fromkeys(("note", "follow-up", "call", "send", "receive", "delivered", "failed"), "contact"),
    **dict.fromkeys(("reserve", "give-back", "trace"), "contact"),
    **dict.fromkeys(("promise", "plan", "withdraw", "dispute", "resolve"), "arrange"),
    **dict.fromkeys(("hold", "release", "hardship"), "arrange"),
    **dict.fromkeys(("details", "prefer", "unreachable", "located", "not-found"), "debtor"),
    **dict.fromkeys(("assign", "contact-person", "remove-contact-person"), "debtor"),
    **dict.fromkeys(("open", "invoice", "charge", "pay", "reverse", "allocate"), "post"),
    **dict.fromkeys(("credit", "correct", "unwrite-off", "refund"), "concede"),
    **dict.fromkeys(("waive", "write-off", "settle", "retract"), "ask"),
    **dict.fromkeys(("grant", "refuse"), "approve"),
    "charge-interest": "concede",
    **dict.fromkeys(("approve", "place", "decline", "recall", "remittance"), "place"),
}
"""What each request of `arrears.commands` needs, by its name."""

PUBLIC: frozenset[tuple[str, str]] = frozenset(
    {
        ("GET", "/api/v1/openapi.json"),
        ("GET", "/api/v1/docs"),
        ("GET", "/health/live"),
        ("GET", "/health/ready"),
        ("GET", "/static"),
        ("GET", "/log-in"),
        ("POST", "/log-in"),
        ("GET", "/unsubscribe/{link}"),  # the link is signed
        ("POST", "/unsubscribe/{link}"),
        ("POST", "/api/v1/callbacks/sms"),  # each body is signed
        ("POST", "/api/v1/callbacks/calls"),
        ("POST", "/api/v1/callbacks/bounces"),
    }
)
"""What anybody may ask who reaches the server: method and path of the route."""


def may(role: Role, permission: Permission) -> bool:
    """Whether users of that role may do that."""
    return role in PERMISSIONS[permission]
