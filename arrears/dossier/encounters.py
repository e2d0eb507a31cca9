"""The pages about contacts: each with its text, why it was made, and the limits that were asked."""

from collections.abc import Iterator, Mapping, Sequence

from reportlab.platypus import Flowable, KeepTogether

from arrears.dossier.content import Dossier, Encounter, Telling
from arrears.dossier.layout import HEADING, LETTER, NOTE, SMALL_HEADING, pairs, said, table
from engine.domain.facts.base import Fact
from engine.domain.facts.contacts import CallMade, CallScheduled, InboundContactReceived, Line, ReminderIssued
from engine.domain.money import money

_CHANNELS = {"letter": "Letter", "email": "E-mail", "sms": "Text message", "call": "Call"}


def contacts(dossier: Dossier, telling: Telling) -> Iterator[Flowable]:
    """Each contact, in the order in which they were recorded."""
    heading = said("Contacts", HEADING)
    if not dossier.encounters:
        none = said("No contact was made with the debtor, and none came from the debtor.")
        yield KeepTogether([heading, none])
    for number, one in enumerate(dossier.encounters, start=1):
        yield KeepTogether([*([heading] if number == 1 else []), *_what(number, one, telling)])
        yield KeepTogether(list(_why(one, telling)))


def _what(number: int, one: Encounter, telling: Telling) -> Iterator[Flowable]:
    """What was said, about which invoices."""
    fact = one.stored.fact
    yield said(f"{number}. {_title(fact, telling)}", SMALL_HEADING)
    yield said(telling.sentence(fact))
    if lines := getattr(fact, "lines", ()):
        yield _invoices(lines)
    yield from _text(one)


def _title(fact: Fact, telling: Telling) -> str:
    if isinstance(fact, CallScheduled):
        return f"Call to be made, {telling.clock(fact.scheduled_at)}"
    if isinstance(fact, CallMade):
        return f"Call, {telling.clock(fact.called_at)}"
    if isinstance(fact, InboundContactReceived):
        return f"{_CHANNELS[fact.channel]} from the debtor, {telling.clock(fact.received_at)}"
    assert isinstance(fact, ReminderIssued)
    return f"{_CHANNELS[fact.channel]}, {telling.clock(fact.issued_at)}"


def _invoices(lines: Sequence[Line]) -> Flowable:
    heads = ("invoice", "step", "due", "days past due", "open")
    rows = [
        (
            *(one.item, one.step, str(one.due_on), str(one.days_past_due)),
            f"{money(one.open, one.currency):,} {one.currency}",
        )
        for one in lines
    ]
    return table(heads, rows, (32, 24, 14, 15, 23), "days past due,open")


def _text(one: Encounter) -> Iterator[Flowable]:
    if one.message is None:
        if one.no_text:
            yield said(one.no_text, NOTE)
        return
    worded = one.message.template
    kind = "Script" if worded.kind == "call" else "Text"
    subject = (
        "" if worded.kind == "call" or one.message.text.count(one.message.subject) else one.message.subject
    )
    yield said(f"{subject}\n\n{one.message.text}".strip().replace("\n  ", "\n\xa0\xa0\xa0"), LETTER)
    yield said(
        f"{kind} rendered from the shipped template '{worded.name}' in '{worded.language}', whose SHA-256 is "
        f"{worded.sha256}, with the figures pinned in the fact.",
        NOTE,
    )


def _why(one: Encounter, telling: Telling) -> Iterator[Flowable]:
    """Why it was made and allowed, and what became of it."""
    fact = one.stored.fact
    if not isinstance(fact, InboundContactReceived):
        yield said("Why it was allowed", SMALL_HEADING)
        yield said(" ".join(telling.reasons(one.stored)))
        if fact.because is None:
            yield said("Contact limits: the fact carries none that were asked.", NOTE)
    if rows := [row for row in _circumstances(one, telling) if row[1]]:
        yield pairs(rows)


def _circumstances(one: Encounter, telling: Telling) -> list[tuple[str, str]]:
    """The figures that it was decided on, the limits that were asked, and what became of it."""
    because = one.stored.fact.because
    figures = because.figures if because else {}
    return [
        ("Figures", _listed(figures)),
        ("Contact limits asked", _listed(one.limits)),
        ("Put off before by", " ".join(telling.sentence(earlier.fact) for earlier in one.put_off)),
        ("What became of it", " ".join(telling.sentence(later.fact) for later in one.outcomes)),
    ]


def _listed(named: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in named.items())
