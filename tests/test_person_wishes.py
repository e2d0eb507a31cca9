"""What a person asks for on one account holds for their others; the account of somebody else is untouched."""

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest

from arrears.wiring import whole
from engine import agenda
from engine.application import leave
from engine.domain.account import Account
from engine.domain.decisions import accounts, contacts
from engine.domain.evolve import fold
from engine.domain.facts.contacts import CallScheduled, InconvenientHours, StepWithheld
from engine.domain.facts.people import PersonPreferenceChanged
from engine.domain.people import person_stream
from engine.domain.permit import Permit, Refusal
from engine.domain.standing import ContactHistory
from engine.domain.wishes import Inconvenient, Standing, Wishes
from policies.contact_limits.case import Proposal
from tests.replays import controlled, under
from tests.stories import moment, on_sqlite
from tests.test_person_limits import DOCUMENT, TUESDAY, US, Desk, desk

__all__ = ["desk"]

CALL_AT = moment("2026-05-13T14:00")  # a day after the notice, at ten in New York


def asks(desk: Desk, account: str, **given: Any) -> None:
    desk.do(contacts.change_preferences, account, changed_at=desk.now, **given)


def refused(desk: Desk, account: str, channel: Any = "call", **more: Any) -> str:
    """The rule that refuses a contact with the account now; empty: none does."""
    with desk.book.account(account) as known:
        debts = frozenset([known.debt]) if known.debt else frozenset[str]()
        asked = Proposal(desk.now, channel, debts, has_opt_out_notice=True, **more)
        answer = leave(known, desk.book.engine.policies(), asked)
    assert isinstance(answer, Permit | Refusal)
    return answer.rule if isinstance(answer, Refusal) else ""


# --- what is the person's ---------------------------------------------------------------------------------

ASKED: list[tuple[dict[str, Any], str, dict[str, Any], dict[str, Any]]] = [
    # what is said on A, the rule that then refuses contact with B, how that contact is, what frees it again
    ({"refuse": ("sms",)}, "CHANNEL_REFUSED", {"channel": "sms"}, {"allow": ("sms",)}),
    ({"at_work": False}, "NOT_AT_WORK", {"number": "work"}, {"at_work": True}),
    (
        {"inconvenient": (InconvenientHours(start="10:00", end="12:00"),)},
        "CONSUMER_DESIGNATED_INCONVENIENT", {}, {"inconvenient": ()},
    ),
    ({"zones": ("Pacific/Honolulu",)}, "INCONVENIENT_TIME", {}, {"zones": ("America/New_York",)}),
    ({"cease": True}, "CEASE_COMMUNICATION", {"channel": "letter"}, {"cease": False}),
    ({"represented": True}, "ATTORNEY_REPRESENTED", {}, {"represented": False}),
    ({"represented": True}, "ATTORNEY_REPRESENTED", {}, {"direct_contact": True}),
]  # fmt: skip


@on_sqlite
def test_what_is_said_on_one_account_holds_for_the_other_until_it_is_taken_back(desk: Desk) -> None:
    desk.found()
    desk.now = CALL_AT
    for said, rule, contact, taken_back in ASKED:
        assert not refused(desk, "B", **contact), said
        asks(desk, "A", **said)
        assert refused(desk, "A", **contact) == refused(desk, "B", **contact) == rule
        assert not refused(desk, "C", **contact)
        asks(desk, "B", **taken_back)  # on whichever account that is said
        assert not refused(desk, "A", **contact)
        assert not refused(desk, "B", **contact)


@on_sqlite
def test_a_request_to_cease_and_an_attorney_are_about_a_debt(desk: Desk) -> None:
    desk.found(A="card", B="medical")
    desk.now = CALL_AT
    asks(desk, "A", cease=True)
    assert (refused(desk, "A"), refused(desk, "B")) == ("CEASE_COMMUNICATION", "")
    asks(desk, "A", cease=False, represented=True)
    assert (refused(desk, "A"), refused(desk, "B")) == ("ATTORNEY_REPRESENTED", "")
    asks(desk, "B", refuse=("call",))
    assert refused(desk, "A", "call") == "ATTORNEY_REPRESENTED"
    asks(desk, "A", represented=False)
    assert refused(desk, "A", "call") == "CHANNEL_REFUSED"


@on_sqlite
def test_an_account_opened_later_heeds_what_was_said_before(desk: Desk) -> None:
    desk.found()
    asks(desk, "A", refuse=("sms",))
    details = US | {"person": "pat", "number": "D"}
    desk.do(accounts.open_account, "D", known=False, opened_on=desk.now.date(), **details)
    assert refused(desk, "D", "sms") == "CHANNEL_REFUSED"


@on_sqlite
def test_the_name_of_the_attorney_stays_on_the_account(desk: Desk) -> None:
    desk.found()
    asks(desk, "A", represented=True, attorney="Example & Partners", note="by letter")
    asks(desk, "A", consent=True)
    shared = [one.fact for one in desk.book.store.stream(person_stream("pat"))]
    [told] = [fact for fact in shared if isinstance(fact, PersonPreferenceChanged)]
    assert told.through_attorney
    assert "Example" not in told.model_dump_json()
    assert "by letter" not in told.model_dump_json()


# --- the engine -------------------------------------------------------------------------------------------


def test_what_is_allowed_again_on_one_account_wakes_the_other(desk: Desk) -> None:
    desk.found()
    for account in "BC":
        desk.owe(account)
    asks(desk, "A", refuse=("call",))
    desk.now = CALL_AT
    desk.book.tick(desk.now)
    assert [fact.reason for fact in withheld(desk, "B")] == ["CHANNEL_REFUSED"]
    assert [len(desk.facts(account, CallScheduled)) for account in "BC"] == [0, 1]

    desk.now += timedelta(hours=1)
    asks(desk, "A", allow=("call",))
    assert desk.book.tick(desk.now).by_kind == {"CallScheduled": 1}
    assert len(desk.facts("B", CallScheduled)) == 1
    assert controlled(desk.book).differences.count == 0
    changed, _ = under(desk.book, whole(DOCUMENT), TUESDAY)
    assert changed.changed.count == 0


def withheld(desk: Desk, account: str) -> list[StepWithheld]:
    return [fact for fact in desk.facts(account, StepWithheld) if isinstance(fact, StepWithheld)]


def test_an_account_looked_at_before_the_person_spoke_stays_due(desk: Desk) -> None:
    """The wake-up on B is under way while something is said on A: its answer is not the last word."""
    desk.found()
    desk.book.tick(desk.now)
    stream = desk.book.account_id("B")
    with desk.book.account("B") as known:
        before = known.shared.wishes_version if known.shared else 0
    _, [seen] = desk.book.engine.act([stream], desk.now, desk.book.stamp())
    asks(desk, "A", allow=("call",))
    agenda.catch_up(desk.book.database, desk.book.store.read)
    agenda.settle(desk.book.database, [replace(seen, wishes_version=before)])
    assert stream in agenda.claim(desk.book.database, desk.now, "a worker")

    _, [seen] = desk.book.engine.act([stream], desk.now, desk.book.stamp())
    agenda.settle(desk.book.database, [seen])
    assert stream not in agenda.claim(desk.book.database, desk.now + timedelta(hours=1), "a worker")


# --- logs of before, in which only the account knew ---------------------------------------------------------


def test_what_only_the_account_heard_holds_there_until_the_person_says_otherwise() -> None:
    heard = Standing(
        refused={"sms": TUESDAY}, not_at_work=True, inconvenient=(Inconvenient(time(8), time(9)),)
    )
    assert Wishes().over(heard, "") == heard
    wishes = Wishes()
    wishes.heed(PersonPreferenceChanged(account="account-b", changed_at=TUESDAY, refuse=("email",)))
    assert wishes.over(heard, "").refused == {"sms": TUESDAY, "email": TUESDAY}
    wishes.heed(PersonPreferenceChanged(
        account="account-b", changed_at=TUESDAY, allow=("sms",), at_work=True, inconvenient=()
    ))  # fmt: skip
    asked = wishes.over(heard, "")
    assert (asked.refused, asked.not_at_work, asked.inconvenient) == ({"email": TUESDAY}, False, ())
    assert heard.refused == {"sms": TUESDAY}


CEASED: list[tuple[list[tuple[str, bool]], str, bool]] = [
    # said of which debt, and asked of an account of which one: whether contact ceases
    ([("", True)], "card", True),
    ([("card", True)], "card", True),
    ([("card", True)], "medical", False),
    ([("card", True)], "", True),
    ([("", True), ("card", False)], "card", False),
    ([("", True), ("card", False)], "medical", True),
    ([("card", True), ("", False)], "card", False),
    ([("card", False), ("", True)], "card", True),
]


@pytest.mark.parametrize(("said", "debt", "ceases"), CEASED)
def test_what_is_said_of_a_debt_and_of_all(said: list[tuple[str, bool]], debt: str, ceases: bool) -> None:
    wishes = Wishes()
    for of, cease in said:
        wishes.heed(PersonPreferenceChanged(account="a", debt=of, changed_at=TUESDAY, cease=cease))
    assert (wishes.over(Standing(), debt).ceased_at is not None) is ceases


def test_a_copy_is_changed_apart_from_the_original() -> None:
    history = ContactHistory()
    other = history.copy()
    other.wishes.heed(PersonPreferenceChanged(account="a", changed_at=TUESDAY, refuse=("sms",), cease=True))
    assert history.wishes == Wishes()
    assert fold(Account("account-a"), []).asked == Standing()
