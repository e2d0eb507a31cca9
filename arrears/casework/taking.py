"""Who has which account open, so that two people do not call one debtor: lightly, and for some minutes only.

It keeps nobody from recording anything: what is recorded rests on the account's version. A page that stays
open holds on; one that is closed lets go by itself.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from arrears.server_tables import desk_open, desk_skipped
from engine.agenda import micros
from projections.connection import writing

HELD = timedelta(minutes=3)
"""So long after it last showed a sign of life a page counts as open."""
SKIPPED = timedelta(hours=2)
_AT_ONCE = 500


def take_first(database: Engine, user: str, accounts: Iterable[str], at: datetime) -> str | None:
    """The first of these accounts that no colleague has open and this user has not put back lately; from now
    on the user has it open, and no other. None: there is none."""
    with writing(database) as connection:
        _forget(connection, at)
        connection.execute(delete(desk_open).where(desk_open.c.user == user))
        skipped = select(desk_skipped.c.account).where(desk_skipped.c.user == user)
        taken = {*connection.execute(select(desk_open.c.account)).scalars()}
        passed = {*taken, *connection.execute(skipped).scalars()}
        free = (account for account in accounts if account not in passed)
        return next((account for account in free if _insert(connection, desk_open, account, user, at)), None)


def hold_on(database: Engine, user: str, account: str, at: datetime) -> str:
    """Who has the account open now: the user, unless a colleague has had it open before."""
    with writing(database) as connection:
        _forget(connection, at)
        mine = (desk_open.c.account == account) & (desk_open.c.user == user)
        connection.execute(delete(desk_open).where(mine))
        if _insert(connection, desk_open, account, user, at):
            return user
        holder = select(desk_open.c.user).where(desk_open.c.account == account)
        return str(connection.execute(holder).scalar_one())


def put_back(database: Engine, user: str, account: str, at: datetime, skip: bool = False) -> None:
    """Lets go of the account; where it is to be skipped it does not come to the user again for a while."""
    with writing(database) as connection:
        mine = (desk_open.c.account == account) & (desk_open.c.user == user)
        connection.execute(delete(desk_open).where(mine))
        if skip:
            _insert(connection, desk_skipped, account, user, at, SKIPPED)


def open_with(database: Engine, accounts: Sequence[str], at: datetime) -> dict[str, str]:
    """Who has each of these accounts open; those that nobody has are left out."""
    found: dict[str, str] = {}
    with database.connect() as connection:
        for start in range(0, len(accounts), _AT_ONCE):
            some = desk_open.c.account.in_(accounts[start : start + _AT_ONCE])
            query = select(desk_open).where(some, desk_open.c.until > micros(at))
            found |= {row.account: row.user for row in connection.execute(query)}
    return found


def _forget(connection: Connection, at: datetime) -> None:
    for table in (desk_open, desk_skipped):
        connection.execute(delete(table).where(table.c.until <= micros(at)))


def _insert(
    connection: Connection, table: Table, account: str, user: str, at: datetime, lasts: timedelta = HELD
) -> bool:
    """Whether the row was not there; on PostgreSQL another's uncommitted one is waited for."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"account": account, "user": user, "until": micros(at + lasts)}
    wanted = insert(table).values(row).on_conflict_do_nothing().returning(table.c.account)
    return connection.execute(wanted).first() is not None
