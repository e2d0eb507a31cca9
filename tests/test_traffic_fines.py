"""Ten thousand real traffic fines: the published figures come out, to the cent, from both databases."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from arrears.wiring import Book, open_book
from engine.domain.money import from_minor
from projections import tables
from projections.aging import aging, bucket_labels
from projections.check import differences
from projections.figures.kpi import VARIANTS, Basis, figures_of
from projections.figures.months import months
from projections.formulas import rounded
from projections.placements import placement_list
from tests.traffic_fines import Row, import_fines, read

JUNE_2007, MARCH_2012 = date(2007, 6, 30), date(2012, 3, 26)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def fines(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shared_data: Path
) -> Iterator[Book]:
    """A book with the whole log; the tests below only read it."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('fines')}/book.db"
    else:
        url = request.getfixturevalue("module_postgres_url")
    book = open_book(url, ZoneInfo("UTC"), "test", create=True)
    import_fines(book, shared_data)
    yield book
    book.close()


def _sum(book: Book, as_of: date, *kinds: str) -> Decimal:
    counted = tables.postings.c.kind.in_(kinds), tables.postings.c.effective_on <= as_of
    with book.database.connect() as connection:
        minor = connection.execute(
            select(func.sum(tables.postings.c.amount_minor)).where(*counted)
        ).scalar_one()
    return from_minor(int(minor), "EUR")


@pytest.mark.parametrize(
    ("as_of", "claims", "paid"),
    [(JUNE_2007, "163462.10", "49086.75"), (MARCH_2012, "599499.60", "210446.90")],
)
def test_claims_and_payments(fines: Book, as_of: date, claims: str, paid: str) -> None:
    assert _sum(fines, as_of, "invoice", "fee", "correction") == Decimal(claims)
    assert -_sum(fines, as_of, "payment") == Decimal(paid)


@pytest.mark.parametrize(
    ("as_of", "open_cases", "settled", "overpaid"),
    [
        (JUNE_2007, (2671, "114450.85"), 1300, (9, "75.50")),
        (MARCH_2012, (5646, "390404.50"), 4314, (40, "1351.80")),
    ],
)
def test_open_settled_and_overpaid_cases(
    fines: Book, as_of: date, open_cases: tuple[int, str], settled: int, overpaid: tuple[int, str]
) -> None:
    totals = [row.total for row in aging(fines.database, as_of, None, "account")]
    owing, paid_too_much = [t for t in totals if t > 0], [-t for t in totals if t < 0]
    with fines.database.connect() as connection:
        begun = tables.accounts.c.opened_on <= as_of
        cases = connection.execute(
            select(func.count()).select_from(tables.accounts).where(begun)
        ).scalar_one()

    assert (len(owing), sum(owing)) == (open_cases[0], Decimal(open_cases[1]))
    assert (len(paid_too_much), sum(paid_too_much)) == (overpaid[0], Decimal(overpaid[1]))
    assert cases - len(owing) - len(paid_too_much) == settled


@pytest.mark.parametrize(("as_of", "cases", "amount"), [(JUNE_2007, 0, "0"), (MARCH_2012, 3387, "279460.20")])
def test_in_collection(fines: Book, as_of: date, cases: int, amount: str) -> None:
    placed = {row.number for row in placement_list(fines.database, as_of) if row.status == "placed"}
    owed = [row.total for row in aging(fines.database, as_of, None, "account") if row.key in placed]

    assert (len(owed), sum(owed)) == (cases, Decimal(amount))
    assert all(total > 0 for total in owed)


def test_every_figure_agrees_with_the_log(fines: Book) -> None:
    assert differences(fines.database, fines.store.read) == []


@pytest.mark.parametrize("as_of", [JUNE_2007, date(2009, 12, 31), MARCH_2012])
def test_dso_is_that_of_a_plain_sum_over_the_log(fines: Book, as_of: date, shared_data: Path) -> None:
    """Claims and payments added up case by case from the file, with no more than a calendar."""
    rows = read(shared_data / "traffic_fines" / "traffic_fines_10k.csv")
    months_back = {"month": 0, "quarter": 2, "year": 11}
    owed = sum((max(amount, Decimal(0)) for amount in _balances(rows, as_of).values()), Decimal(0))

    found = {"EUR": months(fines.database, fines.zone, as_of)["EUR"]}
    variants = [one for one in VARIANTS if one.figure == "dso" and one.name in months_back]
    for figure in figures_of(found, variants, Basis(bucket_labels(), with_charges=True)):
        first = as_of.replace(day=1)
        for _ in range(months_back[figure.variant.name]):
            first = (first - timedelta(1)).replace(day=1)
        claimed = _claims(rows, as_of) - _claims(rows, first - timedelta(1))
        days = (as_of - first).days + 1
        expected = owed * days / claimed if claimed else None  # nothing claimed in that time: no figure
        assert rounded(figure.value, 6) == rounded(expected, 6), figure.variant.name


def _claims(rows: list[Row], day: date) -> Decimal:
    return sum(_balances(rows, day, paid=False).values(), Decimal(0))


def _balances(rows: list[Row], day: date, paid: bool = True) -> dict[str, Decimal]:
    """The latest amount of each case and its fees, less (where so asked) what was paid."""
    fines, others = dict[str, Decimal](), defaultdict[str, Decimal](Decimal)
    for row in rows:
        if date.fromisoformat(row["date"]) <= day:
            case = row["case_id"]
            match row["activity"]:
                case "Create Fine" | "Add penalty":
                    fines[case] = Decimal(row["amount"])
                case "Send Fine":
                    others[case] += Decimal(row["expense"])
                case "Payment" if paid:
                    others[case] -= Decimal(row["payment"])
    return {case: fine + others[case] for case, fine in fines.items()}
