"""Any table of a page as a file: the same address with `format=csv`, `xlsx` or `pdf`."""

from urllib.parse import quote

from fastapi import HTTPException, Request, Response
from fastapi.responses import StreamingResponse

from arrears.exports.formats import FORMATS
from arrears.exports.sheet import Sheet


def format_asked(request: Request) -> str | None:
    """Which kind of file is asked for; None: the page. Raises HTTPException."""
    name = request.query_params.get("format") or None
    if name is not None and name not in FORMATS:
        raise HTTPException(422, f"format: '{name}' is none of {', '.join(FORMATS)}.")
    return name


def file_of(sheet: Sheet, name: str) -> Response:
    """The sheet as a file of that format, sent as it is written."""
    kind = FORMATS[name]
    answer = StreamingResponse(kind.pieces(sheet), media_type=kind.media_type)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(sheet.name)}.{kind.name}"
    answer.headers["Cache-Control"] = "no-store"
    return answer
