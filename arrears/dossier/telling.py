"""How a dossier tells facts, moments and reasons, and what its file is called."""

from functools import partial
from zoneinfo import ZoneInfo

from arrears.dossier.content import Telling
from arrears.telling.explain_fact import Explanation
from arrears.telling.sentences import clock, sentence
from engine.domain.facts.base import Stored
from policies.book import PolicyBook


def telling(number: str, policies: PolicyBook, zone: ZoneInfo) -> Telling:
    """In our sentences, on the clock of that zone."""

    def reasons(one: Stored) -> list[str]:
        told = Explanation(number, one.version, one.fact, policies, zone)
        return list(told.sentences())[1:]  # the first says what the fact is, which stands above

    return Telling(partial(sentence, zone=zone), partial(clock, zone=zone), reasons)


def file_name(number: str) -> str:
    """What the bundle of that account is called."""
    return f"dossier-{''.join(one if one.isalnum() or one in '-_.' else '_' for one in number)}.zip"
