"""`arrears dossier`: an account's or an invoice's whole history in one zip, to be read and to be checked."""

from pathlib import Path
from typing import Annotated

import typer

from arrears.cli.clocks import moment_of, say
from arrears.cli.output import print_json
from arrears.cli.sealing import SealKey
from arrears.cli.session import Session, session_of
from arrears.cli.texts import CreditorName, CreditorPayTo, CreditorReach, Language, named_creditor
from arrears.delivery.templates import template, template_names
from arrears.dossier.bundle import Evidence, evidence, zipped
from arrears.dossier.content import Asked, Dossier, gather
from arrears.dossier.pages import pdf
from arrears.dossier.telling import file_name, telling
from arrears.wiring import Book
from engine.sealing.faults import NoKey
from engine.sealing.keys import read_key
from engine.sealing.seal import seal


def register(app: typer.Typer) -> None:
    app.command("dossier")(dossier)


def dossier(
    context: typer.Context,
    number: Annotated[str, typer.Argument(metavar="ACCOUNT", help="the number the account is known by")],
    invoice: Annotated[
        str | None, typer.Option(metavar="INVOICE", help="only what is about this invoice")
    ] = None,
    as_known: Annotated[
        str | None,
        typer.Option(metavar="MOMENT", help="as it was known then (a date: at its end), on both clocks"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE.zip", help="by default dossier-ACCOUNT.zip")
    ] = None,
    language: Language = None,
    key: SealKey = None,
    creditor: CreditorName = "",
    reach: CreditorReach = "",
    pay_to: CreditorPayTo = "",
) -> None:
    """Write a dispute bundle: a PDF for people, and the facts with proofs that anybody can check.

    Facts that no checkpoint covers yet are sealed first, where there is a key (--key or ARREARS_SEAL_KEY).

    Example: arrears dossier ACME --invoice INV-1 --as-known 2026-03-31 --output acme.zip
    """
    session = session_of(context)
    if language is not None:
        template(template_names()[0], language)  # refuses a language before any work is done
    known = None if as_known is None else moment_of(as_known, session.zone)
    asked = Asked(number, invoice, known, language, named_creditor(creditor, reach, pay_to))
    with session.book() as book:
        made = gather(book, asked)
        found = _evidence(book, made, key)
        pages = pdf(made, found, telling(number, book.engine.policies(), session.zone))
    file = output or Path(file_name(number))
    file.write_bytes(zipped(made, found, pages))
    _answer(session, file, made, found)


def _evidence(book: Book, made: Dossier, key: Path | None) -> Evidence:
    """The facts with proofs; sealed first, with the key, where some are not."""
    found = evidence(book, made)
    if not found.not_sealed or key is None:
        return found
    try:
        seal(book.store, read_key(key), book.clock())
    except NoKey as wrong:
        raise typer.BadParameter(str(wrong)) from None
    return evidence(book, made)


def _answer(session: Session, file: Path, made: Dossier, found: Evidence) -> None:
    checkpoint = found.checkpoint.number if found.checkpoint else None
    if session.format == "json":
        print_json({
            "file": str(file), "account": made.asked.number, "invoice": made.asked.invoice,
            "as_of": made.as_of, "as_known": made.asked.as_known,
            "facts": len(made.facts), "policy_facts": len(made.policy_facts),
            "contacts": len(made.encounters), "checkpoint": checkpoint, "proved": len(found.proofs),
            "not_sealed": found.not_sealed, "facts_sha256": found.digest,
        })  # fmt: skip
        return
    say(session, f"{file}: {len(made.facts)} facts, {len(made.encounters)} contacts.")
    if checkpoint is not None:
        say(session, f"{len(found.proofs)} facts are proved against checkpoint {checkpoint}.")
    if found.not_sealed:
        say(
            session,
            f"Missing: {found.not_sealed} facts are not sealed and so not proved; --key FILE seals them.",
        )
