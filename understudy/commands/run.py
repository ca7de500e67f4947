"""`understudy run`: the whole stack on this machine, until it is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.commands.options import Json
from understudy.commands.output import answers, print_json

if TYPE_CHECKING:
    from understudy.stack import StackSettings

_DEVNET_POLICY = {"arm": True}


def run(
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="Your own nodes, instead of a devnet."),
    ] = None,
    directory: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the stack's files and logs are.")
    ] = Path(".run"),
    as_json: Json = False,
) -> None:
    """Run exporter, switcher, Prometheus and Alertmanager here, until they are stopped.

    Without a configuration they watch an embedded devnet, armed. With one they watch your nodes, as
    the configuration says: disarmed, unless it says otherwise.
    """
    asyncio.run(_run(config, directory, as_json))


async def _run(config: Path | None, directory: Path, as_json: bool) -> None:
    from understudy.stack import Stack, Tools
    from understudy.stay import tell_addresses, until_interrupted

    async with (
        _watched(config) as (settings, control),
        Stack(settings, Tools.find(), directory) as stack,
    ):
        addresses = stack.addresses() | ({"devnet": control} if control else {})
        if as_json:
            print_json(addresses)
        else:
            tell_addresses(answers, addresses)
        await until_interrupted(stack)


@asynccontextmanager
async def _watched(config: Path | None) -> AsyncIterator[tuple[StackSettings, str | None]]:
    """Yield what the stack is made of, and where the devnet is controlled, if it is one."""
    from understudy.stack import StackSettings, document_of

    if config:
        yield StackSettings(document_of(config), interval=None), None
        return
    from devnet.configuration import configuration
    from devnet.launch import Devnet

    async with Devnet() as net:
        document = {**configuration(net), "switcher": {"policy": _DEVNET_POLICY}}
        account = document["bitshares"]["witnesses"][0]["account"]
        yield StackSettings(document, net.active_wif(account)), net.control_url
