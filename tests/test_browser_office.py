"""The office in a real browser: files looked at before they are stored, users, tokens, webhooks, state."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from arrears.access.tokens import user_of_token
from arrears.wiring import Book
from tests.browser import NARROW, PASSWORD, WIDE, Console, Scheme, axe, picture

pytestmark = pytest.mark.xdist_group("browser")

GOOD = """account,invoice,issued_on,due_on,amount,currency
WINDMILL,W-1,2026-05-05,2026-06-04,1200.00,EUR
WINDMILL,W-2,2026-06-16,2026-07-16,350.50,EUR
"""
BAD = GOOD + "WINDMILL,W-3,2026-06-16,2026-02-30,12.345,EUR\nWINDMILL,,2026-06-16,2026-07-16,1.00,EUR\n"


def facts(book: Book) -> int:
    return book.store.end


def test_a_file_is_looked_at_mended_and_stored(console: Console, tmp_path: Path) -> None:
    good, bad = tmp_path / "invoices.csv", tmp_path / "with-faults.csv"
    good.write_text(GOOD)
    bad.write_text(BAD)
    before = facts(console.book)
    with console.reader("manager") as page:
        page.goto("/imports")
        axe(page)
        page.get_by_label("File (CSV)").set_input_files(bad)
        page.get_by_role("button", name="Look at it").click()
        expect(page.get_by_role("alert")).to_contain_text("3 faults. Nothing can be stored")
        expect(page.get_by_role("table", name="What is wrong, line by line")).to_contain_text("2026-02-30")
        expect(page.get_by_role("button", name="Store it")).to_have_count(0)
        with page.expect_download() as download:
            page.get_by_role("link", name="Download the refused lines").click()
        assert len(Path(download.value.path()).read_text().splitlines()) == 3
        axe(page)
        picture(page, "import-with-faults")

        page.goto("/imports")
        page.get_by_label("File (CSV)").set_input_files(good)
        page.get_by_role("button", name="Look at it").click()
        expect(page.get_by_role("status")).to_contain_text("Would be stored: 1 AccountOpened, 2 Inv")
        assert facts(console.book) == before
        picture(page, "import-preview")
        page.get_by_role("button", name="Store it").click()
        expect(page.get_by_role("status")).to_contain_text("Stored: 1 AccountOpened, 2 InvoiceRaised")
    stored = console.book.store.read(before, 10)
    assert [(one.fact.TOPIC, one.fact.by) for one in stored][:1] == [("AccountOpened", "import by manager")]
    assert len(stored) == 3


def test_what_cannot_be_looked_at_says_so_and_keeps_what_was_chosen(console: Console, tmp_path: Path) -> None:
    faulty = tmp_path / "map.toml"
    faulty.write_text("[[table]]\nkind = 'invoices'\n")
    good = tmp_path / "invoices.csv"
    good.write_text(GOOD)
    with console.reader("manager") as page:
        page.goto("/imports")
        page.get_by_label("File (CSV)").set_input_files(good)
        page.get_by_label("Map", exact=True).select_option("own")
        page.get_by_label("Own map").set_input_files(faulty)
        page.get_by_role("button", name="Look at it").click()
        expect(page.get_by_role("alert")).to_contain_text("map.toml: table.1: expected columns or")
        expect(page.get_by_label("Map", exact=True)).to_have_value("own")
        axe(page)


def test_an_administrator_adds_a_user_and_a_token_and_locks_both_out(console: Console) -> None:
    with console.reader("administrator") as page:
        page.goto("/admin/users")
        page.get_by_label("Name to sign in by").fill("mira")
        page.get_by_label("Password").fill("too short")
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("alert")).to_have_text("A password needs at least 12 characters.")
        expect(page.get_by_label("Name to sign in by")).to_have_value("mira")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("heading", name="mira")).to_be_visible()
        page.get_by_label("What it is for").fill("a dialler")
        page.get_by_role("button", name="Make a token").click()
        token = page.locator("code.secret").inner_text()
        found = user_of_token(console.book.database, token, console.book.clock())
        assert found is not None
        assert (found.name, found.role) == ("mira", "collector")
        axe(page)
        picture(page, "admin-user")
        page.get_by_role("button", name="Lock out").click()
        expect(page.get_by_role("status")).to_contain_text("mira is locked out")
        assert user_of_token(console.book.database, token, console.book.clock()) is None
        page.goto("/admin/users/administrator")
        page.get_by_role("button", name="Lock out").click()
        expect(page.get_by_role("alert")).to_contain_text("is the last administrator")


def test_a_webhook_is_added_paused_and_removed(console: Console) -> None:
    with console.reader("administrator") as page:
        page.goto("/admin/webhooks")
        page.get_by_label("Address").fill("http://127.0.0.1/hooks")
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_label("Address").fill("https://erp.example/hooks")
        page.get_by_label("Only these kinds").fill("PaymentReceived, PromiseMade")
        page.get_by_role("button", name="Add").click()
        expect(page.locator("code.secret")).to_contain_text("whsec_")
        page.get_by_role("button", name="Pause").click()
        expect(page.locator("code.secret")).to_have_count(0)
        axe(page)
        page.get_by_role("button", name="Remove").click()
        expect(page.get_by_text("Nobody is told yet.")).to_be_visible()


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_office_is_usable_by_everybody(console: Console, width: int, scheme: Scheme) -> None:
    with console.reader("administrator", width, scheme) as page:
        for path in ("/imports", "/admin/users", "/admin/webhooks", "/admin/state"):
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == 200
            axe(page)
            picture(page, f"{path.strip('/').replace('/', '-')}-{width}-{scheme}")


def test_a_collector_sees_neither_imports_nor_administration(console: Console) -> None:
    with console.reader("collector") as page:
        page.goto("/")
        expect(page.get_by_role("link", name="Imports")).to_have_count(0)
        expect(page.get_by_role("link", name="Users")).to_have_count(0)
        for path in ("/imports", "/admin/users", "/admin/webhooks", "/admin/state"):
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == 403
