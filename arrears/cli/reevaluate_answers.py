"""The answers of `arrears reevaluate`: the same then and now as a replay, for programs and for people."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from arrears.cli.clocks import say
from arrears.cli.output import print_rows
from arrears.cli.session import Session
from arrears.telling.replay_diff import amounts, counts
from arrears.telling.rows import exact
from engine.replay.rejudging import Rejudged
from policies.supposing import SupposedPolicies
from projections.aging import AgingRow, bucket_labels
from projections.aging_edges import EdgesCompared

Row = dict[str, Any]

PROMISES = (
    *("account", "promise", "made_on", "promised_on", "currency", "amount", "then", "now"),
    *("received_then", "received_now", "deadline_then", "deadline_now"),
)
AMOUNTS = ("status", "currency", "then", "now", "then_amount", "now_amount")
MOVED = ("as_of", "currency", "present", "given", "count", "amount")
UNDONE = (
    "What a judgement led to is not undone by another one: a contact that was made, a plan that ended. "
    "Whether debtors would have promised otherwise cannot be known."
)


# --- promises ---------------------------------------------------------------------------------------------


def promises_answer(
    found: Sequence[Rejudged],
    policies: SupposedPolicies,
    first: date | None,
    last: date | None,
    zone: ZoneInfo,
) -> Row:
    """All promises of the period as judged (`then`) and as they would be (`now`), under names that stay."""
    then: Counter[str] = Counter(one.then.status for one in found)
    now: Counter[str] = Counter(one.now.status for one in found)
    return {
        "policy": policies.name, "sha256": policies.versions[policies.name][-1].sha256,
        "for_all": policies.for_all, "from": first, "to": last, "zone": str(zone),
        "accounts": len({one.account for one in found}), "promises": len(found),
        "other_terms": sum(one.terms_differ for one in found),
        "judged_differently": sum(one.differs for one in found),
        "by_status": counts("status", then, now),
        "amounts": _amounts(found),
        "rows": [_row(one) for one in found],
        "adopted": None, "cannot_be_known": UNDONE,
    }  # fmt: skip


def _amounts(found: Sequence[Rejudged]) -> list[Row]:
    """The promised amounts by status and currency."""
    keys = [(one, (one.then.status, one.currency), (one.now.status, one.currency)) for one in found]
    then, now = Counter(key for _, key, _ in keys), Counter(key for _, _, key in keys)
    sums: tuple[dict[Any, Decimal], dict[Any, Decimal]] = ({}, {})
    for one, before, after in keys:
        for side, key in zip(sums, (before, after), strict=True):
            side[key] = side.get(key, Decimal(0)) + one.amount
    return amounts(("status", "currency"), then, now, *sums)


def _row(one: Rejudged) -> Row:
    return {
        "account": one.number, "promise": one.promise, "plan": one.plan, "made_on": one.made_on,
        "promised_on": one.promised_on, "currency": one.currency, "amount": exact(one.amount, one.currency),
        "then": one.then.status, "now": one.now.status,
        "received_then": exact(one.then.received, one.currency),
        "received_now": exact(one.now.received, one.currency),
        "deadline_then": one.then.deadline, "deadline_now": one.now.deadline,
        "tolerance_now": exact(one.terms.tolerance, one.currency), "judge_at_now": one.terms.judge_at,
        "other_terms": one.terms_differ, "differs": one.differs,
    }  # fmt: skip


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


def edges_answer(compared: Sequence[EdgesCompared], given: Sequence[int]) -> Row:
    """Each day by both sets of edges, and what stands in another bucket."""
    return {
        "edges": given,
        "days": [
            {
                "as_of": one.as_of, "present_edges": one.present_edges,
                "present": [row.as_json() for row in one.present],
                "given": [row.as_json() for row in one.given],
                "moved": _moved(one),
            }
            for one in compared
        ],
        "adopted": None,
    }  # fmt: skip


def _moved(one: EdgesCompared) -> list[Row]:
    return [
        {
            "as_of": one.as_of, "currency": moved.currency, "present": moved.present, "given": moved.given,
            "count": moved.count, "amount": exact(moved.amount, moved.currency),
        }
        for moved in one.moved
    ]  # fmt: skip


def show_edges(session: Session, compared: Sequence[EdgesCompared], answer: Row) -> None:
    """Both agings of each day and what moves; with CSV one row for each bucket of each."""
    if session.format == "csv":
        rows = [row for one in compared for row in _bucket_rows(one, answer["edges"])]
        print_rows(session, rows, ("as_of", "edges", "currency", "bucket", "amount"))
    for one in compared if session.format == "table" else ():
        _show(session, f"\n{one.as_of}, edges {_days(one.present_edges)}", one.present, one.present_edges)
        _show(session, f"\n{one.as_of}, edges {_days(answer['edges'])}", one.given, answer["edges"])
        if one.moved:
            print_rows(session, _moved(one), MOVED, title="\nIn another bucket")
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
