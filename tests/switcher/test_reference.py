"""Which block a transaction refers to, so that two switchers make one and the same."""

from __future__ import annotations

from pathlib import Path

from switcher.transaction import latest_reference
from tests.switcher.scripted import ALPHA, Script
from tests.switcher.troupe import troupe


def irreversible(script: Script) -> int:
    head = script.follower.head
    assert head is not None
    return head.irreversible


def test_transaction_refers_to_the_last_tenth_block_that_no_fork_can_undo(script: Script) -> None:
    for _ in range(30):
        script.produce()
        reference = latest_reference(script.follower)
        assert reference is not None
        assert reference.number % 10 == 0
        assert reference.number <= irreversible(script) < reference.number + 10
        block = script.chain.blocks[reference.number - 1]
        assert reference.prefix == int.from_bytes(bytes.fromhex(block.id)[4:8], "little")
        assert reference.expiration == block.time + 300


async def test_two_switchers_that_are_some_blocks_apart_send_one_transaction(
    tmp_path: Path, script: Script
) -> None:
    script.miss(3)
    while irreversible(script) % 10 > 4:
        script.run(1, init0_dead=True)
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    async with troupe(folders[0], script) as first, troupe(folders[1], script) as second:
        seen = irreversible(script)
        await first.post(ALPHA)
        await first.worker.step()
        while irreversible(script) == seen:
            script.run(1, init0_dead=True)
        assert irreversible(script) // 10 == seen // 10
        await second.post(ALPHA)
        await second.worker.step()
        [one] = (await first.record()).rotations
        [other] = (await second.record()).rotations
        assert one.draft.transaction_id == other.draft.transaction_id
        assert one.draft.producer == other.draft.producer == "beta"
        assert one.accepted
        assert other.accepted
        assert len(script.transactions) == 1
