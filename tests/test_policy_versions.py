"""What two versions of a policy differ in: by meaning, and in which line a fault stands."""

from arrears.web.policies import line_of
from policies.comparing import Change, changes
from policies.document import parse

BEFORE = """name = "two-steps"
title = "Two steps"

[promise]
grace_business_days = 1

[[steps]]
id = "notice"
days_past_due = 10
remind = { channel = "letter", template = "collection-notice" }

[[steps]]
id = "call"
after = "notice"
days = 7
call = { script = "first-call" }
"""


def differing(after: str) -> list[Change]:
    return list(changes(parse(BEFORE), parse(after)))


def test_the_same_policy_in_other_words_means_the_same() -> None:
    reworded = BEFORE.replace("days = 7", "days=7   # a week").replace(
        'title = "Two steps"\n\n', 'title = "Two steps"\n'
    )
    assert differing(reworded) == []


def test_a_step_that_moved_says_from_when_to_when() -> None:
    assert differing(BEFORE.replace("days_past_due = 10", "days_past_due = 14")) == [
        Change("step notice", "days_past_due", 10, 14)
    ]


def test_steps_that_come_and_go_and_sections_that_change() -> None:
    after = BEFORE.replace('id = "call"\n', 'id = "visit"\n').replace(
        "grace_business_days = 1", "grace_business_days = 3"
    )
    assert differing(after) == [
        Change("step visit", "", None, "visit"),
        Change("step call", "", "call", None),
        Change("promise", "grace_business_days", 1, 3),
    ]


def test_a_fault_is_found_in_its_line() -> None:
    lines = BEFORE.splitlines()
    assert lines[(line_of(BEFORE, "steps[2].days") or 0) - 1] == "days = 7"
    assert lines[(line_of(BEFORE, "promise.grace_business_days") or 0) - 1] == "grace_business_days = 1"
    assert line_of(BEFORE, "") is None
