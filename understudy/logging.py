"""Structured logs: a JSON object a line for programs, coloured columns for people."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import Processor

from understudy.levels import LogFormat, LogLevel

__all__ = ["LogFormat", "LogLevel", "set_up_logging"]

_NOISY = (
    "httpx",
    "httpcore",
    "websockets",
    "sqlalchemy.engine",
    "asyncio",
    "alembic.runtime.plugins",
)
"""Libraries whose every step is no concern of ours; their warnings are."""


class _StandardError:
    """What standard error is when a line is written: above the progress bar while one is up."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def set_up_logging(
    level: LogLevel = LogLevel.INFO, form: LogFormat | None = None, stream: TextIO | None = None
) -> None:
    """Send the lines of our own code and of all libraries to one place in one form.

    Without a form it is console on a terminal and JSON elsewhere. Tracebacks never show local
    variables, among which there may be secrets.
    """
    terminal = (stream or sys.stderr).isatty()
    form = form or (LogFormat.CONSOLE if terminal else LogFormat.JSON)
    first: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if form is LogFormat.JSON:
        last += [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    else:
        last += [
            structlog.dev.ConsoleRenderer(
                colors=terminal, exception_formatter=structlog.dev.plain_traceback
            )
        ]
    handler = logging.StreamHandler(stream or _StandardError())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=first, processors=last)
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *first,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
