"""How the book stands: what a server needs, what waits, up to where it is sealed, and all settings."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from arrears.access.users import User
from arrears.access.web import book_of, signed_in
from arrears.delivery import outbox
from arrears.delivery.settings import delivery_settings
from arrears.operating.settings import all_settings
from arrears.operating.standing import lags, readiness
from arrears.web.pages import render
from arrears.web.tables import Column
from engine import agenda
from engine.sealing import kept

router = APIRouter()

Operator = Annotated[User, signed_in("operate")]

CHECKS = (Column("What"), Column("How it stands"))
TABLES = (Column("Table"), Column("Facts behind", figure=True))
OUTBOX = (
    *(Column("Channel"), Column("Waiting", figure=True), Column("Due", figure=True)),
    *(Column("Too old", figure=True), Column("Oldest")),
)
SETTINGS = (Column("Name"), Column("Value"), Column("From"), Column("What it is"))


@router.get("/admin/state")
def state(request: Request, _: Operator) -> Response:
    """How the book stands now."""
    book = book_of(request)
    at = book.clock()
    kept.create(book.database)
    return render(
        request, "admin/state.html", checks=readiness(book), check_columns=CHECKS,
        lags=sorted(lags(book).items()), lag_columns=TABLES, due=agenda.count_due(book.database, at),
        sizes=outbox.sizes(book.database, at, at - delivery_settings().within), outbox_columns=OUTBOX,
        sealed=kept.last_sealed(book.database), end=book.store.end, settings=list(all_settings()),
        setting_columns=SETTINGS, not_live=book.not_live(),
    )  # fmt: skip
