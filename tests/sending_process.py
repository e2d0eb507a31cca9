"""A sender in a process of its own, to be killed: `python -m tests.sending_process URL MOMENT`."""

import sys
from datetime import datetime
from zoneinfo import ZoneInfo

from arrears.delivery.carriers import deliver
from arrears.delivery.settings import DeliverySettings
from arrears.wiring import open_book

if __name__ == "__main__":
    url, now = sys.argv[1], datetime.fromisoformat(sys.argv[2])
    book = open_book(url, ZoneInfo("UTC"), "a sender", clock=lambda: now)
    deliver(book.engine, DeliverySettings(), book.clock)
    book.close()
