"""The pages of a dossier, section by section."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, PageBreak, Spacer

from arrears.dossier.bundle import Evidence
from arrears.dossier.chart import chart
from arrears.dossier.content import Dossier, Telling
from arrears.dossier.cover import cover, heading, sums
from arrears.dossier.encounters import contacts
from arrears.dossier.layout import (
    HEADING,
    NOTE,
    SMALL_HEADING,
    WIDTH,
    built,
    said,
    table,
)
from arrears.dossier.movements import Movement, closing
from arrears.dossier.pledges import promises
from arrears.dossier.stoppages import stops
from engine.domain.facts.base import Stored
from engine.domain.money import money
from projections.aging import OpenItem
from projections.rows import happened_on


def pdf(dossier: Dossier, found: Evidence, telling: Telling) -> bytes:
    """The dossier as a PDF."""
    story = [
        *cover(dossier, found, telling), PageBreak(), *_statement(dossier, telling),
        *_timeline(dossier, telling), *contacts(dossier, telling), *promises(dossier, telling),
        *stops(dossier, telling),
    ]  # fmt: skip
    foot = (
        f"Account {heading(dossier)}",
        f"facts.ndjson SHA-256 {found.digest}" if found.checkpoint else "not sealed: nothing is proved",
    )
    return built(story, f"Dispute dossier, account {dossier.asked.number}", foot)


# --- the statement ----------------------------------------------------------------------------------------

_MOVED = ("on", "known", "kind", "document", "amount", "balance")
_MOVED_WIDTHS = (11, 19, 15, 27, 17, 17)


def _statement(dossier: Dossier, telling: Telling) -> Iterator[Flowable]:
    moment = dossier.asked.as_known
    yield said("Statement", HEADING)
    then = f"as known at {telling.clock(moment)}" if moment else "as known now"
    yield said(f"As of the end of {dossier.as_of}, {then}. Payments and credits are negative.", NOTE)
    if not dossier.then.moved:
        yield said("Nothing had moved the balance.")
    for currency in sorted({one.currency for one in [*dossier.then.moved, *dossier.now.moved]}):
        yield from _in_currency(dossier, currency)
    if moment:
        yield from _as_known_now(dossier)
    yield from _open_items("Open items, as known then" if moment else "Open items", dossier.then.open_items)
    if moment and dossier.now.open_items != dossier.then.open_items:
        yield from _open_items("Open items, as known now", dossier.now.open_items)


def _in_currency(dossier: Dossier, currency: str) -> Iterator[Flowable]:
    moved = [one for one in dossier.then.moved if one.currency == currency]
    picture = chart(currency, dossier.then.moved, dossier.now.moved, dossier.as_of, WIDTH)
    yield KeepTogether([said(f"Balance in {currency}", SMALL_HEADING), picture])
    yield Spacer(0, 4)
    if moved:
        yield table(_MOVED, [_moved(one) for one in moved], _MOVED_WIDTHS, "amount,balance")


def _moved(one: Movement) -> Sequence[str]:
    amount, balance = (f"{money(value, one.currency):,}" for value in (one.amount, one.balance))
    return (
        str(one.on),
        f"{one.known_at:%Y-%m-%d %H:%M}",
        one.kind.replace("_", " "),
        one.document,
        amount,
        balance,
    )


def _as_known_now(dossier: Dossier) -> Iterator[Flowable]:
    """What the second clock adds: the same day, with all that was learnt since."""
    yield CondPageBreak(90)
    yield said("The same day as known now", SMALL_HEADING)
    then, now = sums(closing(dossier.then.moved)), sums(closing(dossier.now.moved))
    yield said(f"As known then, {then} was owed; as known now, {now}.")
    if not dossier.learnt_since:
        yield said("Nothing was learnt since that changes this balance: both clocks agree.", NOTE)
        return
    yield said("Learnt since, and counting for that day or an earlier one:", NOTE)
    rows = [
        [*_moved(one)[:4], f"{money(one.amount, one.currency):,} {one.currency}"]
        for one in dossier.learnt_since
    ]
    yield table(_MOVED[:5], rows, (11, 19, 15, 27, 24), "amount")


def _open_items(title: str, items: Sequence[OpenItem]) -> Iterator[Flowable]:
    yield CondPageBreak(90)
    yield said(title, SMALL_HEADING)
    if not items:
        yield said("None.", NOTE)
        return
    heads = ("item", "kind", "issued", "due", "days past due", "open")
    rows = [(*_item(one), f"{money(one.open, one.currency):,} {one.currency}") for one in items]
    yield table(heads, rows, (30, 12, 14, 14, 15, 23), "days past due,open")


def _item(one: OpenItem) -> Sequence[str]:
    if one.item is None:
        return ("unapplied money", "", "", "", "")
    return (one.item, one.item_kind or "", str(one.issued_on), str(one.due_on), str(one.days_past_due))


# --- the timeline -----------------------------------------------------------------------------------------


def _timeline(dossier: Dossier, telling: Telling) -> Iterator[Flowable]:
    yield CondPageBreak(140)
    yield said("Timeline", HEADING)
    yield said("In the order in which it was recorded. A star marks what the engine decided.", NOTE)
    heads = ("fact", "happened on", "known", "what", "by")
    rows = [_event(one, dossier.zone, telling) for one in dossier.facts]
    yield table(heads, rows, (7, 13, 12, 57, 24))


def _event(one: Stored, zone: ZoneInfo, telling: Telling) -> Sequence[str]:
    star = " *" if one.fact.because else ""
    known = f"{one.fact.known_at:%Y-%m-%d}"
    return (
        f"{one.version}{star}",
        str(happened_on(one.fact, zone)),
        known,
        telling.sentence(one.fact),
        one.fact.by,
    )
