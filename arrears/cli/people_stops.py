"""Verbs that stop something and let it go on: disputes, holds, hardship."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

import typer

from arrears.cli.desk import Desk, at_desk
from arrears.cli.words import (
    DisputedAmount,
    Invoices,
    NewId,
    Note,
    Number,
    On,
    Reason,
    an_id,
    day_option,
    id_option,
    named,
    parse_disputed,
    text_option,
)
from arrears.wiring import new_id
from engine.application import Decide
from engine.domain.account import Account
from engine.domain.decisions import stops
from engine.domain.facts.base import Fact
from policies.book import PolicyBook
from policies.disputes import dispute_deadline
from policies.hold_rules import HOLD_RULES
from policies.holds import hold_terms


def register(app: typer.Typer) -> None:
    """Adds the verbs of this module."""
    app.command("dispute")(dispute)
    app.command("resolve")(resolve)
    app.command("hold")(hold)
    app.command("release")(release)
    app.command("hardship")(hardship)


def dispute(
    context: typer.Context,
    number: Number,
    invoice: Invoices = None,
    part: Annotated[
        list[DisputedAmount] | None,
        typer.Option(
            "--part",
            parser=parse_disputed,
            metavar="INVOICE=AMOUNT",
            help="only so much of this invoice is disputed; may be given several times",
        ),
    ] = None,
    reason: Reason = None,
    code: Annotated[str | None, id_option("--code", "CODE", "a reason code of the policy")] = None,
    owner: Annotated[str | None, text_option("--owner", "who is to settle it")] = None,
    deadline: Annotated[
        date | None, day_option("--deadline", "by when it is to be settled; by default the policy's days")
    ] = None,
    dispute_id: NewId = None,
    on: On = None,
) -> None:
    """Record a dispute. It is about the invoices and parts named, else about all that is open.

    \b
    Example: arrears dispute ACME --invoice INV-1 --reason "arrived damaged" --on 2026-04-23 --id DISPUTE-1
    Example: arrears dispute ACME --part INV-2=30.00 --code short-delivery --owner mira --id DISPUTE-2
    """  # fmt: skip
    with at_desk(context) as desk:
        opened_on, the_id = desk.day(on), dispute_id or new_id("dispute")
        at = desk.book.clock()
        parts = {one.invoice: one.amount for one in part or ()}

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            by_day = dispute_deadline(policies, account, code, opened_on, deadline, at)
            return stops.open_dispute(
                account, dispute=the_id, opened_on=opened_on, items=named(invoice), parts=parts,
                reason=reason, code=code, owner=owner, deadline=by_day,
            )  # fmt: skip

        desk.record(number, decide)


def resolve(
    context: typer.Context,
    number: Number,
    dispute: Annotated[str, an_id("DISPUTE", "the id of the dispute")],
    outcome: Annotated[stops.Outcome, typer.Argument(metavar="OUTCOME", help="how it ended")],
    on: On = None,
    credit: Annotated[
        str | None, id_option("--credit", "CREDIT", "the credit note that was given for it")
    ] = None,
) -> None:
    """End a dispute. A credit note for it is recorded with 'arrears credit'.

    \b
    Example: arrears resolve ACME DISPUTE-1 partly --on 2026-04-30 --credit CN-1
    """
    with at_desk(context) as desk:
        resolved_on = desk.day(on)
        desk.record(number, lambda account, _: stops.resolve_dispute(
            account, dispute=dispute, resolved_on=resolved_on, outcome=outcome, credit=credit
        ))  # fmt: skip


def hold(
    context: typer.Context,
    number: Number,
    kind: Annotated[str, an_id("KIND", f"what kind of hold: {', '.join(HOLD_RULES)}, or one of the policy")],
    from_day: Annotated[date | None, day_option("--from", "its first day; by default today")] = None,
    until: Annotated[
        date | None,
        day_option("--until", "the first day free again; by default as the policy has it, or when released"),
    ] = None,
    invoice: Invoices = None,
    reason: Reason = None,
    hold_id: NewId = None,
) -> None:
    """Let something rest for a while: contact, the ladder, interest, fees, as the policy has it for the kind.

    It holds for the invoices named, else for the whole account.

    \b
    Example: arrears hold ACME breathing-space --from 2026-05-11 --until 2026-07-10 --id HOLD-1
    """
    with at_desk(context) as desk:
        from_on, the_id = from_day or desk.book.today, hold_id or new_id("hold")
        desk.record(number, _placing(desk, the_id, kind, from_on, until, named(invoice), reason))


def _placing(
    desk: Desk, hold: str, kind: str, from_on: date, until: date | None, items: Sequence[str] = (),
    reason: str | None = None,
) -> Decide:  # fmt: skip
    """The hold, on the terms that the policy gives its kind."""
    at = desk.book.clock()

    def decide(account: Account, policies: PolicyBook) -> list[Fact]:
        terms = hold_terms(policies, account, kind, from_on, until, at)
        return stops.place_hold(
            account, hold=hold, kind=kind, from_on=from_on, until_on=terms.until_on, items=items,
            reason=reason, stops=terms.stops,
        )  # fmt: skip

    return decide


def hardship(
    context: typer.Context,
    number: Number,
    note: Note = None,
    until: Annotated[
        date | None, day_option("--until", "until when it is held; by default as the policy has it")
    ] = None,
    hold_id: NewId = None,
    on: On = None,
) -> None:
    """Record that the debtor cannot pay, and hold the account while something is arranged.

    \b
    Example: arrears hardship ACME --note "lost the job in February" --until 2026-09-30 --id HOLD-2
    """
    with at_desk(context) as desk:
        reported_on, the_id = desk.day(on), hold_id or new_id("hold")
        place = _placing(desk, the_id, "hardship", reported_on, until)

        def decide(account: Account, policies: PolicyBook) -> list[Fact]:
            held = place(account, policies)
            return held and [*stops.report_hardship(reported_on=reported_on, note=note, hold=the_id), *held]

        desk.record(number, decide)


def release(
    context: typer.Context,
    number: Number,
    hold: Annotated[str, an_id("HOLD", "the id of the hold")],
    on: On = None,
) -> None:
    """End a hold, or cancel one that has not begun.

    \b
    Example: arrears release ACME HOLD-1 --on 2026-05-18
    """
    with at_desk(context) as desk:
        released_on = desk.day(on)
        desk.record(number, lambda account, _: stops.release_hold(
            account, hold=hold, released_on=released_on, today=desk.book.today
        ))  # fmt: skip
