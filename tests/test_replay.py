"""`arrears replay --policy`: the answer for people, for programs, and as CSV."""

from pathlib import Path

import pytest

from tests.stories import shipped
from tests.told_book import Terminal, told_book

SOONER = shipped("notice-calls-agency", ("days_past_due = 30", "days_past_due = 20"))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    return told_book(tmp_path_factory.mktemp("told"))


@pytest.fixture
def terminal(told: str, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(told, capsys)


@pytest.fixture
def sooner(tmp_path: Path) -> str:
    file = tmp_path / "sooner.toml"
    file.write_text(SOONER)
    return str(file)


def test_figures_for_programs(terminal: Terminal, sooner: str) -> None:
    """Then a wake-up came late, on 2 March; now each invoice has its notice on day 20."""
    answer = terminal.answer("replay", "--policy", sooner)
    asked = ("policy", "for_all", "from", "to", "zone", "accounts", "concerned")
    assert {name: answer[name] for name in asked} == {
        "policy": "notice-calls-agency", "for_all": False, "from": None, "to": "2026-03-31", "zone": "UTC",
        "accounts": 2, "concerned": 2,
    }  # fmt: skip
    assert answer["changed"] == {"count": 1, "accounts": ["C-1042"]}
    assert answer["contacts"][-1] == {
        "step": "notice", "channel": "letter", "then": 1, "now": 2, "earlier": 2, "later": 0,
        "mean_days": -19.5,
    }  # fmt: skip
    groups = {name: group["accounts"] for name, group in answer["contacted"].items() if group["count"]}
    assert groups == {"earlier": ["C-1042"], "more": ["C-1042"]}
    assert answer["calls_not_made"] == {"then": 1, "now": 2}
    assert answer["deferrals"] == [{"rule": "min_gap_days", "then": 0, "now": 1}]
    assert answer["orphaned"] == {"count": 0, "by_kind": {}}
    assert (answer["promises"], answer["placements"], answer["charges"]) == ([], [], [])
    assert "would have paid, promised or answered otherwise" in answer["cannot_be_known"]


def test_the_work_of_each_day(terminal: Terminal, sooner: str) -> None:
    work = terminal.answer("replay", "--policy", sooner)["workload"]
    assert work["days"] == 63
    assert work["by_work"][1] == {
        "work": "email", "then": 1, "then_per_day": 0.02, "then_most": 1, "then_most_on": "2026-01-28",
        "now": 2, "now_per_day": 0.03, "now_most": 1, "now_most_on": "2026-01-28",
    }  # fmt: skip
    assert work["by_day"][:2] == [
        {"date": "2026-01-28", "work": "email", "then": 1, "now": 1},
        {"date": "2026-02-06", "work": "email", "then": 0, "now": 1},
    ]


def test_the_two_timelines_side_by_side(terminal: Terminal, sooner: str) -> None:
    words = ("--account", "C-1042", "--from", "2026-03-05", "--to", "2026-03-20")
    [timeline] = terminal.answer("replay", "--policy", sooner, *words)["timelines"]
    assert timeline["account"] == "C-1042"
    rows = [(row["date"], beginning(row["then"]), beginning(row["now"])) for row in timeline["rows"]]
    assert rows == [
        ("2026-03-05", None, "A letter 'collection-notice'"),
        ("2026-03-09", "A call 'first-call'", "A call 'first-call'"),
        ("2026-03-09", "On 2026-03-09 the", "On 2026-03-09 the"),
        ("2026-03-09", "The contact", "The contact"),
        ("2026-03-10", None, "Step first-call for"),
        ("2026-03-12", None, "A call 'first-call'"),
        ("2026-03-18", None, "Promise promise-1 was"),
        ("2026-03-18", None, "A call 'first-call'"),
    ]


def beginning(sentence: str | None) -> str | None:
    return sentence and " ".join(word for word in sentence.split()[:3] if "contact-" not in word)


def test_tables_for_people(terminal: Terminal, sooner: str) -> None:
    code, out, err = terminal.ask("replay", "--policy", sooner)
    assert (code, err) == (0, "")
    assert "it concerns 2 of 2 accounts, and changes something for 1." in out
    assert "whether they would have paid, promised or answered otherwise cannot be known" in out
    code, out, err = terminal.ask("replay", "--policy", sooner, "--account", "C-1042")
    assert (code, err) == (0, "")
    assert "C-1042, then and now" in out


def test_csv_is_clean_and_the_sentences_go_elsewhere(terminal: Terminal, sooner: str) -> None:
    code, out, err = terminal.ask("replay", "--policy", sooner, "--format", "csv")
    first, *lines = out.splitlines()
    assert (code, first) == (0, "section,what,detail,then,now,earlier,later,mean_days")
    assert "contacts,notice,letter,1,2,2,0,-19.5" in lines
    assert "workload,letter,2026-02-20,0,1,,," in lines
    assert "cannot be known" in err
    _, out, _ = terminal.ask("replay", "--policy", sooner, "--account", "C-1042", "--format", "csv")
    assert out.splitlines()[0] == "account,date,then,now"


def test_a_policy_that_the_book_does_not_have_is_tried_on_every_account(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "other.toml"
    file.write_text(SOONER.replace("notice-calls-agency", "other"))
    answer = terminal.answer("replay", "--policy", str(file))
    assert (answer["policy"], answer["for_all"], answer["concerned"]) == ("other", True, 2)
    file.write_text(shipped("gentle-to-firm"))
    assert terminal.answer("replay", "--policy", str(file))["concerned"] == 0
    assert terminal.answer("replay", "--policy", str(file), "--for-all")["concerned"] == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "either --policy FILE or --control"),
        (("--control", "--policy", "FILE"), "either --policy FILE or --control"),
        (("--control", "--from", "2026-01-01"), "the whole history"),
        (("--policy", "FILE", "--from", "2026-02-01", "--to", "2026-01-01"), "before --from"),
        (("--policy", "FILE", "--from", "2027-01-01"), "nothing to replay"),
        (("--policy", "nowhere.toml"), "there is no file 'nowhere.toml'"),
    ],
)
def test_wrong_usage_is_refused(terminal: Terminal, sooner: str, words: tuple[str, ...], said: str) -> None:
    code, _, err = terminal.ask("replay", *(sooner if word == "FILE" else word for word in words))
    assert (code, said in err) == (2, True), err


def test_a_file_that_is_no_policy_is_refused(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text('name = "broken"\n')
    code, _, err = terminal.ask("replay", "--policy", str(file))
    assert (code, "broken.toml: steps" in err) == (2, True)
