"""`understudy exporter` and `understudy switcher`: the two services."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

import typer

from understudy.commands.checked import checked
from understudy.commands.configured import load
from understudy.commands.loading import loading
from understudy.commands.options import DEFAULT_CONFIG, Config, Form, Level
from understudy.config.values import Address
from understudy.logging import LogLevel, set_up_logging
from understudy.supervision import supervised

_INSTEAD = "Where it listens, instead of where the configuration says; :PORT for all addresses."
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - what an address without a host means elsewhere


def exporter(
    config: Config = DEFAULT_CONFIG,
    log_level: Level = LogLevel.INFO,
    log_format: Form = None,
    listen: Annotated[
        str | None,
        typer.Option("--listen", "--web.listen-address", metavar="HOST:PORT", help=_INSTEAD),
    ] = None,
) -> None:
    """Run the exporter: what nodes and peers say, as Prometheus metrics, until SIGTERM."""
    with loading():
        from exporter.service import serve

        read = load(config)
    settings = replace(read.exporter, **_place(listen))
    set_up_logging(log_level, log_format)
    work = partial(serve, read.chain, settings, read.peers)
    asyncio.run(supervised(lambda ready: work(on_listen=ready)))


def switcher(
    config: Config = DEFAULT_CONFIG,
    log_level: Level = LogLevel.INFO,
    log_format: Form = None,
    listen: Annotated[
        str | None, typer.Option("--listen", metavar="HOST:PORT", help=_INSTEAD)
    ] = None,
) -> None:
    """Run the switcher: receive alerts, look at the chain, rotate signing keys; until SIGTERM."""
    with loading():
        read = load(config)
        settings = replace(read.needed_switcher(), **_place(listen))
        from switcher.service import serve

    set_up_logging(log_level, log_format)
    work = partial(serve, read.chain, settings, read.replica)
    asyncio.run(supervised(lambda ready: work(on_listen=ready)))


def _place(listen: str | None) -> dict[str, Any]:
    """Return the settings that an address on the command line replaces."""
    if listen is None:
        return {}
    written = f"{_EVERYWHERE}{listen}" if listen.startswith(":") else listen
    host, port = checked("--listen", Address, written)
    return {"host": host, "port": port}
