"""Every kind of fact, imported once, so that each stored topic can be resolved."""

from engine.domain.facts import (
    accounts,
    authority,
    casework,
    contacts,
    escalation,
    items,
    people,
    policy,
    promises,
    stops,
)
from engine.domain.facts.base import TOPICS

__all__ = [
    "TOPICS",
    "accounts",
    "authority",
    "casework",
    "contacts",
    "escalation",
    "items",
    "people",
    "policy",
]
__all__ += ["promises", "stops"]
