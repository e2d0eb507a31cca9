"""What became of the last thing that was done, said once on the next page."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Literal, NamedTuple

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

COOKIE = "arrears-said"
_LONGEST = 1500

Kind = Literal["done", "warning", "problem"]


class Said(NamedTuple):
    """A sentence for the reader, and how it is meant."""

    kind: Kind
    sentence: str


def say(response: Response, sentence: str, kind: Kind = "done") -> None:
    """Has the sentence shown on the next page that the reader sees."""
    packed = urlsafe_b64encode(json.dumps([kind, sentence[:_LONGEST]]).encode()).decode()
    response.set_cookie(COOKIE, packed, max_age=300, httponly=True, samesite="strict")


def see_other(path: str, sentence: str = "", kind: Kind = "done") -> RedirectResponse:
    """Sends the reader on after a form was carried out, with a sentence about it."""
    response = RedirectResponse(path, status_code=303)
    if sentence:
        say(response, sentence, kind)
    return response


def said(request: Request) -> Said | None:
    """What is to be said on this page; a cookie that nobody of ours wrote says nothing."""
    packed = request.cookies.get(COOKIE)
    if not packed:
        return None
    try:
        kind, sentence = json.loads(urlsafe_b64decode(packed))
    except ValueError:
        return None
    known: dict[str, Kind] = {"done": "done", "warning": "warning", "problem": "problem"}
    return Said(known[kind], str(sentence)) if isinstance(kind, str) and kind in known else None
