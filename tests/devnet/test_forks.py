"""What a divided network does, and what becomes of it when it is whole again."""

from __future__ import annotations

import pytest

from devnet.blocks import SignedBlock
from devnet.forks import ForkChoice
from devnet.operations import Transaction
from devnet.refusals import RefusedError
from devnet.settings import DevnetSettings
from devnet.state import ChainState

from .manual import ManualNet

LONE_WITNESS = DevnetSettings(interval=3, hosts=("alpha",), backbone=1, api_nodes=1)
FOUR_TO_THREE = DevnetSettings(interval=3, rings=3, hosts=("alpha",), backbone=1, api_nodes=0)
LESSER_SIDE = ("alpha", "init1-alpha", "init2-alpha")
MISSED_BY = "1.6.1"


class Heights:
    """A listener that writes down what it is told."""

    def __init__(self) -> None:
        self.blocks: list[int] = []
        self.pending: list[str] = []

    def block_applied(self, block: SignedBlock, before: ChainState, after: ChainState) -> None:
        self.blocks.append(block.number)

    def transaction_pending(self, transaction: Transaction) -> None:
        self.pending.append(transaction.id)


@pytest.fixture
async def divided() -> ManualNet:
    """A network in which alpha, with one witness of seven, was cut off for 25 slots."""
    net = ManualNet(LONE_WITNESS)
    await net.play(30)
    net.network.separate(["alpha"])
    await net.play(25)
    return net


async def test_a_cut_host_goes_on_alone_and_blames_the_others(divided: ManualNet) -> None:
    alpha, backbone = divided.nodes["alpha"].state, divided.nodes["backbone1"].state
    assert 30 < alpha.number < backbone.number
    assert alpha.witnesses[MISSED_BY].total_missed == 0
    assert alpha.witnesses["1.6.2"].total_missed > 0
    assert backbone.witnesses[MISSED_BY].total_missed > 0
    assert backbone.witnesses["1.6.2"].total_missed == 0


async def test_only_the_greater_side_of_six_to_one_becomes_irreversible(divided: ManualNet) -> None:
    assert divided.nodes["alpha"].state.irreversible <= 30
    assert divided.nodes["backbone1"].state.irreversible > 30


async def test_the_cut_host_takes_the_longer_chain_over_and_its_misses_change(
    divided: ManualNet,
) -> None:
    alpha, seen = divided.nodes["alpha"], Heights()
    alpha.listeners.append(seen)
    blamed = alpha.state.witnesses["1.6.2"].total_missed
    await divided.heal("alpha")
    assert alpha.state is divided.nodes["backbone1"].state
    assert seen.blocks == list(range(seen.blocks[0], alpha.state.number + 1))
    assert seen.blocks[0] <= 31
    assert alpha.state.witnesses["1.6.2"].total_missed < blamed


async def test_a_transaction_of_the_lost_side_is_included_again_by_its_producer(
    divided: ManualNet,
) -> None:
    change = divided.update("http://old-tapos", reference=20)
    divided.give("alpha", change)
    while change in divided.nodes["alpha"].pending:
        await divided.play()
    alone = divided.nodes["alpha"].state.number
    await divided.heal("alpha")
    assert divided.nodes["alpha"].pending == [change]
    assert divided.nodes["alpha"].pending_state.witnesses[MISSED_BY].url == "http://old-tapos"
    assert divided.nodes["eu"].pending == []
    while change in divided.nodes["alpha"].pending:
        await divided.play()
    head = divided.nodes["eu"].block_at(divided.nodes["eu"].state.number)
    assert head is not None
    assert head.number > alone
    assert (head.header.witness, head.transactions) == (MISSED_BY, (change,))


async def test_a_transaction_that_refers_to_the_lost_side_is_lost_with_it(
    divided: ManualNet,
) -> None:
    change = divided.update("http://new-tapos", reference=divided.nodes["alpha"].state.number)
    divided.give("alpha", change)
    while change in divided.nodes["alpha"].pending:
        await divided.play()
    await divided.heal("alpha")
    await divided.play(14)
    assert divided.nodes["alpha"].pending == []
    assert divided.nodes["alpha"].state.witnesses[MISSED_BY].url == ""


async def test_four_to_three_nothing_becomes_irreversible_on_either_side() -> None:
    net = ManualNet(FOUR_TO_THREE)
    await net.play(30)
    net.network.separate(LESSER_SIDE)
    await net.play(25)
    assert net.nodes["alpha"].state.irreversible <= 30
    assert net.nodes["backbone1"].state.irreversible <= 30
    assert net.nodes["alpha"].forks.head == net.nodes["init1-alpha"].forks.head
    await net.heal(*LESSER_SIDE)
    await net.play(7)
    assert len({node.forks.head for node in net.nodes.values()}) == 1


async def test_of_two_chains_of_equal_length_a_node_keeps_its_own() -> None:
    net = ManualNet(FOUR_TO_THREE)
    await net.play(8)
    net.network.separate(LESSER_SIDE)
    while net.nodes["alpha"].state.number == 8 or net.nodes["backbone1"].state.number == 8:
        await net.play()
    by_height = sorted(net.nodes.values(), key=lambda node: node.forks.height)
    low, high = by_height[0], by_height[-1]
    theirs = high.block_at(low.forks.height)
    assert theirs is not None
    ours = low.forks.head
    for number in range(9, low.forks.height + 1):
        block = high.block_at(number)
        assert block is not None
        low.push_block(block)
    assert ours == low.forks.head != theirs.id


async def test_no_chain_however_long_undoes_an_irreversible_block(divided: ManualNet) -> None:
    alpha, backbone = divided.nodes["alpha"], divided.nodes["backbone1"]
    lone = [alpha.forks.at(number) for number in range(1, alpha.state.number + 1)]
    long = [backbone.forks.at(number) for number in range(1, backbone.state.number + 1)]
    for irreversible, expected in ((31, lone[-1]), (30, long[-1])):
        choice = ForkChoice(divided.ledger)
        for block_id in (*lone, *long):
            if block_id is not None and not choice.knows(block_id):
                choice.insert(block_id, irreversible)
        assert choice.head == expected


async def test_two_hosts_with_one_key_make_the_identical_block() -> None:
    net = ManualNet(LONE_WITNESS)
    await net.play(1)
    alpha, twin = net.nodes["alpha"], net.nodes["eu"]
    twin.keys = alpha.keys
    while alpha.state.scheduled(1) != MISSED_BY:
        await net.play()
    slot = alpha.state.slot_time(1)
    one, other = (node.produce(slot, 33).block for node in (alpha, twin))
    assert one is not None
    assert other is not None
    assert one.id == other.id


async def test_a_pending_key_change_shows_everywhere_and_counts_nowhere_yet() -> None:
    settings = DevnetSettings(interval=3, api_nodes=1)
    net = ManualNet(settings)
    await net.play(10)
    beta = next(iter(net.nodes["beta"].keys))
    net.give("eu", net.update("http://b", reference=8, key=beta))
    await net.settle()
    assert {node.pending_state.witnesses[MISSED_BY].signing_key for node in net.nodes.values()} == {
        beta
    }
    assert all(node.state.witnesses[MISSED_BY].signing_key != beta for node in net.nodes.values())
    await net.play(30)
    assert net.nodes["eu"].state.witnesses[MISSED_BY].signing_key == beta
    assert net.nodes["eu"].state.witnesses[MISSED_BY].total_missed == 0


async def test_a_transaction_given_to_a_cut_node_is_shown_there_until_it_expires() -> None:
    net = ManualNet(DevnetSettings(interval=3, api_nodes=1))
    await net.play(10)
    net.network.separate(["eu"])
    net.give("eu", net.update("http://cut", reference=8, life=12))
    await net.play(4)
    assert net.nodes["eu"].pending_state.witnesses[MISSED_BY].url == "http://cut"
    await net.heal("eu")
    assert net.nodes["eu"].pending_state.witnesses[MISSED_BY].url == "http://cut"
    assert net.nodes["alpha"].pending == []
    await net.play(1)
    assert net.nodes["eu"].pending_state.witnesses[MISSED_BY].url == ""


async def test_the_expiration_is_compared_with_the_block_before() -> None:
    net = ManualNet(DevnetSettings(interval=3, api_nodes=1))
    await net.play(10)
    change = net.update("http://late", reference=8, life=0)
    net.give("eu", change)
    await net.settle()
    await net.play(1)
    head = net.nodes["eu"].block_at(11)
    assert head is not None
    assert head.transactions == (change,)
    assert change.expiration < head.header.time


async def test_the_same_transaction_is_a_duplicate_until_it_expires() -> None:
    net = ManualNet(DevnetSettings(interval=3, api_nodes=1))
    await net.play(10)
    change = net.update("http://twice", reference=8, life=6)
    net.give("eu", change)
    for _ in range(3):
        with pytest.raises(RefusedError) as refused:
            net.give("eu", change)
        assert refused.value.code == 3030001
        await net.play(1)
    with pytest.raises(RefusedError, match="now <= trx"):
        net.give("eu", change)


async def test_a_restarted_host_signs_nothing_before_it_is_in_sync() -> None:
    net = ManualNet(LONE_WITNESS)
    await net.play(10)
    alpha = net.nodes["alpha"]
    net.network.silent.add("alpha")
    await net.play(5)
    alpha.restart()
    net.network.separate(["alpha"])
    net.network.silent.discard("alpha")
    stale = alpha.forks.head
    await net.play(20)
    assert alpha.forks.head == stale
    await net.heal("alpha")
    signed = net.nodes["backbone1"].state.witnesses[MISSED_BY].last_confirmed
    await net.play(14)
    assert net.nodes["backbone1"].state.witnesses[MISSED_BY].last_confirmed > signed
