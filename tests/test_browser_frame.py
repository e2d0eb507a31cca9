"""Signing in, finding one's way and being refused, in a real browser."""

import pytest
from playwright.sync_api import expect

from tests.browser import NARROW, PASSWORD, WIDE, Console, Scheme, axe, picture

pytestmark = pytest.mark.xdist_group("browser")


def test_whoever_signs_in_comes_to_what_was_asked_for_and_leaves_again(console: Console) -> None:
    with console.reader() as page:
        page.goto("/nowhere?page=2")
        expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
        page.goto("/?page=2")
        expect(page).to_have_url(f"{console.address}/log-in?back=%2F%3Fpage%3D2")
        page.get_by_label("Name").fill("manager")
        page.get_by_label("Password").fill("wrong wrong wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_have_text("Name or password are wrong.")
        axe(page)
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page).to_have_url(f"{console.address}/?page=2")
        page.locator("summary", has_text="manager").click()
        page.get_by_role("button", name="Log out").click()
        expect(page).to_have_url(f"{console.address}/log-in")
        page.goto("/")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_frame_is_usable_by_everybody(console: Console, width: int, scheme: Scheme) -> None:
    with console.reader(width=width, scheme=scheme) as page:
        page.goto("/log-in")
        axe(page)
        picture(page, f"log-in-{width}-{scheme}")
    with console.reader("administrator", width, scheme) as page:
        page.goto("/")
        axe(page)
        picture(page, f"home-{width}-{scheme}")


def test_the_keyboard_alone_will_do(console: Console) -> None:
    with console.reader("viewer") as page:
        page.goto("/")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox")).to_be_focused()


def test_the_menu_opens_on_a_narrow_screen(console: Console) -> None:
    with console.reader("viewer", NARROW) as page:
        page.goto("/")
        menu = page.get_by_role("button", name="Menu")
        expect(page.get_by_role("navigation", name="Console")).to_be_hidden()
        menu.click()
        expect(page.get_by_role("navigation", name="Console")).to_be_visible()
        expect(menu).to_have_attribute("aria-expanded", "true")


def test_moments_are_shown_where_the_reader_is(console: Console) -> None:
    with console.reader("viewer") as page:
        page.goto("/")
        page.get_by_label("Times are shown in").fill("Asia/Tokyo")
        page.get_by_role("button", name="Change").click()
        expect(page.get_by_label("Times are shown in")).to_have_value("Asia/Tokyo")
