"""A hundred witnesses with three hosts each, seen over ten nodes."""

from __future__ import annotations

from chains.settings import ChainSettings, NodeSettings, ProducerSettings, WitnessSettings
from devnet.keys import signing_key
from tests.support.chain import PREFIX, ForgedChain

WITNESSES, NODES, HOSTS = 100, 10, ("alpha", "beta", "gamma")


def big_settings() -> ChainSettings:
    return ChainSettings(
        nodes=tuple(NodeSettings(f"n{i}", f"ws://10.1.0.{i}:8090") for i in range(NODES)),
        witnesses=tuple(_witness(f"init{i}", i) for i in range(WITNESSES)),
    )


def _witness(account: str, number: int) -> WitnessSettings:
    keys = [signing_key(account, None if host == "alpha" else host) for host in HOSTS]
    return WitnessSettings(
        account,
        tuple(
            ProducerSettings(host, key.text(PREFIX), f"ws://10.2.{number}.{i}:8090")
            for i, (host, key) in enumerate(zip(HOSTS, keys, strict=True))
        ),
        feeds=("USD",),
    )


def big_chain() -> ForgedChain:
    chain = ForgedChain(count=WITNESSES)
    chain.run(300)
    chain.run(100, dead=[chain.active[0]])
    return chain
