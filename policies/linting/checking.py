"""All that can be said of a policy before it is published: findings, and its ladder as a calendar."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from policies.document import Policy, parse
from policies.linting.approvals import approval_findings
from policies.linting.calendar import Fullest, Row, charged, fullest_spans, not_taken, rows
from policies.linting.findings import Finding, Source
from policies.linting.ladder import doubtful_steps, entries, impossible_steps
from policies.linting.limits import count_findings, hours_findings, idle_profiles, rehearsed_findings
from policies.linting.references import Shelf, agency_findings, missing_texts, segment_findings
from policies.linting.rehearsal import Rehearsal, rehearse
from policies.linting.sample import Sample, Wishes, sample_for
from policies.linting.terms import currency_findings, hold_findings, promise_findings, rate_findings


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found, and the calendar of the sample. `not_taken`: why, by step; `charged`: sums by kind."""

    policy: str
    findings: tuple[Finding, ...]
    sample: Sample
    rows: tuple[Row, ...]
    not_taken: dict[str, str]
    fullest: tuple[Fullest, ...]
    charged: dict[str, Decimal]

    @property
    def has_errors(self) -> bool:
        """Whether the policy cannot do what it says."""
        return any(finding.severity == "error" for finding in self.findings)

    def as_data(self) -> dict[str, Any]:
        """All of it as plain values, for JSON and for pages."""
        return {
            "policy": self.policy,
            "findings": [asdict(finding) for finding in self.findings],
            "sample": {**asdict(self.sample), "issued_on": self.sample.issued_on},
            "calendar": [{**asdict(row), "weekday": f"{row.on:%A}"} for row in self.rows],
            "not_taken": self.not_taken,
            "fullest": [asdict(span) for span in self.fullest],
            "charged": self.charged,
        }


ANY = Wishes()


def check(
    document: str, file: str, shelf: Shelf, today: date, wishes: Wishes = ANY, written: str | None = None
) -> Checked:
    """The findings on a whole document, those of severity error first, each in the order of its lines.

    `written`: the text without the tables that arrears has added, in which lines are counted. Raises
    PolicyInvalid with every fault of a document that is no policy.
    """
    policy = parse(document, file)
    sample = sample_for(policy, today, wishes)
    rehearsal = rehearse(document, sample, shelf.policies.values())
    found = _findings(policy, rehearsal, shelf, Source(written or document), today)
    order = sorted(dict.fromkeys(found), key=lambda one: (one.severity, one.line or 0))
    return Checked(
        policy.name, tuple(order), sample, tuple(rows(rehearsal)), not_taken(rehearsal),
        tuple(fullest_spans(rehearsal)), charged(rehearsal.facts),
    )  # fmt: skip


def _findings(
    policy: Policy, rehearsal: Rehearsal, shelf: Shelf, source: Source, today: date
) -> Iterator[Finding]:
    sample, account = rehearsal.sample, rehearsal.account
    yield from impossible_steps(policy, source)
    yield from doubtful_steps(policy, source)
    yield from entries(policy, source)
    yield from missing_texts(policy, shelf, source)
    if shelf.languages and sample.language not in shelf.languages:
        sentence = f"there are no texts in the sample debtor's language, '{sample.language}'"
        yield Finding("warning", "language-missing", "", sentence)
    yield from segment_findings(policy, shelf, source)
    yield from agency_findings(policy, source)
    yield from idle_profiles(policy, source)
    yield from hours_findings(policy, account, source)
    yield from count_findings(policy, account, sample, source)
    yield from rehearsed_findings(policy, rehearsal, source)
    yield from promise_findings(policy, source)
    yield from hold_findings(policy, source)
    yield from approval_findings(policy, source)
    last = max((row.on for row in rows(rehearsal)), default=sample.due_on)
    yield from rate_findings(policy, source, today, last)
    yield from currency_findings(policy, source, sample.currency)
