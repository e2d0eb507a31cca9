"""A manager tries a changed policy on the book's history before publishing it, in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import NARROW, WIDE, Console, Scheme, axe, picture

pytestmark = pytest.mark.xdist_group("browser")

POLICY = "notice-calls-agency"
LONG_MS = 60_000


def change(page: Page, old: str, new: str) -> str:
    """Puts `new` in the place of the first `old` in the editor, and returns the document as it was."""
    box = page.get_by_label("The document (TOML)")
    document = box.input_value()
    assert old in document
    box.fill(document.replace(old, new, 1))
    return document


def test_a_manager_replays_a_changed_policy_and_publishes_it(console: Console) -> None:
    with console.reader("manager") as page:
        page.goto("/policies")
        page.get_by_role("link", name=POLICY, exact=True).click()
        axe(page)
        picture(page, "policy")
        page.get_by_role("link", name="Change or replay").click()
        before = change(page, "days_past_due = ", "days_past_due = 1")
        page.get_by_role("button", name="Check").click()
        expect(page.get_by_text("What it changes in the last version")).to_be_visible()
        axe(page)
        picture(page, "policy-editor")

        page.get_by_label("From", exact=True).fill("2026-01-01")
        page.get_by_role("button", name="Replay").click()
        expect(page).to_have_url(re.compile("/replays/"))
        expect(page.get_by_role("progressbar", name="Partitions of accounts decided again")).to_be_visible()
        page.reload()  # what is under way does not depend on the page
        expect(page.get_by_text("Policy notice-calls-agency as in the file")).to_be_visible(timeout=LONG_MS)
        expect(page.get_by_role("table", name="Contacts", exact=True)).to_be_visible()
        axe(page)
        picture(page, "replay")
        assert page.get_by_role("table").count() >= 3

        page.goto(f"/policy-editor?name={POLICY}")
        change(page, "days_past_due = ", "days_past_due = 1")
        page.get_by_role("button", name="Publish").click()
        expect(page.get_by_role("status")).to_contain_text(f"Version 2 of {POLICY} is published")
        axe(page)
        page.get_by_role("link", name="Compare versions").click()
        expect(page.locator(".diff .added")).to_have_count(1)
        axe(page)
        picture(page, "policy-compare")
    published = console.book.engine.policies().versions[POLICY]
    assert [one.document == before for one in published] == [True, False]
    assert console.book.store.stream("policies")[-1].fact.by == "manager"


def test_what_is_no_policy_is_refused_with_its_line(console: Console) -> None:
    recorded = len(console.book.store.stream("policies"))
    with console.reader("manager") as page:
        page.goto(f"/policy-editor?name={POLICY}")
        change(page, "days_past_due = ", 'days_past_due = "soon" # ')
        page.get_by_role("button", name="Publish").click()
        expect(page.get_by_role("alert")).to_contain_text(re.compile(r"Line \d+: .*days_past_due"))
        axe(page)
    assert len(console.book.store.stream("policies")) == recorded


def test_a_control_replay_can_be_cancelled_and_only_one_runs(console: Console) -> None:
    with console.reader("auditor") as page:
        page.goto("/replays")
        page.get_by_role("button", name="Control replay").click()
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator("#replay .badge")).to_have_text("cancelled", timeout=LONG_MS)
        page.goto("/replays")
        page.get_by_role("button", name="Control replay").click()
        with console.reader("manager") as other:
            other.goto("/replays")
            other.get_by_role("button", name="Control replay").click()
            expect(other.get_by_role("heading", name="This was refused")).to_be_visible()
        expect(page.get_by_role("status")).to_contain_text("not one is different", timeout=LONG_MS)
        axe(page)


def test_a_viewer_reads_policies_and_may_do_nothing_to_them(console: Console) -> None:
    with console.reader("viewer") as page:
        page.goto(f"/policies/{POLICY}")
        expect(page.get_by_role("heading", name=POLICY, exact=True)).to_be_visible()
        expect(page.get_by_role("link", name="Change or replay")).to_have_count(0)
        expect(page.get_by_role("link", name="Replays")).to_have_count(0)
        page.goto("/policy-editor")
        expect(page.get_by_role("heading", name="This is not yours to do")).to_be_visible()
        axe(page)
        expect(page.get_by_text("not in this book")).to_have_count(0)
        page.goto("/policies/none")
        expect(page.get_by_text("There is no policy 'none' in this book.")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "dark"), (NARROW, "light"), (NARROW, "dark")])
def test_policies_are_readable_everywhere(console: Console, width: int, scheme: Scheme) -> None:
    with console.reader("manager", width, scheme) as page:
        for path in ("/policies", f"/policies/{POLICY}", "/policy-editor", "/replays"):
            page.goto(path)
            axe(page)
            picture(page, f"{path.strip('/').replace('/', '-')}-{width}-{scheme}")
