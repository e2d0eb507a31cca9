"""What tests of replays share: a small generated book, the control of a book, and a book under a policy."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from arrears.demo.portfolio import write_portfolio
from arrears.imports.folder import read_folder
from arrears.imports.importing import Import, bring_in
from arrears.wiring import Book
from engine.domain.facts.base import Fact
from engine.replay.control import Control, control
from engine.replay.counts import why
from engine.replay.diff import Diff
from engine.replay.reading import PolicyHistory, account_ids, last_known
from engine.replay.what_if import Question, Replayed, replay
from policies.book import ALWAYS
from policies.document import parse
from policies.supposing import suppose
from tests.stories import Story, moment, told

UNTIL = date(2026, 6, 30)


def fill(book: Book, folder: Path, accounts: int) -> None:
    """Plays a generated portfolio of half a year into the book, as the demo does."""
    write_portfolio(folder, accounts=accounts, until=UNTIL, months=6)
    how = Import("played", "an import", book.clock(), book.zone, until=UNTIL)
    imported = bring_in(book.engine, read_folder(folder)[1], how)
    assert not imported.faults
    book.catch_up()


def controlled(book: Book) -> Control:
    """The control over all accounts of the book."""
    book.catch_up()
    policies = PolicyHistory(book.store, book.zone)
    return control(book.engine, account_ids(book.database), policies=policies, replayed_at=book.clock())


def under(
    book: Book, document: str, start: datetime = ALWAYS, *, for_all: bool = False
) -> tuple[Diff, dict[str, Replayed]]:
    """The whole book under that document, up to its last fact: what differs, and each account by number."""
    book.catch_up()
    name = parse(document).name
    policies = suppose(book.engine.policies(), name, document, start, for_all=for_all)
    end = last_known(book.database) or book.clock()
    question = Question(policies, end + timedelta(microseconds=1), book.clock())
    diff, replayed = Diff(book.zone), {}
    for one in replay(book.engine, account_ids(book.database), question):
        diff.add(one)
        replayed[one.number] = one
    return diff, replayed


def supposed(story: Story, document: str, start: str = "", **how: Any) -> tuple[Diff, Replayed]:
    """What differs in the story under that document (from that moment on), and account A in it."""
    diff, replayed = under(story.book, document, moment(start) if start else ALWAYS, **how)
    return diff, replayed["A"]


def lines(decisions: list[Fact]) -> list[str]:
    """The decisions as `Story.decisions` words them."""
    return [told(fact, why(fact)) for fact in decisions]
