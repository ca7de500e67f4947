"""The rule that a polling switcher goes by, and what it loses by that on a chain that is given."""

from __future__ import annotations

import pytest

from bench.chronicle import Slot
from bench.polling import Tally, polling_loss
from chains.bitshares.applied import Applied, Rhythm
from chains.bitshares.rules import Rules
from tests.support.chain import PREFIX, START, ForgedChain

OURS = "1.6.1"


@pytest.fixture(scope="module")
def chain() -> list[Applied]:
    """A chain of 7 witnesses and 3 seconds on which ours fails at the start."""
    forged = ForgedChain()
    rules = Rules(PREFIX, Rhythm(3, 3600, 0, 0))
    blocks = [rules.anchor(forged.run(1), forged.reading())]
    while len(blocks) < 60:
        block = forged.run(1, dead=(OURS,))[0]
        slot = rules.slot_of(block, blocks[-1])
        blocks.append(rules.applied(block, blocks, slot, vouched=True))
    return blocks


def missed(chain: list[Applied]) -> list[Slot]:
    return [
        Slot(slot.time, None) for block in chain for slot in block.missed if slot.witness == OURS
    ]


def lost(chain: list[Applied], phase: float) -> int | None:
    return polling_loss(chain, OURS, killed=START, phase=phase)


def test_a_poll_that_comes_just_after_the_third_miss_is_counted_loses_three(
    chain: list[Applied],
) -> None:
    counted = next(b.time for b in chain if b.time > missed(chain)[2].time)
    assert lost(chain, (counted + 0.1) % 30) == 3


def test_a_poll_that_comes_just_before_waits_another_period_and_may_lose_more(
    chain: list[Applied],
) -> None:
    counted = next(b.time for b in chain if b.time > missed(chain)[2].time)
    later = [slot for slot in missed(chain) if slot.time < counted + 26]
    assert len(later) == 4
    assert lost(chain, (counted - 4) % 30) == 4


def test_nothing_is_reckoned_before_the_poll_has_come(chain: list[Applied]) -> None:
    counted = next(b.time for b in chain if b.time > missed(chain)[2].time)
    so_far = [block for block in chain if block.time <= counted]
    assert polling_loss(so_far, OURS, killed=START, phase=(counted + 1) % 30) is None


def test_misses_count_from_what_the_first_poll_shows() -> None:
    tally = Tally(3)
    assert [tally.sees(total) for total in (7, 8, 9, 10)] == [False, False, False, True]


def test_after_a_rotation_they_count_anew() -> None:
    tally = Tally(2)
    assert [tally.sees(total) for total in (0, 2)] == [False, True]
    tally.rotated(3)  # one more was missed until the new key was in force
    assert [tally.sees(total) for total in (3, 4, 5)] == [False, False, True]


def test_misses_are_forgotten_after_twenty_quiet_polls() -> None:
    tally = Tally(3)
    assert not any(tally.sees(total) for total in (0, *[2] * 21))
    assert [tally.sees(total) for total in (3, 4, 5)] == [False, False, True]
    restless = Tally(3)
    assert not any(restless.sees(total) for total in (0, *[2] * 20))
    assert restless.sees(3)


def test_a_rotation_that_failed_is_due_again_at_the_next_poll() -> None:
    tally = Tally(3)
    assert [tally.sees(total) for total in (0, 3, 3)] == [False, True, True]
