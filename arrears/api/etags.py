"""Entity tags of accounts, `"7"` or `"7.5d41402abc4b"`: the version, and what was shown of the account."""

import re
from collections.abc import Callable

_TAG = re.compile(r'\s*(?P<weak>W/)?"(?P<tag>[^"]*)"\s*')


def seen(if_match: str | None) -> Callable[[int], bool]:
    """Whether a version is one that the header names; without the header, and with `*`, each is."""
    if if_match is None or if_match.strip() == "*":
        return lambda _: True
    named = {found["tag"].partition(".")[0] for found in _TAG.finditer(if_match) if not found["weak"]}
    return lambda version: str(version) in named


def names(if_none_match: str | None, tag: str) -> bool:
    """Whether the header names the tag."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or tag.strip('"') in {
        found["tag"] for found in _TAG.finditer(if_none_match)
    }
