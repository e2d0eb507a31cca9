"""Pages that take long on a large book: there at once without their figures, which follow by themselves, or
by a link where scripts are off."""

from fastapi import Request, Response
from sqlalchemy import select

from arrears.telling.asking import Question
from arrears.web.exporting import format_asked
from arrears.web.pages import render
from arrears.wiring import Book
from projections.connection import reading
from projections.tables import accounts

LARGE_ACCOUNTS = 2_000
WHOLE = "whole"


def behind(request: Request, asked: Question, title: str) -> Response | None:
    """What stands there meanwhile; None where the book is small, or the whole page is what is asked for."""
    if WHOLE in request.query_params or format_asked(request) or not _is_large(asked.book):
        return None
    return render(request, "reports/behind.html", clocks=asked, title=title)


def _is_large(book: Book) -> bool:
    with reading(book.database) as connection:
        return (
            connection.execute(select(accounts.c.stream).offset(LARGE_ACCOUNTS).limit(1)).first() is not None
        )
