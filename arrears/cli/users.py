"""`arrears user …` and `arrears token …`: who may sign in, as what, and by which tokens."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from arrears.access import tokens, users
from arrears.access.permissions import Role
from arrears.cli.clocks import say
from arrears.cli.output import print_json, print_rows
from arrears.cli.session import Session, session_of

user = typer.Typer(no_args_is_help=True, help="Users: who may sign in, and as what.")
token = typer.Typer(no_args_is_help=True, help="API tokens of users: each is shown once.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="the name to log in by")]
RoleOption = Annotated[Role, typer.Option("--role", help="what the user may do")]
PasswordFile = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="read the password from its first line; - is stdin"),
]
_USER, _TOKEN = (
    ("name", "role", "disabled", "password"),
    ("id", "user", "label", "created_at", "expires_at", "revoked_at"),
)


def register(app: typer.Typer) -> None:
    """Adds the two groups."""
    user.command("add")(add_user)
    user.command("list")(list_users)
    user.command("role")(change_role)
    user.command("password")(change_password)
    user.command("disable")(disable_user)
    user.command("enable")(enable_user)
    token.command("add")(add_token)
    token.command("list")(list_tokens)
    token.command("revoke")(revoke_token)
    app.add_typer(user, name="user")
    app.add_typer(token, name="token")


# --- users ------------------------------------------------------------------------------------------------


def add_user(
    context: typer.Context,
    name: Name,
    role: RoleOption,
    password_file: PasswordFile = None,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="a program: only its tokens let it in")
    ] = False,
) -> None:
    """Add a user. The password is asked for, or read from a file.

    \b
    Example: arrears user add mira --role collector
    Example: arrears user add ledger --role manager --no-password
    """
    if no_password and password_file:
        raise typer.BadParameter("--no-password and --password-file do not go together")
    session = session_of(context)
    with session.book() as book:
        password = None if no_password else _password(password_file)
        added = users.add_user(book.database, name, role, password, book.clock())
    _answer(session, added, f"{added.name} may sign in as {added.role}.")


def list_users(context: typer.Context) -> None:
    """List all users, those who are disabled, too.

    Example: arrears user list
    """
    session = session_of(context)
    with session.book() as book:
        rows = [one.as_json() for one in users.list_users(book.database)]
    _list(session, "users", rows, _USER)


def change_role(context: typer.Context, name: Name, role: Annotated[Role, typer.Argument()]) -> None:
    """Give a user another role; it holds from the next request on.

    Example: arrears user role mira manager
    """
    session = session_of(context)
    with session.book() as book:
        changed = users.change_role(book.database, name, role)
    _answer(session, changed, f"{name} is {role} from now on.")


def change_password(context: typer.Context, name: Name, password_file: PasswordFile = None) -> None:
    """Give a user another password. Whoever is signed in by that name is signed out.

    Example: arrears user password mira
    """
    session = session_of(context)
    with session.book() as book:
        changed = users.change_password(book.database, name, _password(password_file))
    _answer(session, changed, f"{name} has a new password; sessions are ended.")


def disable_user(context: typer.Context, name: Name) -> None:
    """Lock a user out. Sessions end and tokens are revoked; what the user recorded keeps the name.

    Example: arrears user disable mira
    """
    session = session_of(context)
    with session.book() as book:
        disabled = users.disable_user(book.database, name, book.clock())
    _answer(session, disabled, f"{name} is locked out; sessions are ended, tokens revoked.")


def enable_user(context: typer.Context, name: Name) -> None:
    """Let a disabled user in again. Tokens that were revoked stay revoked.

    Example: arrears user enable mira
    """
    session = session_of(context)
    with session.book() as book:
        enabled = users.enable_user(book.database, name)
    _answer(session, enabled, f"{name} may sign in again as {enabled.role}.")


def _password(file: Path | None) -> str:
    """The password, from the file or asked for; raises BadParameter where nobody can be asked."""
    if file is not None:
        lines = (sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")).splitlines()
        return lines[0] if lines else ""
    if not sys.stdin.isatty():
        raise typer.BadParameter("nobody can be asked for the password: say --password-file FILE")
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return typed


# --- tokens -----------------------------------------------------------------------------------------------


def add_token(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="USER", help="whose token it is, and in whose role")],
    label: Annotated[str, typer.Option("--label", help="what it is for")] = "",
    days: Annotated[int, typer.Option("--days", help="for how long", min=1, max=3650)] = tokens.DAYS,
) -> None:
    """Make a token for programs. It is shown this once, and kept as a hash only.

    Example: arrears token add ledger --label "nightly postings" --days 90
    """
    session = session_of(context)
    with session.book() as book:
        made, whole = tokens.add_token(book.database, name, label, book.clock(), days)
    if session.format == "json":
        print_json(made.as_json() | {"token": whole})
    else:
        say(session, f"Token {made.id} of {name}, until {made.expires_at:%Y-%m-%d}. Never shown again:")
        sys.stdout.write(whole + "\n")


def list_tokens(
    context: typer.Context,
    name: Annotated[str | None, typer.Option("--user", metavar="NAME", help="of one user")] = None,
) -> None:
    """List tokens, those that are over, too; never what they are.

    Example: arrears token list
    """
    session = session_of(context)
    with session.book() as book:
        rows = [one.as_json() for one in tokens.list_tokens(book.database, name)]
    _list(session, "tokens", rows, _TOKEN)


def revoke_token(context: typer.Context, token_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """End a token, from the next request on.

    Example: arrears token revoke 1f2e3d4c5b6a
    """
    session = session_of(context)
    with session.book() as book:
        revoked = tokens.revoke_token(book.database, token_id, book.clock())
    _answer(session, revoked, f"token {token_id} of {revoked.user} is revoked.")


# --- answers ----------------------------------------------------------------------------------------------


def _answer(session: Session, done: users.User | tokens.Token, sentence: str) -> None:
    if session.format == "json":
        print_json(done.as_json())
    else:
        say(session, sentence)


def _list(session: Session, what: str, rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    if session.format == "json":
        print_json({what: rows})
    else:
        print_rows(session, rows, columns)
