"""Policies: which there are, what they say, how versions differ; checking, publishing, retiring."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from difflib import unified_diff
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.telling.policies import checked_in
from arrears.telling.policy_calendar import CALENDAR, FULLEST, calendar_row, fullest_rows
from arrears.web import flash
from arrears.web.pages import render
from arrears.web.replays import background_of, day_of
from arrears.web.tables import Column
from arrears.wiring import Book, whole
from arrears.working.replays import Asked, start_replay
from engine.domain.errors import RuleBroken
from policies.book import ALWAYS, PolicyBook, Version
from policies.calendar import local_moment
from policies.comparing import Change, changes
from policies.document import PolicyInvalid, parse
from policies.linting.checking import Checked
from policies.linting.findings import Source
from policies.publishing import make_default, publish, retire

router = APIRouter()

Reader = Annotated[User, signed_in("read")]
Tester = Annotated[User, signed_in("replay")]
Publisher = Annotated[User, signed_in("policies")]
Text = Annotated[str, Form()]

COLUMNS = (
    *(Column("Policy"), Column("In force"), Column("Since"), Column("To come")),
    *(Column("Versions", figure=True), Column("State")),
)
_STEP_KEY = re.compile(r"steps\[(\d+)\]\.?([\w-]*)")
_SECTION_KEY = re.compile(r"([\w-]+)\.([\w-]+)")


@dataclass(frozen=True)
class Held:
    """A policy of the book: its versions, the one in force now, the first one to come, and its standing."""

    name: str
    versions: tuple[Version, ...]
    now: Version | None
    next: Version | None
    is_default: bool
    retired: datetime | None

    @property
    def shown(self) -> Version:
        """The version that is shown first."""
        return self.now or self.versions[-1]


def held_in(policies: PolicyBook, at: datetime) -> list[Held]:
    """All policies of the book as they stand at a moment, the default first."""
    default = policies.default_at(at)[1]
    found = [_held(policies, name, default, at) for name in sorted(policies.versions)]
    return sorted(found, key=lambda one: (not one.is_default, one.retired is not None))


def _held(policies: PolicyBook, name: str, default: str | None, at: datetime) -> Held:
    versions = tuple(policies.versions[name])
    begun = [one for one in versions if one.effective_from <= at]
    later = [one for one in versions if one.effective_from > at]
    return Held(
        name, versions, begun[-1] if begun else None, later[0] if later else None, name == default,
        policies.retired.get(name),
    )  # fmt: skip


# --- reading ----------------------------------------------------------------------------------------------


@router.get("/policies")
def policies_page(request: Request, _: Reader) -> Response:
    """The policies with what is in force and what is to come."""
    book = book_of(request)
    held = held_in(book.engine.policies(), book.clock())
    return render(request, "policies/list.html", held=held, columns=COLUMNS, always=ALWAYS)


@router.get("/policies/{name}")
def policy_page(request: Request, _: Reader, name: str, version: int | None = None) -> Response:
    """One version: its steps, its ladder as a calendar, what is doubtful about it, and its document."""
    book = book_of(request)
    held = _find(book, name)
    shown = _version(held, version) if version is not None else held.shown
    checked = checked_in(book, shown.document, name)
    return render(
        request, "policies/policy.html", held=held, shown=shown, always=ALWAYS, **_calendar(checked),
        lines=shown.document.splitlines(),
    )  # fmt: skip


@router.get("/policies/{name}/compare")
def compare_page(
    request: Request, _: Reader, name: str, old: int | None = None, new: int | None = None
) -> Response:
    """How two versions differ, by meaning and line by line."""
    held = _find(book_of(request), name)
    last = held.versions[-1].version
    after = _version(held, new if new is not None else last)
    before = _version(held, old if old is not None else max(1, after.version - 1))
    return render(
        request, "policies/compare.html", held=held, before=before, after=after,
        changes=list(changes(before.policy, after.policy)), lines=list(line_diff(before, after)),
    )  # fmt: skip


def line_diff(before: Version, after: Version) -> Iterator[tuple[str, str]]:
    """The unified diff of two documents: each line with how it is to be shown."""
    kinds = {"+": "added", "-": "removed", "@": "place"}
    names = f"version {before.version}", f"version {after.version}"
    found = unified_diff(before.document.splitlines(), after.document.splitlines(), *names, lineterm="")
    for number, line in enumerate(found):
        yield ("place" if number < 2 else kinds.get(line[:1], "same")), line


def _find(book: Book, name: str) -> Held:
    found = next((one for one in held_in(book.engine.policies(), book.clock()) if one.name == name), None)
    if found is None:
        raise HTTPException(404, f"There is no policy '{name}' in this book.")
    return found


def _version(held: Held, number: int) -> Version:
    found = next((one for one in held.versions if one.version == number), None)
    if found is None:
        raise HTTPException(404, f"Policy '{held.name}' has no version {number}.")
    return found


def _calendar(checked: Checked) -> dict[str, Any]:
    return {
        "checked": checked, "calendar_columns": CALENDAR, "fullest_columns": FULLEST,
        "calendar": [calendar_row(checked, row) for row in checked.rows],
        "fullest": list(fullest_rows(checked)),
    }  # fmt: skip


# --- changing ---------------------------------------------------------------------------------------------


@router.get("/policy-editor")
def editor(request: Request, _: Tester, name: str = "") -> Response:
    """A document to be changed: checked, replayed, and in the end published."""
    document = _find(book_of(request), name).versions[-1].document if name else ""
    return _editor(request, document)


@router.post("/policy-editor/check")
def check_document(request: Request, _: Tester, document: Text) -> Response:
    """What is doubtful about the document, and its ladder as a calendar; nothing is recorded."""
    document = _with_plain_ends(document)
    try:
        checked = checked_in(book_of(request), document, "the document")
    except PolicyInvalid as invalid:
        return _editor(request, document, invalid)
    return _editor(request, document, **_calendar(checked), against=_against(book_of(request), document))


@router.post("/policy-editor/replay")
def replay_document(
    request: Request, user: Tester, document: Text, first: Text = "", last: Text = "", for_all: Text = "",
    accounts: Text = "",
) -> Response:  # fmt: skip
    """Starts a replay of the document, and shows how far it has come."""
    document = _with_plain_ends(document)
    book = book_of(request)
    try:
        named = tuple(accounts.replace(",", " ").split())
        asked = Asked(document, day_of(first), day_of(last), bool(for_all), named)
        work = start_replay(background_of(request), book, asked, user.name)
    except PolicyInvalid as invalid:
        return _editor(request, document, invalid)
    except RuleBroken as broken:
        return _editor(request, document, broken=str(broken))
    return flash.see_other(f"/replays/{work.id}")


@router.post("/policy-editor/publish")
def publish_document(request: Request, user: Publisher, document: Text, since: Text = "") -> Response:
    """Publishes the document as a new version, in force at once or from the start of a day."""
    book, document = book_of(request).speaking_for(user.name, user.role), _with_plain_ends(document)
    try:
        day = day_of(since)
        effective = local_moment(day, time(0), book.zone) if day else book.clock()
        text = whole(document)
        name = parse(text, "the document").name
        facts = book.decide_on_policies(
            lambda known: publish(known, text, "the document", effective, book.decided_until())
        )
    except PolicyInvalid as invalid:
        return _editor(request, document, invalid)
    except RuleBroken as broken:
        return _editor(request, document, broken=str(broken))
    if not facts:
        return flash.see_other(
            f"/policies/{name}", "This is the last version as it is: nothing to do.", "warning"
        )
    number = len(book.engine.policies().versions[name])
    when = f"from {day}" if day else f"from {effective.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    said = f"Version {number} of {name} is published, in force {when}."
    return flash.see_other(f"/policies/{name}?version={number}", said)


@router.post("/policies/{name}/retire")
def retire_policy(request: Request, user: Publisher, name: str) -> Response:
    """Takes care that no account can be given it any more."""
    book = book_of(request).speaking_for(user.name, user.role)
    book.decide_on_policies(lambda policies: retire(policies, name, book.clock()))
    return flash.see_other(f"/policies/{name}", f"{name} is retired; accounts that have it keep it.")


@router.post("/policies/{name}/default")
def default_policy(request: Request, user: Publisher, name: str) -> Response:
    """Makes it the policy of every account that has none of its own, from now on."""
    book = book_of(request).speaking_for(user.name, user.role)
    book.decide_on_policies(lambda policies: make_default(policies, name, book.clock(), book.decided_until()))
    return flash.see_other(f"/policies/{name}", f"{name} is the default now.")


def _with_plain_ends(document: str) -> str:
    """The document as it was before a browser made CRLF of its line ends."""
    return document.replace("\r\n", "\n")


def _against(book: Book, document: str) -> list[Change]:
    """What the document changes in the last version of the policy of its name."""
    policy = parse(whole(document))
    held = book.engine.policies().versions.get(policy.name)
    return list(changes(held[-1].policy, policy)) if held else []


def _editor(
    request: Request, document: str, invalid: PolicyInvalid | None = None, broken: str = "", **found: Any
) -> Response:
    faults = [(line_of(document, fault.key), str(fault)) for fault in invalid.faults] if invalid else []
    status = 422 if invalid else 409 if broken else 200
    return render(
        request, "policies/editor.html", status, document=document, faults=faults, broken=broken,
        found=found,
    )  # fmt: skip


def line_of(document: str, key: str) -> int | None:
    """The line of a document in which a key such as `steps[2].days` stands; None where that is not known."""
    source = Source(document)
    if step := _STEP_KEY.match(key):
        return source.of_step(int(step[1]) - 1, step[2])
    if section := _SECTION_KEY.match(key):
        return source.of_section(section[1], section[2])
    return source.of_key(key) if key else None
