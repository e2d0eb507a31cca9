"""The reasons that a decision carries, and its id: the same decision always has the same one."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import NAMESPACE_OID, uuid5

from engine.domain.facts.base import Because
from policies.view import View


def decision_id(view: View, step: str, items: Iterable[str], due_at: datetime, *more: str) -> str:
    """Derived from account, policy, step, invoices and due moment (and, where told apart by it, a reason)."""
    parts = (view.account.id, view.policy.name, step, ",".join(sorted(items)), due_at.isoformat(), *more)
    return str(uuid5(NAMESPACE_OID, "|".join(parts)))


def because(view: View, step: str, due_at: datetime, decision: str, figures: Mapping[str, object]) -> Because:
    """Policy, version, step, moments, wake-up and figures of a decision taken now."""
    return Because(
        id=decision, policy=view.policy.name, policy_version=view.in_force.version.version, step=step,
        due_at=due_at, acted_at=view.at, wake_up=view.at.isoformat(),
        figures={name: str(value) for name, value in figures.items()},
    )  # fmt: skip


def by(view: View) -> str:
    """Who decided: the policy and its version."""
    return f"policy {view.policy.name} v{view.in_force.version.version}"
