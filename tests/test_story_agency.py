"""An agency's work: its terms, what it brings in, what ends it; and debtors who cannot be found."""

from datetime import date
from decimal import Decimal

import pytest

from arrears.cli.main import run
from engine.domain.account import Account
from engine.domain.decisions import agencies
from engine.domain.decisions.contacts import place_directly, record_delivery
from engine.domain.errors import CollectedBeforePlaced, CommissionTooHigh, DiffersFromRecorded, NoTrace
from engine.domain.facts.base import Fact
from policies.book import PolicyBook
from projections.agencies import agency_news, agency_rows
from tests.stories import Story, day, table

POLICY = """
name = "notice-calls-agency"

[contact]
unknown_zone = "book"

[agencies.harbour]
commission_percent = 25
days = 60
recall_on = ["paid", "dispute"]

[agencies.pier]
commission_percent = 10
recall_on = ["payment"]

[[unreachable]]
bad_numbers_at_least = 2

[[unreachable]]
letters_returned_at_least = 1
emails_bounced_at_least = 1

[[steps]]
id = "letter"
days_past_due = 10
remind = { channel = "letter", template = "collection-notice" }

[[steps]]
id = "trace"
days_past_due = 20
if = { unreachable = true }
trace = { by = "tracing" }

[[steps]]
id = "agency"
days_past_due = 30
if = [{ trace_failed = true }, { unreachable = false }]
place = { agency = "harbour", automatic = true }
"""


def place(story: Story, agency: str, *invoices: str) -> None:
    def placed(account: Account, policies: PolicyBook) -> list[Fact]:
        terms = policies.in_force(account, story.now).policy.agency_terms(agency, story.today)
        return place_directly(
            account, placement="PL", agency=agency, placed_on=story.today, items=invoices, terms=terms
        )

    story._execute(placed)


def remit(story: Story, number: str, gross: str, received: str, commission: str | None = None) -> None:
    story._execute(lambda account, _: agencies.record_remittance(
        account, remittance=number, placement="PL", gross=Decimal(gross), currency="EUR",
        received_on=day(received), remitted_on=story.today,
        commission=None if commission is None else Decimal(commission),
    ))  # fmt: skip


@pytest.fixture
def placed(story: Story) -> Story:
    """INV-1 and INV-2 (100.00 each, due 10 January) are with the agency `harbour` since 9 February."""
    story.publish(POLICY)
    story.invoice("INV-1", due="2026-01-10")
    story.invoice("INV-2", due="2026-01-10")
    story.at("2026-02-09T08:00")
    place(story, "harbour", "INV-1", "INV-2")
    return story


def test_a_placement_carries_the_terms_of_its_agency_and_ends_with_its_time(story: Story) -> None:
    story.publish(POLICY)
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-04-30")
    [placement] = story.account.placements.values()
    assert placement.terms is not None
    assert (placement.terms.commission_percent, placement.terms.until) == (Decimal(25), day("2026-04-10"))
    assert story.decisions() == table("""
        2026-01-20  ReminderIssued     letter  INV-1
        2026-02-09  AccountPlaced      agency  INV-1
        2026-04-10  PlacementRecalled  recall  INV-1  the agency's time ended on 2026-04-10
    """)


def test_the_debtor_is_credited_gross_on_the_day_the_agency_received_it(placed: Story) -> None:
    placed.at("2026-03-05")
    remit(placed, "R-1", "150.00", received="2026-02-20")
    account = placed.account
    assert account.balance["EUR"] == Decimal("50.00")
    assert account.receipts["remittance-R-1"].received_on == day("2026-02-20")
    assert account.remittances["R-1"].commission == Decimal("37.50")
    before = placed.facts()
    remit(placed, "R-1", "150.00", received="2026-02-20")
    assert placed.facts() == before, "told twice, it is nothing new"
    with pytest.raises(DiffersFromRecorded):
        remit(placed, "R-1", "151.00", received="2026-02-20")


@pytest.mark.parametrize(
    ("gross", "commission"), [("0.01", "0.00"), ("0.02", "0.01"), ("33.33", "8.33"), ("33.34", "8.34")]
)
def test_commission_is_rounded_half_up_to_the_cent(placed: Story, gross: str, commission: str) -> None:
    remit(placed, "R-1", gross, received="2026-02-09")
    assert placed.account.remittances["R-1"].commission == Decimal(commission)


def test_what_cannot_be_is_refused_and_nothing_is_stored(placed: Story) -> None:
    before = placed.facts()
    with pytest.raises(CollectedBeforePlaced):
        remit(placed, "R-1", "10.00", received="2026-02-08")
    with pytest.raises(CommissionTooHigh):
        remit(placed, "R-1", "10.00", received="2026-02-09", commission="10.01")
    with pytest.raises(NoTrace):
        placed._execute(lambda account, _: agencies.fail_trace(account, failed_on=placed.today))
    assert placed.facts() == before


def test_a_disputed_invoice_is_recalled_and_the_other_stays(placed: Story) -> None:
    placed.at("2026-02-20")
    placed.dispute("INV-1")
    placed.tick("2026-02-20T13:00")
    assert placed.decisions("PlacementRecalled") == table("""
        2026-02-20  PlacementRecalled  recall  INV-1  disputed: dispute
    """)
    assert placed.account.placements["PL"].status == "placed"
    assert [placed.account.open_items[name].placement for name in ("INV-1", "INV-2")] == [None, "PL"]


def test_paid_in_full_ends_the_placement(placed: Story) -> None:
    placed.at("2026-02-20")
    placed.pay("100.00", "INV-1")
    placed.tick("2026-02-20T13:00")
    assert placed.decisions() == []
    placed.pay("100.00", "INV-2", on="2026-02-19")
    placed.tick("2026-02-20T14:00")
    assert placed.decisions() == table("""
        2026-02-20  PlacementRecalled  recall  INV-1  INV-2  nothing of it is left open
    """)


@pytest.mark.parametrize(("on", "recalled"), [("2026-02-08", 0), ("2026-02-09", 1), ("2026-02-10", 1)])
def test_a_payment_to_us_recalls_only_where_it_came_while_the_agency_had_it(
    story: Story, on: str, recalled: int
) -> None:
    story.publish(POLICY)
    story.invoice("INV-1", due="2026-01-10")
    story.at("2026-02-09T08:00")
    place(story, "pier", "INV-1")
    story.at("2026-02-10T10:00")
    story.pay("20.00", "INV-1", on=on)
    story.tick("2026-02-10T13:00")
    assert len(story.decisions("PlacementRecalled")) == recalled


def test_money_through_the_agency_is_not_a_payment_to_us(story: Story) -> None:
    story.publish(POLICY)
    story.invoice("INV-1", due="2026-01-10")
    story.at("2026-02-09T08:00")
    place(story, "pier", "INV-1")
    story.at("2026-02-11T08:00")
    remit(story, "R-1", "20.00", received="2026-02-10")
    story.tick("2026-02-11T13:00")
    assert story.decisions() == []


def test_the_reports_say_what_an_agency_brought_in_and_what_it_is_to_be_told(placed: Story) -> None:
    placed.at("2026-03-01")
    remit(placed, "R-1", "50.00", received="2026-02-20")
    placed.pay("20.00", "INV-2")
    placed.tick("2026-03-01T13:00")
    placed.at("2026-03-02")
    placed.dispute("INV-2")
    placed.tick("2026-03-02T13:00")
    placed.book.catch_up()
    database = placed.book.database
    [row] = agency_rows(database, day("2026-03-02"))
    sums = (row.placed, row.recovered, row.commission, row.net, row.direct, row.open)
    assert sums == tuple(map(Decimal, ("200.00", "50.00", "12.50", "37.50", "20.00", "50.00")))
    assert (row.recovery_rate, row.cost_rate) == (Decimal("0.25"), Decimal("0.25"))
    told = agency_news(database, "harbour", date.min, day("2026-03-02"))
    assert [(str(one.on), one.what, one.item, one.amount) for one in told] == [
        ("2026-03-01", "payment to us", "INV-2", Decimal("20.00")),
        ("2026-03-02", "disputed", "INV-2", None),
        ("2026-03-02", "recalled", "INV-2", None),
    ]
    assert len(agency_news(database, "harbour", day("2026-03-02"), day("2026-03-02"))) == 2
    assert agency_news(database, "pier", date.min, day("2026-03-02")) == []


# --- debtors who cannot be found --------------------------------------------------------------------------


def test_two_dead_numbers_make_a_debtor_unreachable_and_a_trace_that_fails_leads_to_the_agency(
    story: Story,
) -> None:
    story.publish(POLICY)
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-01-22")
    story.call("wrong_number")
    story.tick("2026-01-22T13:00")
    story.call("disconnected")
    story.until("2026-02-10")
    assert story.decisions(since="2026-01-21T00:00") == table("""
        2026-01-23  DebtorUnreachable  unreachable  bad numbers 2, at least 2
        2026-01-30  TraceRequested     trace        INV-1
    """)
    story._do(agencies.fail_trace, failed_on=story.today)
    story.tick("2026-02-10T13:00")
    assert story.decisions(since="2026-02-01T00:00") == table("""
        2026-02-10  AccountPlaced  agency  INV-1
    """)


def test_who_gets_in_touch_is_reachable_and_counted_from_anew(story: Story) -> None:
    story.publish(POLICY)
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-01-22")
    story.call("wrong_number")
    story.hear()
    story.call("wrong_number")
    story.tick("2026-01-22T13:00")
    assert not story.decisions("DebtorUnreachable")


def test_returned_mail_alone_is_not_enough_where_the_rule_asks_for_both(story: Story) -> None:
    story.publish(POLICY)
    story.invoice("INV-1", due="2026-01-10")
    story.until("2026-01-22")
    letter = next(iter(story.account.contacts))
    story._do(record_delivery, contact=letter, at=story.now, delivered=False)
    story.tick("2026-01-22T13:00")
    assert not story.decisions("DebtorUnreachable")
    assert story.account.failures.letters_returned == 1
    story.learn(address="1 New Street")
    assert story.account.failures.letters_returned == 0


def test_the_verbs_as_people_type_them(
    sqlite_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARREARS_BOOK", sqlite_url)

    def typed(*words: str) -> tuple[int, str]:
        code = run(["--book", sqlite_url, *words])
        return code, capsys.readouterr().out

    for words in (
        ["open", "ACME"],
        ["invoice", "ACME", "INV-1", "100.00", "EUR", "--issued", "2026-01-01", "--due", "2026-01-31"],
        ["place", "ACME", "--agency", "harbour", "--on", "2026-03-01", "--commission", "12.5"],
        ["remittance", "ACME", "R-1", "40.00", "EUR", "--received", "2026-03-04", "--on", "2026-03-31"],
        ["report", "agencies", "--as-of", "2026-03-31"],
        ["report", "agency", "harbour"],
        ["account", "ACME"],
    ):
        code, out = typed(*words)
        assert code == 0, (words, out)
    assert "passed on 40.00 EUR on 2026-03-31, received on 2026-03-04, less a commission of 5.00 EUR" in out
    assert typed("not-found", "ACME")[0] == 3
