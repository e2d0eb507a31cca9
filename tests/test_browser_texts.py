"""A viewer previews texts on an account in a real browser, and nothing is recorded."""

import pytest
from playwright.sync_api import expect

from tests.browser import NARROW, WIDE, Console, Scheme, axe, picture

pytestmark = pytest.mark.xdist_group("browser")

LOOKS: list[tuple[int, Scheme]] = [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_a_text_is_previewed_as_mail_and_as_a_letter(console: Console, width: int, scheme: Scheme) -> None:
    before = console.book.store.end
    with console.reader("viewer", width, scheme) as page:
        page.goto("/texts")
        axe(page)
        picture(page, f"texts-{width}-{scheme}")
        page.get_by_role("link", name="collection-notice", exact=True).click()
        axe(page)
        picture(page, f"text-{width}-{scheme}")
        page.get_by_label("Preview on account").fill("C-0001")
        page.get_by_role("button", name="Preview").click()
        page.get_by_label("Channel").select_option(label="e-mail")
        page.get_by_label("Language").select_option("de")
        page.get_by_role("button", name="Preview").click()
        frame = page.frame_locator("iframe")
        expect(frame.get_by_text("Guten Tag")).to_be_visible()
        axe(page)
        picture(page, f"preview-mail-{width}-{scheme}")
        page.get_by_label("Channel").select_option("letter")
        page.get_by_role("button", name="Preview").click()
        expect(page.get_by_role("link", name="Open the letter (PDF)")).to_be_visible()
        letter = page.get_by_role("link", name="Open the letter (PDF)").get_attribute("href")
        assert page.request.get(str(letter)).body().startswith(b"%PDF")
        axe(page)
        picture(page, f"preview-letter-{width}-{scheme}")
        page.goto("/accounts/C-0001")
        picture(page, f"account-with-preview-{width}-{scheme}")
        page.get_by_role("link", name="Preview a text").click()
        expect(page.get_by_role("heading", name="How a text would read")).to_be_visible()
    assert console.book.store.end == before
