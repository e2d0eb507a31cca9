"""What all tests share: books on SQLite and on a real PostgreSQL, and the real data beside the project."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql
from sqlalchemy.engine import make_url

from arrears.wiring import open_book
from tests.keys import give_master_key
from tests.postgres import PROJECT, PostgresProcess, PostgresUnavailable

pytest_plugins = ["tests.stories", "tests.history_books", "tests.browser"]

URL = "ARREARS_TEST_POSTGRES_URL"
FAULT = "ARREARS_TEST_POSTGRES_FAULT"
SERVER = pytest.StashKey[PostgresProcess]()

# A busy machine is slow, which says nothing about the code: no deadline, no complaint about slow data.
settings.register_profile(
    "local", deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("local"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_configure(config: pytest.Config) -> None:
    """Starts PostgreSQL once, in the parent; the workers of pytest-xdist inherit its address."""
    give_master_key()
    if hasattr(config, "workerinput") or config.option.collectonly or os.environ.get(URL):
        return
    try:
        config.stash[SERVER] = PostgresProcess()
        os.environ[URL] = config.stash[SERVER].url
    except PostgresUnavailable as fault:
        os.environ[FAULT] = str(fault)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of a book or a server that their module made run in one process, so that it is made once."""
    for item in items:
        if any(name != "module_postgres_url" and _of_module(item, name) for name in _fixtures(item)):
            item.add_marker(pytest.mark.xdist_group(item.location[0]))


def _fixtures(item: pytest.Item) -> list[str]:
    return item.fixturenames if isinstance(item, pytest.Function) else []


def _of_module(item: pytest.Item, fixture: str) -> bool:
    found = item.session._fixturemanager.getfixturedefs(fixture, item)
    return found[-1].scope == "module" if found else False


def pytest_unconfigure(config: pytest.Config) -> None:
    server = config.stash.get(SERVER, None)
    if server is not None:
        del os.environ[URL]
        server.stop()


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The address of a running PostgreSQL; without one the test fails, it is not skipped."""
    url = os.environ.get(URL)
    return url or pytest.fail(os.environ.get(FAULT, f"{URL} is not set and no server was started"))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """An empty book in a file of its own."""
    return f"sqlite:///{tmp_path / 'book.db'}"


@pytest.fixture
def postgres_book_url(postgres_url: str) -> Iterator[str]:
    """An empty book in a PostgreSQL database of its own, dropped afterwards."""
    with postgres_database(postgres_url) as url:
        yield url


@pytest.fixture(scope="module")
def module_postgres_url(postgres_url: str) -> Iterator[str]:
    """A PostgreSQL database that the tests of a module share, dropped after them."""
    with postgres_database(postgres_url) as url:
        yield url


@contextmanager
def postgres_database(postgres_url: str, bare: bool = False) -> Iterator[str]:
    """The URL of a new database on the server, dropped at the end: with the tables of a book, which take long
    to make, and no facts in them, or `bare`."""
    template = "template0" if bare else _template(postgres_url)
    name = _create_database(postgres_url, template)
    yield _named(postgres_url, name)
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@cache
def _template(postgres_url: str) -> str:
    """The name of a database with the tables of a book, made once for this process."""
    name = _create_database(postgres_url, "template0")
    open_book(_named(postgres_url, name), None, "tests", create=True, found=False).close()
    return name


def _create_database(postgres_url: str, template: str) -> str:
    name = f"arrears_{uuid.uuid4().hex}"
    named = sql.Identifier(name), sql.Identifier(template)
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*named))
    return name


def _named(postgres_url: str, name: str) -> str:
    return make_url(postgres_url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, sqlite_url: str) -> Iterator[str]:
    """A database without any tables, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield sqlite_url
        return
    with postgres_database(request.getfixturevalue("postgres_url"), bare=True) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def book_url(request: pytest.FixtureRequest) -> str:
    """An empty book, once on SQLite and once on PostgreSQL."""
    fixture = {"sqlite": "sqlite_url", "postgresql": "postgres_book_url"}[request.param]
    url: str = request.getfixturevalue(fixture)
    return url


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real input beside the project; the test is skipped where it is absent."""
    folder = PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the real input is not here: {folder} is absent")
    return folder
