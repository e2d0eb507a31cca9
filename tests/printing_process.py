"""A printer in a process of its own, killed where it calls CUT: `python -m tests.printing_process URL MOMENT
FOLDER [CUT]`."""

import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from arrears.delivery.carriers import print_letters
from arrears.delivery.letters import manifest, printing
from arrears.delivery.settings import DeliverySettings
from arrears.wiring import open_book


def killed(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


CUTS: dict[str, tuple[Any, str]] = {
    "manifest._put": (manifest, "_put"),
    "printing.PrintRun._record": (printing.PrintRun, "_record"),
}

if __name__ == "__main__":
    url, now, folder = sys.argv[1], datetime.fromisoformat(sys.argv[2]), Path(sys.argv[3])
    if sys.argv[4:]:
        setattr(*CUTS[sys.argv[4]], killed)
    book = open_book(url, ZoneInfo("UTC"), "a printer", clock=lambda: now)
    print_letters(book.engine, DeliverySettings(), folder, book.clock)
    book.close()
