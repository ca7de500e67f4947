"""Keeping the follower on the longest chain that verifies, with blocks fetched from any node."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chains.bitshares.applied import Applied, Rhythm
from chains.bitshares.blocks import Block
from chains.bitshares.follower import Follower
from chains.bitshares.objects import Reading
from chains.bitshares.quorum import Quorum
from chains.bitshares.rules import open_to_vouching
from chains.errors import ChainError, InvalidBlockError

FetchBlock = Callable[[int], Awaitable[Block]]
"""Fetches the block of a height from the node in question."""

_FETCHES_AT_ONCE = 20
"""Also the most blocks of a node that are held before they are verified."""

_ROUNDS_BEFORE_WINDOW = 3
_FARTHEST_BACK = 2000
"""Blocks before the head with which to begin, where irreversibility stands further back than all
else and nothing is configured; as many as the follower keeps then."""

_LONGEST_CATCH_UP = 2000
"""Blocks to catch up with one by one; with more, starting over is quicker."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a node says of a head block and the schedule after it, for comparison with others."""

    head_id: str
    aslot: int
    after_maintenance: bool
    shuffled: tuple[str, ...]
    active: tuple[str, ...]
    rhythm: Rhythm

    @classmethod
    def of(cls, reading: Reading) -> Standing:
        """Return the part of a reading on which all nodes with that head agree."""
        return cls(
            head_id=reading.head_id,
            aslot=reading.aslot,
            after_maintenance=reading.after_maintenance,
            shuffled=reading.shuffled,
            active=reading.active,
            rhythm=Rhythm.of(reading),
        )


class Synchroniser:
    """Applies what nodes report to one follower, one report at a time.

    What a block can't prove (where the chain is at the start, who is scheduled after a maintenance,
    a key that changed out of sight) is believed once `majority` nodes say it; see `Quorum`.
    `verify_blocks` is how many blocks are verified at the start, at least; None: back to the
    irreversible one. The window and three rounds always are.
    `missed_totals` counts the charged slots in irreversible blocks by (witness id, key),
    `double_productions` the heights at which a witness (id) signed two blocks with one key.
    """

    def __init__(
        self,
        follower: Follower,
        *,
        window: int,
        majority: int,
        verify_blocks: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.follower = follower
        self.missed_totals: Counter[tuple[str, str]] = Counter()
        self.double_productions: Counter[str] = Counter()
        self._window = window
        self._verify_blocks = verify_blocks
        self._quorum = Quorum(majority, clock)
        self._starting = asyncio.Lock()
        self._begun_on_agreement = False
        self._alone = 0
        self._counted = 0
        self._doubles: set[frozenset[bytes]] = set()

    async def adopt(self, node: str, reading: Reading, fetch: FetchBlock) -> bool:
        """Bring the follower to a node's head if that is longer; tell whether anything changed.

        Blocks are fetched without holding up other nodes' reports, so the follower may have moved
        on by the time they are here.

        Raises:
            InvalidBlockError: the node's chain breaks a rule; the follower is as it was before the
                first block that does.
            MalformedDataError, NodeError: a block could not be read; likewise.
        """
        believed = self._quorum.carries(node, Standing.of(reading))
        self._confirm(reading)
        changed = False
        while True:
            head = self.follower.head
            if head is None or reading.head_number - head.number > _LONGEST_CATCH_UP:
                return await self._first(node, reading, fetch) if believed else changed
            if self.follower.holds(reading.head_id):
                if believed:
                    self.follower.learn(reading)
                return changed
            if reading.head_number <= head.number:
                self._note_double(await fetch(reading.head_number))
                if self.overrules(reading):
                    raise InvalidBlockError(reading.head_number, "fork", "most nodes are on it")
                return changed
            if not await self._advance(node, head, reading, fetch):
                return changed
            changed = True

    def overrules(self, reading: Reading) -> bool:
        """Tell whether to take up a node's chain although `adopt` refused it.

        So it is when most nodes stand on it and ours did not begin on most nodes' word, holds what
        one node alone vouched for, or is not even longer.
        """
        head = self.follower.head
        longer = head is None or reading.head_number > head.number
        agreed = self._quorum.agreed(Standing.of(reading))
        return agreed and (longer or not self._begun_on_agreement or self._alone > 0)

    def leave_out(self, nodes: Collection[str]) -> None:
        """Have the word of these nodes count for nothing; their blocks prove what they prove."""
        self._quorum.leave_out(nodes)

    async def start_over(self, node: str, reading: Reading, fetch: FetchBlock) -> None:
        """Forget the chain that is followed and take up a node's.

        Raises:
            InvalidBlockError, MalformedDataError, NodeError: as `adopt`; the follower is as before.
        """
        async with self._starting:
            await self._begin(node, reading, fetch)

    async def _first(self, node: str, reading: Reading, fetch: FetchBlock) -> bool:
        known = self.follower.head
        async with self._starting:
            if self.follower.head is not known:
                return False  # another node's report was first
            await self._begin(node, reading, fetch)
            return True

    async def _advance(self, node: str, head: Applied, reading: Reading, fetch: FetchBlock) -> bool:
        """Go some blocks further along a node's chain; tell whether it led beyond our head."""
        last = min(reading.head_number, head.number + _FETCHES_AT_ONCE)
        branch = await self._branch(head, last, fetch)
        if last == reading.head_number and branch[-1].id != reading.head_id:
            raise InvalidBlockError(last, "link", "the node's head moved meanwhile")
        for block in branch:
            self._note_double(block)
        if not self._is_longer(branch):
            return False
        self._switch(node, branch)
        self._count_irreversible()
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

    async def _begin(self, node: str, reading: Reading, fetch: FetchBlock) -> None:
        blocks = await _fetch_range(fetch, self._first_of(reading), reading.head_number)
        refusals = [self._refusal(node, block) for block in blocks]
        if error := next(filter(None, refusals), None):
            raise error
        signed = {block.witness for block in blocks}
        older = {
            witness.id: await fetch(witness.last_confirmed_block)
            for witness in reading.witnesses.values()
            if witness.id not in signed and witness.last_confirmed_block > 0
        }
        self.follower.begin(blocks, reading, older)
        self._begun_on_agreement = self._quorum.agreed(Standing.of(reading))
        self._alone = 0
        self._counted = self.follower.head.irreversible if self.follower.head else 0

    def _first_of(self, reading: Reading) -> int:
        """Return the height to begin with: before the window, and as far back as is wanted."""
        head, count = reading.head_number, len(reading.active)
        window = self._window // reading.interval + _ROUNDS_BEFORE_WINDOW * count
        wanted = self._verify_blocks or min(head - reading.irreversible, _FARTHEST_BACK)
        first = min(head - window, head - wanted)
        return max(1, first - first % count)

    async def _branch(self, head: Applied, last: int, fetch: FetchBlock) -> list[Block]:
        """Return the node's blocks after the last one it has in common with the follower."""
        branch = await _fetch_range(fetch, min(head.number + 1, last), last)
        oldest = self.follower.oldest or head
        while not self.follower.holds(branch[0].previous):
            number = branch[0].number
            if number <= max(head.irreversible, oldest.number):
                detail = f"leaves the chain before irreversible block {head.irreversible}"
                raise InvalidBlockError(number, "fork", detail)
            branch.insert(0, await fetch(number - 1))
            _check_links(branch[:2])
        return branch

    def _switch(self, node: str, branch: Sequence[Block]) -> None:
        before = self.follower.entries()
        try:
            self.follower.rewind(branch[0].previous)
            for block in branch:
                self._apply(node, block)
        except ChainError:
            self.follower.restore(before)
            raise

    def _apply(self, node: str, block: Block) -> None:
        try:
            self.follower.apply(block)
        except InvalidBlockError as error:
            if not self._carries(node, block, error):
                raise
            self.follower.apply(block, vouched=True)
            if not self._quorum.agreed(_claim(block, error)):
                self._alone = block.number

    def _refusal(self, node: str, block: Block) -> InvalidBlockError | None:
        """Return why a block to begin with is refused, which is believed in all but its updates."""
        try:
            self.follower.check_updates(block)
        except InvalidBlockError as error:
            return None if self._carries(node, block, error) else error
        return None

    def _carries(self, node: str, block: Block, error: InvalidBlockError) -> bool:
        """Note that a node has a block that is refused, and tell whether that may be believed."""
        return open_to_vouching(error) and self._quorum.carries(node, _claim(block, error))

    def _confirm(self, reading: Reading) -> None:
        """Note that most nodes have the block for which one alone had vouched."""
        ours = self.follower.holds(reading.head_id) and self._quorum.agreed(Standing.of(reading))
        if ours and reading.head_number >= self._alone:
            self._alone = 0

    def _note_double(self, block: Block) -> None:
        ours = self.follower.applied(block.number)
        if ours is None or ours.witness != block.witness:
            return
        # The same header under another signature, as anyone can forge it, is no second block.
        pair = frozenset((ours.digest, block.digest))
        if len(pair) == 1 or pair in self._doubles or not self.follower.signed_like(ours, block):
            return
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


def _claim(block: Block, error: InvalidBlockError) -> tuple[str, str]:
    # The error's text is part of the claim: it names the key or the updates in question.
    return block.id, str(error)


async def _fetch_range(fetch: FetchBlock, first: int, last: int) -> list[Block]:
    """Return consecutive blocks; what does not hang together is not fetched to its end.

    Raises:
        InvalidBlockError: a block does not follow the one before it.
    """
    blocks: list[Block] = []
    for start in range(first, last + 1, _FETCHES_AT_ONCE):
        heights = range(start, min(start + _FETCHES_AT_ONCE, last + 1))
        chunk = await asyncio.gather(*(fetch(height) for height in heights))
        _check_links([*blocks[-1:], *chunk])
        blocks += chunk
    return blocks


def _check_links(blocks: Sequence[Block]) -> None:
    for before, after in pairwise(blocks):
        if after.previous != before.id:
            raise InvalidBlockError(after.number, "link", f"does not follow {before.id}")
