"""The stack on an embedded devnet, whose first witnesses have hosts and are armed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from devnet.configuration import configuration
from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from understudy.stack import Stack, StackSettings, Tools


@asynccontextmanager
async def devnet_stack(
    settings: DevnetSettings,
    folder: Path,
    *,
    interval: str | None = "1s",
    policy: Mapping[str, Any] | None = None,
) -> AsyncIterator[tuple[Devnet, Stack]]:
    """Run a devnet and the whole stack on it.

    `interval` is how often everything is scraped and evaluated, None: as shipped. `policy` changes
    the switcher's.

    Raises:
        StackError: a program is missing or did not start.
    """
    tools = Tools.find()
    async with Devnet(settings) as net:
        document = configuration(net)
        document["switcher"] = {"policy": {"arm": True, **(policy or {})}}
        account = document["bitshares"]["witnesses"][0]["account"]
        made = StackSettings(document, net.active_wif(account), interval, fresh=True)
        async with Stack(made, tools, folder) as stack:
            yield net, stack
