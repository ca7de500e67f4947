"""A devnet as a program: it runs until it is stopped, and is broken from outside over HTTP."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Any

import httpx

from devnet.control import apply_fault
from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from devnet.values import Json

_TIMEOUT = 10.0


class ControlError(Exception):
    """The devnet could not be asked, or refused; the text says why."""


async def serve(
    settings: DevnetSettings,
    announce: Callable[[Devnet], None],
    faults: tuple[tuple[str, Json], ...] = (),
) -> None:
    """Run a devnet until SIGINT or SIGTERM.

    `announce` is called once all addresses answer; `faults` (name and arguments, as over HTTP) are
    there from the start.

    Raises:
        OSError: an address can't be listened on.
        BadFaultError, UnknownHostError: a fault of the start makes no sense.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    try:
        async with Devnet(settings) as net:
            for fault, arguments in faults:
                await apply_fault(net, fault, arguments)
            announce(net)
            await stopped.wait()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def ask_for_fault(control_url: str, fault: str, arguments: Json) -> Json:
    """Ask a running devnet for a fault (or to heal), and return what then ails it.

    Raises:
        ControlError: it can't be reached, or refuses.
    """
    return _ask("POST", f"{control_url}/faults/{fault}", arguments)


def ask_for_state(control_url: str) -> Json:
    """Return what a running devnet is and what ails it.

    Raises:
        ControlError: it can't be reached.
    """
    return _ask("GET", control_url, None)


def _ask(method: str, url: str, body: Json | None) -> Json:
    try:
        answer = httpx.request(method, url, json=body, timeout=_TIMEOUT)
        content: Any = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise ControlError(f"no devnet answers at {url}: {error}") from error
    if not isinstance(content, dict):
        raise ControlError(f"what answers at {url} is no devnet")
    if answer.is_error:
        raise ControlError(str(content.get("error", answer.text)))
    return content
