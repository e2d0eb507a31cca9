"""`arrears account` and `arrears statement`: one account, and all that happened on it."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from arrears.cli.clocks import AsKnown, AsOf, Question, Since, question, say
from arrears.cli.output import print_json, print_rows
from arrears.telling.account import account_answer, statement_answer
from arrears.telling.rows import ITEM_COLUMNS, PROMISE_COLUMNS, in_words, parts_in_words

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="the account's own number")]


def register(app: typer.Typer) -> None:
    app.command("account")(account)
    app.command("statement")(account_statement)


# --- the account ------------------------------------------------------------------------------------------


def account(context: typer.Context, number: Number, as_of: AsOf = None, as_known: AsKnown = None) -> None:
    """Show an account: who it is, what is owed, promised and placed, and all that happened, in order.

    Example: arrears account C-1042 --as-of 2026-03-31
    """
    with question(context, as_of, as_known) as asked:
        answer = account_answer(asked, number, as_of)
    if asked.session.format == "json":
        print_json(answer)
    else:
        _show(asked, answer)


def _show(asked: Question, answer: dict[str, Any]) -> None:
    events = [_for_people(asked, event) for event in answer["timeline"]]
    asked.introduce()
    if asked.session.format == "csv":
        print_rows(asked.session, answer["timeline"], _EVENTS)
        say(asked.session, answer.get("note"))
        return
    say(asked.session, *_head(answer))
    for title, rows, columns in (
        ("Open items", answer["open_items"], ITEM_COLUMNS),
        ("Promises", answer["promises"], PROMISE_COLUMNS),
        ("Contact persons", [_reachable(row) for row in answer["contact_persons"]], _PERSONS),
        ("Files", answer["attachments"], _FILES),
        ("Placements", [_in_one_line(row) for row in answer["placements"]], _PLACEMENTS),
        ("Timeline (* decided by the engine; 'arrears explain' says why)", events, _TIMELINE),
    ):
        if rows:
            print_rows(asked.session, rows, columns, title=f"\n{title}")
    say(asked.session, answer.get("note"))


_EVENTS = (
    *("version", "topic", "known_at", "recorded_at", "happened_on"),
    *("what", "by", "decision", "step", "basis"),
)
_TIMELINE = ("version", "*", "known", "on", "what", "by")
_PERSONS = ("person", "role", "name", "phones", "emails", "note")
_FILES = ("attachment", "file_name", "media_type", "size_bytes", "sha256")
_PLACEMENTS = ("placement", "agency", "status", "since", "items", "placed", "open")


def _head(answer: dict[str, Any]) -> Iterable[str]:
    debtor = answer["debtor"]
    about = ", ".join(debtor[name] for name in ("kind", "country", "segment") if debtor[name])
    yield " ".join(filter(None, [answer["account"], debtor["name"], about and f"({about})"]))
    reach = [f"{name} {debtor[name]}" for name in ("phone", "email", "timezone", "collector") if debtor[name]]
    yield ", ".join([*reach, f"opened on {debtor['opened_on']}", f"policy {debtor['policy']}"])
    if debtor["segment_because"]:
        yield f"Segment {debtor['segment']}: {debtor['segment_because']}."
    if debtor["backfilled"] and debtor["live_on"] is None:
        yield "Its history was backfilled; nothing is escalated until 'arrears go-live' says so."
    balance = in_words(answer["balance"]) or "nothing"
    yield f"Owed at the end of {answer['as_of']}: {balance}{parts_in_words(answer['parts'])}"


def _for_people(asked: Question, event: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": event["version"], "*": "*" if event["decision"] else "",
        "known": event["known_at"].astimezone(asked.session.zone).date(),
        "on": event["happened_on"], "what": event["what"], "by": event["by"],
    }  # fmt: skip


def _reachable(person: dict[str, Any]) -> dict[str, Any]:
    return person | {name: ", ".join(person[name]) for name in ("phones", "emails")}


def _in_one_line(placement: dict[str, Any]) -> dict[str, Any]:
    return placement | {
        "items": ", ".join(placement["items"]),
        "placed": in_words(placement["placed"]), "open": in_words(placement["open"]),
    }  # fmt: skip


# --- the statement ----------------------------------------------------------------------------------------


def account_statement(
    context: typer.Context,
    number: Number,
    since: Since = None,
    as_of: AsOf = None,
    as_known: AsKnown = None,
) -> None:
    """Show what moved an account's balance, line by line, and what is open.

    Example: arrears statement C-1042 --from 2026-01-01 --as-of 2026-03-31
    """
    with question(context, as_of, as_known) as asked:
        answer = statement_answer(asked, number, since)
    if asked.session.format == "json":
        print_json(answer)
    else:
        _show_statement(asked, answer)


_LINES = ("on", "kind", "document", "currency", "amount", "balance")


def _show_statement(asked: Question, answer: dict[str, Any]) -> None:
    asked.introduce()
    if asked.session.format == "csv":
        print_rows(asked.session, answer["lines"], _LINES)
        say(asked.session, answer.get("note"))
        return
    say(asked.session, " ".join(filter(None, [answer["account"], answer["name"]])))
    if answer["opening"]:
        say(asked.session, f"Brought forward: {in_words(answer['opening'])}")
    print_rows(asked.session, answer["lines"], _LINES)
    closing = in_words(answer["closing"]) or "nothing"
    say(asked.session, f"Owed at the end of {answer['as_of']}: {closing}{parts_in_words(answer['parts'])}")
    if answer["open_items"]:
        print_rows(asked.session, answer["open_items"], ITEM_COLUMNS, title="\nOpen items")
    say(asked.session, answer.get("note"))
