"""A collector's day from log-in to a kept promise, and a viewer who must not, in a real browser."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.browser import NARROW, PASSWORD, WIDE, Console, Scheme, axe, picture

pytestmark = pytest.mark.xdist_group("browser")

FIRST_DAY, PAID, LATER = (datetime(2026, 7, day, 14, tzinfo=UTC) for day in (1, 3, 13))


@pytest.fixture(scope="module")
def account(console: Console) -> str:
    """The account at the top of the list, on the first day in the afternoon; the manager gives it away."""
    console.book.clock = lambda: FIRST_DAY
    console.sessions.clear()
    with console.reader("manager") as page:
        page.goto("/worklist")
        row = page.locator("#worklist tbody tr").first
        number = row.get_by_role("link").first.inner_text()
        row.get_by_role("checkbox").check()
        page.get_by_label("Collector", exact=True).last.fill("collector")
        page.get_by_role("button", name="Give").click()
        expect(page.get_by_role("status")).to_have_text("1 account given to collector.")
        axe(page)
        picture(page, "worklist")
    return number


def sign_in(page: Page, name: str) -> None:
    page.goto("/log-in?back=/worklist")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    page.wait_for_load_state()  # keys are heard once the script has run


def test_a_collector_s_day_from_log_in_to_a_kept_promise(console: Console, account: str) -> None:
    with console.reader() as page:
        sign_in(page, "collector")
        expect(page.get_by_role("link", name="Mine 1")).to_have_attribute("aria-current", "page")
        page.keyboard.press("w")
        expect(page.get_by_role("heading", name=account)).to_be_visible()
        expect(page.get_by_text("a call is allowed now")).to_be_visible()
        page.wait_for_load_state()
        page.keyboard.press("c")
        expect(page.get_by_text("the call is reserved")).to_be_visible()

        page.keyboard.press("2")
        expect(page.get_by_role("radio", name="promised", exact=True)).to_be_checked()
        page.keyboard.press("p")
        expect(page.locator("#promise-amount")).to_be_focused()
        page.keyboard.type("100")
        page.locator("#promise-promised_on").fill("2026-06-30")
        expect(page.locator("#promise-check")).to_contain_text("would be refused")
        axe(page)
        page.locator("#promise-promised_on").fill("2026-07-08")
        expect(page.locator("#promise-check")).to_contain_text("Money is in time up to 2026-07-09")
        page.keyboard.press("Escape")
        page.keyboard.press("n")
        page.keyboard.type("the invoice was in the wrong hands")
        picture(page, "work")
        axe(page)
        page.keyboard.press("Escape")
        page.keyboard.press("r")
        expect(page.get_by_role("status")).to_contain_text("the debtor promised 100.00")
        expect(page.get_by_text("Nobody waits here today.")).to_be_visible()

    console.book.clock = lambda: PAID
    console.sessions.clear()
    with console.reader("manager") as page:
        page.goto(f"/accounts/{account}/commands/pay?payment=PAY-NEW&amount=100&back=/worklist")
        axe(page)
        page.get_by_role("button", name="Record").click()
        expect(page.get_by_role("status")).to_contain_text("PAY-NEW")

    console.book.clock = lambda: LATER
    console.book.tick(LATER)
    with console.reader() as page:
        sign_in(page, "collector")
        page.goto(f"/worklist/work/{account}")
        promise = page.get_by_role("listitem").filter(has_text="2026-07-08")
        expect(promise).to_contain_text("kept")
        expect(page.get_by_text("the invoice was in the wrong hands")).to_be_visible()
    console.book.clock = lambda: FIRST_DAY


def test_single_keys_can_be_turned_off(console: Console, account: str) -> None:
    console.book.clock = lambda: FIRST_DAY
    console.sessions.clear()
    with console.reader("manager") as page:
        page.goto(f"/worklist/work/{account}")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        axe(page)
        page.get_by_label("Single keys do something in this browser").uncheck()
        page.get_by_role("button", name="Close").click()
        page.keyboard.press("3")
        page.keyboard.press("/")
        expect(page.get_by_role("radio", name="refused", exact=True)).not_to_be_checked()
        expect(page.get_by_role("searchbox")).not_to_be_focused()
        page.reload()
        page.keyboard.press("3")
        expect(page.get_by_role("radio", name="refused", exact=True)).not_to_be_checked()


def test_a_viewer_sees_the_list_and_may_record_nothing(console: Console, account: str) -> None:
    before = len(console.book.store.stream(console.book.account_id(account)))
    with console.reader("viewer") as page:
        page.goto("/worklist?whose=collector")
        expect(page.get_by_role("link", name="Work through it")).to_have_count(0)
        expect(page.get_by_role("checkbox")).to_have_count(0)
        axe(page)
        for path in (f"/worklist/work/{account}", f"/accounts/{account}/commands/note", "/worklist/next"):
            page.goto(path)
            expect(page.get_by_role("heading", name="This is not yours to do")).to_be_visible()
        for path in (f"/worklist/work/{account}", f"/accounts/{account}/commands/note", "/worklist/assign"):
            assert page.request.post(path, form={"note": "x", "call-outcome": "busy"}).status == 403
    assert len(console.book.store.stream(console.book.account_id(account))) == before


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")])
def test_the_desk_is_usable_everywhere(console: Console, account: str, width: int, scheme: Scheme) -> None:
    pages = {
        "worklist": "/worklist", "work": f"/worklist/work/{account}", "exceptions": "/exceptions",
        "form": f"/accounts/{account}/commands/plan", "files": f"/accounts/{account}/attachments",
    }  # fmt: skip
    with console.reader("manager", width, scheme) as page:
        for name, path in pages.items():
            page.goto(path)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            expect(page.get_by_text(re.compile("^This was refused"))).to_have_count(0)
            axe(page)
            picture(page, f"{name}-{width}-{scheme}")
