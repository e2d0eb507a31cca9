"""Fixed compensation for recovery costs, by the size of the debt."""

from decimal import Decimal

from pydantic import Field, model_validator

from policies.part import Part


class Band(Part):
    """Debts of that size or more are owed that sum."""

    debt_from: Decimal = Decimal(0)
    amount: Decimal = Field(gt=0)


class Compensation(Part):
    """A table of fixed sums, each once per late debt, in one currency."""

    currency: str
    source: str = ""
    sums: tuple[Band, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _rising(self) -> "Compensation":
        starts = [band.debt_from for band in self.sums]
        if starts != sorted(set(starts)):
            raise ValueError("expected sums in the order of debt_from, each once")
        return self

    @property
    def bands(self) -> list[tuple[Decimal, Decimal]]:
        """The table as pairs (debt from, sum)."""
        return [(band.debt_from, band.amount) for band in self.sums]


def _table(currency: str, source: str, *sums: tuple[int, str]) -> Compensation:
    bands = tuple(Band(debt_from=Decimal(start), amount=Decimal(amount)) for start, amount in sums)
    return Compensation(currency=currency, source=source, sums=bands)


COMPENSATION = {
    "uk": _table(
        "GBP",
        "Late Payment of Commercial Debts (Interest) Act 1998, s. 5A(2)",
        *((0, "40.00"), (1000, "70.00"), (10_000, "100.00")),
    ),
    "eu": _table("EUR", "Directive 2011/7/EU, art. 6(1)", (0, "40.00")),
}
