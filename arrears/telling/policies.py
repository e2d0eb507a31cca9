"""Policies in answers: which there are, one of them, how two versions differ, what is doubtful about one."""

from datetime import datetime
from typing import Any

from arrears.telling.policy_calendar import shelf
from arrears.wiring import Book, shipped_limits, whole
from engine.domain.errors import RuleBroken
from policies.book import ALWAYS, PolicyBook, UnknownPolicy, Version
from policies.comparing import changes
from policies.contact_limits.documents import profile_of
from policies.linting.checking import ANY, Checked, check
from policies.linting.sample import Wishes

Row = dict[str, Any]


class UnknownProfile(RuleBroken):
    sentence = "there is no profile of contact limits '{profile}'; there are: {known}"


def policies_answer(policies: PolicyBook, at: datetime) -> Row:
    """Every version of every policy, in force from when (None: always); which is the default at a moment."""
    default = policies.default_at(at)[1]
    rows = [
        {
            "policy": version.name, "version": version.version,
            "effective_from": since(version.effective_from), "default": default == version.name,
            "retired_at": policies.retired.get(version.name), "title": version.policy.title,
            "sha256": version.sha256,
        }
        for held in policies.versions.values()
        for version in held
    ]  # fmt: skip
    return {"policies": rows}


def since(moment: datetime) -> datetime | None:
    """The moment, None where it stands for ever."""
    return None if moment == ALWAYS else moment


def version_of(policies: PolicyBook, name: str, version: int | None = None) -> Version:
    """A version of a policy, by default the last; raises UnknownPolicy."""
    held = [one for one in policies.versions.get(name, []) if version in (None, one.version)]
    if not held:
        wanted = name if version is None else f"{name} v{version}"
        raise UnknownPolicy(policy=wanted, known=", ".join(sorted(policies.versions)))
    return held[-1]


def policy_answer(shown: Version) -> Row:
    """One version with its document and its steps."""
    return {
        "policy": shown.name, "version": shown.version, "effective_from": shown.effective_from,
        "sha256": shown.sha256, "document": shown.document,
        "steps": [
            step.model_dump(mode="json", exclude_none=True, by_alias=True) for step in shown.policy.steps
        ],
    }  # fmt: skip


def compared_answer(before: Version, after: Version) -> Row:
    """What two versions differ in, by meaning."""
    return {
        "policy": after.name, "old": before.version, "new": after.version,
        "changes": [one._asdict() for one in changes(before.policy, after.policy)],
    }  # fmt: skip


def checked_in(book: Book, written: str, file: str, wishes: Wishes = ANY) -> Checked:
    """What is doubtful about a document, read beside the policies of the book; raises PolicyInvalid."""
    known = {name: held[-1].document for name, held in book.engine.policies().versions.items()}
    return check(whole(written), file, shelf(policies=known), book.today, wishes, written)


def limits_answer(name: str | None = None) -> Row:
    """The profiles of contact limits, or one of them, with all their rules; raises UnknownProfile."""
    documents = shipped_limits()
    if name is not None and name not in documents:
        raise UnknownProfile(profile=name, known=", ".join(documents))
    profiles = {one: profile_of(documents[one]) for one in documents if name in (None, one)}
    return {"profiles": [{"name": one, **profiles[one].model_dump(mode="json")} for one in profiles]}
