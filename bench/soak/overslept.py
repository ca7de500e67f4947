"""Slots for which the devnet woke too late, since the machine was busy: nobody's failure."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class _Noting(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.slots: set[int] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Note the slot that a line of the devnet tells of."""
        if isinstance(record.args, tuple) and record.args and isinstance(record.args[0], int):
            self.slots.add(record.args[0])


@contextmanager
def overslept() -> Iterator[set[int]]:
    """Note such slots (when each began, seconds since the epoch) as the devnet tells of them."""
    log, noting = logging.getLogger("devnet.network"), _Noting()
    level = log.level
    log.addHandler(noting)
    log.setLevel(logging.WARNING)
    try:
        yield noting.slots
    finally:
        log.setLevel(level)
        log.removeHandler(noting)
