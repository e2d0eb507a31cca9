"""Personal data on their way out of the tables, where they are kept as sealed as in the log.

Only the number that people know an account by, name, telephone and e-mail are in tables at all. Each report
reads them through `read_people`, and sorts by them afterwards.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Select

PERSONAL_COLUMNS = frozenset({"number", "name", "phone", "email", "key"})
"""What a query may name a column that holds personal data; `key`: the number, in a report by account."""

Opened = Callable[[Iterable[str | None]], list[str | None]]
"""Values of tables as people read them, in the same order; what is not sealed comes back as it is."""

OPENED = "opened"


def open_with(database: Engine, opened: Opened) -> None:
    """From now on reports on this database open what is sealed."""
    database.update_execution_options(**{OPENED: opened})


def read_texts(database: Engine, values: Sequence[str | None]) -> Sequence[str | None]:
    """Values that were read from tables as sealed as they are there, readable or said to be erased."""
    opened: Opened | None = database.get_execution_options().get(OPENED)
    return values if opened is None else opened(values)


def read_people(connection: Connection, query: Select[Any]) -> list[Any]:
    """The rows of a query, their personal columns readable or said to be erased."""
    opened: Opened | None = connection.get_execution_options().get(OPENED)
    result = connection.execute(query)
    rows = list(result.all())
    names = list(result.keys())
    places = [place for place, name in enumerate(names) if name in PERSONAL_COLUMNS]
    if opened is None or not rows or not places:
        return rows
    columns = list(zip(*rows, strict=True))
    for place in places:
        columns[place] = tuple(opened(columns[place]))
    row = namedtuple("row", names, rename=True)  # type: ignore[misc]
    return [row._make(values) for values in zip(*columns, strict=True)]
