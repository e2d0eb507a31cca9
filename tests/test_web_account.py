"""The page of an account on two clocks, its explanations and files, and the audit search.

The story of `told_book`: C-1042 owes INV-1 and INV-2, is reminded, promises on 9 March and breaks it.
"""

import json
import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from fastapi.testclient import TestClient
from pypdf import PdfReader

from arrears.access.permissions import Role
from arrears.access.tokens import add_token
from arrears.access.users import add_user
from arrears.telling.naming import names
from arrears.web.audit import TOPIC_GROUPS
from arrears.web.console import application
from engine.domain.facts.accounts import NoteAdded
from engine.domain.facts.base import Fact
from engine.domain.facts.catalogue import TOPICS
from engine.sealing.keys import new_key, read_key
from engine.sealing.seal import seal
from tests.told_book import Desk, moment, tell

PAGE = "/accounts/C-1042"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder: Path = tmp_path_factory.mktemp("account")
    url = f"sqlite:///{folder / 'book.db'}"
    tell(url)
    desk = Desk(url, "2026-04-01 08:00")
    desk.open("2026-04-01 09:00", "D-7", name="Forgotten Gardens")
    desk.invoice("2026-04-01 09:00", "D-7", "INV-7", "70.00", "EUR", due="2026-04-20")
    desk.book.erase("D-7", date(2026, 4, 1), "asked for it", True)
    new_key(folder / "seal.key")
    seal(desk.book.store, read_key(folder / "seal.key"), desk.now)
    desk.open("2026-04-01 10:00", "E/8", name="Example Imports")
    desk.now = moment("2026-04-02 09:00")
    for role in ("viewer", "auditor", "manager"):
        add_user(desk.book.database, role, role, None, desk.now)
    yield desk
    desk.book.close()


def browser(desk: Desk, role: Role = "viewer") -> TestClient:
    _, token = add_token(desk.book.database, role, "tests", desk.now)
    headers = {"Authorization": f"Bearer {token}"}
    return TestClient(application(desk.book), headers=headers, follow_redirects=False)


def read(desk: Desk, path: str, role: Role = "viewer", status: int = 200) -> str:
    """The words of a page, each space one space."""
    answer = browser(desk, role).get(path)
    assert answer.status_code == status, answer.text[-2000:]
    return words(answer.text)


def words(markup: str) -> str:
    return " ".join(
        unescape(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", markup, flags=re.S)).replace("\xa0", " ").split()
    )


def test_of_many_open_invoices_the_oldest_are_shown_and_all_on_request(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read(desk, PAGE).count(" INV-1 2026") == 1
    monkeypatch.setattr("arrears.web.account.OPEN_SHOWN", 1)
    few = read(desk, PAGE)
    assert "Open invoices and charges, the first 1 of 2" in few
    assert "All 2 open ones" in few
    assert "the first 1 of 2" not in read(desk, f"{PAGE}?still=all")


# --- two clocks -------------------------------------------------------------------------------------------


def test_the_page_says_what_is_owed_by_whom_and_what_comes_next(desk: Desk) -> None:
    page = read(desk, PAGE)
    assert "C-1042 Example Joinery" in page
    assert (
        "Owed 1,200.00 EUR 61-90 1,200.00 Principal 1,200.00 Interest 0.00 Fees 0.00 Unapplied 0.00" in page
    )
    assert "Owed 80.00 GBP" in page
    assert "promise-1 2026-03-09 2026-03-13 500.00 EUR 0.00 EUR broken mira" in page
    assert "Nothing more is due until something new comes" in page
    assert "on 2026-06-27 09:00 : a reminder by email" in read(desk, "/accounts/C-2000")
    assert "Asked for a copy of the invoice" in page


def test_as_of_a_day_as_known_then_the_page_holds_no_later_fact(desk: Desk) -> None:
    page = read(desk, f"{PAGE}?as_of=2026-02-01&as_known=2026-02-01")
    assert "1-30 1,200.00" in page
    assert "Owed 80.00 GBP current 80.00" in page
    for later in ("promise-1", "Asked for a copy", "broken"):
        assert later not in page


def test_a_fact_counts_from_the_moment_it_was_known_to_the_second(desk: Desk) -> None:
    assert "promise-1" not in read(desk, f"{PAGE}?as_known=2026-03-09T10:59:59Z")
    assert "promise-1" in read(desk, f"{PAGE}?as_known=2026-03-09T11:00:00Z")


def test_before_anything_was_known_the_page_says_so(desk: Desk) -> None:
    assert "Nothing was known of this account" in read(desk, f"{PAGE}?as_known=2025-12-31")


@pytest.mark.parametrize(
    ("moved", "query"),
    [("of=0&known=0", "?as_of=2026-01-01&as_known=2026-01-01"), ("of=31&known=9999", "?as_of=2026-02-01"),
     ("of=91&known=91", ""), ("of=91&known=90", "?as_known=2026-04-01"), ("of=nonsense", "")],
)  # fmt: skip
def test_the_slider_moves_both_clocks_and_its_end_means_now(desk: Desk, moved: str, query: str) -> None:
    answer = browser(desk).get(f"{PAGE}?{moved}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}{query}")


@pytest.mark.parametrize("query", ["as_of=soon", "as_known=2026-13-01", "from=x"])
def test_what_is_no_date_is_refused_in_a_sentence(desk: Desk, query: str) -> None:
    assert "is not a date" in read(desk, f"{PAGE}?{query}", status=422)


def test_a_number_with_a_slash_has_a_page_too(desk: Desk) -> None:
    assert "E/8 Example Imports" in read(desk, "/accounts/E%2F8")
    assert "Fact 1 of account E/8" in read(desk, "/accounts/E%2F8/facts/1")
    assert "no account 'E/9'" in read(desk, "/accounts/E%2F9", status=404)


def test_only_what_the_role_may_do_is_offered(desk: Desk) -> None:
    assert "/commands/" not in browser(desk).get(PAGE).text
    offered = re.findall(rf"{PAGE}/commands/([\w-]+)", browser(desk, "manager").get(PAGE).text)
    assert {"note", "promise", "pay", "credit", "place"} <= set(offered)
    assert "open" not in offered


# --- the timeline and its explanations --------------------------------------------------------------------


def versions(markup: str) -> list[int]:
    return [int(one) for one in re.findall(r">Fact (\d+)</a>", markup)]


def test_the_timeline_is_read_to_its_beginning_page_by_page(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arrears.web.timeline.PAGE", 4)
    reader, path, seen = browser(desk), f"{PAGE}/timeline", []
    while path:
        page = reader.get(path).text
        seen += versions(page)
        more = re.search(r'class="button second" href="([^"]+/timeline\?[^"]+)"', page)
        path = unescape(more[1]) if more else ""
    last = desk.book.facts_of("C-1042")[-1].version
    assert seen == list(range(last, 0, -1))


@pytest.mark.parametrize(
    ("query", "topics"),
    [("kind=promises", {"PromiseMade", "PromiseBroken"}), ("kind=money", {"InvoiceRaised"}),
     ("decided=people&kind=contacts", set()),
     ("by=mira&kind=debtor&from=2026-02-10&to=2026-02-10", {"NoteAdded"}),
     ("kind=promises&as_known=2026-03-10", {"PromiseMade"}), ("kind=promises&as_of=2026-03-08", set())],
)  # fmt: skip
def test_the_timeline_is_narrowed(desk: Desk, query: str, topics: set[str]) -> None:
    facts = {one.version: one.fact.TOPIC for one in desk.book.facts_of("C-1042")}
    shown = versions(browser(desk).get(f"{PAGE}/timeline?{query}").text)
    assert {facts[version] for version in shown} == topics


def decision(desk: Desk, topic: str) -> int:
    return next(one.version for one in desk.book.facts_of("C-1042") if topic == one.fact.TOPIC)


def test_a_decision_is_explained_and_shown_whole_to_those_who_may_read_the_log(desk: Desk) -> None:
    path = f"{PAGE}/facts/{decision(desk, 'PromiseBroken')}"
    page = read(desk, path)
    assert "The engine decided it under policy notice-calls-agency, version 1" in page
    assert "The figures it was decided on" in page
    assert "The record" not in page
    whole = read(desk, path, "auditor")
    assert "as sealed in checkpoint 1" in whole
    assert '"topic": "PromiseBroken"' in whole


def test_a_fact_is_not_there_before_it_was_known(desk: Desk) -> None:
    path = f"{PAGE}/facts/{decision(desk, 'PromiseBroken')}"
    assert "was not known" in read(desk, f"{path}?as_known=2026-03-10", status=404)
    assert "has no fact 999" in read(desk, f"{PAGE}/facts/999", status=404)


def test_a_day_is_explained(desk: Desk) -> None:
    page = read(desk, f"{PAGE}/day?on=2026-03-11&invoice=INV-1")
    assert "C-1042 on 2026-03-11" in page
    assert "a promise is pending" in page
    assert "INV-77" in read(desk, f"{PAGE}/day?on=2026-03-11&invoice=INV-77", status=422)


def test_of_many_invoices_some_are_explained_and_each_that_is_asked_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read(desk, f"{PAGE}/day?on=2026-03-11")
    monkeypatch.setattr("arrears.web.explaining.MOST_TOLD", 1)
    some = read(desk, f"{PAGE}/day?on=2026-03-11")
    told = [[one for one in ("INV-1", "INV-2") if f"{one}: " in page] for page in (whole, some)]
    assert told == [["INV-1", "INV-2"], ["INV-1"]]
    assert "1 further invoices or charges are told where they are asked for by their number." in some
    assert "INV-2: " in read(desk, f"{PAGE}/day?on=2026-03-11&invoice=INV-2")


# --- files ------------------------------------------------------------------------------------------------


def test_the_dispute_bundle_is_for_those_who_may_read_the_log(desk: Desk) -> None:
    assert browser(desk).get(f"{PAGE}/dossier").status_code == 403
    answer = browser(desk, "auditor").get(f"{PAGE}/dossier?invoice=INV-1&as_known=2026-03-10")
    facts = ZipFile(BytesIO(answer.content)).read("facts-readable.ndjson").splitlines()
    topics = {json.loads(one)["topic"] for one in facts}
    assert "PromiseMade" in topics
    assert "PromiseBroken" not in topics
    assert "INV-88" in read(desk, f"{PAGE}/dossier?invoice=INV-88", "auditor", status=409)


def test_the_texts_of_the_dispute_bundle_name_the_creditor_of_the_settings(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARREARS_CREDITOR", "Example Trading")
    monkeypatch.setenv("ARREARS_CREDITOR_IBAN", "DE89370400440532013000")
    answer = browser(desk, "auditor").get(f"{PAGE}/dossier")
    pages = PdfReader(BytesIO(ZipFile(BytesIO(answer.content)).read("dossier.pdf"))).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    assert "Payee: Example Trading IBAN: DE89 3704 0044 0532 0130 00" in text


def test_the_statement_is_a_file_on_both_clocks(desk: Desk) -> None:
    answer = browser(desk).get(f"{PAGE}/statement?format=csv&as_of=2026-01-05")
    assert "INV-1,EUR,1200.00,1200.00" in answer.text
    assert "INV-2" not in answer.text
    assert browser(desk).get(f"{PAGE}/statement").status_code == 422


# --- who was erased ---------------------------------------------------------------------------------------


def test_an_erased_account_shows_as_erased_everywhere(desk: Desk) -> None:
    stream = desk.book.engine.account_ids(["D-7"])["D-7"]
    for path in (f"/accounts/{stream}", f"/accounts/{stream}/timeline", f"/accounts/{stream}/facts/1",
                 f"/accounts/{stream}/day?on=2026-04-01", f"/audit?account={stream}"):  # fmt: skip
        page = read(desk, path, "auditor")
        assert "erased" in page
        assert "Forgotten" not in page
        assert "D-7" not in page
    assert "Owed 70.00 EUR" in read(desk, f"/accounts/{stream}")


# --- audit ------------------------------------------------------------------------------------------------


def found(desk: Desk, query: str) -> list[tuple[str, int]]:
    page = browser(desk, "auditor").get(f"/audit?{query}").text
    return [
        (name, int(version)) for name, version in re.findall(r'href="/accounts/([^"]+)/facts/(\d+)"', page)
    ]


def test_every_kind_of_fact_can_be_asked_for() -> None:
    assert sorted(topic for _, group in TOPIC_GROUPS for topic in group) == sorted(TOPICS)


def test_the_audit_is_for_those_who_may_read_the_log(desk: Desk) -> None:
    assert read(desk, "/audit", status=403)
    assert "Audit" not in read(desk, "/accounts").split("Accounts")[1]


def test_facts_are_found_by_what_they_name(desk: Desk) -> None:
    facts = desk.book.facts_of("C-1042")
    naming = [("C-1042", one.version) for one in reversed(facts) if names(one.fact, "promise-1")]
    assert found(desk, "named=promise-1") == naming
    assert len(naming) == 2  # made, and broken
    assert found(desk, "named=INV-2&topic=InvoiceRaised") == [("C-1042", 3)]
    assert found(desk, "named=nothing") == []


def test_facts_are_found_by_kind_user_and_the_days_on_each_clock(desk: Desk) -> None:
    assert found(desk, "topic=NoteAdded") == [("C-1042", decision(desk, "NoteAdded"))]
    assert found(desk, "topic=NoteAdded&by=engine") == []
    on_the_day = "topic=NoteAdded&known_from=2026-02-10&known_to=2026-02-10"
    assert found(desk, on_the_day) == found(desk, "topic=NoteAdded")
    assert found(desk, on_the_day.replace("02-10", "02-09")) == []
    assert found(desk, "topic=InvoiceRaised&happened_to=2026-01-01") == [("C-1042", 2)]
    assert "there is no kind" in read(desk, "/audit?topic=Nothing", "auditor", status=422)
    assert "is not a date" in read(desk, "/audit?known_from=x", "auditor", status=422)


def test_each_fact_says_which_checkpoint_covers_it_and_whether_it_is_as_it_was_sealed(desk: Desk) -> None:
    page = read(desk, "/audit?account=C-1042&seals=1", "auditor")
    assert "as sealed checkpoint 1" in page
    assert "not sealed yet" in read(desk, "/audit?account=E/8&seals=1", "auditor")
    assert "changed checkpoint" not in page


@pytest.mark.parametrize(
    ("fact", "name", "held"),
    [(NoteAdded(text="INV-1"), "INV-1", False), (NoteAdded(text="x", by="INV-1"), "INV-1", False)],
)
def test_personal_text_and_stamps_name_nothing(fact: Fact, name: str, held: bool) -> None:
    assert names(fact, name) is held
