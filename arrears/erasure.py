"""What an erasure reached, and what lies outside its reach, said of the account that was erased."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.domain.facts.accounts import AccountOpened
from engine.domain.facts.base import Fact
from engine.domain.facts.contacts import ReminderIssued
from engine.domain.facts.escalation import AccountPlaced
from engine.domain.facts.personal import without_personal

STAYS = (
    "Amounts, dates, numbers of invoices and payments, steps, country, time zone, segment and who recorded "
    "what stay, and so do checkpoints and proofs: they hold hashes and sealed data."
)


@dataclass(frozen=True)
class Erasure:
    """Whether the fact is new and whether a key was still there to be destroyed; how many facts stay readable
    because they were stored without encryption; and what lies outside its reach."""

    is_new: bool
    had_key: bool
    readable: int
    outside: tuple[str, ...]


def count_readable(facts: Iterable[Fact]) -> int:
    """How many of the facts hold personal data that can be read."""
    return sum(without_personal(fact) != fact for fact in facts)


def lies_outside(facts: Sequence[Fact], told: Sequence[str] = ()) -> Iterator[str]:
    """What else may hold the person's data, each in a sentence: no key of this book opens or closes it.

    `told`: the hosts that webhooks post facts to.
    """
    yield (
        "Back-ups of the key ring and files of 'arrears keys export' from before: with the master key they "
        "open older copies of the log. Destroy them, and make them anew."
    )
    yield "Answers that were printed, saved or passed on: reports, statements, dossiers, CSV and JSON."
    if sent := sum(isinstance(fact, ReminderIssued) for fact in facts):
        yield f"What was sent ({sent} messages): with the debtor, in outboxes, and with whoever delivered it."
    sources = sorted({source for fact in facts if (source := _source(fact))})
    yield f"Files that were imported, and their rejects{_named(sources)}."
    if told:
        yield f"Systems that webhooks told{_named(told)}, and removed ones: AccountErased is all they learn."
    if agencies := sorted({fact.agency for fact in facts if isinstance(fact, AccountPlaced)}):
        yield f"Agencies that were given the account{_named(agencies)}."
    if persons := sorted({fact.person for fact in facts if isinstance(fact, AccountOpened) and fact.person}):
        yield f"Other accounts of the same person ('{persons[0]}'): each has a key of its own."
    yield "Log files, the history of the shell, and what a PostgreSQL server keeps of its write-ahead log."


def _named(names: Sequence[str]) -> str:
    return f": {', '.join(names)}" if names else ""


def _source(fact: Fact) -> str | None:
    """The file that the fact was taken from, as its basis has it (`backfill: FILE, line N`)."""
    _, colon, source = (fact.basis or "").partition(": ")
    return source.rpartition(", ")[0] or None if colon else None
