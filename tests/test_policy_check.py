"""`arrears policy check`: each doubt is found where it stands, and the calendar is the engine's own."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from arrears.cli.main import run
from arrears.telling.policy_calendar import shelf
from arrears.wiring import shipped_policies, whole
from policies.business_days import WEEKDAYS, CalendarRules
from policies.linting.checking import Checked, check
from policies.linting.sample import Wishes
from tests.stories import Story, on_sqlite

TODAY = date(2025, 3, 3)
SHELF = shelf()


def checked(document: str, **wishes: object) -> Checked:
    return check(whole(document), "p.toml", SHELF, TODAY, Wishes(**wishes), document)  # type: ignore[arg-type]


def step(name: str, timing: str, action: str = 'call = { script = "first-call" }') -> str:
    return f'[[steps]]\nid = "{name}"\n{timing}\n{action}\n'


LETTER = 'remind = { channel = "letter", template = "collection-notice" }'
AUTOMATIC = 'place = { agency = "x", automatic = true }'
LATER = "days_past_due = 20\n"
FIRST = step("first", "days_past_due = 10", LETTER)
HEAD = 'name = "p"\n'


def segments(*tables: str) -> str:
    return "".join(f"[[segmenting.segments]]\n{table}\n" for table in tables)


NOBODY = "nobody may approve a {}: whoever asks for it waits in vain"


@pytest.mark.parametrize(
    ("limits", "key", "sentence"),
    [
        ("", "", ""),
        ('[approvals.collector]\nwaiver = { EUR = "5" }', "collector.waiver", NOBODY.format("waiver at all")),
        (
            '[approvals.collector]\nwaiver = { EUR = "5" }\n[approvals.manager]\nwaiver = { EUR = "90" }',
            "manager.waiver",
            NOBODY.format("waiver above 90 EUR"),
        ),
        (
            "[approvals.manager]\nplan_days = 90\n[approvals.administrator]\nplan_days = 360",
            "administrator.plan_days",
            NOBODY.format("plan above 360 days"),
        ),
        ('[approvals.manager]\nplan_days = 90\n[approvals.administrator]\nplan_days = "any"', "", ""),
        (
            '[approvals.manager]\nsettlement = "any"\nsettlement_percent = 40',
            "manager.settlement",
            NOBODY.format("settlement above the shares given"),
        ),
        (
            '[approvals.auditor]\nwrite_off = "any"\n[approvals.manager]\nwrite_off = "any"',
            "auditor",
            "an auditor may record nothing: this has no effect",
        ),
    ],
)
def test_limits_above_which_nobody_may_approve_are_found(limits: str, key: str, sentence: str) -> None:
    found = checked(f"{HEAD}{limits}\n{FIRST}").findings
    ours = [one for one in found if one.code in ("approval-nobody", "limit-idle")]
    assert [str(one) for one in ours] == ([f"approvals.{key}: {sentence}"] if key else [])
    assert all(one.line for one in ours)


@pytest.mark.parametrize("name", shipped_policies())
def test_the_shipped_policies_are_clean(name: str) -> None:
    found = checked(shipped_policies()[name], due_on=TODAY).findings
    assert [str(one) for one in found] == []


@pytest.mark.parametrize(
    ("document", "code", "line"),
    [
        # a step that can never be taken
        (FIRST + step("s", LATER + "if = { not_reached = true }", LETTER), "impossible-condition", 9),
        (FIRST + step("s", LATER + "if = { promise = [] }"), "impossible-condition", 9),
        (
            FIRST
            + step("s", LATER + "if = { promise = [] }")
            + step("t", 'after = "s"\ndays = 3'),
            "after-impossible",
            13,
        ),
        (FIRST + step("s", "days_past_due = 40") + step("t", 'after = "first"\ndays = 5'), "out-of-order", 8),
        (
            step("a", "days_past_due = 30", AUTOMATIC) + step("b", "days_past_due = 40"),
            "behind-placement",
            8,
        ),
        (
            step("a", 'days_past_due = 30\nif = { promise = "broken" }', AUTOMATIC)
            + step("b", 'after = "a"\ndays = 10'),
            "behind-placement",
            10,
        ),
        # texts
        (step("s", "days_past_due = 1", 'call = { script = "no-such" }'), "text-missing", 5),
        (step("s", "days_past_due = 1", 'call = { script = "collection-notice" }'), "text-kind", 5),
        # where an invoice enters again
        ('on_reopen = "s"\n' + step("s", "days_past_due = 1", 'raise = { level = "x" }'), "on-reopen", 2),
        # segments
        (segments('name = "a"\npolicy = "p"') + FIRST, "cycle", None),
        (segments('name = "a"', 'name = "b"') + FIRST, "segment-empty", None),
        (
            segments('name = "a"\nenter = { exposure_at_least = 9, exposure_at_most = 5 }') + FIRST,
            "segment-empty",
            None,
        ),
        (step("s", 'days_past_due = 1\nif = { segment = "vip" }'), "segment-unknown", 5),
        (segments('name = "a"\npolicy = "unheard-of"') + FIRST, "policy-unknown", None),
        # agencies, holds, promises
        (
            "[agencies.harbour]\n" + step("s", "days_past_due = 1", 'place = { agency = "habour" }'),
            "agency-unknown",
            6,
        ),
        ("[hold.rest]\nstops = []\n" + FIRST, "hold-idle", 3),
        ("[promise]\ngrace_business_days = 12\n" + FIRST + step("s", LATER), "grace-beyond-gap", 3),
        # limits
        ("[contact]\nmin_gap_days = 15\n" + FIRST + step("s", LATER), "closer-than-min-gap", 10),
        ('[contact]\nsend_at = 07:00:00\nlimits = ["uk-consumer"]\n' + step("s", "days_past_due = 1"),
         "send-at-outside", 3),
        ('[contact]\nsend_at = 05:00:00\nsend_until = 07:00:00\nlimits = ["uk-consumer"]\n'
         + step("s", "days_past_due = 1"), "no-hours-left", 3),
        ('[contact]\nacting_as = "first-party"\nlimits = ["us-consumer-third-party"]\n' + FIRST,
         "profile-idle", 4),
        ('[contact]\nlimits = ["us-consumer-third-party"]\n'
         + step("s", "days_past_due = 1", 'remind = { channel = "sms", template = "gentle-reminder" }'),
         "refused", 5),
        ('[contact]\nlimits = ["us-consumer-third-party"]\n'
         + step("s", "days_past_due = 1", 'remind = { channel = "sms", template = "gentle-reminder" }')
         + step("overtakes", "days_past_due = 3", LETTER), "refused", 5),
        # rates and fees
        ('[interest]\nreference = "bank-rate"\n' + step("s", "days_past_due = 400"), "rate-unknown", 3),
        ('[fees]\ncompensation = "uk"\n' + FIRST, "fee-currency", 3),
    ],
)  # fmt: skip
def test_a_doubt_is_found_in_its_line(document: str, code: str, line: int | None) -> None:
    wishes = {"currency": "EUR"} if code == "fee-currency" else {}
    found = {one.code: one for one in checked(HEAD + document, **wishes).findings}
    assert code in found, found
    assert line is None or found[code].line == line


@pytest.mark.parametrize(
    ("terms", "is_for_good"),
    [
        ("days = 90", False),
        ('recall_on = ["payment"]', False),
        ('recall_on = ["dispute"]', False),
        ('recall_on = ["paid"]', True),
    ],
)
def test_what_an_agency_gives_back_climbs_on(terms: str, is_for_good: bool) -> None:
    ladder = step("a", "days_past_due = 30", AUTOMATIC) + step("b", 'after = "a"\ndays = 3')
    found = {one.code for one in checked(HEAD + f"[agencies.x]\n{terms}\n" + ladder).findings}
    assert ("behind-placement" in found) is is_for_good


def test_a_circle_of_policies_is_found() -> None:
    other = 'name = "q"\n' + segments('name = "b"\npolicy = "p"') + FIRST
    document = HEAD + segments('name = "a"\npolicy = "q"') + FIRST
    found = check(document, "p.toml", shelf(policies={"q": other}), TODAY).findings
    assert [(one.code, str(one).split(": ")[-1]) for one in found] == [("cycle", "p → q → p")]


def test_an_eighth_call_in_a_week_and_the_day_before_it() -> None:
    """Seven calls in seven days are allowed by Regulation F; the eighth within them is one too many."""
    calls = "".join(
        step(f"c{n}", f"days_past_due = {day}") for n, day in enumerate([5, 6, 7, 8, 9, 10, 11], 1)
    )
    head = HEAD + '[contact]\nlimits = ["us-consumer-third-party"]\n'
    notice = 'remind = { channel = "letter", template = "collection-notice", purpose = "validation-notice" }'
    head += step("n", "days_past_due = 1", notice)

    seven = checked(head + calls).findings
    too_many = checked(head + calls + step("c8", "days_past_due = 11")).findings

    assert seven == ()
    first = next(one for one in too_many if one.code == "limit-exceeded")
    assert "step 'c8' would be one contact too many on 2025-03-14" in first.sentence
    assert "REGF_7_IN_7, 12 CFR 1006.14(b)(2)(i)(A)" in first.sentence


def test_the_calendar_says_what_holidays_and_limits_do_to_the_ladder() -> None:
    """30 days after 25 November 2025 is Christmas Day; Boxing Day follows, and calls rest on Sundays."""
    document = HEAD + '[contact]\nlimits = ["uk-consumer"]\n' + step("call", "days_past_due = 30")
    document += step("last", 'after = "call"\ndays = 7', LETTER)
    call, last = checked(document, due_on=date(2025, 11, 25)).rows

    assert (call.on, call.meant_for, call.days_past_due) == (date(2025, 12, 27), date(2025, 12, 25), 32)
    assert [push.rule for push in call.pushes] == ["UNREASONABLE_TIME"]
    assert call.pushes[0].holidays == ("Christmas Day, 2025-12-25", "Boxing Day, 2025-12-26")
    assert (last.on, last.follows) == (date(2026, 1, 3), "call")


def test_the_sample_suits_the_policy_and_what_is_wished() -> None:
    uk = checked(shipped_policies()["uk-late-payment"]).sample
    assert (uk.country, uk.currency, uk.kind, uk.timezone) == ("GB", "GBP", "business", "Europe/London")
    yen = checked(HEAD + FIRST, currency="JPY", country="JP", timezone="Asia/Tokyo").sample
    assert (yen.amount, yen.zone.key) == (Decimal(1000), "Asia/Tokyo")


@on_sqlite
def test_the_calendar_is_what_the_engine_does(story: Story) -> None:
    """The same invoice in a book, each call made when it is due: the same steps on the same days."""
    story.open("A", kind="business", country="DE", timezone="Europe/Berlin")
    story.invoice("INV-1", due="2026-01-31")
    planned = checked(shipped_policies()["notice-calls-agency"], due_on=date(2026, 1, 31)).rows
    for on in sorted({row.on for row in planned}):
        story.tick(f"{on}T12:00")
        if story.account.calls_due:
            story.call("no_answer")
    made = [f"{row.on} {row.step}" for row in planned]
    assert [f"{why.acted_at:%Y-%m-%d} {why.step}" for _, why in story.decided()] == made
    assert made[-1].endswith("agency")


# --- the command --------------------------------------------------------------------------------------------


def test_the_command_and_its_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, texts = tmp_path / "p.toml", tmp_path / "texts"
    warned = HEAD + step("s", 'days_past_due = 1\nif = { segment = "vip" }')
    file.write_text(warned)
    assert run(["policy", "check", str(file)]) == 0
    assert f"{file}:5: warning" in capsys.readouterr().out
    assert run(["policy", "check", str(file), "--strict"]) == 1

    file.write_text(HEAD + step("s", "days_past_due = 1", 'call = { script = "our-own" }'))
    assert run(["policy", "check", str(file)]) == 1
    for language in ("de", "en", "es", "fr"):
        (texts / language).mkdir(parents=True)
        (texts / language / "our-own.j2").write_text("{# call #}Hello")
    assert run(["policy", "check", str(file), "--templates", str(texts)]) == 0

    file.write_text(HEAD + FIRST + FIRST + step("s", 'after = "t"\ndays = 1'))
    capsys.readouterr()
    assert run(["policy", "check", str(file)]) == 2
    assert capsys.readouterr().err.count(str(file)) >= 2
    assert run(["policy", "check", str(tmp_path / "none.toml")]) == 2


def test_the_answer_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--format", "json", "policy", "check", "thirty-sixty-ninety", "--due", "2026-01-05"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [row["step"] for row in answer["calendar"]] == [
        "letter",
        "call",
        "final-letter",
        "agency-unanswered",
    ]
    assert answer["calendar"][0] | {"on": "2026-02-04", "weekday": "Wednesday"} == answer["calendar"][0]
    assert set(answer["not_taken"]) == {"trace", "agency"}


def test_publishing_says_what_is_doubtful(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "p.toml"
    file.write_text(HEAD + step("s", 'days_past_due = 1\nif = { segment = "vip" }'))
    book = f"sqlite:///{tmp_path}/book.db"
    assert run(["--book", book, "policy", "publish", str(file)]) == 0
    said = capsys.readouterr()
    assert "published p" in said.out
    assert "[segment-unknown]" in said.err


def test_circles_of_steps_are_refused_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "p.toml"
    steps = (("a", "b"), ("b", "c"), ("c", "a"))
    file.write_text(HEAD + "".join(step(name, f'after = "{on}"\ndays = 1') for name, on in steps))
    assert run(["policy", "check", str(file)]) == 2
    assert "a → b → c → a" in capsys.readouterr().err


def test_a_week_without_a_business_day_is_refused() -> None:
    with pytest.raises(ValueError, match="leave a day"):
        CalendarRules(weekend=WEEKDAYS)
