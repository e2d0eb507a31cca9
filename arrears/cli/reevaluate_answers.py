"""The answers of `arrears reevaluate`: the same then and now as a replay, for programs and for people."""

from collections.abc import Sequence
from typing import Any

from arrears.cli.clocks import say
from arrears.cli.output import print_rows
from arrears.cli.session import Session
from arrears.telling.reevaluation import moved_rows
from arrears.telling.rows import exact
from projections.aging import AgingRow, bucket_labels
from projections.aging_edges import EdgesCompared

Row = dict[str, Any]

PROMISES = (
    *("account", "promise", "made_on", "promised_on", "currency", "amount", "then", "now"),
    *("received_then", "received_now", "deadline_then", "deadline_now"),
)
AMOUNTS = ("status", "currency", "then", "now", "then_amount", "now_amount")
MOVED = ("as_of", "currency", "present", "given", "count", "amount")


# --- promises ---------------------------------------------------------------------------------------------


def show_promises(session: Session, answer: Row) -> None:
    """The promises that come to something else, and the counts; with CSV every promise."""
    if session.format == "csv":
        print_rows(session, answer["rows"], (*PROMISES, "differs"))
    else:
        say(session, _heading(answer))
        if answer["promises"]:
            print_rows(
                session, answer["amounts"], AMOUNTS, title="\nPromises by status, with what was promised"
            )
        if differing := [row for row in answer["rows"] if row["differs"]]:
            print_rows(session, differing, PROMISES, title="\nJudged differently")
    say(session, "\n" + answer["cannot_be_known"], _adopted(answer["adopted"]))


def _heading(answer: Row) -> str:
    ends = f"from {answer['from'] or 'the beginning'} to {answer['to'] or 'today'}"
    return (
        f"Promises made {ends} under policy {answer['policy']} as in the file: {answer['promises']} on "
        f"{answer['accounts']} accounts, {answer['other_terms']} with other terms, "
        f"{answer['judged_differently']} judged differently."
    )


def _adopted(count: int | None) -> str | None:
    if count is None:
        return "Nothing was stored; --adopt with a --reason stores it."
    return f"Adopted: {count} promises have other terms; the next wake-up judges them by these."


# --- bucket edges -----------------------------------------------------------------------------------------


def show_edges(session: Session, compared: Sequence[EdgesCompared], answer: Row) -> None:
    """Both agings of each day and what moves; with CSV one row for each bucket of each."""
    if session.format == "csv":
        rows = [row for one in compared for row in _bucket_rows(one, answer["edges"])]
        print_rows(session, rows, ("as_of", "edges", "currency", "bucket", "amount"))
    for one in compared if session.format == "table" else ():
        _show(session, f"\n{one.as_of}, edges {_days(one.present_edges)}", one.present, one.present_edges)
        _show(session, f"\n{one.as_of}, edges {_days(answer['edges'])}", one.given, answer["edges"])
        if one.moved:
            print_rows(session, moved_rows(one), MOVED, title="\nIn another bucket")
    adopted = answer["adopted"]
    said = "Nothing was stored; --adopt with a --reason stores it."
    if adopted is not None:
        said = "Adopted." if adopted else "These edges had been adopted before."
    say(session, f"\n{said}")


def _show(session: Session, title: str, rows: Sequence[AgingRow], edges: Sequence[int]) -> None:
    columns = ("currency", "count", *bucket_labels(edges), "unapplied", "total")
    print_rows(session, [row.as_json() for row in rows], columns, title=title)


def _days(edges: Sequence[int]) -> str:
    return ",".join(map(str, edges))


def _bucket_rows(one: EdgesCompared, given: Sequence[int]) -> list[Row]:
    sides = (("present", one.present_edges, one.present), ("given", given, one.given))
    return [
        {
            "as_of": one.as_of, "edges": side, "currency": row.currency, "bucket": label,
            "amount": exact(row.buckets[label], row.currency),
        }
        for side, edges, rows in sides
        for row in rows
        for label in bucket_labels(edges)
    ]  # fmt: skip
