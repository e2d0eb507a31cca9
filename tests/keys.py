"""The master key of the books that tests make, so that none has to be made for each."""

import os
import shutil

from sqlalchemy import make_url

from arrears.keys import ring_url

MASTER_KEY = "YSBtYXN0ZXIga2V5IGZvciB0ZXN0cywgMzIgYnl0ZXM="


def give_master_key() -> None:
    """Gives it to this process and to those it starts."""
    os.environ.setdefault("ARREARS_MASTER_KEY", MASTER_KEY)


def copy_book(source: str, copy: str) -> None:
    """Copies a book that nobody has open, and its key ring, from one SQLite URL to another."""
    for one, other in ((source, copy), (ring_url(source), ring_url(copy))):
        shutil.copy(make_url(one).database or "", make_url(other).database or "")
