"""Takes the pictures of the README again, in Chromium from the demo's book: `make pictures`."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser import Console, demo_book

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
AFTERNOON = datetime(2026, 7, 1, 14, tzinfo=UTC)
HEIGHT, COLOURS, LARGEST_BYTES = 900, 128, 150_000


@pytest.fixture(scope="session")
def demo_book_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The book of `arrears demo`, with a user for each role."""
    return demo_book(tmp_path_factory.mktemp("demo"), accounts=500, months=18)


def test_take_the_pictures_of_the_readme(console: Console) -> None:
    console.book.clock = lambda: AFTERNOON
    console.book.tick(AFTERNOON)
    with console.reader("manager") as page:
        page.goto("/worklist")
        taken(page, "worklist")
        page.get_by_role("link", name="Work through it").click()
        expect(page.get_by_role("heading", name="What to say")).to_be_visible()
        page.keyboard.press("2")
        page.keyboard.press("p")
        page.keyboard.type("100")
        page.locator("#promise-promised_on").fill("2026-07-08")
        expect(page.locator("#promise-check")).to_contain_text("Money is in time up to")
        page.evaluate("window.scrollTo(0, 0)")
        taken(page, "work")
        page.goto("/accounts?stop=disputed")
        page.locator("#accounts tbody").get_by_role("link", name=re.compile("^C-")).first.click()
        taken(page, "account")
        page.goto("/")
        expect(page.get_by_role("link", name="Unapplied money")).to_be_visible()
        taken(page, "dashboard")


def taken(page: Page, name: str) -> None:
    """Keeps what the window shows, in few colours, so that the README loads fast."""
    page.wait_for_load_state("networkidle")
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path, clip={"x": 0, "y": 0, "width": 1280, "height": HEIGHT})
    Image.open(path).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    assert path.stat().st_size < LARGEST_BYTES
