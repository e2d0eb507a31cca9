"""The first page: what the book is."""

from fastapi import APIRouter, Request, Response
from sqlalchemy import func, select

from arrears.web.pages import book_of, render
from projections.connection import reading
from projections.tables import accounts

router = APIRouter()


@router.get("/")
def home(request: Request) -> Response:
    """The book: how many accounts it has, its day, its time zone."""
    book = book_of(request)
    book.catch_up()
    with reading(book.database) as connection:
        count = connection.execute(select(func.count()).select_from(accounts)).scalar_one()
    return render(request, "home.html", accounts=count, today=book.today)
