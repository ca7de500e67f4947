"""The nodes, watched for as long as the switcher runs; everybody is woken with every block."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import structlog

from chains.bitshares.offset import Timekeeping
from chains.bitshares.views import NodeView
from chains.bitshares.watch import Watch
from chains.standing import Verdict
from switcher.loop import Loop

_REST = 1.0
"""Seconds before the nodes are watched again after a failure."""

_log = structlog.get_logger("switcher")


async def keep_watching(watch: Watch) -> None:
    """Watch the nodes until cancelled."""
    while True:
        try:
            await watch.run()
        except Exception:
            # Whatever a node made it trip over, alerts must not be judged by a view that stands.
            _log.exception("watching the nodes failed, beginning again")
        await asyncio.sleep(_REST)


async def wake_with_blocks(watch: Watch, loops: Collection[Loop]) -> None:
    """Wake everybody with every block until cancelled."""
    seen = watch.sequence
    while True:
        seen = await watch.changed(seen)
        for loop in loops:
            loop.wake()


def log_verdict(view: NodeView) -> None:
    """Log what is thought of a node from now on."""
    well = view.verdict is Verdict.CANONICAL
    log = _log.info if well else _log.warning
    log("node", node=view.name, verdict=view.verdict, why=view.detail)


def log_clock(kept: Timekeeping) -> None:
    """Log what is thought of the clock here from now on."""
    log = _log.warning if kept.sentence else _log.info
    log("clock", why=kept.sentence or "no longer taken to be off", offset=kept.offset)
