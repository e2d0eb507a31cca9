"""A viewer who must not: nothing to record with is drawn, and whatever is sent all the same is refused."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from playwright.sync_api import Page, expect

from arrears.access.permissions import PERMISSIONS, PUBLIC, may
from arrears.access.web import FORM_FIELD
from arrears.commands.catalogue import CATALOGUE
from arrears.web.console import router
from arrears.web.forms import command_path
from arrears.web.navigation import GROUPS
from tests.browser import Console, axe

pytestmark = pytest.mark.xdist_group("browser")

OWN = {"/log-out", "/zone"}
"""What everybody may send: it concerns nobody but themselves."""
REFUSED = "This is not yours to do"


@pytest.fixture(scope="module")
def account(console: Console) -> str:
    with console.reader("viewer") as page:
        page.goto("/accounts")
        return page.locator("#accounts tbody").get_by_role("link").first.inner_text()


def posts() -> Iterator[str]:
    """The paths of the console to which forms are sent."""
    anybody = {path for _, path in PUBLIC} | OWN
    for route in iter_route_contexts(router().routes):
        if "POST" in (route.methods or ()) and route.path not in anybody:
            assert route.path
            yield route.path


def filled(path: str, account: str) -> str:
    """The path with something in its places that could be meant."""
    return re.sub(r"\{[^}]+\}", "x", re.sub(r"\{(number|name):path\}", account, path))


def test_a_viewer_is_led_to_what_can_be_read_and_finds_nothing_to_record_with(
    console: Console, account: str
) -> None:
    with console.reader("viewer") as page:
        page.goto("/")
        links = page.get_by_role("navigation", name="Console").get_by_role("link")
        offered = [one.get_attribute("href") for one in links.all()]
        assert offered == [link.path for group in GROUPS for link in group.links if link.permission == "read"]
        for path in [*offered, f"/accounts/{account}", f"/accounts/{account}/attachments"]:
            page.goto(str(path))
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            assert forms_of(page) <= OWN, path
            assert page.locator("a[href*='/commands/']").count() == 0, path


def forms_of(page: Page) -> set[Any]:
    return set(
        page.eval_on_selector_all("form[method=post]", "all => all.map(one => one.getAttribute('action'))")
    )


def test_every_form_is_refused_to_a_viewer_and_says_so(console: Console, account: str) -> None:
    with console.reader("viewer") as page:
        for name in CATALOGUE:
            answer = page.request.get(command_path(account, name))
            assert (answer.status, REFUSED in answer.text()) == (403, True), name
        others = [link.path for group in GROUPS for link in group.links if not may("viewer", link.permission)]
        for path in [*others, "/policy-editor", "/worklist/next", f"/worklist/work/{account}"]:
            page.goto(path)
            expect(page.get_by_role("heading", name=REFUSED)).to_be_visible()
        axe(page)


def test_whatever_a_viewer_sends_is_refused_and_nothing_is_recorded(console: Console, account: str) -> None:
    """With the token of the viewer's own page in it: it is the role that is refused, and not the form."""
    before = console.book.store.end
    with console.reader("viewer") as page:
        page.goto("/")
        token = page.locator(f"form[action='/zone'] input[name={FORM_FIELD}]").input_value()
        sent = [filled(path, account) for path in posts()]
        for path in sent:
            answer = page.request.post(
                path, form={FORM_FIELD: token, "note": "x", "name": "x", "role": "manager"}
            )
            assert (answer.status, REFUSED in answer.text()) == (403, True), path
        assert len(sent) > len(CATALOGUE)
        answer = page.request.post("/zone", form={FORM_FIELD: token, "zone": "Asia/Tokyo", "back": "/"})
        assert answer.ok  # the same token is good for what a viewer may send
    assert console.book.store.end == before
    assert [name for name in PERMISSIONS if may("viewer", name)] == ["read"]
