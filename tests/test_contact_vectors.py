"""The published rules on contact, case by case: each names its rule, its source, and what is to come out."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from arrears.wiring import shipped_limits
from engine.domain.account import Days, Hold
from engine.domain.standing import Touch
from engine.domain.wishes import Inconvenient, Standing
from policies.calendar import local_day
from policies.contact_limits import moratorium
from policies.contact_limits.case import Case, Proposal
from policies.contact_limits.counting import cautions, counted
from policies.contact_limits.documents import profile_of
from policies.contact_limits.hours import local_times
from policies.contact_limits.judging import breaches, first_allowed
from policies.contact_limits.profile import Profile

FILE = Path(__file__).parents[1] / "../shared/data/rules/contact_vectors.json"
NEW_YORK = "America/New_York"
ANY_DAY = "2026-05-05T10:00:00-04:00"

CASES: list[dict[str, Any]] = json.loads(FILE.read_text()) if FILE.exists() else []
BELIEVED_WRONG: dict[str, str] = {}
"""Cases that we hold to be wrong, with the reason; none so far."""

PROFILES = {name: profile_of(text) for name, text in shipped_limits().items()}
REG_F, MASSACHUSETTS = PROFILES["us-consumer-third-party"], PROFILES["us-massachusetts"]
UK = PROFILES["uk-consumer"]
OF_JURISDICTION = {"US": REG_F, "US-MA": MASSACHUSETTS, "UK": UK, "UK-EW": UK}

KINDS = {"call_out": "call", "call_in": "call", "sms_out": "sms", "sms_in": "sms", "email_out": "email"}
OUTCOMES = {"not_in_service": "disconnected", "rang_no_answer": "no_answer"}
PURPOSES = {
    "terminate_efforts": "terminate-efforts",
    "notify_intent_to_invoke_specified_remedy": "intends-remedy",
    "opt_out_confirmation": "opt-out-confirmation",
    "opt_out_confirmation_second": "opt-out-confirmation",
    "reminder": "collect",
}


def touch(told: dict[str, Any], number: int = 0) -> Touch:
    at = told.get("at") or f"{told['date']}T12:00:00-04:00"
    outcome = told.get("result", "")
    return Touch(
        f"contact-{number}", datetime.fromisoformat(at), KINDS[told["kind"]],
        debts=frozenset(told.get("debts", ())), inbound=told["kind"].endswith("_in"),
        number=told.get("number", ""), outcome=OUTCOMES.get(outcome, outcome),
    )  # fmt: skip


def proposal(told: dict[str, Any], **more: Any) -> Proposal:
    at = told.get("at") or (f"{told['date']}T12:00:00-04:00" if "date" in told else ANY_DAY)
    debts = frozenset([told["debt"]]) if "debt" in told else frozenset()
    purpose = PURPOSES.get(told.get("purpose", ""), "collect")
    fields = {"has_opt_out_notice": told.get("has_opt_out_notice", True), "purpose": purpose, **more}
    kind: Any = KINDS.get(told["kind"], told["kind"])
    return Proposal(
        datetime.fromisoformat(at), kind, debts, number=told.get("number", ""), items=debts, **fields
    )


def of_person(inputs: dict[str, Any]) -> list[Touch]:
    """The contacts of the person who is to be contacted: another person's are on another's stream."""
    person = inputs["proposed"].get("person")
    told = [one for one in inputs["history"] if one.get("person") in (None, person)]
    return [touch(one, number) for number, one in enumerate(told)]


def zones(inputs: dict[str, Any]) -> tuple[ZoneInfo, ...]:
    return tuple(map(ZoneInfo, inputs.get("candidate_tz") or [inputs.get("consumer_tz", NEW_YORK)]))


def judged(profile: Profile, case: Case) -> dict[str, Any]:
    """What the profile says, in the words of the cases."""
    found = breaches([profile], case)
    if not found:
        return {"decision": "allow"}
    first = first_allowed([profile], case)
    said: dict[str, Any] = {"decision": "block", "reasons": [one.rule for one in found]}
    said["route_to"] = "".join(one.route_to for one in found) or None
    assert all(one.source and one.why for one in found)
    return said | (
        {"earliest_allowed_date": str(local_day(first, case.zones[0]))} if first else {"until": "indefinite"}
    )


def check(profile: Profile, case: Case, expected: dict[str, Any]) -> None:
    said = judged(profile, case)
    assert {key: said.get(key) for key in expected if key != "local_times"} == {
        key: value for key, value in expected.items() if key != "local_times"
    }
    if "local_times" in expected:
        assert local_times(case) == expected["local_times"]


# --- how each kind of case is put to the limits -----------------------------------------------------------


def frequency(profile: Profile, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    check(profile, Case(proposal(inputs["proposed"]), of_person(inputs), zones=zones(inputs)), expected)


def cautioned(profile: Profile, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    case = Case(proposal(inputs["proposed"]), of_person(inputs), zones=zones(inputs))
    assert judged(profile, case)["decision"] == expected["hard_decision"]
    assert cautions(profile, case) == expected["soft_flags"]


def coverage(profile: Profile, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    acting_as = "first-party" if inputs["profile"].startswith("first_party") else "third-party"
    covered = profile.covers_account(acting_as, inputs["debt_type"], "US", None)
    assert covered is expected["reg_f_applies"]
    assert MASSACHUSETTS.covers_account(acting_as, "consumer", "US", "MA")


def volume(profile: Profile, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    """Contacts of several kinds on the days before, on one debt."""
    at = datetime.fromisoformat("2026-04-07T15:00:00-04:00")
    touches = [
        Touch(f"{kind}-{number}", at - timedelta(hours=number + 1), KINDS[kind])
        for kind, count in inputs["history_counts"].items()
        for number in range(count)
    ]
    case = Case(Proposal(at, "call"), touches, zones=(ZoneInfo(NEW_YORK),))
    check(profile, case, {"decision": expected["decision"]})
    assert (
        len(counted(profile.frequency[0], case, case.zones[0])) + 1
        == expected["counted_calls_including_proposed"]
    )


def clock(profile: Profile, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    told = {"kind": inputs["channel"], "at": inputs["at"]}
    spans = tuple(
        Inconvenient(time.fromisoformat(one["from"]), time.fromisoformat(one["to"]), frozenset(range(5)))
        for one in inputs["consumer_preferences"]
        if one["days"] == "Mon-Fri"
    )
    check(profile, Case(proposal(told), standing=Standing(inconvenient=spans), zones=zones(inputs)), expected)


def boundaries(profile: Profile, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    """The two texts differ at both ends; the stricter reading is taken, to the second."""
    for at, inward in zip(map(datetime.fromisoformat, inputs["at"]), (1, -1), strict=True):
        case = Case(Proposal(at, "call"), zones=zones(inputs))
        assert judged(profile, case)["decision"] == expected["recommended_engine_decision"]
        assert not breaches([profile], case.later(at + timedelta(seconds=inward)))
        assert breaches([profile], case.later(at - timedelta(seconds=inward)))


def locked(profile: Profile, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    standing, touches = Standing(validation_sent_at=None), list[Touch]()
    at = datetime.fromisoformat(ANY_DAY)
    for number, event in enumerate(inputs.get("events", ())):
        before = datetime.fromisoformat(event.get("at", "2026-05-04T12:00:00-04:00")) + timedelta(
            minutes=number
        )
        happened(event, before, standing, touches)
    asked = inputs["proposed"]
    several = isinstance(asked, list)
    decisions, is_reply = [], any(one.inbound for one in touches) and "medium_refused" in str(inputs)
    for number, told in enumerate(asked if several else [asked]):
        made = proposal(told, **({"purpose": "reply"} if is_reply else {}))
        case = Case(
            replace(made, at=at + timedelta(minutes=number)), touches, standing, (ZoneInfo(NEW_YORK),)
        )
        decisions.append(judged(profile, case)["decision"])
        if several and decisions[-1] == "allow":
            touches.append(Touch(f"sent-{number}", case.at, made.channel, purpose=made.purpose))
    if several:
        assert decisions == expected["decisions"]
    else:
        check(profile, case, expected)


def happened(event: dict[str, Any], at: datetime, standing: Standing, touches: list[Touch]) -> None:
    match event["kind"]:
        case "written_cease_or_refusal":
            standing.ceased_at = at
        case "sms_in":
            touches.append(Touch("in", at, "sms", inbound=True))
            if event["text"] == "STOP":
                standing.refused["sms"] = at
        case "medium_refused":
            standing.refused[event["medium"]] = at
        case "represented":
            standing.attorney = "an attorney"
        case "attorney_consents_direct_contact":
            standing.direct_contact_allowed = True
        case other:
            raise AssertionError(f"no such event: {other}")


def consumers(profile: Profile, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    assert [profile.is_consumer(who) for who in inputs["contact_is"]] == expected["is_consumer"]


def asked_not_to(profile: Profile, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    start, end = map(time.fromisoformat, inputs["customer_request"]["no_contact"].split("-"))
    at = datetime.combine(
        date(2026, 6, 3), time.fromisoformat(inputs["proposed"]["local_time"]), ZoneInfo("Europe/London")
    )
    standing = Standing(inconvenient=(Inconvenient(start, end),))
    check(
        profile, Case(Proposal(at, "call"), standing=standing, zones=(ZoneInfo("Europe/London"),)), expected
    )


def disputed(profile: Profile, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    assert profile.dispute is not None
    assert [profile.dispute.suspends(ground) for ground in inputs["dispute_grounds"]] == expected[
        "collection_suspended"
    ]
    at = datetime.fromisoformat("2026-06-03T11:00:00+01:00")
    for ground, suspended in zip(inputs["dispute_grounds"], expected["collection_suspended"], strict=True):
        case = Case(
            Proposal(at, "call", items=frozenset(["I"])),
            zones=(ZoneInfo("Europe/London"),),
            disputed={"I": (ground,)},
        )
        assert [one.rule for one in breaches([profile], case)] == (["DISPUTED"] if suspended else [])


def entered(profile: Profile, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    assert profile.moratorium is not None
    starts = moratorium.starts_on(profile.moratorium, date.fromisoformat(inputs["register_entry"]))
    assert str(starts) == expected["starts"]
    hold = Hold("H", "breathing-space", Days(starts), ())
    for day, allowed in ((starts - timedelta(1), True), (starts, False)):
        at = datetime.combine(day, time(12), ZoneInfo("Europe/London"))
        assert (
            not breaches(
                [profile], Case(Proposal(at, "call"), zones=(ZoneInfo("Europe/London"),), holds=(hold,))
            )
        ) is allowed


def suspended(profile: Profile, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    rule = profile.moratorium
    assert rule is not None
    first, last = map(date.fromisoformat, inputs["moratorium"])
    assert (last - first).days + 1 == inputs["days_accrued_in_period"] == rule.days
    assert moratorium.ends_on(rule, first - timedelta(1)) == last
    assert rule.suspends_charges is (Decimal(expected["interest_for_period_payable"]) == 0)
    assert rule.accepts_payments is expected["accept_payment"]


def crisis(profile: Profile, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    assert profile.moratorium is not None
    until = moratorium.crisis_lasts_until(profile.moratorium, date.fromisoformat(inputs["treatment_ended"]))
    assert str(until) == expected["minimum_protected_through"]


Put = Callable[[Profile, dict[str, Any], dict[str, Any]], None]
OF_ONE: dict[str, Put] = {
    "RF-030": cautioned, "RF-031": coverage, "RF-032": coverage, "RF-033": volume, "RT-013": boundaries,
    "RL-011": consumers, "CN-001": asked_not_to, "CN-002": disputed, "BS-001": entered, "BS-006": suspended,
    "BS-007": crisis,
}  # fmt: skip
OF_AREA: dict[str, Put] = {
    "us_reg_f_frequency": frequency, "us_state_frequency": frequency, "us_reg_f_time": clock,
    "us_reg_f_locks": locked,
}  # fmt: skip


def marked(case: dict[str, Any]) -> Any:
    reason = BELIEVED_WRONG.get(case["id"])
    marks = [pytest.mark.xfail(reason=reason)] if reason else []
    return pytest.param(case, id=f"{case['id']}: {case['rule']} [{case['source']}]", marks=marks)


@pytest.mark.skipif(not CASES, reason="../shared/data/rules is not here")
@pytest.mark.parametrize("case", list(map(marked, CASES)))
def test_published_rule(case: dict[str, Any]) -> None:
    assert case["rule"]
    assert case["source"]
    put = OF_ONE.get(case["id"]) or OF_AREA[case["area"]]
    put(OF_JURISDICTION[case["jurisdiction"]], case["inputs"], case["expected"])
