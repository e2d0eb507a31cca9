"""Structured logs on standard error: an event a line, with the ids that it is about and no personal data.

What an exception says may name a debtor, so a failure is logged as its kind and the places it passed through;
only faults of the system around us (files, networks) say more.
"""

import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from typing import Any, Literal

import structlog
from structlog.typing import Processor

Format = Literal["text", "json"]

ABOUT: ContextVar[dict[str, Any] | None] = ContextVar("about", default=None)
"""What is being worked on: stands in each event that is logged meanwhile, in threads of it too."""

FRAMES = 8
_Event = MutableMapping[str, Any]


def configure(form: Format, level: str) -> None:
    """Has all of this process, its libraries too, log that way; `level`: DEBUG, INFO, WARNING or ERROR."""
    shared: list[Processor] = [
        _with_what_it_is_about,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _without_what_was_said,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(), wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )  # fmt: skip
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(form)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _renderer(form: Format) -> Processor:
    if form == "json":
        return structlog.processors.JSONRenderer(default=str)
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), timestamp_key="at", pad_event_to=0, sort_keys=False
    )


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Logs under that name."""
    found: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return found


def concerns(**ids: Any) -> None:
    """Notes what the work under way turned out to be about; nothing where nobody asked."""
    about = ABOUT.get()
    if about is not None:
        about.update((name, value) for name, value in ids.items() if value is not None)


def _with_what_it_is_about(_: Any, __: str, event: _Event) -> Mapping[str, Any]:
    for name, value in (ABOUT.get() or {}).items():
        event.setdefault(name, value)
    return event


def _without_what_was_said(_: Any, __: str, event: _Event) -> Mapping[str, Any]:
    """An exception as its kind and the places it came through, the innermost last."""
    told = event.pop("exc_info", None)
    fault = sys.exception() if told is True else told[1] if isinstance(told, tuple) else told
    if isinstance(fault, BaseException):
        event["fault"] = type(fault).__name__
        event["where"] = " < ".join(
            f"{frame.name} ({_short(frame.filename)}:{frame.lineno})"
            for frame in reversed(traceback.extract_tb(fault.__traceback__)[-FRAMES:])
        )
        if isinstance(fault, OSError):
            event["reason"] = fault.strerror or type(fault).__name__
    return event


def _short(file: str) -> str:
    """The path from the package on: where the program is installed is nobody's business."""
    return "/".join(file.replace("\\", "/").rsplit("/", 3)[-3:])
