"""The first page: what the book is."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from sqlalchemy import func, select

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.web.pages import render
from projections.connection import reading
from projections.tables import accounts

router = APIRouter()


@router.get("/")
def home(request: Request, _: Annotated[User, signed_in("read")]) -> Response:
    """The book: how many accounts it has, its day, its time zone."""
    book = book_of(request)
    book.catch_up()
    with reading(book.database) as connection:
        count = connection.execute(select(func.count()).select_from(accounts)).scalar_one()
    return render(request, "home.html", accounts=count, today=book.today)
