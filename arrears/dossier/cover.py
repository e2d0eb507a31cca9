"""The first page: whose dossier it is, on which clocks, under which policies, and what proves it."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from reportlab.platypus import Flowable

from arrears.dossier.bundle import Evidence
from arrears.dossier.content import Dossier, Telling
from arrears.dossier.layout import NOTE, SMALL_HEADING, SUBTITLE, TITLE, pairs, said
from arrears.dossier.movements import closing
from arrears.paper.fonts import NO_GLYPH, lacks_glyphs
from engine.domain.facts.base import Erased
from engine.domain.money import money

_CLOCKS = """Every fact has two dates: the day it happened on, and the moment it became known. A decision
is explained by what was known when it was made. This document is for reading; what can be checked without
our software are the facts beside it (README.txt says how)."""
_TEXTS = """The texts of contacts were rendered when this document was made, from the figures pinned in each
fact and from the template whose SHA-256 stands beside the text; they are not copies of what was sent. The
name of the creditor is that of the settings at that time."""
_BASIS = """Some facts were taken over or played from other records: they count as known when those records
say. Their basis stands in facts-readable.ndjson."""
_NO_GLYPHS = f"""Characters shown as {NO_GLYPH} have no glyph in the fonts of this document;
facts-readable.ndjson has them."""
_ERASED = "Personal data of this account was erased; [erased] stands in its place."
_KNOWN_NOW = "as known now: all that is recorded"


def heading(dossier: Dossier) -> str:
    """The account, the invoice where there is one, and the debtor's name."""
    name = dossier.debtor.name
    about = f", invoice {dossier.asked.invoice}" if dossier.asked.invoice else ""
    return f"{dossier.asked.number}{about}{f', {name}' if name else ''}"


def sums(amounts: Mapping[str, Decimal]) -> str:
    """Amounts by currency in words."""
    return ", ".join(f"{money(amount, code):,} {code}" for code, amount in amounts.items()) or "nothing"


def cover(dossier: Dossier, found: Evidence, telling: Telling) -> Iterator[Flowable]:
    """The first page."""
    yield said("Dispute dossier", TITLE)
    yield said(f"Account {heading(dossier)}", SUBTITLE)
    yield pairs(_about(dossier, telling))
    yield said("Policies that decided", SMALL_HEADING)
    yield _policies(dossier)
    yield said("What proves the facts", SMALL_HEADING)
    yield _seal(found)
    yield said("How to read this", SMALL_HEADING)
    for text in _reservations(dossier):
        yield said(" ".join(text.split("\n")), NOTE)


def _about(dossier: Dossier, telling: Telling) -> list[tuple[str, str]]:
    asked, debtor = dossier.asked, dossier.debtor
    facts = f"{len(dossier.facts)} of this account, {len(dossier.policy_facts)} of the book's policies"
    then, now = sums(closing(dossier.then.moved)), sums(closing(dossier.now.moved))
    return [
        ("Account", asked.number),
        ("Debtor", str(debtor.name or "")),
        ("Address", str(debtor.address or "")),
        ("Country, time zone", ", ".join(filter(None, (debtor.country, debtor.timezone)))),
        ("Invoice", asked.invoice or ""),
        ("Creditor", asked.creditor.name),
        ("As of the end of", str(dossier.as_of)),
        ("As known", telling.clock(asked.as_known) if asked.as_known else _KNOWN_NOW),
        ("Owed, as known then" if asked.as_known else "Owed", then),
        ("Owed, as known now", now if asked.as_known else ""),
        ("Facts", facts),
    ]


def _policies(dossier: Dossier) -> Flowable:
    if not dossier.versions:
        return said("No policy decided anything here: all of it was recorded by people or imported.", NOTE)
    return pairs([
        (f"{one.name}, version {one.version}", f"{one.policy.title}\nSHA-256 {one.sha256}")
        for one in dossier.versions
    ])  # fmt: skip


def _seal(found: Evidence) -> Flowable:
    one = found.checkpoint
    if one is None:
        return said("Nothing: no checkpoint was ever made of this book. 'arrears seal' makes one.")
    missing = f"{found.not_sealed} facts came after the checkpoint and are not proved"
    return pairs([
        ("Checkpoint", f"number {one.number}, over {one.size} facts, sealed at {one.sealed_at}"),
        ("Root", one.root),
        ("Public key", one.public_key),
        ("facts.ndjson", f"SHA-256 {found.digest}"),
        ("Proved", f"{len(found.proofs)} facts, each by a proof in proof.json"),
        ("MISSING", missing if found.not_sealed else ""),
    ])  # fmt: skip


def _reservations(dossier: Dossier) -> Iterator[str]:
    """What the reader must know so as not to believe more than is shown."""
    debtor = dossier.debtor
    yield _CLOCKS
    yield _TEXTS
    if any(one.fact.basis for one in dossier.facts):
        yield _BASIS
    if any(lacks_glyphs(str(value)) for value in (debtor.name, debtor.address, dossier.asked.number)):
        yield _NO_GLYPHS
    if Erased() in (debtor.name, debtor.address):
        yield _ERASED
