"""A manager reads the portfolio in a real browser: the dashboard, a bucket, its accounts, an invoice."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.browser import NARROW, WIDE, Console, Scheme, axe, picture

pytestmark = pytest.mark.xdist_group("browser")


def downloaded(page: Page, name: str) -> bytes:
    """The file behind the link of that name."""
    with page.expect_download() as download:
        page.get_by_role("link", name=name).click()
    return Path(download.value.path()).read_bytes()


def test_a_manager_drills_from_a_bucket_to_an_invoice_and_takes_the_file(console: Console) -> None:
    with console.reader("manager") as page:
        page.goto("/aging")
        axe(page)
        picture(page, "aging")
        bucket = page.get_by_role("link", name="EUR, EUR, 31-60:")
        amount = (bucket.text_content() or "").split()[-1]
        bucket.click()
        expect(page.get_by_role("heading", name="Aging by account")).to_be_visible()
        axe(page)
        picture(page, "aging-accounts")
        page.get_by_role("link", name="The items behind it").click()
        expect(page.get_by_role("heading", name="Open items")).to_be_visible()
        axe(page)
        picture(page, "aging-items")
        table = load_workbook(BytesIO(downloaded(page, "Items as XLSX")))["Open items"]
        total = sum(row[8].value for row in table.iter_rows(min_row=2))
        assert f"{total:,.2f}" == amount
        page.get_by_role("columnheader", name="Open").get_by_role("link").click()
        expect(page.get_by_role("columnheader", name="Open")).to_have_attribute("aria-sort", "descending")
        account = page.locator("#items tbody tr").first.get_by_role("link")
        number = account.text_content() or ""
        account.click()
        expect(page).to_have_url(re.compile(f"/accounts/{number}"))


def test_a_manager_reads_the_dashboard_and_what_waits(console: Console) -> None:
    with console.reader("manager") as page:
        page.goto("/?currency=EUR")
        waits = page.locator("#waiting")
        expect(waits.get_by_role("link", name="Unapplied money")).to_be_visible()
        axe(page)
        picture(page, "dashboard")
        page.get_by_label("Variant of Days sales outstanding").select_option("countback")
        page.get_by_role("button", name="Show this variant of Days sales outstanding").click()
        expect(page).to_have_url(re.compile("dso=countback"))
        expect(page.get_by_text("exhaustion (count-back) method")).to_be_visible()
        page.get_by_label("Part of the book").select_option("segment:key")
        page.get_by_role("button", name="Show", exact=True).click()
        expect(page).to_have_url(re.compile("part=segment%3Akey"))
        expect(page.get_by_label("Variant of Days sales outstanding")).to_have_value("countback")
        figures = downloaded(page, "Figures as CSV").decode().splitlines()
        assert any(line.startswith("dso,countback,EUR,2026-06,") for line in figures)
        page.goto("/")
        waits.get_by_role("link", name="Unapplied money").click()
        expect(page.get_by_role("heading", name="Exceptions")).to_be_visible()
        axe(page)
        picture(page, "exceptions")
        page.locator("#exceptions").get_by_role("link", name=re.compile("^Allocate")).first.click()
        expect(page).to_have_url(re.compile("/accounts/[^/]+/commands/allocate"))


def test_a_manager_looks_at_promises_and_how_they_turn_out(console: Console) -> None:
    with console.reader("manager") as page:
        page.goto("/promises")
        axe(page)
        picture(page, "promises")
        page.get_by_label("Status").select_option("broken")
        page.get_by_role("button", name="Show").click()
        statuses = page.locator("#promises tbody .badge")
        expect(statuses.first).to_have_text("broken")
        assert set(statuses.all_text_contents()) == {"broken"}
        page.get_by_role("link", name="Performance").click()
        page.get_by_label("By", exact=True).select_option("collector")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("columnheader", name="Collector")).to_be_visible()
        axe(page)
        picture(page, "promises-performance")


PATHS = (
    *("/aging?by=segment&as_known=2026-05-31&against=2026-06-30", "/aging/accounts", "/?part=segment:key"),
    *("/exceptions-report", "/promises", "/disputes?resolved=yes", "/agencies", "/contacts"),
)


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")])
def test_reports_are_readable_everywhere(console: Console, width: int, scheme: Scheme) -> None:
    with console.reader("viewer", width, scheme) as page:
        for path in PATHS:
            page.goto(path)
            page.wait_for_load_state("networkidle")
            axe(page)
            picture(page, f"{re.sub('[^a-z]+', '-', path).strip('-') or 'home'}-{width}-{scheme}")
