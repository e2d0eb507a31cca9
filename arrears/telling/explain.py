"""Explanations of the facts of a book: what is known of an account, and why each fact is there."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from arrears.telling.asking import Question, noted
from arrears.telling.explain_day import Shown
from arrears.telling.explain_fact import Explanation
from arrears.telling.sentences import clock
from arrears.wiring import Book
from engine.domain.errors import RuleBroken
from engine.domain.facts.base import Stored
from engine.domain.facts.contacts import Channel
from engine.replay.explaining import Asked, decided_again, explain_day
from engine.replay.knowledge import Knowledge
from engine.replay.reading import PolicyHistory, places
from policies.book import PolicyBook
from projections.rows import happened_on, is_backfilled


class FactUnknown(RuleBroken):
    sentence = "account '{account}' has no fact {version}; its facts are numbered from 1 to {last}"


class FactNotYet(RuleBroken):
    sentence = "fact {version} of account '{account}' is of {on} and has been known since {known_on}"


def knowledge_of(book: Book, number: str) -> Knowledge:
    """All facts of a known account with the policies as the log held them; raises AccountUnknown."""
    facts = book.facts_of(number)
    return _knowledge(book, facts)


def knowledge_of_stream(book: Book, stream: str) -> Knowledge:
    """The same of an account known by its stream, whose number may be erased."""
    with book.engine.looking.at(stream) as looked:
        return _knowledge(book, list(looked.facts))


def _knowledge(book: Book, facts: Sequence[Stored]) -> Knowledge:
    stream, policies = facts[0].stream, PolicyHistory(book.store, book.zone)
    return Knowledge(stream, facts, policies, places(book.database, [stream]))


def explanation(
    knowledge: Knowledge, number: str, version: int, policies: PolicyBook, zone: ZoneInfo
) -> Explanation:
    """The fact, and for a decision what the engine saw; raises FactUnknown."""
    found = next((stored.fact for stored in knowledge.facts if stored.version == version), None)
    if found is None:
        raise FactUnknown(account=number, version=version, last=len(knowledge.facts))
    again = decided_again(knowledge, version) if found.because else None
    return Explanation(number, version, found, policies, zone, again)


def fact_explained(asked: Question, number: str, version: int, until: date | None = None) -> Explanation:
    """The fact; raises FactUnknown, and FactNotYet where it had not happened or was not known by then."""
    found = explanation(knowledge_of(asked.book, number), number, version, asked.policies, asked.zone)
    on = happened_on(found.fact, asked.zone)
    if not asked.is_known(found.fact) or (until is not None and on > until):
        known_on = clock(found.fact.known_at, asked.zone)
        raise FactNotYet(account=number, version=version, on=on, known_on=known_on)
    return found


def fact_answer(asked: Question, found: Explanation) -> dict[str, Any]:
    """The explanation of a fact for programs."""
    return noted({**asked.clocks, **found.as_json()}, asked.note([is_backfilled(found.fact)]))


def day_explained(
    asked: Question, number: str, on: date, invoices: Sequence[str] = (), channel: Channel | None = None
) -> Shown:
    """What was decided on a day, and not, on some invoices or all; raises AccountUnknown, and what says
    that there are no such invoices."""
    knowledge = knowledge_of(asked.book, number)
    day = explain_day(knowledge, Asked(on, asked.book.clock(), asked.zone, asked.as_known))
    shown = Shown(number, day, invoices, channel)
    shown.check_invoices(knowledge)
    return shown
