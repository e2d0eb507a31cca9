"""What a server keeps in memory: exceptions are, after every fact, those found anew; and it looks ahead."""

from datetime import UTC, timedelta
from decimal import Decimal
from functools import partial
from threading import Event

import pytest
from fastapi.testclient import TestClient

from arrears.casework.directory import By, Directory
from arrears.casework.lookout import Lookout
from arrears.casework.unusual import unusual
from arrears.serving import application
from engine.domain.decisions.accounts import open_account
from engine.domain.decisions.payments import receive_payment
from projections.clocks import end_of
from projections.exceptions import Exceptional, readable
from tests.histories import BEGIN, History, histories
from tests.history_books import ON_SQLITE, HistoryBook, for_any, new_book


def kept_by(lookout: Lookout, living: HistoryBook) -> list[Exceptional]:
    return readable(living.book.database, lookout.all_listed(living.book))


def anew(living: HistoryBook) -> list[Exceptional]:
    return unusual(living.book.database, end_of(living.book.today, UTC))


def test_exceptions_that_are_kept_up_are_those_found_anew(server: str | None) -> None:
    def holds(history: History) -> None:
        with new_book(server) as living:
            lookout = Lookout()
            for move in history:
                living.make(move)
                assert kept_by(lookout, living) == anew(living)
                living.tick(move.at)
                assert kept_by(lookout, living) == anew(living)
            living.now += timedelta(days=30)
            assert kept_by(lookout, living) == anew(living)

    for_any(server, holds, histories(), sqlite=8, postgresql=2)


def test_whoever_is_erased_is_named_no_more_though_the_log_has_nothing_new() -> None:
    with new_book(ON_SQLITE) as living:
        book, lookout, today = living.book, Lookout(), BEGIN.date()
        opened = partial(open_account, number="Z", name="Ada", opened_on=today)
        paid = partial(receive_payment, payment="P", amount=Decimal(5), currency="EUR", received_on=today)
        book.execute("Z", lambda account, _: opened(account), known=False)
        book.execute("Z", lambda account, _: paid(account))
        [found] = kept_by(lookout, living)
        assert (found.kind, found.number, found.name) == ("unapplied", "Z", "Ada")
        assert book.store.cipher is not None
        book.store.cipher.ring.erase(found.account)
        [found] = kept_by(lookout, living)
        assert (found.number, found.name) == ("[erased]", "[erased]")
        assert "Ada" not in repr(vars(lookout))


def test_a_server_that_starts_works_out_ahead_what_its_readers_will_ask(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with new_book(ON_SQLITE) as living:
        opened = partial(open_account, number="Z", name="Ada", opened_on=BEGIN.date())
        living.book.execute("Z", lambda account, _: opened(account), known=False)
        ranked, done = Directory.ranks, Event()

        def noted(directory: Directory, by: By) -> dict[str, int]:
            found = ranked(directory, by)
            if by == "name" and found:
                done.set()
            return found

        monkeypatch.setattr(Directory, "ranks", noted)
        with TestClient(application(living.book)):
            assert done.wait(timeout=30)
