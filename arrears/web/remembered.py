"""Answers that take long, kept while nothing new is in the book: the same question again is quick."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

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


def remembered(book: Book, question: Hashable, answer: Callable[[], T]) -> T:
    """The answer to a question, worked out anew where the book has learnt anything since."""
    answers, key = _books.setdefault(book.database, _Answers()), _key(book, question)
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
    return answers is not None and _key(book, question) in answers.kept


def _key(book: Book, question: Hashable) -> Hashable:
    with reading(book.database) as connection:
        return question, current_position(connection)
