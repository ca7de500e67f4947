"""A watch without nodes: what the exporter sees, made by hand over a forged chain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from chains.bitshares.blocks import Block
from chains.bitshares.follower import Follower
from chains.bitshares.objects import Names, Reading, WitnessIds
from chains.bitshares.offset import Timekeeping
from chains.bitshares.sync import Synchroniser
from chains.bitshares.views import NodeView, ProducerView
from chains.settings import ChainSettings, NodeSettings, ProducerSettings, WitnessSettings
from chains.standing import Verdict
from devnet.keys import DevKey, signing_key
from tests.support.chain import PREFIX, ForgedChain

ALPHA, BETA = signing_key("init0"), signing_key("init0", "beta")
ALPHA_KEY, BETA_KEY = ALPHA.text(PREFIX), BETA.text(PREFIX)
INIT0, INIT1 = "1.6.1", "1.6.2"

SETTINGS = ChainSettings(
    nodes=(
        NodeSettings("eu", "wss://eu.example/ws"),
        NodeSettings("us", "wss://us.example/ws"),
        NodeSettings("home", "ws://127.0.0.1:8090"),
    ),
    witnesses=(
        WitnessSettings(
            account="init0",
            producers=(
                ProducerSettings("alpha", ALPHA_KEY, "ws://10.0.0.1:8090"),
                ProducerSettings("beta", BETA_KEY, "ws://10.0.0.2:8090"),
            ),
            feeds=("CNY", "USD"),
        ),
        WitnessSettings(
            account="init1",
            producers=(
                ProducerSettings("one", signing_key("init1").text(PREFIX)),
                ProducerSettings("two", signing_key("init1", "two").text(PREFIX)),
            ),
        ),
    ),
)


@dataclass
class Seen:
    """What a watch would show; everything may be changed by a test."""

    settings: ChainSettings
    follower: Follower
    nodes: Sequence[NodeView]
    producers: Sequence[ProducerView]
    names: Names
    missed_totals: Mapping[tuple[str, str], int]
    double_productions: Mapping[str, int]
    timekeeping: Timekeeping = field(default_factory=lambda: Timekeeping(0.25))

    def witness_ids(self, account: str) -> WitnessIds | None:
        return self.names.witness(account)

    def lose(self, *names: str) -> None:
        """Take nodes away, as the watch does: the last reading stays."""
        self.nodes = [lost(node) if node.name in names else node for node in self.nodes]

    def lose_producer(self, name: str) -> None:
        self.producers = [
            replace(view, node=lost(view.node))
            if view.producer.name == name and view.node
            else view
            for view in self.producers
        ]

    def judge_producer(self, name: str, verdict: Verdict) -> None:
        """Have a host that is up compare with the chain in another way."""
        self.producers = [
            replace(view, node=replace(view.node, verdict=verdict))
            if view.producer.name == name and view.node
            else view
            for view in self.producers
        ]

    def show(self, name: str, reading: Reading) -> None:
        """Have a node answer with another reading."""
        self.nodes = [
            replace(node, reading=reading) if node.name == name else node for node in self.nodes
        ]


def lost(node: NodeView) -> NodeView:
    detail = f"can't connect to {node.url}"
    return replace(node, up=False, verdict=Verdict.UNREACHABLE, detail=detail)


def live(name: str, url: str, reading: Reading, verdict: Verdict = Verdict.CANONICAL) -> NodeView:
    return NodeView(
        name=name,
        url=url,
        up=True,
        verdict=verdict,
        detail="",
        reading=reading,
        read_at=float(reading.head_time),
        common=reading.head_number,
    )


def names_of(settings: ChainSettings) -> Names:
    """Return the names of witnesses called init0, init1, … as on a devnet."""
    return Names(
        tuple(
            WitnessIds(w.account, f"1.2.{i + 6}", f"1.6.{i + 1}", f"2.5.{i + 6}")
            for w in settings.witnesses
            for i in [int(w.account.removeprefix("init"))]
        )
    )


def a_reading(chain: ForgedChain, shown: Mapping[str, DevKey] | None = None) -> Reading:
    """Return a reading with a figure wherever a node would show one."""
    bare = chain.reading(shown)
    witnesses = {
        account: replace(found, total_missed=17, votes=123_456_700_000, url="https://w.example/")
        for account, found in bare.witnesses.items()
    }
    return replace(
        bare,
        irreversible=chain.number - 5,
        recently_missed=2,
        witnesses=witnesses,
        feeds={("init0", "USD"): chain.time - 900},
        others_feeds={"CNY": chain.time - 60, "USD": chain.time - 120},
        feed_lifetimes={"CNY": 604_800, "USD": 3_600},
    )


def follow(chain: ForgedChain, settings: ChainSettings = SETTINGS) -> Follower:
    """Return a follower at the chain's head that has begun with all of it."""
    follower = Follower(PREFIX, settings.missed_window)
    start = len(chain.active) - 1  # the first block that ends a round
    follower.begin(chain.blocks[start:], chain.reading())
    return follower


def seen_at(chain: ForgedChain, settings: ChainSettings = SETTINGS) -> Seen:
    """Return what is seen when every node and producer is up and at the chain's head."""
    reading = a_reading(chain)
    return Seen(
        settings=settings,
        follower=follow(chain, settings),
        nodes=[live(node.name, node.url, reading) for node in settings.nodes],
        producers=[
            ProducerView(
                witness.account,
                producer,
                live(producer.name, producer.node, reading) if producer.node else None,
            )
            for witness in settings.witnesses
            for producer in witness.producers
        ],
        names=names_of(settings),
        missed_totals={},
        double_productions={},
    )


def nothing_seen(settings: ChainSettings = SETTINGS) -> Seen:
    """Return what is seen before any node has answered."""

    def silent(name: str, url: str) -> NodeView:
        return NodeView(name, url, False, Verdict.UNREACHABLE, "not connected yet", None, None)

    return Seen(
        settings=settings,
        follower=Follower(PREFIX, settings.missed_window),
        nodes=[silent(node.name, node.url) for node in settings.nodes],
        producers=[
            ProducerView(
                witness.account,
                producer,
                silent(producer.name, producer.node) if producer.node else None,
            )
            for witness in settings.witnesses
            for producer in witness.producers
        ],
        names=Names(),
        missed_totals={},
        double_productions={},
        timekeeping=Timekeeping(),
    )


class SyncedExporter:
    """An exporter's view that the real synchroniser keeps at a chain's head."""

    def __init__(self, settings: ChainSettings = SETTINGS) -> None:
        self.follower = Follower(settings.prefix, settings.missed_window)
        self.sync = Synchroniser(self.follower, window=settings.missed_window, majority=1)
        self.settings = settings

    async def catch_up(self, chain: ForgedChain) -> Seen:
        async def fetch(number: int) -> Block:
            return chain.blocks[number - 1]

        reading = a_reading(chain)
        await self.sync.adopt("eu", reading, fetch)
        return Seen(
            settings=self.settings,
            follower=self.follower,
            nodes=[live(node.name, node.url, reading) for node in self.settings.nodes],
            producers=[],
            names=names_of(self.settings),
            missed_totals=Counter(self.sync.missed_totals),
            double_productions=Counter(self.sync.double_productions),
        )
