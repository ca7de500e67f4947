"""`understudy run`: the whole stack on this machine, until it is stopped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.commands.configured import load
from understudy.commands.options import Json
from understudy.commands.output import answers, print_json, waiting
from understudy.errors import CommandError
from understudy.logging import LogLevel, set_up_logging
from understudy.whereabouts import USUAL, told

if TYPE_CHECKING:
    from understudy.stack import Stack

PEERS = 3
"""Nodes of the peer chain beside the embedded devnet."""


def run(
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="Your own nodes, instead of a devnet."),
    ] = None,
    directory: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the stack's files and logs are.")
    ] = USUAL,
    as_json: Json = False,
) -> None:
    """Run exporter, switcher, Prometheus and Alertmanager here, until they are stopped.

    Without a configuration they watch an embedded devnet, armed, and a peer chain beside it. With
    one they watch your nodes, as the configuration says: disarmed, unless it says otherwise.
    """
    set_up_logging(LogLevel.ERROR)
    asyncio.run(_run(config, directory, as_json))


async def _run(config: Path | None, directory: Path, as_json: bool) -> None:
    from understudy.stay import tell_addresses, until_interrupted

    async with AsyncExitStack() as until_stopped:
        with waiting("starting everything"):
            stack, addresses = await until_stopped.enter_async_context(_running(config, directory))
        with told(directory, addresses):
            if as_json:
                print_json(addresses)
            else:
                tell_addresses(answers, addresses)
            await until_interrupted(stack)


@asynccontextmanager
async def _running(
    config: Path | None, directory: Path
) -> AsyncIterator[tuple[Stack, dict[str, str]]]:
    """Yield the stack and where everything is."""
    if config:
        from understudy import stack as stacks

        _refuse_bad_secrets(config)
        settings = stacks.StackSettings(stacks.document_of(config), interval=None)
        async with stacks.Stack(settings, stacks.Tools.find(), directory) as stack:
            yield stack, stack.addresses()
        return
    from devnet.settings import DevnetSettings
    from understudy.stack.on_devnet import devnet_stack

    async with devnet_stack(DevnetSettings(peers=PEERS), directory) as (net, stack):
        yield stack, {**stack.addresses(), "devnet": net.control_url, **net.peer_urls()}


def _refuse_bad_secrets(config: Path) -> None:
    from understudy.doctor.finding import Level
    from understudy.doctor.secrets import secrets_of

    found = secrets_of(load(config), time.time())
    problems = [f"{each.what}: {each.text}" for each in found if each.level is Level.FAILURE]
    if problems:
        raise CommandError("\n".join(problems))
