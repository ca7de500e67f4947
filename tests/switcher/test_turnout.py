"""How trouble of the whole network is told from trouble of one witness."""

from __future__ import annotations

import random

import pytest

from chains.bitshares.follower import Follower
from chains.bitshares.schedule import participation
from switcher.turnout import turnout
from tests.support.chain import PREFIX, ForgedChain

INIT0 = "1.6.1"


def followed(count: int = 7) -> tuple[ForgedChain, Follower]:
    chain = ForgedChain(count)
    chain.run(count * 6)
    follower = Follower(PREFIX, 600)
    follower.begin(chain.blocks, chain.reading())
    return chain, follower


def go_on(chain: ForgedChain, follower: Follower, blocks: int, dead: list[str]) -> None:
    for block in chain.run(blocks, dead):
        follower.apply(block)


def test_quiet_chain_is_complete() -> None:
    _, follower = followed()
    assert turnout(follower.entries(), INIT0) == 1.0


@pytest.mark.parametrize("count", [5, 7, 27])
def test_one_dead_witness_is_no_trouble_of_the_network(count: int) -> None:
    chain, follower = followed(count)
    for _ in range(count * 4):
        go_on(chain, follower, 1, [INIT0])
        assert turnout(follower.entries(), INIT0) >= 0.75


def test_half_of_the_witnesses_gone_shows_within_two_rounds() -> None:
    chain, follower = followed(27)
    gone = [f"1.6.{number}" for number in range(2, 15)]
    go_on(chain, follower, 20, gone)
    assert turnout(follower.entries(), INIT0) < 0.66


@pytest.mark.parametrize("count", [7, 21, 27])
def test_half_a_network_never_looks_whole_by_chance(count: int) -> None:
    chain, follower = followed(count)
    gone = [f"1.6.{number}" for number in range(2, 2 + count // 2)]
    go_on(chain, follower, count // 2, gone)
    for _ in range(count * 4):
        go_on(chain, follower, 1, gone)
        assert turnout(follower.entries(), INIT0) < 0.66


def test_three_witnesses_gone_hardly_ever_look_like_half_of_them() -> None:
    chain, follower = followed(27)
    held = 0
    for _ in range(27 * 12):
        go_on(chain, follower, 1, [INIT0, "1.6.2", "1.6.3", "1.6.4"])
        held += turnout(follower.entries(), INIT0) < 0.66
    assert held <= 27 * 12 * 0.1


def test_trouble_that_is_over_is_forgotten_after_a_round() -> None:
    chain, follower = followed(27)
    go_on(chain, follower, 5, [f"1.6.{number}" for number in range(2, 15)])
    assert turnout(follower.entries(), INIT0) < 0.66
    go_on(chain, follower, 27 + 16, [])
    assert turnout(follower.entries(), INIT0) > 0.9


def test_long_trouble_still_counts_when_the_last_rounds_are_whole_again() -> None:
    chain, follower = followed()
    go_on(chain, follower, 45, ["1.6.2", "1.6.3", "1.6.4", "1.6.5"])
    go_on(chain, follower, 7 + 16, [])
    head = follower.entries()[-1]
    assert participation(head.filled, 7 + 16) == 1.0
    assert turnout(follower.entries(), INIT0) == participation(head.filled) < 0.66


def test_three_of_the_last_eight_slots_empty_is_trouble_of_the_network() -> None:
    chain, follower = followed(27)
    while INIT0 in {chain.owner(slot) for slot in range(1, 9)}:
        go_on(chain, follower, 1, [])
    go_on(chain, follower, 5, [chain.owner(slot) for slot in range(1, 4)])
    assert participation(follower.entries()[-1].filled, 16) > 0.66
    assert turnout(follower.entries(), INIT0) < 0.66


def test_own_empty_slots_weigh_no_more_than_in_the_chains_own_figure() -> None:
    chain, follower = followed(5)
    for _ in range(20):
        go_on(chain, follower, 1, [INIT0])
        assert turnout(follower.entries(), INIT0) == participation(follower.entries()[-1].filled)


def test_only_witness_of_a_chain_has_no_others_in_trouble() -> None:
    _, follower = followed(1)
    assert turnout(follower.entries(), INIT0) == 1.0


def test_slots_whose_owners_are_not_known_count_as_those_of_others() -> None:
    chain, follower = followed(5)
    while chain.owner(9) == INIT0:
        go_on(chain, follower, 1, [])
    follower.apply(chain.produce(slot=9))
    assert follower.entries()[-1].missed == ()
    assert turnout(follower.entries(), INIT0) == 1 / 8


def test_turnout_is_the_worst_of_all_spans_that_it_speaks_of() -> None:
    chain, follower = followed()
    slots = [(block.witness, True) for block in chain.blocks]
    draw = random.Random(5)

    def share(span: list[tuple[str, bool]]) -> float:
        others = [filled for owner, filled in span if owner != INIT0]
        return sum(others) / len(others)

    for _ in range(150):
        slot = draw.choice((1, 1, 1, 1, 1, 1, 1, 2, 3, 5))
        slots += [(chain.owner(number), number == slot) for number in range(1, slot + 1)]
        follower.apply(chain.produce(slot))
        end = len(slots)
        spans = [slots[-8:], slots[-7:], *(slots[end - 16 - n : end - n] for n in range(7))]
        empty = sum(not filled for _, filled in slots[-128:])
        expected = min(1 - empty / 128, *(share(span) for span in spans))
        assert turnout(follower.entries(), INIT0) == expected


def test_oldest_block_that_is_held_counts_as_filled() -> None:
    _, follower = followed()
    for entry in follower.entries():
        assert turnout((entry,), "1.6.99") == 1.0


def test_nothing_known_is_no_turnout() -> None:
    assert turnout((), INIT0) == 0.0
