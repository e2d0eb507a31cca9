"""Doubts about approvals: what nobody may approve, and limits of roles that decide nothing."""

from decimal import Decimal

from engine.domain.facts.authority import Matter
from policies.approval_rules import ROLES, UNSAID, ApprovalRules, Role
from policies.document import Policy
from policies.linting.findings import Finding, Findings, Source

MATTERS = tuple(UNSAID)
APPROVING: tuple[Role, ...] = ("manager", "administrator")
"""The roles that approve what others ask for."""


def approval_findings(policy: Policy, source: Source) -> Findings:
    """Matters of which more can be asked for than anybody may approve, and limits that nobody uses."""
    rules = policy.approvals
    for matter in MATTERS:
        if not rules.says(matter):
            continue
        limited = [role for role in ROLES if rules.of(role).says(matter)]
        if not set(limited) & set(APPROVING):
            yield _nobody(matter, "at all", source, limited[0])
        elif bound := _most(rules, matter):
            yield _nobody(matter, f"above {bound}", source, limited[-1])
    for role in ("viewer", "auditor"):
        if any(rules.of(role).says(matter) for matter in MATTERS):
            section = f"approvals.{role}"
            sentence = f"{'an' if role == 'auditor' else 'a'} {role} may record nothing: this has no effect"
            yield Finding("warning", "limit-idle", section, sentence, source.of_section(section))


def _most(rules: ApprovalRules, matter: Matter) -> str | None:
    """The most that any role may approve of a matter, in words; None: there is no end to it."""
    limits = [rules.of(role) for role in APPROVING if rules.of(role).says(matter)]
    if matter == "plan":
        days = [one.plan_days for one in limits if isinstance(one.plan_days, int)]
        return f"{max(days)} days" if len(days) == len(limits) else None
    if matter == "settlement":
        limits = [one for one in limits if one.settlement_percent in (None, 100)]
    found: dict[str, Decimal] = {}
    for sums in (one.sums(matter) for one in limits):
        if not isinstance(sums, dict):
            return None
        found |= {code: max(amount, found.get(code, amount)) for code, amount in sums.items()}
    return ", ".join(f"{found[code]} {code}" for code in sorted(found)) or "the shares given"


def _nobody(matter: Matter, how_much: str, source: Source, role: str) -> Finding:
    section, key = f"approvals.{role}", "plan_days" if matter == "plan" else matter
    what = matter.replace("_", "-")
    sentence = f"nobody may approve a {what} {how_much}: whoever asks for it waits in vain"
    return Finding(
        "warning", "approval-nobody", f"{section}.{key}", sentence, source.of_section(section, key)
    )
