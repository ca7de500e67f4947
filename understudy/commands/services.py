"""`understudy exporter` and `understudy switcher`: the two services."""

from __future__ import annotations

import asyncio

from understudy.commands.options import DEFAULT_CONFIG, Config, Form, Level
from understudy.config import load
from understudy.logging import LogLevel, set_up_logging


def exporter(
    config: Config = DEFAULT_CONFIG, log_level: Level = LogLevel.INFO, log_format: Form = None
) -> None:
    """Run the exporter: what nodes and peers say, as Prometheus metrics, until SIGTERM."""
    from exporter.service import serve

    read = load(config)
    set_up_logging(log_level, log_format)
    asyncio.run(serve(read.chain, read.exporter, read.peers))


def switcher(
    config: Config = DEFAULT_CONFIG, log_level: Level = LogLevel.INFO, log_format: Form = None
) -> None:
    """Run the switcher: receive alerts, look at the chain, rotate signing keys; until SIGTERM."""
    read = load(config)
    settings = read.needed_switcher()
    from switcher.service import serve

    set_up_logging(log_level, log_format)
    asyncio.run(serve(read.chain, settings, read.replica))
