"""Switchers that poll, before the same failures."""

from __future__ import annotations

from bench.policy.chain import OURS, WITNESSES, Line
from bench.policy.trouble import Trouble
from bench.polling import Habit, polling_loss


def lost_by_polling(line: Line, trouble: Trouble, habit: Habit) -> int:
    """Return how many blocks a switcher of some habit loses."""
    phase = trouble.poll * habit.period
    index, blocks = line.base - 1, []
    while True:
        for _ in WITNESSES:
            blocks.append(line[index])
            index += 1
        witness = OURS.witness_id
        lost = polling_loss(blocks, witness, killed=trouble.began, phase=phase, habit=habit)
        if lost is not None:
            return lost
