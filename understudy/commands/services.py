"""`understudy exporter` and `understudy switcher`: the two services."""

from __future__ import annotations

import asyncio
from functools import partial

from understudy.commands.options import DEFAULT_CONFIG, Config, Form, Level
from understudy.config import load
from understudy.logging import LogLevel, set_up_logging
from understudy.supervision import supervised


def exporter(
    config: Config = DEFAULT_CONFIG, log_level: Level = LogLevel.INFO, log_format: Form = None
) -> None:
    """Run the exporter: what nodes and peers say, as Prometheus metrics, until SIGTERM."""
    from exporter.service import serve

    read = load(config)
    set_up_logging(log_level, log_format)
    work = partial(serve, read.chain, read.exporter, read.peers)
    asyncio.run(supervised(lambda ready: work(on_listen=ready)))


def switcher(
    config: Config = DEFAULT_CONFIG, log_level: Level = LogLevel.INFO, log_format: Form = None
) -> None:
    """Run the switcher: receive alerts, look at the chain, rotate signing keys; until SIGTERM."""
    read = load(config)
    settings = read.needed_switcher()
    from switcher.service import serve

    set_up_logging(log_level, log_format)
    work = partial(serve, read.chain, settings, read.replica)
    asyncio.run(supervised(lambda ready: work(on_listen=ready)))
