"""The answer of a forecast: what is to come, day by day and by channel."""

from typing import Any

from arrears.telling.rows import exact
from engine.replay.forecast import Forecast, Outlook

WORK = ("letter", "email", "sms", "call", "placement", "escalation", "trace")
ASSUMED = (
    "If nothing else happens: no new invoice, no answer, {money}, and no call is made, so that what comes "
    "after a call waits. Nothing was stored."
)

Row = dict[str, Any]


def forecast_answer(found: Forecast, outlook: Outlook) -> Row:
    """The forecast for programs; each day has every kind of work."""
    counts = found.counts
    days = sorted({on for on, _ in counts.work})
    return {
        "from": outlook.start.isoformat(), "until": outlook.until.isoformat(),
        "zone": str(counts.zone), "with_promises": outlook.with_promises, "accounts": found.accounts,
        "days": [{"date": on, **{work: counts.work[on, work] for work in WORK}} for on in days],
        "totals": {work: sum(counts.work[on, work] for on in days) for work in WORK},
        "contacts": [
            {"step": step, "channel": channel, "count": count}
            for (step, channel), count in sorted(counts.contacts.items())
        ],
        "placements": [
            {
                "agency": key[0], "how": key[1], "currency": key[2], "count": count,
                "amount": exact(counts.placed_amount[key], key[2]),
            }
            for key, count in sorted(counts.placed.items())
        ],
        "expected_payments": [
            {"date": on, "currency": currency, "count": count,
             "amount": exact(found.expected[on, currency], currency)}
            for (on, currency), count in sorted(found.payments.items())
        ],
        "decisions": dict(sorted(counts.decisions.items())),
        "assumed": _assumed(found, outlook),
    }  # fmt: skip


def _assumed(found: Forecast, outlook: Outlook) -> str:
    money = "no money"
    if outlook.with_promises:
        money = f"no money but {found.payments.total()} payments as promised"
    return ASSUMED.format(money=money)
