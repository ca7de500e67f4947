"""When one node's word is enough, and when it is not."""

from __future__ import annotations

from chains.bitshares.quorum import PATIENCE, Quorum


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_claim_holds_once_most_nodes_made_it() -> None:
    quorum = Quorum(2, Clock())
    assert not quorum.carries("eu", "block 5")
    assert not quorum.carries("eu", "block 5")
    assert not quorum.carries("us", "block 6")
    assert quorum.carries("asia", "block 5")


def test_a_node_that_is_some_blocks_late_still_agrees() -> None:
    quorum = Quorum(2, Clock())
    for number in range(20):
        quorum.carries("eu", number)
    assert quorum.carries("us", 3)


def test_without_a_majority_one_node_is_believed_after_a_while() -> None:
    clock = Clock()
    quorum = Quorum(2, clock)
    assert not quorum.carries("eu", 1)
    clock.now += PATIENCE - 1
    assert not quorum.carries("eu", 2)
    clock.now += 2
    assert quorum.carries("eu", 3)


def test_a_lonely_claim_is_not_believed_while_the_others_agree() -> None:
    clock = Clock()
    quorum = Quorum(2, clock)
    for number in range(30):
        clock.now += 1
        assert not quorum.carries("liar", "mine")
        quorum.carries("eu", number)
        assert quorum.carries("us", number)


def test_after_all_were_silent_the_first_to_speak_is_not_believed_at_once() -> None:
    clock = Clock()
    quorum = Quorum(2, clock)
    clock.now += 3600
    assert not quorum.carries("liar", "mine")


def test_node_that_is_left_out_counts_for_nothing_and_the_majority_stays() -> None:
    quorum = Quorum(2, Clock())
    quorum.carries("liar", "mine")
    quorum.leave_out({"liar"})
    assert not quorum.carries("eu", "mine")
    assert not quorum.carries("liar", "mine")
    assert not quorum.carries("liar", "block 5")
    assert not quorum.carries("eu", "block 5")
    assert quorum.carries("us", "block 5")


def test_while_a_node_is_left_out_no_single_one_is_believed() -> None:
    clock = Clock()
    quorum = Quorum(2, clock)
    quorum.leave_out({"liar"})
    for number in range(30):
        clock.now += 1
        assert not quorum.carries("eu", number)
    quorum.leave_out(())
    assert quorum.carries("eu", 30)


def test_a_nodes_claims_take_bounded_memory() -> None:
    quorum = Quorum(2, Clock())
    for number in range(1000):
        quorum.carries("liar", number)
    assert not quorum.carries("eu", 0)
    assert quorum.carries("us", 999)


def test_a_claim_of_long_ago_counts_for_nothing() -> None:
    quorum = Quorum(2, Clock())
    for number in range(100):
        quorum.carries("eu", number)
    assert not quorum.carries("us", 3)
    assert quorum.carries("us", 99)


def test_what_one_node_said_long_ago_still_counts_for_another_that_said_it_too() -> None:
    quorum = Quorum(3, Clock())
    quorum.carries("eu", "block 5")
    quorum.carries("us", "block 5")
    for number in range(100):
        quorum.carries("eu", number)
    assert not quorum.carries("asia", "block 5")
    assert quorum.carries("sa", "block 5")


def test_patience_is_over_only_after_its_last_second() -> None:
    clock = Clock()
    quorum = Quorum(2, clock)
    clock.now += PATIENCE
    assert not quorum.carries("eu", 1)
    clock.now += 0.5
    assert quorum.carries("eu", 2), "nobody was silent for longer than that"


def test_node_that_is_left_out_is_believed_where_most_others_say_the_same() -> None:
    quorum = Quorum(2, Clock())
    quorum.leave_out({"liar"})
    quorum.carries("eu", "block 5")
    assert not quorum.carries("liar", "block 5")
    quorum.carries("us", "block 5")
    assert quorum.carries("liar", "block 5")


def test_node_that_is_64_claims_late_still_agrees_and_a_later_one_does_not() -> None:
    for late, agrees in ((64, True), (65, False)):
        quorum = Quorum(2, Clock())
        for number in range(late):
            quorum.carries("eu", number)
        assert quorum.carries("us", 0) is agrees
