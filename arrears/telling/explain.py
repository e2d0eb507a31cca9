"""Explanations of the facts of a book: what is known of an account, and why each fact is there."""

from zoneinfo import ZoneInfo

from arrears.telling.explain_fact import Explanation
from arrears.wiring import Book
from engine.domain.errors import RuleBroken
from engine.replay.explaining import decided_again
from engine.replay.knowledge import Knowledge
from engine.replay.reading import PolicyHistory, places
from policies.book import PolicyBook


class FactUnknown(RuleBroken):
    sentence = "account '{account}' has no fact {version}; its facts are numbered from 1 to {last}"


def knowledge_of(book: Book, number: str) -> Knowledge:
    """All facts of a known account with the policies as the log held them; raises AccountUnknown."""
    book.catch_up()
    stream = book.account_id(number)
    policies = PolicyHistory(book.store, book.zone)
    return Knowledge(stream, book.store.stream(stream), policies, places(book.database, [stream]))


def explanation(
    knowledge: Knowledge, number: str, version: int, policies: PolicyBook, zone: ZoneInfo
) -> Explanation:
    """The fact, and for a decision what the engine saw; raises FactUnknown."""
    found = next((stored.fact for stored in knowledge.facts if stored.version == version), None)
    if found is None:
        raise FactUnknown(account=number, version=version, last=len(knowledge.facts))
    again = decided_again(knowledge, version) if found.because else None
    return Explanation(number, version, found, policies, zone, again)
