"""The ladder of a policy as a calendar in words, and what its document may name."""

from collections.abc import Iterator
from pathlib import Path

from arrears.delivery.shelf import merged, shipped_texts, texts_of
from arrears.delivery.templates import languages
from arrears.wiring import shipped_policies
from policies.linting.calendar import Push, Row
from policies.linting.checking import Checked
from policies.linting.references import Shelf

CALENDAR = ("date", "day", "at", "past due", "step", "channel", "says", "moved by")
FULLEST = ("contacts", "in days", "most", "from", "allowed", "source")


def shelf(templates: Path | None = None, policies: dict[str, str] | None = None) -> Shelf:
    """What a document may name: shipped texts, those of a folder, and policies (by default the shipped)."""
    texts = shipped_texts() if templates is None else merged(shipped_texts(), texts_of(templates))
    return Shelf(languages(), texts, shipped_policies() if policies is None else policies)


def calendar_row(checked: Checked, row: Row) -> dict[str, object]:
    """A day of the calendar under the names of CALENDAR."""
    local = row.at.astimezone(checked.sample.zone)
    return {
        "date": row.on, "day": f"{row.on:%a}", "at": f"{local:%H:%M}", "past due": row.days_past_due,
        "step": row.step, "channel": row.channel, "says": row.says, "moved by": "; ".join(_moved(row)),
    }  # fmt: skip


def _moved(row: Row) -> Iterator[str]:
    """What kept the step from its own day or hour, and what did not."""
    if row.on != row.meant_for:
        yield f"meant for {row.meant_for:%a %Y-%m-%d}"
    for push in row.pushes:
        yield _pushed(push)
    if row.follows:
        yield f"'{row.follows}' below it was moved"
    if row.holiday:
        yield f"on a public holiday, {row.holiday}: no limit minds"


def _pushed(push: Push) -> str:
    named = f" ({', '.join(push.holidays)})" if push.holidays else ""
    return f"{push.rule}: {push.why}{named}; {push.source}"


def fullest_rows(checked: Checked) -> Iterator[dict[str, object]]:
    """The fullest stretches of days under the names of FULLEST."""
    for span in checked.fullest:
        yield {
            "contacts": span.what, "in days": span.days, "most": span.count, "from": span.since,
            "allowed": "any" if span.allowed is None else span.allowed, "source": span.source,
        }  # fmt: skip
