"""The stack on an embedded devnet, whose first witnesses have hosts and are armed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from devnet.configuration import configuration
from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from understudy.stack import Replicas, Stack, StackSettings, Tools

ONE_OF_EACH = Replicas()


@asynccontextmanager
async def devnet_stack(
    settings: DevnetSettings,
    folder: Path,
    *,
    interval: str | None = "1s",
    policy: Mapping[str, Any] | None = None,
    endpoints: bool | Collection[str] = True,
    watched: Collection[str] | None = None,
    replicas: Replicas = ONE_OF_EACH,
    database: str | None = None,
) -> AsyncIterator[tuple[Devnet, Stack]]:
    """Run a devnet and the whole stack on it, which watches every witness that has a ring.

    `interval` is how often everything is scraped and evaluated, None: as shipped. `policy` changes
    the switcher's. `watched` are the accounts of those witnesses, where it isn't all that have one.
    Without `endpoints`, or for those accounts that it leaves out, nothing is known of the hosts but
    their keys.
    `replicas` is how many of each program run; their switchers share a `database` (its URL), or
    have one each.

    Raises:
        StackError: a program is missing or did not start.
    """
    tools = Tools.find()
    async with Devnet(settings) as net:
        document = configuration(net, endpoints=endpoints, watched=watched)
        # Nobody is watched here, so that whoever tries it out need not sign in to look.
        document["switcher"] = {"readers": "loopback", "policy": {"arm": True, **(policy or {})}}
        if database is not None:
            document["switcher"]["database"] = database
        accounts = [witness["account"] for witness in document["bitshares"]["witnesses"]]
        keys = "\n".join(net.active_wif(account) for account in accounts)
        made = StackSettings(document, keys, interval, fresh=True, replicas=replicas)
        async with Stack(made, tools, folder) as stack:
            yield net, stack
