"""The schedule: which slot is when, and whose it is.

Sources: bitshares-core, `libraries/chain/db_witness_schedule.cpp` (`get_slot_time`,
`get_slot_at_time`, `get_scheduled_witness`, `update_witness_schedule`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chains.bitshares.values import WITNESS, instance

_MASK = (1 << 64) - 1
_STEP = 2685821657736338717
SLOT_BITS = 128


def shuffle(active: Iterable[str], head_time: int) -> tuple[str, ...]:
    """Return the round's order of the active witnesses (ids), seeded by the head block's time."""
    order = sorted(active, key=lambda witness: instance(witness, WITNESS))
    count = len(order)
    seed = (head_time << 32) & _MASK
    for i in range(count):
        k = (seed + i * _STEP) & _MASK
        k ^= k >> 12
        k ^= (k << 25) & _MASK
        k ^= k >> 27
        k = (k * _STEP) & _MASK
        j = i + k % (count - i)
        order[i], order[j] = order[j], order[i]
    return tuple(order)


def slot_time(head_time: int, interval: int, slot: int, skipped: int = 0) -> int:
    """Return when slot 1, 2, … after the head begins; a maintenance block has some `skipped`."""
    return (head_time // interval + slot + skipped) * interval


def slot_at(head_time: int, interval: int, time: int, skipped: int = 0) -> int:
    """Return the number of the slot after the head that a time falls into, 0 if none has begun."""
    first = slot_time(head_time, interval, 1, skipped)
    return 0 if time < first else (time - first) // interval + 1


def scheduled(shuffled: Sequence[str], current_aslot: int, slot: int) -> str:
    """Return the id of the witness to whom slot 1, 2, … after the head belongs."""
    return shuffled[(current_aslot + slot) % len(shuffled)]


def participation(recent_slots_filled: int, slots: int = SLOT_BITS) -> float:
    """Return the share (0..1) of the last `slots` (at most 128) slots that were filled."""
    return (recent_slots_filled & ((1 << slots) - 1)).bit_count() / slots
