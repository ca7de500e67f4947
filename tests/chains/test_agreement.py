"""The misses that follow from blocks are those that a node counts, whatever happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from chains.bitshares.blocks import Block
from chains.bitshares.follower import Follower
from chains.bitshares.objects import Names, Reading, WitnessIds, parse_reading
from chains.bitshares.sync import Synchroniser
from chains.bitshares.transactions import format_time, pack_transaction, signing_digest
from devnet.blocks import sign_block
from devnet.genesis import Genesis
from devnet.keys import DevKey, active_key, signing_key
from devnet.ledger import Ledger
from devnet.objects import object_json
from devnet.operations import Transaction, read_transaction
from devnet.settings import DevnetSettings
from devnet.state import ChainState, initial_state

WITNESSES = 7
SETTINGS = DevnetSettings(
    witnesses=WITNESSES, interval=3, maintenance_interval=63, maintenance_skip_slots=3
)
START = 1_800_000_000


class Chain:
    """A simulated chain with a node at its head, and what follows from that node's blocks."""

    def __init__(self) -> None:
        genesis = Genesis(SETTINGS, START)
        self.ledger = Ledger(genesis, initial_state(genesis))
        self.head = self.ledger.origin
        self.keys = {
            witness.signing_key: signing_key(f"init{index}")
            for index, witness in enumerate(self.head.witnesses.values())
        }
        self.names = Names(
            tuple(
                WitnessIds(f"init{index}", witness.account, witness.id, None)
                for index, witness in enumerate(self.head.witnesses.values())
            )
        )
        self.sync = Synchroniser(Follower("BTS", 600), window=600, majority=1)

    def add(self, slot: int, transactions: Sequence[Transaction] = ()) -> None:
        """Fill a slot after the head, and nothing before it."""
        state, owner = self.head, self.head.scheduled(slot)
        key = self.keys[state.witnesses[owner].signing_key]
        block = sign_block(state.id, state.slot_time(slot), owner, transactions, key, "BTS")
        self.head = self.ledger.add(block)

    def rotate(self, index: int) -> None:
        """Change a witness' key, in the next block."""
        state = self.head
        key = DevKey(f"init{index}-{state.number}")
        self.keys[key.text("BTS")] = key
        self.add(1, [self._update(index, key)])

    def fork(self, depth: int) -> None:
        """Leave the last blocks for a longer branch that begins with an empty slot."""
        back = min(depth, self.head.number - self.head.irreversible - 1)
        self.head = self._at(self.head.number - max(back, 0))
        self.add(2)
        for _ in range(back):
            self.add(1)

    async def report(self) -> None:
        """Have the node's head followed."""

        async def fetch(number: int) -> Block:
            return self.ledger.block(self.ledger.ancestor(self.head.id, number)).header

        await self.sync.adopt("eu", self.reading(), fetch)

    def reading(self) -> Reading:
        ids = self.names.object_ids()
        return parse_reading(self.names, [object_json(self.head, each) for each in ids])

    def charged(self, first: int, last: int) -> dict[str, int]:
        """Return how much `total_missed` of each witness rose between two heights."""
        before, after = self._at(first).witnesses, self._at(last).witnesses
        return {each: after[each].total_missed - before[each].total_missed for each in before}

    def _at(self, number: int) -> ChainState:
        return self.ledger.state(self.ledger.ancestor(self.head.id, number))

    def _update(self, index: int, key: DevKey) -> Transaction:
        genesis, witness = self.ledger.genesis, self.names.witnesses[index]
        body = {
            "fee": {"amount": 2_000_000, "asset_id": "1.3.0"},
            "witness": witness.witness_id,
            "witness_account": witness.account_id,
            "new_signing_key": key.text("BTS"),
        }
        bare = {
            "ref_block_num": 0,
            "ref_block_prefix": 0,
            "expiration": format_time(self.head.time + 60),
            "operations": [[21, body]],
            "extensions": [],
        }
        digest = signing_digest(pack_transaction(bare, "BTS"), genesis.chain_id)
        signed = {**bare, "signatures": [active_key(f"init{index}").sign(digest).hex()]}
        return read_transaction(signed, "BTS", genesis.chain_id)


def head_number(chain: Chain) -> int:
    assert chain.sync.follower.head is not None
    return chain.sync.follower.head.number


def irreversible(chain: Chain) -> int:
    assert chain.sync.follower.head is not None
    return chain.sync.follower.head.irreversible


EVENTS = st.one_of(
    st.tuples(st.just("slot"), st.integers(1, 4)),
    st.tuples(st.just("slot"), st.integers(1, WITNESSES + 3)),  # a halt, from seven empty ones on
    st.tuples(st.just("rotate"), st.integers(0, WITNESSES - 1)),
    st.tuples(st.just("fork"), st.integers(1, 4)),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(EVENTS, min_size=15, max_size=40))
async def test_final_misses_are_the_nodes_own_total(events: list[tuple[str, int]]) -> None:
    """Across key changes, maintenance with skipped slots, forks and halts."""
    chain = Chain()
    for _ in range(3 * WITNESSES):
        chain.add(1)
    await chain.report()
    begun = irreversible(chain)
    for event, size in events:
        match event:
            case "slot":
                chain.add(size)
            case "rotate":
                chain.rotate(size)
            case "fork":
                chain.fork(size)
        await chain.report()
        assert head_number(chain) == chain.head.number
    for _ in range(2 * WITNESSES):
        chain.add(1)
    await chain.report()
    last = irreversible(chain)
    assert last == chain.head.irreversible >= chain.head.number - WITNESSES
    counted = Counter[str]()
    for (witness, _), count in chain.sync.missed_totals.items():
        counted[witness] += count
    assert {each: counted[each] for each in chain.head.witnesses} == chain.charged(begun, last)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, WITNESSES + 2), min_size=10, max_size=30))
async def test_slots_told_before_the_next_block_are_those_that_it_charges(slots: list[int]) -> None:
    chain = Chain()
    for _ in range(2 * WITNESSES):
        chain.add(1)
    await chain.report()
    follower = chain.sync.follower
    for slot in slots:
        before = chain.head.number
        told = follower.provisional_misses(chain.head.slot_time(slot) + 2.4)
        chain.add(slot)
        await chain.report()
        charged = Counter(missed.witness for missed in told)
        assert {e: charged[e] for e in chain.head.witnesses} == chain.charged(before, before + 1)
