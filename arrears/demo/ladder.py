"""The days on which our collectors call, as near as they can be known without running the engine.

The demo's ladder: reminder 3 days before due, notice at 30 days past due, a call 7 days after the notice, a
second call 5 days after the first (or once a promise was judged and not kept), then the agency. Calls are
made on the day they fall due under that ladder or a working day or two after it, never before.
"""

from datetime import date, timedelta

from arrears.demo.case import Case
from arrears.demo.places import working_day

NOTICE_DAYS_PAST_DUE = 30
CALL_DAYS_AFTER_NOTICE = 7
SECOND_CALL_DAYS_AFTER_FIRST = 5
US_DAYS_AFTER_CONVERSATION = 8  # who was spoken to there is left alone for seven days
JUDGED_WORKING_DAYS_AFTER_PROMISED = 3  # one of grace and one for posting have passed by then

UNANSWERED = ("no_answer", "voicemail", "busy", "third_party")
CONVERSATIONS = ("reached", "promised", "refused")


def days_after(day: date, days: int) -> date:
    """The day so many calendar days later."""
    return day + timedelta(days=days)


def first_call(case: Case, outcome: str, *, notice_on: date | None = None) -> date:
    """The day of the call that follows the notice (default: the notice at 30 days past due)."""
    notice_on = notice_on or case.due(NOTICE_DAYS_PAST_DUE)
    return _call(case, days_after(notice_on, CALL_DAYS_AFTER_NOTICE), outcome)


def second_call(case: Case, first_on: date, first_outcome: str, outcome: str) -> date:
    """The day of the second call, after a first one that brought no promise."""
    waits = case.debtor.place.country == "US" and first_outcome in CONVERSATIONS
    gap_days = US_DAYS_AFTER_CONVERSATION if waits else SECOND_CALL_DAYS_AFTER_FIRST
    return _call(case, days_after(first_on, gap_days), outcome)


def call_after_promise(case: Case, promised_on: date, outcome: str) -> date:
    """The day of the second call, made because the promise was not kept."""
    judged_on = working_day(promised_on, case.debtor.place, JUDGED_WORKING_DAYS_AFTER_PROMISED)
    return _call(case, judged_on, outcome)


def _call(case: Case, scheduled_on: date, outcome: str) -> date:
    # A promise counts from the start of its day: taken on the day of the schedule itself it would precede it.
    late_days = case.rng.choice((1, 2) if outcome == "promised" else (0, 0, 1, 2))
    on = working_day(scheduled_on, case.debtor.place, late_days)
    case.call(on, outcome)
    return on
