"""Where the console leads: the links beside every page, in the order of a working day."""

from typing import NamedTuple

from arrears.access.permissions import Permission


class Link(NamedTuple):
    """A page of the console, and the permission that it asks for."""

    title: str
    path: str
    permission: Permission = "read"


class Group(NamedTuple):
    """Links that belong to one kind of work."""

    title: str
    links: tuple[Link, ...]


GROUPS: tuple[Group, ...] = (
    Group(
        "Desk",
        (Link("Worklist", "/worklist"), Link("Exceptions", "/exceptions"), Link("Accounts", "/accounts")),
    ),
    Group(
        "Reports",
        (
            *(Link("Dashboard", "/"), Link("Aging", "/aging")),
            *(Link("Promises", "/promises"), Link("Disputes", "/disputes"), Link("Contacts", "/contacts")),
            Link("Agencies", "/agencies"),
        ),
    ),
    Group(
        "Office",
        (
            Link("Imports", "/imports", "post"),
            Link("Policies", "/policies"),
            Link("Texts", "/texts"),
            Link("Replays", "/replays", "replay"),
            Link("Audit", "/audit", "read-log"),
        ),
    ),
    Group(
        "Administration",
        (
            Link("Users", "/admin/users", "users"),
            Link("Webhooks", "/admin/webhooks", "operate"),
            Link("State", "/admin/state", "operate"),
        ),
    ),
)


def is_here(link: Link, path: str) -> bool:
    """Whether a page is the one that the link leads to, or lies below it."""
    return path == link.path or (link.path != "/" and path.startswith(f"{link.path}/"))
