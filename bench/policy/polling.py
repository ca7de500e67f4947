"""Switchers that poll, before the same failures."""

from __future__ import annotations

from bench.chronicle import Slot
from bench.policy.chain import OURS, WITNESSES, Line
from bench.policy.trouble import Trouble
from bench.polling import polling_loss


def lost_by_polling(line: Line, trouble: Trouble, period: float, threshold: int) -> int:
    """Return how many blocks a switcher loses that asks every `period` seconds.

    It rotates once it sees `threshold` misses.
    """
    slots, blocks, index = [], [], line.base
    while True:
        for _ in WITNESSES:
            block = line[index]
            blocks.append(block)
            slots += [Slot(s.time, None) for s in block.missed if s.witness == OURS.witness_id]
            index += 1
        lost = polling_loss(
            slots,
            blocks,
            OURS.witness_id,
            killed=trouble.began,
            phase=trouble.poll * period,
            period=period,
            threshold=threshold,
        )
        if lost is not None:
            return lost
