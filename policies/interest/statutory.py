"""Days that late-payment law names: when interest begins, and which day's reference rate counts.

UK: Late Payment of Commercial Debts (Interest) Act 1998 and SI 2002/1675. EU: Directive 2011/7/EU.
"""

from datetime import date, timedelta

ONE_DAY = timedelta(1)


def uk_reference_date(interest_from: date) -> date:
    """The 30 June or 31 December before the half-year in which interest starts (SI 2002/1675, art. 4)."""
    if interest_from.month <= 6:
        return date(interest_from.year - 1, 12, 31)
    return date(interest_from.year, 6, 30)


def half_year_start(day: date) -> date:
    """The 1 January or 1 July whose rate holds on that day (Directive 2011/7/EU, art. 2(7), art. 3(2))."""
    return date(day.year, 1 if day.month <= 6 else 7, 1)


def half_years_between(after: date, until: date) -> list[date]:
    """The first days of half-years after the one day and up to the other."""
    years = range(after.year, until.year + 1)
    return [day for year in years for day in (date(year, 1, 1), date(year, 7, 1)) if after < day <= until]


def last_day_of_term(begun_on: date, days: int, *, counts_first_day: bool) -> date:
    """The last day of a term of payment.

    The UK's 30 days begin with the day of performance (1998 Act, s. 4(3)–(5)); the EU's 30 follow the receipt
    of the invoice (art. 3(3)(b); BGB § 286(3), § 187(1)).
    """
    return begun_on + timedelta(days - 1 if counts_first_day else days)


def longest_term_days(
    purchaser: str, *, expressly_agreed: bool = False, special_case: bool = False
) -> int | None:
    """The longest term of payment that Directive 2011/7/EU allows, None where any may be agreed.

    Businesses: 60 days, longer only where expressly agreed (art. 3(5)); public authorities: 30, in special
    cases 60 (art. 4(3)–(6)). Whether a term is grossly unfair to the creditor is not decided here.
    """
    if purchaser == "public_authority":
        return 60 if special_case else 30
    return None if expressly_agreed else 60
