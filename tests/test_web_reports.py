"""The pages of reports over HTTP: what they answer, what they refuse, and the files they give."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from openpyxl import load_workbook
from pypdf import PdfReader

from arrears.access.tokens import add_token
from arrears.access.users import add_user
from arrears.web.console import application
from arrears.wiring import Book, open_book
from engine.application import Command
from engine.domain.facts.base import Erased, Fact
from engine.domain.facts.promises import PromiseMade
from tests.report_log import invoice, opened, payment

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)


def record(book: Book, number: str, *facts: Fact) -> None:
    """Records facts as they are, at the moment of the book's clock."""
    account = book.engine.account_ids([number])[number]
    book.engine.execute(Command(account, lambda *_: list(facts), book.stamp()))


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """A-1 (segment red) owes 90.00 EUR for 31 days and has 20.00 unapplied; =B owes 70.00 EUR for a day."""
    url = f"sqlite:///{tmp_path_factory.mktemp('reports') / 'book.db'}"
    book = open_book(url, ZoneInfo("Europe/Berlin"), "tests", create=True, clock=lambda: NOW)
    record(book, "A-1", opened("A-1", segment="red", name="Ada"), invoice("I-1", "100.00", "2026-05-31"))
    record(book, "A-1", payment("P-1", "30.00", "2026-06-10", ("I-1", "10.00")))
    record(book, "=B", opened("=B", name="Ben"), invoice("I-2", "70.00", "2026-06-30"))
    add_user(book.database, "reader", "viewer", None, NOW)
    yield book
    book.close()


@pytest.fixture(scope="module")
def browser(book: Book) -> TestClient:
    _, token = add_token(book.database, "reader", "tests", NOW)
    return TestClient(application(book), headers={"Authorization": f"Bearer {token}"})


def lines(browser: TestClient, path: str) -> list[str]:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"].startswith("attachment")
    found: list[str] = answer.text.splitlines()
    return found


def test_aging_as_a_file_has_the_figures_of_the_page(browser: TestClient) -> None:
    page = browser.get("/aging").text
    assert "140.00" in page
    assert lines(browser, "/aging?format=csv") == [
        "currency,count,current,1-30,31-60,61-90,91+,unapplied,total",
        "EUR,2,0.00,70.00,90.00,0.00,0.00,20.00,140.00",
    ]
    assert lines(browser, "/aging?by=segment&format=csv&as_of=2026-06-01")[1:] == [
        "(none),EUR,1,70.00,0.00,0.00,0.00,0.00,0.00,70.00",
        "red,EUR,1,0.00,100.00,0.00,0.00,0.00,0.00,100.00",
    ]


def test_a_bucket_leads_to_accounts_and_items(browser: TestClient) -> None:
    page = browser.get("/aging?by=segment").text
    assert "/aging/accounts?by=segment&amp;key=red&amp;currency=EUR&amp;bucket=31-60" in page
    accounts = browser.get("/aging/accounts?by=segment&key=red&currency=EUR&bucket=31-60").text
    assert "Ada" in accounts
    assert "Ben" not in accounts
    items = lines(browser, "/aging/items?bucket=1-30&currency=EUR&format=csv")
    assert items[1:] == ["'=B,I-2,invoice,2026-05-31,2026-06-30,1,1-30,EUR,70.00"]
    assert "I-2" in browser.get("/aging/items?account=%3DB").text


def test_a_workbook_and_paper_of_the_same_table(browser: TestClient) -> None:
    book = load_workbook(BytesIO(browser.get("/aging/accounts?format=xlsx").content))
    rows = list(book["Aging by account"].iter_rows(min_row=2, values_only=True))
    assert sorted((row[0], row[-1]) for row in rows) == [("=B", 70), ("A-1", 70)]
    text = PdfReader(BytesIO(browser.get("/aging/accounts?format=pdf").content)).pages[0].extract_text()
    assert "As of 2026-07-01 (Europe/Berlin), as known now." in text
    assert "1 of 1" in text


def test_nothing_was_known_before_it_was_recorded(browser: TestClient) -> None:
    assert "Nothing is open" in browser.get("/aging?as_known=2026-06-30").text
    compared = browser.get("/aging?as_known=2026-06-30&against=2026-07-02").text
    assert "4 facts" in compared or "3 facts" in compared
    assert "PaymentReceived" in compared


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/aging?as_of=soon", "as of: &#39;soon&#39; is not a date such as 2026-03-31."),
        ("/aging?as_known=x", "as known: &#39;x&#39; is not a date or moment"),
        ("/aging?edges=60,30", "&#39;60,30&#39; are no bucket edges"),
        ("/aging?edges=a", "&#39;a&#39; are no days"),
        ("/aging?by=month", "by: &#39;month&#39; is none of currency"),
        ("/aging?against=2026-07-01", "say first as known when"),
        ("/aging?as_known=2026-07-01&against=2026-06-01", "expected a later moment"),
        ("/aging?format=doc", "format: &#39;doc&#39; is none of csv, xlsx, pdf."),
        ("/aging/items?bucket=20-30", "bucket: &#39;20-30&#39; is none of current"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_answered_in_a_sentence(browser: TestClient, path: str, sentence: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 422
    assert sentence in answer.text


def test_an_unknown_account_is_refused(browser: TestClient) -> None:
    assert browser.get("/aging/items?account=none").status_code == 409


def test_the_dashboard_names_each_formula_and_its_variants(browser: TestClient) -> None:
    page = browser.get("/").text
    assert "Receivables at the end ÷ credit sales of the last three months × their days" in page
    assert '<option value="countback">DSO, counted back</option>' in page
    other = browser.get("/?dso=countback&part=segment:red").text
    assert "the last month in part" in other
    assert "segment=" not in other
    [value] = [
        line for line in lines(browser, "/?format=csv&dso=month") if line.startswith("dso,month,EUR,2026-06,")
    ]
    assert value.split(",")[5:7] == ["", "days"]  # nothing was invoiced in June


def test_what_waits_says_what_to_do(browser: TestClient) -> None:
    page = browser.get("/exceptions-report").text
    assert "Set it against what it was paid for, or pay it back." in page
    assert "/commands/allocate" not in page  # a viewer is not led to what is not theirs to do
    told = lines(browser, "/exceptions-report?kind=unapplied&format=csv")
    assert [line.split(",")[:3] for line in told[1:]] == [["A-1", "Ada", "Unapplied money"]]
    assert browser.get("/exceptions-report?kind=none").status_code == 422


@pytest.mark.parametrize(
    "path", ["/promises", "/promises/performance", "/disputes", "/agencies", "/contacts"]
)
def test_each_report_is_a_page_and_three_files_on_any_clock(browser: TestClient, path: str) -> None:
    for clocks in ("", "&as_of=2026-06-15", "&as_of=2026-06-15&as_known=2026-07-01T10:00"):
        assert browser.get(f"{path}?{clocks[1:]}").status_code == 200
        for kind, start in (("csv", b""), ("xlsx", b"PK"), ("pdf", b"%PDF")):
            answer = browser.get(f"{path}?format={kind}{clocks}")
            assert answer.status_code == 200
            assert answer.content.startswith(start)


@pytest.mark.parametrize(
    "path",
    ["/?part=all", "/?cei=none", "/promises?status=open", "/promises/performance?by=day",
     "/disputes?by=day", "/contacts?since=then"],
)  # fmt: skip
def test_reports_refuse_what_they_do_not_know(browser: TestClient, path: str) -> None:
    assert browser.get(path).status_code == 422


# --- what takes long on a large book ----------------------------------------------------------------------


@pytest.mark.parametrize(("path", "figure"), [("/", "Dashboard"), ("/exceptions-report", "20.00 EUR")])
def test_past_clocks_of_a_large_book_follow_behind_the_page(
    path: str, figure: str, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = f"{path}?as_of=2026-06-20&as_known=2099-01-0{1 + len(path) % 9}"
    assert "Working it out" not in browser.get(then).text, "a small book answers at once"
    monkeypatch.setattr("arrears.web.behind.LARGE_ACCOUNTS", 1)
    again = then.replace("06-20", "06-21")
    meanwhile = browser.get(again).text
    assert f'hx-get="{again.replace("&", "&amp;")}&amp;whole=1"' in meanwhile
    assert "20.00" not in meanwhile
    assert figure in browser.get(f"{again}&whole=1").text
    assert figure in browser.get(again).text, "worked out once, it is there at once"
    assert browser.get(f"{again}&format=csv").headers["content-type"].startswith("text/csv")


def test_the_chart_over_time_is_the_same_from_reports_as_from_kept_figures(browser: TestClient) -> None:
    def chart(query: str) -> str:
        text: str = browser.get(f"/aging/over-time{query}").text
        return text[text.index('<div id="over-time"') : text.index("</main>")]

    kept, added_up = chart(""), chart("?edges=30,60,90&as_known=2026-07-01")
    assert "90.00" in kept
    assert added_up == kept


def test_no_clock_but_the_present_is_behind(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arrears.web.behind.LARGE_ACCOUNTS", 1)
    assert "Working it out" not in browser.get("/").text + browser.get("/exceptions-report").text


# --- how promises turn out, by debtor ---------------------------------------------------------------------


def promised(name: str, amount: str) -> PromiseMade:
    terms = {"tolerance": "0.00", "deadline": "2026-06-10", "judge_at": "2026-06-12T22:00:00Z"}
    return PromiseMade.model_validate({
        "promise": name, "amount": amount, "currency": "EUR", "made_on": "2026-06-01",
        "promised_on": "2026-06-10", "items": ["I-1"], "terms": terms,
    })  # fmt: skip


@pytest.fixture
def promising(sqlite_url: str) -> Iterator[Book]:
    """A-1 promised 50.00 and paid it late; B-1 and C-1, whose numbers were erased since, promised 10.00 each;
    D-1 had promised 20.00 a day before it was known by its number."""
    now = NOW - timedelta(1)
    book = open_book(sqlite_url, ZoneInfo("UTC"), "tests", create=True, clock=lambda: now)
    record(book, "D-1", promised("P-4", "20.00"))
    now = NOW
    for number in ("A-1", "B-1", "C-1", "D-1"):
        record(book, number, opened(number))
    record(book, "A-1", invoice("I-1", "100.00", "2026-05-31"), promised("P-1", "50.00"))
    record(book, "A-1", payment("M-1", "50.00", "2026-06-12", ("I-1", "50.00")))
    for number in ("B-1", "C-1"):
        record(book, number, promised("P-2", "10.00"))
        book.erase(number, NOW.date(), "a request", True)
    add_user(book.database, "reader", "viewer", None, NOW)
    yield book
    book.close()


def test_promises_by_debtor_go_by_the_numbers_that_were_known(promising: Book) -> None:
    _, token = add_token(promising.database, "reader", "tests", NOW)
    browser = TestClient(application(promising), headers={"Authorization": f"Bearer {token}"})

    def told(clocks: str) -> list[tuple[str, ...]]:
        """Of each row: the debtor, how many promises are pending, what was promised, and what came late."""
        rows = lines(browser, f"/promises/performance?by=debtor&format=csv{clocks}")[1:]
        return [tuple(row.split(",")[place] for place in (0, 2, 7, 9)) for row in rows]

    erased = str(Erased())
    assert told("") == [
        ("A-1", "1", "50.00", "50.00"), ("D-1", "1", "20.00", "0.00"), (erased, "2", "20.00", "0.00")
    ]  # fmt: skip
    stream = promising.account_id("D-1")
    assert told("&as_known=2026-06-30T12:00") == [(stream, "1", "20.00", "0.00")]
    for sort in ("key", "received_late"):
        page = browser.get(f"/promises/performance?by=debtor&sort={sort}").text
        row = page.partition('<th scope="row">A-1</th>')[2].partition("</tr>")[0]
        assert row.count("50.00") == 2


def test_the_chart_over_time_begins_with_time(browser: TestClient) -> None:
    assert browser.get("/aging/over-time?as_of=0001-02-03&as_known=2026-07-01").status_code == 200
