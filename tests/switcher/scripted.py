"""A chain that is made to order: no network, no waiting, the test says what happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from chains.bitshares.blocks import Block
from chains.bitshares.clock import ChainClock
from chains.bitshares.follower import Follower
from chains.bitshares.objects import CORE_ASSET, Names, WitnessIds
from chains.bitshares.offset import Timekeeping
from chains.bitshares.transactions import pack_transaction, transaction_id
from chains.bitshares.views import NodeView, ProducerView
from chains.errors import NodeRefusedError, NodeTimeoutError
from chains.settings import ChainSettings, NodeSettings, ProducerSettings, WitnessSettings
from chains.standing import Verdict
from devnet.keys import DevKey, active_key, owner_key, signing_key
from tests.support.chain import PREFIX, START, ForgedChain
from tests.switcher.stage import WITNESS

CHAIN_ID = "39f5e2ede1f8bc1a3a54a7914414e3779e33193f1f5693510e73cb7a87617447"
INIT0 = "1.6.1"
ALPHA, BETA, GAMMA = (signing_key("init0", host) for host in (None, "beta", "gamma"))
NOBODY = DevKey("nobody")
"""Stands for a key that no host holds."""

NODES = ("eu", "us", "asia")
FEE = 2_000_000


@dataclass
class Script:
    """The chain, its three nodes, and what they are made to say; stands in for a `Watch`."""

    producers_up: dict[str, bool] = field(
        default_factory=lambda: {"alpha": False, "beta": True, "gamma": True}
    )

    def __post_init__(self) -> None:
        self.chain = _past().copy()
        self.chain._update = self._update  # type: ignore[method-assign]
        self._own_update = ForgedChain._update
        self.follower = Follower(PREFIX, 600)
        self.follower.begin(self.chain.blocks, self.chain.reading())
        self.now = self.chain.time + 0.2
        self.off = 0.0
        self.keeper = ChainClock(NODES, wall=lambda: self.now + self.off, steady=self._steady)
        self.settings = _settings()
        self.names: Names | None = Names((WitnessIds(WITNESS, "1.2.6", INIT0, "2.5.6"),))
        self.down: set[str] = set()
        self.unmet: set[str] = set()
        self.had: dict[str, int | None] = {}
        self.had_before: dict[str, int | None] = {}
        self.since: dict[str, float] = {}
        self.refusal: tuple[int, str] | None = None
        self.deaf: set[str] = set()
        self.balances = dict.fromkeys(NODES, 1_000_000_000)
        self.authority, self.owner = active_key("init0"), owner_key("init0")
        self.fees: dict[str, Any] = dict.fromkeys(NODES, FEE)
        self.fee_asset = CORE_ASSET
        self.broadcast: list[tuple[str, dict[str, Any]]] = []
        self.pending: dict[str, dict[str, Any]] = {}
        self._included: dict[str, Any] | None = None

    def clock(self) -> float:
        """Return what the switcher takes the time to be; `off` puts this machine's clock off."""
        return self.keeper.now()

    def _steady(self) -> float:
        return self.now - START

    # What the test makes happen

    def produce(self, slot: int = 1, *, include: bool = False, salt: str = "") -> Block:
        """Fill a slot; `include` puts the pending transaction into the block."""
        updates = {}
        if include:
            [self._included] = self.pending.values()
            self.pending = {}
            updates = {INIT0: _key_of(self._included)}
        block = self.chain.produce(slot, updates, salt=salt)
        self._included = None
        self.follower.apply(block)
        self.now = block.time + 0.2
        self.hear()
        return block

    def hear(self) -> None:
        """Have every node that is up show the head now."""
        for node in set(NODES) - self.down:
            self.keeper.heard(node, self.chain.time, self._steady())

    def put_on_air(self, key: DevKey) -> None:
        """Have init0's owner set a key, as with a wallet."""
        self.follower.apply(self.chain.produce(1, {INIT0: key}))
        self.now = self.chain.time + 0.2

    def vote_out(self) -> None:
        """Have init0 be no active witness any more; no block can follow."""
        head = self.follower.head
        assert head is not None
        active = tuple(witness for witness in head.active if witness != INIT0)
        self.follower.restore([*self.follower.entries()[:-1], replace(head, active=active)])

    def run(self, count: int, *, init0_dead: bool = False) -> None:
        """Produce blocks, with init0's slots left empty if its host is dead."""
        for _ in range(count):
            slot = 1
            while init0_dead and self.chain.owner(slot) == INIT0:
                slot += 1
            self.produce(slot=slot)

    def miss(self, count: int) -> None:
        """Go on until init0 has missed so many slots in its term."""
        while len(self.follower.recent_misses(INIT0)) < count:
            self.run(1, init0_dead=True)

    def until_signed(self) -> None:
        """Go on until init0 has signed a block."""
        while self.produce().witness != INIT0:
            continue

    def lose(self, host: str) -> None:
        """Have a host's endpoint stop answering now."""
        self.producers_up[host] = False
        self.had[host], self.since[host] = self.chain.number, self.now

    def meet_none(self, *hosts: str) -> None:
        """Be as after a start, when these hosts have not been connected to yet."""
        self.unmet = set(hosts)

    def find(self, host: str) -> None:
        """Have a host be well again."""
        self.producers_up[host] = True
        self.had_before[host] = self.had.get(host)
        self.had[host], self.since[host] = self.chain.number, self.now

    def until_slot_is_far(self, slots: int) -> None:
        """Go on until init0's next slot is known and at least so many slots ahead."""
        while self.next_slot() - self.chain.time < slots * self.chain.interval:
            self.produce()

    def next_slot(self) -> int:
        """Return when init0's next slot begins, 0 where the next shuffle decides that."""
        return self.follower.next_slots().get(INIT0, 0)

    def before_next_slot(self, seconds: float) -> None:
        """Go on until so many seconds are left before init0's next slot."""
        slot = self.next_slot()
        while self.chain.time + self.chain.interval <= slot - seconds:
            self.produce()
        self.now = slot - seconds

    def maintain(self, skipped: int) -> None:
        """Go on until a maintenance, after which so many slots are skipped."""
        self.chain.maintenance, self.chain.skipped = 150, skipped
        self.follower.learn(self.chain.reading())
        while not self.chain.after_maintenance:
            self.produce()

    def fork(self) -> ForgedChain:
        """Return the chain as it is now, to come back to it by `reorganise`."""
        return self.chain.copy()

    def reorganise(self, branch: ForgedChain, blocks: int) -> None:
        """Leave the present chain for another branch, with so many blocks of its own."""
        self.chain = branch
        self.follower.rewind(branch.id)
        for number in range(blocks):
            self.produce(salt=f"other branch {number}")

    @property
    def transactions(self) -> list[dict[str, Any]]:
        """Return the different transactions that nodes were given, in order."""
        seen: dict[str, dict[str, Any]] = {}
        for _, transaction in self.broadcast:
            seen.setdefault(_id(transaction), transaction)
        return list(seen.values())

    # What the switcher sees of it, as of a `Watch`

    @property
    def nodes(self) -> Sequence[NodeView]:
        return [self._view(name) for name in NODES]

    @property
    def producers(self) -> Sequence[ProducerView]:
        return [
            ProducerView(WITNESS, p, self._view(p.name, up=self.producers_up[p.name]))
            for p in self.settings.witnesses[0].producers
        ]

    def witness_ids(self, account: str) -> WitnessIds | None:
        return self.names.witness(account) if self.names else None

    @property
    def timekeeping(self) -> Timekeeping:
        return self.keeper.timekeeping()

    async def read_nodes(self, deadline: float = 1.0) -> Sequence[NodeView]:
        return self.nodes

    async def call(
        self, node: str, api: str, method: str, *params: Any, timeout: float | None = None
    ) -> Any:
        if node in self.down:
            raise NodeTimeoutError(node, f"no answer to {method}")
        match method:
            case "get_required_fees":
                return [{"amount": self.fees[node], "asset_id": self.fee_asset}]
            case "get_objects":
                return [
                    {
                        "active": self._authority(self.authority),
                        "owner": self._authority(self.owner),
                    }
                ]
            case "broadcast_transaction":
                return self._take(node, params[0])
        raise AssertionError(f"unexpected call of {api}.{method}")

    def _authority(self, key: DevKey) -> dict[str, Any]:
        pairs = [[key.text(PREFIX), 1]]
        return {"weight_threshold": 1, "account_auths": [], "key_auths": pairs, "address_auths": []}

    def _take(self, node: str, transaction: dict[str, Any]) -> None:
        self.broadcast.append((node, transaction))
        if self.refusal is not None:
            raise NodeRefusedError(node, *self.refusal)
        if node in self.deaf:
            raise NodeTimeoutError(node, "no answer")
        known = {_id(transaction)} & {*self.pending, *self._on_chain()}
        if known:
            raise NodeRefusedError(node, 3030001, "duplicate transaction")
        if len({name for name, sent in self.broadcast if sent == transaction}) == len(NODES):
            self.pending[_id(transaction)] = transaction

    def _on_chain(self) -> set[str | None]:
        return {update.transaction_id for _, update in self.follower.updates()}

    def _view(self, name: str, *, up: bool | None = None) -> NodeView:
        is_up = name not in self.down if up is None else up
        reading = replace(self.chain.reading(), balances={WITNESS: self.balances.get(name, 0)})
        verdict = Verdict.CANONICAL if is_up else Verdict.UNREACHABLE
        detail = "" if is_up else "does not answer"
        if name in self.unmet:
            is_up, verdict, detail = False, Verdict.UNSYNCED, "not connected yet"
        return NodeView(
            name,
            f"ws://{name}",
            is_up,
            verdict,
            detail,
            reading,
            self.now,
            0,
            had=self.had.get(name),
            had_before=self.had_before.get(name) if is_up else None,
            since=self.keeper.at(self.since[name] - START) if name in self.since else 0.0,
        )

    def _update(self, witness: str, key: DevKey, salt: str) -> dict[str, Any]:
        if self._included is not None:
            return {**self._included, "operation_results": [[0, {}]]}
        return self._own_update(self.chain, witness, key, salt)


@cache
def _past() -> ForgedChain:
    chain = ForgedChain()
    chain.run(49)
    return chain


def _settings() -> ChainSettings:
    ring = zip(("alpha", "beta", "gamma"), (ALPHA, BETA, GAMMA), strict=True)
    producers = tuple(
        ProducerSettings(name, key.text(PREFIX), f"ws://{name}") for name, key in ring
    )
    return ChainSettings(
        nodes=tuple(NodeSettings(name, f"ws://{name}") for name in NODES),
        witnesses=(WitnessSettings(WITNESS, producers),),
        chain_id=CHAIN_ID,
    )


def _key_of(transaction: dict[str, Any]) -> DevKey:
    text = transaction["operations"][0][1]["new_signing_key"]
    return next((key for key in (ALPHA, BETA, GAMMA) if key.text(PREFIX) == text), NOBODY)


def _id(transaction: dict[str, Any]) -> str:
    return transaction_id(pack_transaction(transaction, PREFIX))
