"""Answers that take long, kept while nothing new is in the book: the same question again is quick."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Table, func, select

from arrears.wiring import Book
from projections.catch_up import current_position
from projections.connection import reading

T = TypeVar("T")
KEPT = 24
"""So many answers of a book; they are small, whatever the book holds."""


class _Answers:
    """The latest answers of one book, by what was asked and up to where the log reached."""

    def __init__(self) -> None:
        self.kept: OrderedDict[Hashable, Any] = OrderedDict()
        self.lock = Lock()


_books: WeakKeyDictionary[Engine, _Answers] = WeakKeyDictionary()


def remembered(
    book: Book, question: Hashable, answer: Callable[[], T], rests_on: Sequence[Table] = ()
) -> T:  # fmt: skip
    """The answer to a question, worked out anew where the book has learnt anything since; where the tables
    are named that it `rests_on`, only if rows came to any of these."""
    answers, key = _books.setdefault(book.database, _Answers()), _key(book, question, rests_on)
    with answers.lock:
        if key in answers.kept:
            answers.kept.move_to_end(key)
            found: T = answers.kept[key]
            return found
    made = answer()
    with answers.lock:
        answers.kept[key] = made
        while len(answers.kept) > KEPT:
            answers.kept.popitem(last=False)
    return made


def is_remembered(book: Book, question: Hashable) -> bool:
    """Whether the answer is there, and the question costs nothing."""
    answers = _books.get(book.database)
    return answers is not None and _key(book, question, ()) in answers.kept


def _key(book: Book, question: Hashable, rests_on: Sequence[Table]) -> Hashable:
    with reading(book.database) as connection:
        lasts = [connection.execute(select(func.max(table.c.position))).scalar() for table in rests_on]
        return question, tuple(lasts) or current_position(connection)
