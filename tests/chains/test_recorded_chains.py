"""The follower, held against what real nodes went through: forks, two producers, maintenance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from chains.bitshares.applied import Applied
from chains.bitshares.blocks import Block, parse_block
from chains.bitshares.follower import Follower
from chains.bitshares.judge import Parting
from chains.bitshares.objects import Reading
from chains.bitshares.parting import PartingSearch
from chains.bitshares.schedule import scheduled, shuffle
from chains.bitshares.sync import FetchBlock, Synchroniser
from chains.bitshares.transactions import format_time, parse_time
from tests.support.recorded_chains import WITNESSES, Recording, block_of, signed_again

Objects = Mapping[str, dict[str, Any]]

FORKS = {
    "4-3": Recording("fork-split-4-3.jsonl", interval=3, maintenance=120),
    "6-1": Recording("fork-split-6-1.jsonl", interval=3, maintenance=120),
}
TWINS = Recording("two-producers.jsonl", interval=3, maintenance=120)
SKIPPING = Recording("maintenance-skip-slots.jsonl", interval=1, maintenance=24, skipped=3)


def charged(entries: Sequence[Applied]) -> dict[str, int]:
    counts = Counter(slot.witness for entry in entries for slot in entry.missed)
    return {witness: counts[witness] for witness in WITNESSES}


def rose(before: Objects, after: Objects) -> dict[str, int]:
    """Return how much `total_missed` of each witness rose between two answers."""
    return {w: after[w]["total_missed"] - before[w]["total_missed"] for w in WITNESSES}


def branch(recording: Recording, node: str) -> list[Block]:
    return [block_of(header) for _, header in sorted(recording.headers(node).items())]


def begun(recording: Recording, node: str, blocks: list[Block]) -> tuple[Follower, list[Block]]:
    """Return a follower at a node's first head, and the blocks after it."""
    reading = recording.reading(recording.objects(node)[0])
    follower = Follower("BTS", 600)
    known = [block for block in blocks if block.number <= reading.head_number]
    follower.begin(known, reading)
    return follower, blocks[len(known) :]


@pytest.mark.parametrize("side", ["majority", "minority"])
@pytest.mark.parametrize("split", FORKS)
def test_either_side_of_a_recorded_fork_verifies_and_counts_as_its_node_did(
    split: str, side: str
) -> None:
    recording = FORKS[split]
    before, after = recording.objects(side)[:2]
    follower, blocks = begun(recording, side, branch(recording, side))
    for block in blocks:
        follower.apply(block)
    head, told = follower.head, after["2.1.0"]
    assert head is not None
    assert (head.number, head.id) == (told["head_block_number"], told["head_block_id"])
    assert head.aslot == told["current_aslot"]
    # Alone on its side a node gets no block of those who confirmed before the recording began.
    if side == "majority":
        assert head.irreversible == told["last_irreversible_block_num"]
    assert head.shuffled == tuple(after["2.12.0"]["current_shuffled_witnesses"])
    assert charged(follower.entries()) == rose(before, after)


def fetching(blocks: Sequence[Block]) -> FetchBlock:
    by_number = {block.number: block for block in blocks}

    async def fetch(number: int) -> Block:
        return by_number[number]

    return fetch


@pytest.mark.parametrize("split", FORKS)
async def test_recorded_fork_is_left_for_the_longer_chain_and_its_misses_are_taken_back(
    split: str,
) -> None:
    recording = FORKS[split]
    majority, minority = branch(recording, "majority"), branch(recording, "minority")
    follower, _ = begun(recording, "minority", minority)
    sync = Synchroniser(follower, window=600, majority=2)
    before = recording.objects("majority")[0]
    alone = recording.reading(recording.objects("minority")[1])
    assert await sync.adopt("minority", alone, fetching(minority))
    longer = recording.reading(recording.objects("majority")[1])
    assert await sync.adopt("majority", longer, fetching(majority))
    assert follower.head is not None
    assert follower.head.id == longer.head_id
    assert charged(follower.entries()) == rose(before, recording.objects("majority")[1])
    assert not await sync.adopt("minority", alone, fetching(minority))
    assert not sync.double_productions


@pytest.mark.parametrize("split", FORKS)
async def test_where_the_recorded_minority_left_is_found_exactly(split: str) -> None:
    recording = FORKS[split]
    majority, minority = branch(recording, "majority"), branch(recording, "minority")
    follower, blocks = begun(recording, "majority", majority)
    cut = follower.head
    assert cut is not None
    for block in blocks:
        follower.apply(block)
    headers = recording.headers("minority")

    async def header(number: int) -> Any:
        return headers.get(number)

    search = PartingSearch("minority", follower, header, fetching(minority))
    found = await search.find(recording.reading(recording.objects("minority")[1]), None)
    (first,) = (block for block in minority if block.previous == cut.id)
    assert found == Parting(cut.number, cut.id, first.id)


def twin_chain() -> tuple[list[Block], list[Block]]:
    """Return the blocks of the chain on which two hosts held one key, and those that lost.

    What was not recorded of it is empty blocks, which their witnesses' known keys sign again.
    """
    recorded = {
        number: block_of(header)
        for _, _, batch in TWINS.answers("get_block_header_batch")
        for number, header in batch
    }
    lost = {}
    for node, (number,), data in TWINS.answers("get_block"):
        if node == "peer":
            recorded[number] = parse_block(data)
        elif (block := parse_block(data)).id != recorded[number].id:
            lost[block.id] = block
    objects = TWINS.objects("peer")[0]
    order = tuple(objects["2.12.0"]["current_shuffled_witnesses"])
    head, aslot = objects["2.1.0"], objects["2.1.0"]["current_aslot"]
    blocks, previous, time = [], head["head_block_id"], parse_time(head["time"])
    for number in range(head["head_block_number"] + 1, max(recorded) + 1):
        aslot, time = aslot + 1, time + 3
        block = recorded.get(number) or signed_again(
            {
                "previous": previous,
                "timestamp": format_time(time),
                "witness": scheduled(order, aslot, 0),
                "transaction_merkle_root": "00" * 20,
                "extensions": [],
            }
        )
        assert (block.number, block.previous, block.time) == (number, previous, time)
        blocks.append(block)
        previous = block.id
        if number % len(WITNESSES) == 0:
            order = shuffle(WITNESSES, time)
    return blocks, list(lost.values())


def reading_at(block: Block, slots: int, round_end: Block) -> Reading:
    """Return what a node showed at a block so many slots after the recording's first head."""
    objects = TWINS.objects("peer")[0]
    head = {
        "head_block_number": block.number,
        "head_block_id": block.id,
        "time": format_time(block.time),
        "current_aslot": objects["2.1.0"]["current_aslot"] + slots,
    }
    order = list(shuffle(WITNESSES, round_end.time))
    schedule = {"id": "2.12.0", "current_shuffled_witnesses": order}
    return TWINS.reading({**objects, "2.1.0": {**objects["2.1.0"], **head}, "2.12.0": schedule})


async def test_two_hosts_with_one_key_are_told_by_the_two_blocks_that_they_recorded() -> None:
    chain, lost = twin_chain()
    assert [block.number for block in lost] == [522, 567]
    known = 8
    assert chain[known - 2].number % len(WITNESSES) == 0
    follower = Follower("BTS", 600)
    follower.begin(chain[:known], reading_at(chain[known - 1], known, chain[known - 2]))
    sync = Synchroniser(follower, window=600, majority=2)
    for block in chain[known:]:
        follower.apply(block)
        for other in lost:
            if other.number == block.number:
                astray = replace(reading_at(other, 0, other), head_number=other.number)
                assert not await sync.adopt("twin-2", astray, fetching([other]))
    assert sync.double_productions == {"1.6.1": 2}
    assert not any(entry.missed for entry in follower.entries())


def test_recorded_maintenance_that_skips_slots_verifies_and_counts_as_its_node_did() -> None:
    blocks = [signed_again(header) for _, header in sorted(SKIPPING.headers().items())]
    assert [b.previous for b in blocks[1:]] == [b.id for b in blocks[:-1]]
    follower, rest = begun(SKIPPING, "", blocks)
    before, after = SKIPPING.objects()
    told = {s["2.1.0"]["head_block_number"]: s for s in SKIPPING.snapshots()}
    missed = before["1.6.1"]["total_missed"]
    for block in rest:
        entry = follower.apply(block)
        missed += len(entry.missed)
        if block.number in told:
            head = told[block.number]["2.1.0"]
            assert (entry.id, entry.aslot) == (head["head_block_id"], head["current_aslot"])
            assert entry.maintenance == bool(head["dynamic_flags"])
            if "1.6.1" in told[block.number]:  # the only one who misses
                assert missed == told[block.number]["1.6.1"]["total_missed"]
    assert sum(entry.maintenance for entry in follower.entries()) >= 2
    assert charged(follower.entries()) == rose(before, after)
    assert follower.head is not None
    assert follower.head.irreversible == after["2.1.0"]["last_irreversible_block_num"]
