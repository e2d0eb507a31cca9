"""A policy's ladder played on a sample account by the engine's own decisions, up to a day.

The debtor never answers: every call that is scheduled is made at its moment and reaches nobody.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from engine.domain.account import Account
from engine.domain.decisions.contacts import record_call
from engine.domain.evolve import evolve
from engine.domain.facts.accounts import AccountOpened
from engine.domain.facts.base import Fact
from engine.domain.facts.contacts import CallOutcome
from engine.domain.facts.items import InvoiceRaised
from engine.domain.standing import Touch
from policies.book import ALWAYS, PolicyBook, Version
from policies.calendar import local_moment
from policies.document import digest, parsed
from policies.due import decide_or_wait
from policies.linting.ladder import nominal_days
from policies.linting.sample import Sample

ACCOUNT, INVOICE = "sample", "INV-1"
SLACK = timedelta(days=60)
"""So long after the day of the last step it is seen whether it is taken after all."""


@dataclass
class Rehearsal:
    """The sample account after its ladder, every fact on the way, and the contacts as limits count them."""

    sample: Sample
    book: PolicyBook
    account: Account
    facts: list[Fact] = field(default_factory=list)
    touches: dict[str, Touch] = field(default_factory=dict)
    at: datetime = ALWAYS

    def record(self, facts: Iterable[Fact]) -> None:
        """Folds facts in, as known at the moment reached."""
        for fact in facts:
            known = fact.model_copy(update={"known_at": self.at, "recorded_at": self.at})
            evolve(self.account, known)
            self.facts.append(known)
            self.touches |= {touch.id: touch for touch in self.account.history.touches}

    @property
    def call_at(self) -> datetime | None:
        """When the next scheduled call is made."""
        return min((call.leaves_at or call.at for call in self.account.calls_due.values()), default=None)


def rehearse(document: str, sample: Sample, others: Iterable[str] = ()) -> Rehearsal:
    """The sample under the policy of a document, which may send it to those of the `others`."""
    rehearsal = Rehearsal(sample, _book(document, others, sample), Account(ACCOUNT))
    rehearsal.at = local_moment(sample.issued_on, time(0), sample.zone)
    rehearsal.record(_told(sample))
    end = local_moment(last_day(document, sample), time(0), sample.zone)
    while rehearsal.at < end:
        facts, due = decide_or_wait(rehearsal.account, rehearsal.book, rehearsal.at)
        call_at = rehearsal.call_at
        if facts:
            rehearsal.record(facts)
        elif call_at is not None and call_at <= rehearsal.at:
            rehearsal.record(_called(rehearsal))
        else:
            moments = [moment for moment in (due, call_at) if moment is not None]
            if not moments:
                break
            rehearsal.at = min(moments)
    return rehearsal


def last_day(document: str, sample: Sample) -> date:
    """The day up to which the sample is followed."""
    return sample.due_on + timedelta(max(nominal_days(parsed(document)).values())) + SLACK


def _book(document: str, others: Iterable[str], sample: Sample) -> PolicyBook:
    book = PolicyBook(sample.zone)
    for text in (*others, document):
        name = parsed(text).name
        book.versions[name] = [Version(name, 1, ALWAYS, text, digest(text))]
    book.defaults.append((ALWAYS, parsed(document).name))
    return book


def _told(sample: Sample) -> list[Fact]:
    return [
        AccountOpened(
            number=ACCOUNT, opened_on=sample.issued_on, kind=sample.kind, country=sample.country,
            region=sample.region, timezone=sample.timezone, language=sample.language,
        ),
        InvoiceRaised(
            invoice=INVOICE, amount=sample.amount, currency=sample.currency, issued_on=sample.issued_on,
            due_on=sample.due_on,
        ),
    ]  # fmt: skip


def _called(rehearsal: Rehearsal) -> list[Fact]:
    number = sum(touch.channel == "call" for touch in rehearsal.touches.values())
    return record_call(
        rehearsal.account, call=f"call-{number}", called_at=rehearsal.at, outcome=CallOutcome.NO_ANSWER
    )
