"""The pages of the console on an encrypted book, beside its cheapest page, in processor time.

Each page is looked at for the first time since the server started, again while nothing is new, and right
after a payment. The machine may be busy otherwise: what other processes take does not count.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median

from fastapi.testclient import TestClient

from arrears.access.tokens import add_token
from arrears.access.users import add_user
from arrears.web.console import application
from arrears.wiring import Book
from benchmarks.measure import START, Result, Timing, new_book, processor_seconds
from benchmarks.stamped_book import fill, lives, number_of
from engine.domain.decisions.items import raise_invoice
from engine.domain.decisions.payments import receive_payment
from projections.figures.kept import refresh

ACCOUNTS, DISTINCT = 1_000, 100
PAGE_AIM_SECONDS = 0.200
CHEAPEST = "/policies"
ACCOUNT = number_of(17)
THEN = "as_of=2025-11-30"
PAGES = (
    *("/worklist", f"/worklist/work/{ACCOUNT}", "/exceptions", "/exceptions-report"),
    *("/accounts", "/accounts?sort=name", "/accounts?q=firm", f"/accounts/{ACCOUNT}"),
    *("/", "/aging", "/aging/accounts", "/aging/items", "/aging/over-time"),
    *(f"/aging?{THEN}", f"/aging?{THEN}&as_known=2025-11-30", f"/aging/accounts?{THEN}"),
    *("/promises", "/promises/performance", "/disputes", "/agencies", "/contacts", "/audit"),
)
RUNS = 5
_payments = count()


def console(folder: Path, accounts: int = ACCOUNTS, distinct: int = DISTINCT) -> Iterator[Result]:
    """Each page at its first look, at a later one, and after a fact."""
    with closing(_book(folder, accounts, distinct)) as book:
        client = _reader(book)
        _look(client, CHEAPEST)
        cheapest = Timing(_again(client, CHEAPEST))
        for page in PAGES:
            looks = {
                "first look": processor_seconds(partial(_look, client, page)),
                "again": _again(client, page),
                "after a payment": median(_after_payment(book, client, page) for _ in range(RUNS)),
            }
            for how, taken in looks.items():
                what = f"{page}, {how}, {accounts:,} accounts"
                yield Result(what, Timing(taken), f"{CHEAPEST}, again", cheapest, PAGE_AIM_SECONDS)


def _book(folder: Path, accounts: int, distinct: int) -> Book:
    """An encrypted book of so many accounts, one of which has an invoice that is dated ahead."""
    with closing(new_book(folder, "played", plain=True)) as played:
        lived = lives(played, folder / "portfolio", distinct)
    book = new_book(folder, "console")
    numbers = [number_of(copy) for copy in range(accounts)]
    streams = book.engine.account_ids(numbers)
    fill(book.store, lived, accounts, lambda copy: streams[number_of(copy)])
    ahead = START.date() + timedelta(days=10)
    invoice = partial(
        raise_invoice, invoice="AHEAD", amount=Decimal(100), currency="EUR", issued_on=ahead,
        due_on=ahead + timedelta(days=30),
    )  # fmt: skip
    book.execute(number_of(0), lambda account, _: invoice(account))
    refresh(book.database, book.zone)  # once in a book's life, and not while anybody waits
    return book


def _reader(book: Book) -> TestClient:
    add_user(book.database, "reader", "administrator", None, book.clock())
    _, token = add_token(book.database, "reader", "benchmark", book.clock())
    return TestClient(application(book), headers={"Authorization": f"Bearer {token}"})


def _look(client: TestClient, page: str) -> None:
    answer = client.get(page)
    assert answer.status_code == 200, f"{page}: {answer.status_code}"


def _again(client: TestClient, page: str) -> float:
    return median(processor_seconds(partial(_look, client, page)) for _ in range(RUNS))


def _after_payment(book: Book, client: TestClient, page: str) -> float:
    """A payment comes in, and the page is looked at then."""
    payment = partial(
        receive_payment, payment=f"P-{next(_payments)}", amount=Decimal(1), currency="EUR",
        received_on=START.date(),
    )  # fmt: skip
    book.execute(number_of(1), lambda account, _: payment(account))
    return processor_seconds(partial(_look, client, page))
