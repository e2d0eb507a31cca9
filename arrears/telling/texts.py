"""The texts of contacts in answers: which there are, how one is worded, and how it reads on an account."""

from typing import Any

from arrears.delivery.contact import templates_of
from arrears.delivery.render import Message
from arrears.delivery.templates import best_language, template, template_names, worded_in
from arrears.telling.previews import Supposed, lacking
from policies.book import PolicyBook

Row = dict[str, Any]


def templates_answer(policies: PolicyBook) -> Row:
    """The texts that are shipped, and the steps that use them in this book."""
    users = _users(policies)
    return {"templates": [_row(name, users.get(name, [])) for name in template_names()]}


def _users(policies: PolicyBook) -> dict[str, list[str]]:
    """The steps of the last version of each policy, by the text that they use."""
    users: dict[str, list[str]] = {}
    for name, versions in sorted(policies.versions.items()):
        for step, text in templates_of(versions[-1].policy).items():
            users.setdefault(text, []).append(f"{name}/{step}")
    return users


def _row(name: str, used: list[str]) -> Row:
    worded = {language: template(name, language) for language in worded_in(name)}
    return {
        "template": name, "kind": next(iter(worded.values())).kind, "used": used,
        "sha256": {language: one.sha256 for language, one in worded.items()},
    }  # fmt: skip


def template_answer(name: str, language: str | None) -> Row:
    """A text as it is kept; raises UnknownTemplate, UnknownLanguage."""
    shown = template(name, language or best_language())
    return {
        "template": name, "language": shown.language, "kind": shown.kind, "sha256": shown.sha256,
        "source": shown.source,
    }  # fmt: skip


def preview_answer(supposed: Supposed, message: Message, language: str | None = None) -> Row:
    """How a text would read on an account, in the language that was asked for, and what is lacking."""
    return {
        "account": supposed.account, "template": message.template.name,
        "language": message.template.language, "channel": supposed.channel,
        "sha256": message.template.sha256, "subject": message.subject, "text": message.text,
        "html": message.html, "lacking": lacking(supposed, language),
    }  # fmt: skip
