"""All blocks that any node has ever made, and the states after them.

Each block is verified and applied once, however many nodes there are: a state belongs to a block
id. Old states are dropped and worked out again when a node that was away needs them.
"""

from __future__ import annotations

from chains.bitshares.blocks import number_of
from devnet.blocks import SignedBlock
from devnet.evaluate import Tapos
from devnet.genesis import Genesis
from devnet.state import NO_BLOCK, ChainState, initial_state
from devnet.transition import apply_block

_STATES_KEPT = 1_000
_REFERENCE_MASK = 0xFFFF


class Ledger:
    """The blocks and states of a chain and its forks; `origin` is the state before the first."""

    def __init__(self, genesis: Genesis, origin: ChainState | None = None) -> None:
        self.genesis = genesis
        self.origin = origin or initial_state(genesis)
        self._blocks: dict[str, SignedBlock] = {}
        self._numbers: dict[int, list[str]] = {}
        self._states: dict[str, ChainState] = {}

    def block(self, block_id: str) -> SignedBlock:
        """Return a block by its id."""
        return self._blocks[block_id]

    def add(self, block: SignedBlock) -> ChainState:
        """Verify and keep a block, and return the state after it.

        Raises:
            InvalidBlockError: the block breaks a rule.
            KeyError: the block before it is unknown.
        """
        if block.id not in self._blocks:
            parent = block.header.previous
            state = apply_block(self.state(parent), block, self.tapos(parent))
            self._blocks[block.id] = block
            self._numbers.setdefault(block.number, []).append(block.id)
            self._keep(block.id, state)
        return self.state(block.id)

    def state(self, block_id: str) -> ChainState:
        """Return the state after a block."""
        missing: list[SignedBlock] = []
        while block_id != self.origin.id and block_id not in self._states:
            missing.append(self._blocks[block_id])
            block_id = missing[-1].header.previous
        state = self._states.get(block_id, self.origin)
        for block in reversed(missing):
            state = apply_block(state, block, self.tapos(state.id))
            self._keep(block.id, state)
        return state

    def ancestor(self, block_id: str, number: int) -> str:
        """Return the id of the block at a height below (or at) another; zeros if there is none."""
        while number_of(block_id) > number:
            candidates = self._numbers.get(number, [])
            if len(candidates) == 1:
                return candidates[0]
            if block_id not in self._blocks:
                return NO_BLOCK
            block_id = self._blocks[block_id].header.previous
        return block_id if number_of(block_id) == number else NO_BLOCK

    def tapos(self, head: str) -> Tapos:
        """Return the look-up of reference blocks as seen from a head."""
        height = number_of(head)

        def referenced(low_bits: int) -> str:
            number = height - ((height - low_bits) & _REFERENCE_MASK)
            return self.ancestor(head, number) if number > 0 else NO_BLOCK

        return referenced

    def _keep(self, block_id: str, state: ChainState) -> None:
        self._states[block_id] = state
        if len(self._states) > _STATES_KEPT:
            del self._states[next(iter(self._states))]
