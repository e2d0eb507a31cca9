"""The answer of `arrears replay --policy` as tables for people, or as CSV."""

from collections.abc import Iterable

from arrears.cli.clocks import say
from arrears.cli.output import print_rows
from arrears.cli.session import Session
from arrears.telling.replay_diff import SECTIONS, WORKLOAD, Row, heading, sentences
from arrears.telling.sentences import listed

_CSV = ("section", "what", "detail", "then", "now", "earlier", "later", "mean_days")


def show_diff(session: Session, answer: Row) -> None:
    """The answer as tables and sentences, or as CSV: the timelines where accounts were named."""
    lines = [{"account": one["account"], **row} for one in answer.get("timelines", ()) for row in one["rows"]]
    if session.format == "csv":
        if "timelines" in answer:
            print_rows(session, lines, ("account", "date", "then", "now"))
        else:
            print_rows(session, list(_flat(answer)), _CSV)
    else:
        _show_tables(session, answer)
    first, *more = sentences(answer)
    say(session, f"\n{first}", *more)


def _show_tables(session: Session, answer: Row) -> None:
    say(session, heading(answer))
    for one in answer.get("timelines", ()):
        print_rows(session, one["rows"], ("date", "then", "now"), title=f"\n{one['account']}, then and now")
    if "timelines" in answer:
        return
    for section, title, columns in SECTIONS:
        if answer[section]:
            print_rows(session, answer[section], columns, title=f"\n{title}")
    groups = [
        {"accounts": name.replace("_", " "), "count": group["count"], "which": _which(group)}
        for name, group in answer["contacted"].items()
        if group["count"]
    ]
    if groups:
        print_rows(session, groups, ("accounts", "count", "which"), title="\nAccounts contacted")
    if answer["workload"]["by_work"]:
        print_rows(session, answer["workload"]["by_work"], WORKLOAD, title="\nWorkload")
    say(
        session, "\nEarlier, later and mean_days count the invoices contacted at that step both then and now."
    )


def _which(group: Row) -> str:
    return listed(group["accounts"], group["count"])


def _flat(answer: Row) -> Iterable[Row]:
    """Every count as one row: section, what, detail, then, now, and how contacts moved."""
    for section in ("contacts", "placements", "charges", "deferrals", "withheld", "decisions"):
        for row in answer[section]:
            what, *detail = [value for name, value in row.items() if name in _KEYS]
            yield {**row, "section": section, "what": what, "detail": " ".join(detail)}
    for row in answer["promises"]:
        yield {"section": "promises", "what": row["account"], "detail": row["promise"], **_sides(row)}
    for name, group in answer["contacted"].items():
        yield {"section": "contacted", "what": name, "detail": "", "then": None, "now": group["count"]}
    for row in answer["workload"]["by_day"]:
        yield {"section": "workload", "what": row["work"], "detail": row["date"], **_sides(row)}


_KEYS = frozenset({"step", "channel", "agency", "how", "currency", "kind", "rule", "reason"})


def _sides(row: Row) -> Row:
    return {"then": row["then"], "now": row["now"]}
