"""One account: who it is, what happened on it in readable sentences, and why each fact stands there."""

import json
from datetime import UTC, timedelta
from typing import Any

import pytest

from arrears.telling.explain_fact import in_words
from arrears.telling.sentences import sentence
from tests.test_golden_facts import CURRENT, ERASED, golden, personal_fields, revive
from tests.told_book import MIRA, Terminal, told_book


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    return told_book(tmp_path_factory.mktemp("told"))


@pytest.fixture
def terminal(told: str, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(told, capsys)


# --- one account ------------------------------------------------------------------------------------------


def test_the_account_says_who_it_is_and_what_happened_in_order(terminal: Terminal) -> None:
    account = terminal.answer("account", "C-1042", "--as-of", "2026-03-31")
    assert account["debtor"]["name"] == "Example Joinery"
    assert account["debtor"]["policy"] == "notice-calls-agency"
    assert account["balance"] == {"EUR": "1200.00", "GBP": "80.00"}
    assert [item["item"] for item in account["open_items"]] == ["INV-1", "INV-2"]
    assert [one["status"] for one in account["promises"]] == ["broken"]
    events = [(event["what"], event["decision"]) for event in account["timeline"]]
    raised = "Invoice INV-1 over 1200.00 EUR was issued on 2026-01-01, due on 2026-01-31."
    sent = "A letter 'collection-notice' went out at step notice, asking for 1200.00 EUR (about INV-1)."
    assert (raised, False) in events
    assert (sent, True) in events
    assert events.index((raised, False)) < events.index((sent, True))
    assert ("Promise promise-1 was broken: 0.00 EUR of 500.00 EUR came in time.", True) in events


def test_what_was_known_then_is_what_the_account_shows(terminal: Terminal) -> None:
    account = terminal.answer("account", "C-1042", "--as-known", "2026-01-28")
    assert [event["topic"] for event in account["timeline"]] == [
        *("AccountOpened", "InvoiceRaised", "InvoiceRaised", "ReminderIssued")
    ]
    assert account["promises"] == []


def test_the_other_account_stays_untouched(terminal: Terminal) -> None:
    account = terminal.answer("account", "C-2000")
    assert [event["topic"] for event in account["timeline"]] == ["AccountOpened", "InvoiceRaised"]


def test_people_read_the_account_as_tables(terminal: Terminal) -> None:
    code, out, _ = terminal.ask("account", "C-1042", "--as-of", "2026-03-31")
    assert code == 0
    assert "C-1042 Example Joinery (business, trade)" in out
    assert "Owed at the end of 2026-03-31: 1200.00 EUR, 80.00 GBP" in out
    assert "A note was added: Asked for a copy of the invoice." in out


def test_the_statement_goes_from_opening_to_closing(terminal: Terminal) -> None:
    statement = terminal.answer("statement", "C-1042", "--from", "2026-01-05", "--as-of", "2026-03-31")
    assert statement["opening"] == {"EUR": "1200.00"}
    assert [(line["document"], line["balance"]) for line in statement["lines"]] == [("INV-2", "80.00")]
    assert statement["closing"] == {"EUR": "1200.00", "GBP": "80.00"}


@pytest.mark.parametrize("words", [["account", "C-9"], ["statement", "C-9"], ["explain", "C-9", "1"]])
def test_an_unknown_account_is_refused_by_name(words: list[str], terminal: Terminal) -> None:
    code, _, err = terminal.ask(*words)
    assert (code, err) == (3, "arrears: there is no account 'C-9' in this book\n")


# --- why --------------------------------------------------------------------------------------------------
def explained(terminal: Terminal, topic: str, step: str | None = None) -> Any:
    """The explanation of the first fact of that kind (and step) on C-1042."""
    timeline = terminal.answer("account", "C-1042")["timeline"]
    version = next(e["version"] for e in timeline if e["topic"] == topic and step in (None, e["step"]))
    return terminal.answer("explain", "C-1042", str(version))


def test_a_reminder_decided_by_a_late_wake_up_is_explained(terminal: Terminal) -> None:
    explanation = explained(terminal, "ReminderIssued", "notice")
    decision = explanation["decision"]
    assert (decision["policy"], decision["policy_version"]) == ("notice-calls-agency", 1)
    assert decision["title"] == "The collection notice at 30 days past due"
    assert decision["due_at"] == "2026-03-02T09:00:00+00:00"
    assert decision["acted_at"] == "2026-03-02T12:30:00+00:00"
    assert decision["late_seconds"] == 12_600
    assert decision["figures"]["demand EUR"] == "1200.00"
    assert explanation["lines"] == [
        {
            "item": "INV-1", "step": "notice", "title": "The collection notice at 30 days past due",
            "currency": "EUR", "open": "1200.00", "due_on": "2026-01-31", "days_past_due": 30, "cycle": 1,
        }
    ]  # fmt: skip
    _, under, due, *_ = explanation["sentences"]
    assert f"SHA-256 {decision['sha256'][:12]}" in under
    assert due.endswith("3 hours 30 minutes late.")


def test_a_judgement_is_explained_by_its_figures(terminal: Terminal) -> None:
    explanation = explained(terminal, "PromiseBroken")
    assert explanation["decision"]["step"] == "promise"
    assert explanation["decision"]["figures"]["promised"] == "500.00 EUR"


def test_an_outside_fact_says_who_recorded_it_and_since_when_it_was_known(terminal: Terminal) -> None:
    explanation = explained(terminal, "NoteAdded")
    assert (explanation["decision"], explanation["by"]) == (None, MIRA)
    assert explanation["sentences"] == [
        f"Fact {explanation['version']} of account C-1042: "
        "A note was added: Asked for a copy of the invoice.",
        "It came from outside; no policy decided it.",
        "It was recorded on 2026-02-10 10:00 UTC, by mira.",
        "It was known from that moment on.",
    ]
    _, out, _ = terminal.ask("explain", "C-1042", str(explanation["version"]))
    _clocks, *said = out.splitlines()
    assert said == explanation["sentences"]


def test_a_fact_that_is_not_there_is_refused(terminal: Terminal) -> None:
    code, _, err = terminal.ask("explain", "C-2000", "3", "--format", "json")
    assert code == 3
    assert json.loads(err)["error"] == {
        "rule": "FactUnknown",
        "sentence": "account 'C-2000' has no fact 3; its facts are numbered from 1 to 2",
        "data": {"account": "C-2000", "version": 3, "last": 2},
    }


@pytest.mark.parametrize(
    ("delay", "words"),
    [
        (timedelta(), ""),
        (timedelta(seconds=59), ""),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(days=7, hours=1), "7 days 1 hour"),
    ],
)
def test_a_delay_in_words(delay: timedelta, words: str) -> None:
    assert in_words(delay) == words


@pytest.mark.parametrize("form", ["", ".minimal"])
@pytest.mark.parametrize("name", CURRENT)
def test_every_kind_of_fact_has_a_sentence(name: str, form: str) -> None:
    said = sentence(revive(*golden(f"{name}{form}.json")), UTC)
    assert said.endswith(".")
    assert "None" not in said
    assert ".." not in said


@pytest.mark.parametrize("name", ["AccountOpened.v1", "NoteAdded.v1", "DisputeOpened.v1"])
def test_what_was_erased_is_said_to_be_erased(name: str) -> None:
    topic, state = golden(f"{name}.json")
    personal = personal_fields(type(revive(topic, state)))
    assert "[erased]" in sentence(revive(topic, state | dict.fromkeys(personal, ERASED)), UTC)
