"""A real browser on a real server: Chromium, the demo's book, and what every page has to keep.

    def test_a_viewer_sees_the_worklist(console: Console) -> None:
        with console.reader("viewer") as page:
            page.goto("/worklist")
            axe(page)

Modules of such tests say `pytestmark = pytest.mark.xdist_group("browser")`, so that one browser does for all.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from arrears.access.permissions import ROLES, Role
from arrears.access.sessions import Seal, log_in, server_key
from arrears.access.users import add_user
from arrears.access.web import COOKIE
from arrears.demo.portfolio import write_portfolio
from arrears.imports.folder import read_folder
from arrears.imports.importing import Import, bring_in
from arrears.serving import application
from arrears.wiring import Book, open_book
from tests.keys import copy_book

CHROMIUM, SCREENSHOTS = "ARREARS_CHROMIUM", "ARREARS_SCREENSHOTS"
ARGUMENTS = """--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync""".split()
WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDE, NARROW = 1280, 390
PATIENCE_MS = 30_000
UNTIL = date(2026, 6, 30)
NOW = datetime(2026, 7, 1, 7, tzinfo=UTC)
PASSWORD = "correct horse battery"

Scheme = Literal["light", "dark"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the whole run; without one the test fails, it is not skipped."""
    path = os.environ.get(CHROMIUM, "/usr/bin/chromium")
    if not Path(path).exists():
        pytest.fail(f"there is no Chromium at {path}: install the package 'chromium', or set {CHROMIUM}")
    expect.set_options(timeout=PATIENCE_MS)  # a busy machine is slow
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo_book_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A smaller demo, played until 2026-06-30, with a user for each role, whose name is the role."""
    return demo_book(tmp_path_factory.mktemp("demo"), accounts=150, months=12)


def demo_book(folder: Path, accounts: int, months: int) -> str:
    """The URL of a demo's book in the folder, played until UNTIL, with a user for each role."""
    url = f"sqlite:///{folder / 'demo.db'}"
    book = open_book(url, None, "demo", create=True, clock=lambda: NOW)
    write_portfolio(folder, accounts=accounts, until=UNTIL, months=months)
    _, readings = read_folder(folder)
    bring_in(book.engine, readings, Import("played", "demo", NOW, book.zone, until=UNTIL))
    book.catch_up()
    for role in ROLES:
        add_user(book.database, role, role, PASSWORD, NOW)
    book.close()
    return url


@pytest.fixture(scope="module")
def console(
    chromium: Browser, demo_book_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["Console"]:
    """A server on a copy of the demo's book, for the tests of one module; its clock stands at NOW."""
    url = f"sqlite:///{tmp_path_factory.mktemp('console') / 'demo.db'}"
    copy_book(demo_book_url, url)
    book = open_book(url, None, "tests", clock=lambda: NOW)
    with served(book) as address:
        yield Console(chromium, book, address)
    book.close()


@contextmanager
def served(book: Book) -> Iterator[str]:
    """The address at which the book is served meanwhile, on a free port of this machine."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(application(book), log_level="warning", lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=10)


@dataclass
class Console:
    """A served book, and readers of it who each have a browser window of their own."""

    chromium: Browser
    book: Book
    address: str
    sessions: dict[Role, str] = field(default_factory=dict)

    @contextmanager
    def reader(
        self, role: Role | None = None, width: int = WIDE, scheme: Scheme = "light", **options: Any
    ) -> Iterator[Page]:
        """A page of somebody who is signed in with that role (None: of nobody). At the end it must have asked
        no other host for anything, and the browser must have found no fault with scripts and styles."""
        window = self.chromium.new_context(
            base_url=self.address, viewport={"width": width, "height": 900}, color_scheme=scheme,
            locale="en-GB", reduced_motion="reduce", **options,
        )  # fmt: skip
        if role is not None:
            window.add_cookies([{"name": COOKIE, "value": self.session(role), "url": self.address}])
        page = window.new_page()
        page.set_default_timeout(PATIENCE_MS)
        faults = _listen(page, urlsplit(self.address).netloc)
        yield page
        window.close()
        assert faults == []

    def session(self, role: Role) -> str:
        """The signed cookie of a session of the user with that role."""
        if role not in self.sessions:
            _, session = log_in(self.book.database, role, PASSWORD, self.book.clock())
            self.sessions[role] = Seal(server_key(self.book.database)).cookie(session)
        return self.sessions[role]


def _listen(page: Page, host: str) -> list[str]:
    """What goes wrong on the page from now on. That the browser logs a refused request is no fault of it."""
    faults: list[str] = []

    def asked(sent: Request) -> None:
        if urlsplit(sent.url).netloc not in (host, ""):
            faults.append(sent.url)

    def logged(said: ConsoleMessage) -> None:
        if said.type == "error" and not said.text.startswith("Failed to load resource"):
            faults.append(said.text)

    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", asked)
    page.on("console", logged)
    return faults


def axe(page: Page) -> None:
    """Holds the page as it is now against WCAG 2.2 AA by axe, and that it is not wider than the window."""
    found = Axe().run(page, options={"runOnly": WCAG_2_2_AA}).response["violations"]
    told = [f"{one['id']}: {one['help']}: {[node['html'] for node in one['nodes']]}" for one in found]
    assert told == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
        "the page scrolls sideways"
    )


def picture(page: Page, name: str) -> None:
    """Keeps a picture of the whole page in the folder ARREARS_SCREENSHOTS, where that is set."""
    folder = os.environ.get(SCREENSHOTS)
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
