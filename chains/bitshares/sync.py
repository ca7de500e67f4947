"""Keeping the follower on the longest chain that verifies, with blocks fetched from any node."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise

from chains.bitshares.blocks import Block, number_of
from chains.bitshares.follower import Applied, Follower
from chains.bitshares.objects import Reading
from chains.errors import ChainError, InvalidBlockError

FetchBlock = Callable[[int], Awaitable[Block]]
"""Fetches the block of a height from the node in question."""

_FETCHES_AT_ONCE = 40
_ROUNDS_BEFORE_WINDOW = 3
_LONGEST_BRANCH = 2000
"""Blocks to catch up with one by one; with more, starting over is quicker."""


class Synchroniser:
    """Applies what nodes report to one follower, one report at a time.

    `missed_totals` counts the charged slots in irreversible blocks by (witness id, key),
    `double_productions` the heights and slots for which a witness signed two blocks.
    """

    def __init__(self, follower: Follower, *, window: int, majority: int) -> None:
        self.follower = follower
        self.missed_totals: Counter[tuple[str, str]] = Counter()
        self.double_productions: Counter[str] = Counter()
        self._window = window
        self._majority = majority
        self._starting = asyncio.Lock()
        self._counted = 0
        self._disputed: dict[str, set[str]] = {}
        self._doubles: set[frozenset[str]] = set()

    async def adopt(self, node: str, reading: Reading, fetch: FetchBlock) -> bool:
        """Bring the follower to a node's head if that is longer; tell whether anything changed.

        Blocks are fetched without holding up other nodes' reports, so the follower may have moved
        on by the time they are here.

        Raises:
            InvalidBlockError: the node's chain breaks a rule; the follower is as before.
            NodeError: a block could not be fetched; the follower is as before.
        """
        head = self.follower.head
        if head is None or reading.head_number - head.number > _LONGEST_BRANCH:
            return await self._first(reading, fetch)
        if self.follower.holds(reading.head_id):
            self.follower.learn(reading)
            return False
        branch = await self._branch(head, reading, fetch)
        if not self._is_longer(branch):
            return False
        self._switch(node, branch, reading)
        self._count_irreversible()
        return True

    async def start_over(self, reading: Reading, fetch: FetchBlock) -> None:
        """Forget the chain that is followed and take up a node's.

        Raises:
            InvalidBlockError, NodeError: as `adopt`; the follower is as before.
        """
        async with self._starting:
            await self._begin(reading, fetch)

    async def _first(self, reading: Reading, fetch: FetchBlock) -> bool:
        known = self.follower.head
        async with self._starting:
            if self.follower.head is not known:
                return False  # another node's report was first
            await self._begin(reading, fetch)
            return True

    def _is_longer(self, branch: list[Block]) -> bool:
        head = self.follower.head
        while branch and self.follower.holds(branch[0].id):
            del branch[0]
        return (
            head is not None
            and bool(branch)
            and branch[-1].number > head.number
            and self.follower.holds(branch[0].previous)
        )

    async def _begin(self, reading: Reading, fetch: FetchBlock) -> None:
        count = len(reading.active)
        depth = self._window // reading.interval + _ROUNDS_BEFORE_WINDOW * count
        first = max(1, reading.head_number - depth)
        first = max(1, first - first % count)
        blocks = await _fetch_range(fetch, first, reading.head_number)
        signed = {block.witness for block in blocks}
        older = {
            witness.id: await fetch(witness.last_confirmed_block)
            for witness in reading.witnesses.values()
            if witness.id not in signed and witness.last_confirmed_block > 0
        }
        before = self.follower.entries()
        try:
            self.follower.begin(blocks, reading, older)
        except ChainError:
            self.follower.restore(before)
            raise
        self._counted = reading.irreversible

    async def _branch(self, head: Applied, reading: Reading, fetch: FetchBlock) -> list[Block]:
        """Return the node's blocks after the last one it has in common with the follower."""
        first = min(head.number + 1, reading.head_number)
        branch = await _fetch_range(fetch, first, reading.head_number)
        while not self.follower.holds(branch[0].previous):
            number = branch[0].number
            if number <= head.irreversible:
                detail = f"leaves the chain before irreversible block {head.irreversible}"
                raise InvalidBlockError(number, "fork", detail)
            branch.insert(0, await fetch(number - 1))
        if branch[-1].id != reading.head_id or not _linked(branch):
            raise InvalidBlockError(reading.head_number, "link", "the node's head moved meanwhile")
        for block in branch:
            self._note_double(block)
        return branch

    def _switch(self, node: str, branch: Sequence[Block], reading: Reading) -> None:
        before = self.follower.entries()
        try:
            self.follower.rewind(branch[0].previous)
            for block in branch:
                self._apply(node, block)
        except ChainError:
            self.follower.restore(before)
            raise
        self.follower.learn(reading)

    def _apply(self, node: str, block: Block) -> None:
        try:
            self.follower.apply(block)
        except InvalidBlockError as error:
            if error.reason != "signature":
                raise
            # A key may change without any block showing it, by a proposal. One node's word is not
            # enough for that, the word of most of them is.
            sayers = self._disputed.setdefault(block.id, set())
            sayers.add(node)
            if len(sayers) < self._majority:
                raise
            self.follower.apply(block, accept_unseen_key=True)

    def _note_double(self, block: Block) -> None:
        ours = self.follower.applied(block.number)
        if ours is None or ours.id == block.id:
            return
        pair = frozenset((ours.id, block.id))
        if ours.witness == block.witness and ours.time == block.time and pair not in self._doubles:
            self._doubles.add(pair)
            self.double_productions[block.witness] += 1

    def _count_irreversible(self) -> None:
        head = self.follower.head
        if head is None:
            return
        for number in range(self._counted + 1, head.irreversible + 1):
            entry = self.follower.applied(number)
            for slot in entry.missed if entry else ():
                if slot.key is not None:
                    self.missed_totals[slot.witness, slot.key] += 1
        self._counted = max(self._counted, head.irreversible)
        self._disputed = {
            block_id: sayers
            for block_id, sayers in self._disputed.items()
            if number_of(block_id) > head.irreversible
        }


async def _fetch_range(fetch: FetchBlock, first: int, last: int) -> list[Block]:
    blocks: list[Block] = []
    for start in range(first, last + 1, _FETCHES_AT_ONCE):
        heights = range(start, min(start + _FETCHES_AT_ONCE, last + 1))
        blocks += await asyncio.gather(*(fetch(height) for height in heights))
    return blocks


def _linked(blocks: Sequence[Block]) -> bool:
    return all(after.previous == before.id for before, after in pairwise(blocks))
