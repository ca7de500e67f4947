"""Runs the exporter as a process of its own: `python -m tests.exporter.program SETTINGS`.

SETTINGS is JSON: {"chain_id", "port", "nodes": {name: url}, "witnesses": {account: {name:
[signing key, url or null]}}, "peers": {name: url}}; peers may be left out.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from chains.settings import (
    ChainSettings,
    NodeSettings,
    PeerChainSettings,
    PeerSettings,
    ProducerSettings,
    WitnessSettings,
)
from exporter.service import serve
from exporter.settings import ExporterSettings


def chain_settings(told: dict[str, Any]) -> ChainSettings:
    return ChainSettings(
        chain_id=told["chain_id"],
        nodes=tuple(NodeSettings(name, url) for name, url in told["nodes"].items()),
        witnesses=tuple(
            WitnessSettings(
                account,
                tuple(ProducerSettings(name, key, url) for name, (key, url) in ring.items()),
            )
            for account, ring in told["witnesses"].items()
        ),
    )


def peers_of(told: dict[str, Any]) -> PeerChainSettings | None:
    peers = told.get("peers", {}).items()
    return PeerChainSettings(tuple(PeerSettings(*each) for each in peers)) if peers else None


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    asyncio.run(
        serve(chain_settings(told), ExporterSettings("127.0.0.1", told["port"]), peers_of(told))
    )
