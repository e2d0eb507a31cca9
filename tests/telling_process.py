"""Tells webhooks in a process of its own, to be killed: `python -m tests.telling_process URL MOMENT`."""

import sys
from datetime import datetime

from arrears.webhooks.sending import tell
from arrears.webhooks.settings import webhook_settings
from arrears.wiring import open_book

if __name__ == "__main__":
    url, now = sys.argv[1], datetime.fromisoformat(sys.argv[2])
    book = open_book(url, None, "a sender", clock=lambda: now)
    tell(book, webhook_settings())
    book.close()
