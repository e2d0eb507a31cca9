"""What a control replay found: whether the same policies decide the same again."""

from typing import Any
from zoneinfo import ZoneInfo

from arrears.telling.sentences import sentence
from engine.replay.control import Control, WakeUp

CONTROL_COLUMNS = ("account", "wake_up", "recorded", "made", "differs_in")

Row = dict[str, Any]


def control_answer(found: Control, zone: ZoneInfo) -> Row:
    """What the control found, for programs."""
    return {
        "agree": not found.differences.count, "accounts": found.accounts, "wake_ups": found.wake_ups,
        "decisions": found.decisions, "zone": str(zone),
        "different": found.differences.count,
        "differences": [_control_row(one, zone) for one in found.differences.first],
    }  # fmt: skip


def _control_row(one: WakeUp, zone: ZoneInfo) -> Row:
    return {
        "account": one.account, "wake_up": one.at.isoformat(),
        "recorded": " ".join(sentence(fact, zone) for fact in one.recorded),
        "made": " ".join(sentence(fact, zone) for fact in one.made),
        "differs_in": ", ".join(_differing(one)),
    }  # fmt: skip


def _differing(one: WakeUp) -> list[str]:
    """The fields that differ where the same kinds of facts were made; else how many were."""
    if [fact.TOPIC for fact in one.recorded] != [fact.TOPIC for fact in one.made]:
        return [f"{len(one.recorded)} decisions recorded, {len(one.made)} made"]
    stamps = {"recorded_at", "known_at", "basis"}
    pairs = [(a.model_dump(), b.model_dump()) for a, b in zip(one.recorded, one.made, strict=True)]
    return sorted({name for a, b in pairs for name in a if name not in stamps and a[name] != b[name]})


def control_verdict(found: Control, zone: ZoneInfo) -> str:
    """The control in one sentence."""
    done = (
        f"{found.decisions} decisions of {found.accounts} accounts, made again at {found.wake_ups} wake-ups"
    )
    if not found.differences.count:
        return f"{done}: not one is different."
    return f"{done} in zone {zone}: {found.differences.count} wake-ups decide otherwise."
