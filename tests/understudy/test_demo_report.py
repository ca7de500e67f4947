"""What the demonstration counts."""

from __future__ import annotations

from chains.bitshares.applied import Applied, MissedSlot
from understudy.demo.report import missed_between

KILLED_AT = 100


def block(number: int, *missed: str) -> Applied:
    return Applied(
        number=number,
        id=f"{number:08x}",
        previous="",
        digest=b"",
        time=number,
        witness="1.6.2",
        signing_key="",
        missed=tuple(MissedSlot(witness, number - 1, None) for witness in missed),
        updates=(),
        maintenance=False,
        aslot=number,
        filled=0,
        shuffled=None,
        active=(),
        schedule_certain=True,
        active_certain=True,
        terms={},
        confirmed={},
        irreversible=0,
    )


def test_a_slot_that_had_just_begun_at_the_kill_counts_as_missed() -> None:
    first = block(104)
    blocks = [block(99, "1.6.1"), block(100), block(101, "1.6.1", "1.6.3"), block(103), first]
    assert missed_between(blocks, "1.6.1", KILLED_AT, first) == 1
    later = [*blocks, block(105, "1.6.1")]
    assert missed_between(later, "1.6.1", KILLED_AT, first) == 1
