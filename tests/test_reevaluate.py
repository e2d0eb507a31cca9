"""A past period under other promise terms or bucket edges: shown without touching the log, then adopted."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from arrears.cli.main import run
from engine.domain.evolve import evolve
from engine.domain.facts.promises import PromiseTermsChanged, PromiseWithdrawn
from tests.replays import controlled
from tests.stories import Story, day, moment, on_sqlite, shipped

PATIENT = shipped("notice-calls-agency", ("grace_business_days = 1", "grace_business_days = 5"))


@pytest.fixture
def patient(tmp_path: Path) -> str:
    file = tmp_path / "patient.toml"
    file.write_text(PATIENT)
    return str(file)


class Screen:
    """Where commands are given to the book of a story, at the wall clock."""

    def __init__(self, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.url, self.capsys = url, capsys

    def ask(self, *words: str) -> tuple[int, str, str]:
        code = run([*words, "--book", self.url])
        written = self.capsys.readouterr()
        return code, written.out, written.err

    def answer(self, *words: str) -> Any:
        code, out, err = self.ask(*words, "--format", "json")
        assert code == 0, err
        return json.loads(out)


@pytest.fixture
def screen(book_url: str, capsys: pytest.CaptureFixture[str]) -> Screen:
    return Screen(book_url, capsys)


def log_of(story: Story) -> list[Any]:
    """The whole log as it is stored, to the byte."""
    return [
        (row.originator_id, row.originator_version, row.topic, bytes(row.state))
        for row in story.book.store.rows()
    ]


def broken_by_three_days(story: Story) -> None:
    """A promise for Friday, 20 February, with one business day of grace; the money came on the 25th."""
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-10")
    story.promise("100", "INV-1", by="2026-02-20")
    story.until("2026-02-25", hours=(0, 12))
    story.pay("100", "INV-1")
    story.until("2026-02-27", hours=(0, 12))
    assert [line.split()[1] for line in story.decisions("PromiseKept", "PromiseBroken")] == ["PromiseBroken"]


def test_other_terms_judge_otherwise_and_the_log_stays_as_it_is(
    story: Story, screen: Screen, patient: str
) -> None:
    broken_by_three_days(story)
    before = log_of(story)
    answer = screen.answer("reevaluate", "promises", "--policy", patient)
    assert (answer["promises"], answer["other_terms"], answer["judged_differently"]) == (1, 1, 1)
    (row,) = answer["rows"]
    assert (row["account"], row["then"], row["now"]) == ("A", "broken", "kept")
    assert (row["received_then"], row["received_now"], row["amount"]) == ("0.00", "100.00", "100.00")
    assert (row["deadline_then"], row["deadline_now"]) == ("2026-02-23", "2026-02-27")
    assert answer["by_status"] == [
        {"status": "broken", "then": 1, "now": 0},
        {"status": "kept", "then": 0, "now": 1},
    ]
    assert answer["adopted"] is None
    assert log_of(story) == before


@on_sqlite
def test_only_promises_of_the_period_and_of_the_accounts_named(
    story: Story, screen: Screen, patient: str
) -> None:
    broken_by_three_days(story)
    asked = ("reevaluate", "promises", "--policy", patient)
    assert screen.answer(*asked, "--from", "2026-02-11")["promises"] == 0
    assert screen.answer(*asked, "--to", "2026-02-09")["promises"] == 0
    assert screen.answer(*asked, "--from", "2026-02-10", "--to", "2026-02-10")["promises"] == 1
    assert screen.answer(*asked, "--account", "B")["promises"] == 0
    code, out, _ = screen.ask(*asked, "--format", "csv")
    assert (code, out.splitlines()[1].split(",")[:2]) == (0, ["A", "promise"])
    _, out, _ = screen.ask(*asked)
    assert "1 with other terms, 1 judged differently" in out
    assert "Nothing was stored" in out


def test_adopted_terms_judge_again_and_everything_follows_and_replays(
    story: Story, screen: Screen, patient: str
) -> None:
    broken_by_three_days(story)
    asked = ("reevaluate", "promises", "--policy", patient)
    adopted = screen.answer(*asked, "--adopt", "--reason", "the grace was agreed to be longer", "--yes")
    assert adopted["adopted"] == 1
    changed = story.facts()[-1]
    assert (changed.TOPIC, changed.because) == ("PromiseTermsChanged", None)
    assert story.account.broken_promises == 1
    story.book.tick(moment("2026-12-31"))
    promise = story.account.promises["promise"]
    assert (promise.status, str(promise.received), story.account.broken_promises) == ("kept", "100.00", 0)
    report = screen.answer("report", "promises", "--as-of", "2026-12-31")
    assert report["rows"][0]["kept_rate_by_number"] == "1.0000"
    assert report["promises"][0]["deadline"] == "2026-02-27"
    past = screen.answer("report", "promises", "--as-of", "2026-02-28")
    assert (past["promises"][0]["status"], past["promises"][0]["deadline"]) == ("broken", "2026-02-23")
    assert controlled(story.book).differences.first == []
    again = screen.answer(*asked, "--adopt", "--reason", "once more", "--yes")
    assert (again["other_terms"], again["adopted"]) == (0, 0)


def test_money_counts_for_the_earlier_promise_when_both_are_judged_again(
    story: Story, screen: Screen, patient: str
) -> None:
    story.invoice("INV-1", "200.00", due="2026-01-10")
    story.until("2026-02-10")
    story.promise("100", "INV-1", by="2026-02-13", name="z-first")
    story.promise("100", "INV-1", by="2026-02-19", name="a-second")
    story.until("2026-02-19", hours=(0, 12))
    story.pay("100", "INV-1")
    story.until("2026-02-27", hours=(0, 12))
    rows = screen.answer("reevaluate", "promises", "--policy", patient)["rows"]
    assert {row["promise"]: (row["then"], row["now"]) for row in rows} == {
        "z-first": ("broken", "kept"),
        "a-second": ("kept", "broken"),
    }
    screen.answer("reevaluate", "promises", "--policy", patient, "--adopt", "--reason", "so", "--yes")
    story.book.tick(moment("2026-12-31"))
    stands = {name: promise.status for name, promise in story.account.promises.items()}
    assert stands == {"z-first": "kept", "a-second": "broken"}
    assert controlled(story.book).differences.first == []


@on_sqlite
def test_a_promise_of_another_period_is_told_of_where_other_money_is_left_for_it(
    story: Story, screen: Screen, patient: str
) -> None:
    story.invoice("INV-1", "200.00", due="2026-01-10")
    story.until("2026-02-10")
    story.promise("100", "INV-1", by="2026-02-13", name="first")
    story.until("2026-02-11")
    story.promise("100", "INV-1", by="2026-02-19", name="second")
    story.until("2026-02-19", hours=(0, 12))
    story.pay("100", "INV-1")
    story.until("2026-02-27", hours=(0, 12))
    asked = ("reevaluate", "promises", "--policy", patient, "--to", "2026-02-10")
    answer = screen.answer(*asked, "--adopt", "--reason", "so", "--yes")
    assert {row["promise"]: (row["then"], row["now"], row["other_terms"]) for row in answer["rows"]} == {
        "first": ("broken", "kept", True),
        "second": ("kept", "broken", False),
    }
    assert answer["adopted"] == 1
    story.book.tick(moment("2026-12-31"))
    stands = {name: promise.status for name, promise in story.account.promises.items()}
    assert stands == {"first": "kept", "second": "broken"}
    assert controlled(story.book).differences.first == []


@on_sqlite
def test_a_promise_withdrawn_waits_for_no_judgement_by_its_new_terms(story: Story) -> None:
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-02-10")
    story.promise("100", "INV-1", by="2026-02-20")
    promise = story.account.promises["promise"]
    later = promise.terms.model_copy(update={"deadline": day("2026-02-27")})
    changed = PromiseTermsChanged(
        promise="promise", terms=later, changed_on=day("2026-02-11"), reason="agreed so"
    )
    account = deepcopy(story.account)
    evolve(account, changed)
    evolve(account, PromiseWithdrawn(promise="promise", withdrawn_on=day("2026-02-12")))
    assert (account.promises["promise"].status, account.promises["promise"].terms_changed) == (
        "withdrawn",
        False,
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--adopt",), "--adopt needs --reason"),
        (("--reason", "so"), "--reason goes with --adopt"),
        (("--from", "2026-02-01", "--to", "2026-01-01"), "before --from"),
    ],
)
@on_sqlite
def test_wrong_usage_is_refused(
    story: Story, screen: Screen, patient: str, words: tuple[str, ...], said: str
) -> None:
    story.open()
    code, _, err = screen.ask("reevaluate", "promises", "--policy", patient, *words)
    assert (code, said in err) == (2, True), err


# --- bucket edges -----------------------------------------------------------------------------------------


def test_other_edges_stand_beside_the_present_ones_and_can_be_adopted(story: Story, screen: Screen) -> None:
    story.invoice("INV-1", "70.00", due="2026-01-10")
    before = log_of(story)
    asked = ("reevaluate", "buckets", "--edges", "15,45,75")
    days = screen.answer(*asked, "--from", "2026-01-20", "--to", "2026-03-02")["days"]
    assert [one["as_of"] for one in days] == ["2026-01-31", "2026-02-28", "2026-03-02"]
    moved = {(row["present"], row["given"], row["count"], row["amount"]) for row in days[1]["moved"]}
    assert moved == {("31-60", "46-75", 1, "70.00")}
    assert days[1]["present"][0]["total"] == days[1]["given"][0]["total"]
    assert log_of(story) == before

    adopted = screen.answer(
        *asked, "--adopt", "--reason", "as the group reports", "--since", "2026-03-01", "--yes"
    )
    assert adopted["adopted"] == 1
    assert screen.answer("report", "aging", "--as-of", "2026-02-28")["edges"] == [30, 60, 90]
    report = screen.answer("report", "aging", "--as-of", "2026-03-01")
    assert (report["edges"], report["edges_adopted_on"]) == ([15, 45, 75], "2026-03-01")
    assert screen.answer("report", "aging", "--as-of", "2026-03-01", "--edges", "30")["edges"] == [30]
    _, out, _ = screen.ask("report", "aging", "--as-of", "2026-03-01")
    assert "Buckets as adopted from 2026-03-01 on." in out
    again = screen.answer(*asked, "--adopt", "--reason", "again", "--since", "2026-03-01", "--yes")
    assert again["adopted"] == 0
    assert controlled(story.book).differences.first == []


@on_sqlite
def test_people_and_spreadsheets_read_both_agings(story: Story, screen: Screen) -> None:
    story.invoice("INV-1", "70.00", due="2026-01-10")
    asked = ("reevaluate", "buckets", "--edges", "15,45", "--as-of", "2026-01-20")
    _, out, _ = screen.ask(*asked)
    assert "2026-01-20, edges 30,60,90" in out
    assert "2026-01-20, edges 15,45" in out
    code, out, _ = screen.ask(*asked, "--format", "csv")
    assert (code, out.splitlines()[0]) == (0, "as_of,edges,currency,bucket,amount")
