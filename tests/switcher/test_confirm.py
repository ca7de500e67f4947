"""How a rotation stands on the chain, what is written down of it, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chains.bitshares.applied import MissedSlot
from chains.bitshares.follower import Follower
from switcher.confirm import Standing, ending_of, news_of, standing
from switcher.model import Draft, Outcome, Rotation, Step
from tests.support.chain import PREFIX, ForgedChain
from tests.switcher.scripted import ALPHA, BETA, GAMMA, INIT0
from tests.switcher.stage import WITNESS

NOW = 2_000.0
NULL = "BTSnull"
DRAFT = Draft(1, WITNESS, ALPHA.text(PREFIX), BETA.text(PREFIX), "beta", 1_900.0)
SENT = Rotation(1, DRAFT, opened=1_900.0)
HELD = replace(SENT, block=50, block_id="50ab", in_block=1_950.0, outcome=Outcome.IN_BLOCK)
IN_BLOCK = Standing(block=50, block_id="50ab")
ON_AIR = replace(IN_BLOCK, first_block=57)
FINAL = replace(IN_BLOCK, irreversible=True)


class Rotated:
    """A followed chain in whose block `number` init0's key was changed to beta's."""

    def __init__(self, lived: int = 20) -> None:
        self.chain = ForgedChain()
        self.chain.run(lived)
        self.follower = Follower(PREFIX, 600)
        self.follower.begin(self.chain.blocks, self.chain.reading())
        while self.chain.owner() == INIT0:
            self.go()
        block = self.chain.produce(updates={INIT0: BETA})
        self.follower.apply(block)
        self.number, self.id = block.number, block.id
        update = next(update for _, update in self.follower.updates())
        draft = replace(DRAFT, transaction_id=update.transaction_id, expiration=self.chain.time + 9)
        self.rotation = replace(SENT, draft=draft)

    def go(self, slot: int = 1, **produced: Any) -> None:
        self.follower.apply(self.chain.produce(slot, **produced))

    def until_own_slot(self) -> None:
        while self.chain.owner() != INIT0:
            self.go()

    def standing(self, rotation: Rotation | None = None) -> Standing:
        return standing(self.follower, INIT0, rotation or self.rotation)


def test_what_is_known_stays_while_no_chain_is_seen() -> None:
    nothing = Follower(PREFIX, 600)
    assert standing(nothing, INIT0, HELD) == Standing(block=50, block_id="50ab")


def test_transaction_in_a_block_is_found_there() -> None:
    rotated = Rotated()
    assert rotated.standing() == Standing(block=rotated.number, block_id=rotated.id)


def test_it_becomes_irreversible_with_its_block() -> None:
    rotated = Rotated()
    while (head := rotated.follower.head) and head.irreversible < rotated.number:
        assert not rotated.standing().irreversible
        rotated.go()
    assert head is not None and head.irreversible == rotated.number
    assert rotated.standing().irreversible


def test_new_key_is_on_air_with_the_first_block_that_it_signs() -> None:
    rotated = Rotated()
    rotated.until_own_slot()
    assert not rotated.standing().on_air
    rotated.go()
    first = rotated.chain.number
    assert rotated.standing().first_block == first
    rotated.go()
    rotated.until_own_slot()
    rotated.go()
    assert rotated.standing().first_block == first


def test_block_of_an_earlier_term_is_not_the_first_of_this_one() -> None:
    rotated = Rotated()
    rotated.until_own_slot()
    rotated.go()
    while INIT0 in {rotated.chain.owner(1), rotated.chain.owner(2)}:
        rotated.go()
    rotated.go(updates={INIT0: ALPHA})
    rotated.go(updates={INIT0: BETA})
    update = next(update for _, update in rotated.follower.updates())
    draft = replace(rotated.rotation.draft, transaction_id=update.transaction_id)
    again = replace(rotated.rotation, draft=draft)
    assert rotated.standing(again).block == rotated.chain.number
    assert not rotated.standing(again).on_air
    rotated.until_own_slot()
    rotated.go()
    assert rotated.standing(again).first_block == rotated.chain.number


def test_missed_first_slot_counts_once_a_second_block_stands_on_it() -> None:
    rotated = Rotated()
    rotated.until_own_slot()
    rotated.go(2)
    assert not rotated.standing().missed_first, "the block that shows the miss may be on a fork"
    rotated.go()
    assert rotated.standing().missed_first
    rotated.until_own_slot()
    rotated.go()
    assert not rotated.standing().missed_first, "it has signed since"


def test_slot_missed_before_the_rotation_is_not_held_against_the_new_key() -> None:
    rotated = Rotated()
    entries = rotated.follower.entries()
    late = MissedSlot(INIT0, entries[-1].time, BETA.text(PREFIX))
    rotated.follower.restore([*entries[:-1], replace(entries[-1], missed=(late,))])
    rotated.go()
    rotated.go()
    assert not rotated.standing().missed_first


@pytest.mark.parametrize(
    "other",
    [{"witness": "1.6.2"}, {"key": GAMMA.text(PREFIX)}, {"others": 2}],
    ids=["of another witness", "of another key", "shared with many"],
)
def test_miss_that_is_not_the_new_keys_own_is_not_held_against_it(other: dict[str, Any]) -> None:
    rotated = Rotated()
    rotated.go()
    entries = rotated.follower.entries()
    own = MissedSlot(INIT0, entries[-1].time, BETA.text(PREFIX))
    for miss, counts in ((own, True), (replace(own, **other), False)):
        rotated.follower.restore([*entries[:-1], replace(entries[-1], missed=(miss,)), entries[-1]])
        assert rotated.standing().missed_first is counts


def test_another_key_in_force_has_replaced_it() -> None:
    rotated = Rotated()
    assert not rotated.standing().replaced
    rotated.go(updates={INIT0: GAMMA})
    assert rotated.standing().replaced


def test_witness_without_slots_is_inactive() -> None:
    rotated = Rotated()
    *others, head = rotated.follower.entries()
    gone = replace(head, active=tuple(w for w in head.active if w != INIT0))
    rotated.follower.restore([*others, gone])
    assert rotated.standing().inactive


def test_block_that_is_let_go_holds_it_all_the_same() -> None:
    rotated = Rotated()
    known = replace(rotated.rotation, block=rotated.number, block_id=rotated.id)
    rotated.go()
    rotated.follower.restore(rotated.follower.entries()[-1:])
    assert (rotated.standing(known).block, rotated.standing(known).block_id) == (
        rotated.number,
        rotated.id,
    )
    rotated.go()
    found = replace(known, block=rotated.chain.number - 1)
    assert rotated.standing(found).block == rotated.number, "the oldest block held is not it"


def test_block_that_was_never_seen_is_told_by_the_key_in_force() -> None:
    rotated = Rotated()
    rotated.go()
    rotated.go()
    rotated.follower.restore(rotated.follower.entries()[-1:])
    found = rotated.standing()
    assert (found.block, found.block_id) == (rotated.number, None)
    late = replace(
        rotated.rotation, draft=replace(rotated.rotation.draft, reference=rotated.number)
    )
    assert rotated.standing(late) == Standing(), "the transaction was made after that change"


def _with_term(rotated: Rotated, **changes: Any) -> None:
    *others, head = rotated.follower.entries()
    terms = {**head.terms, INIT0: replace(head.terms[INIT0], **changes)}
    rotated.follower.restore([*others, replace(head, terms=terms)])


def test_after_a_long_downtime_a_key_since_ever_was_set_before_the_oldest_block() -> None:
    rotated = Rotated()
    rotated.go()
    rotated.follower.restore(rotated.follower.entries()[-1:])
    _with_term(rotated, since_block=None)
    assert rotated.standing().block == rotated.chain.number - 1


@pytest.mark.parametrize("changes", [{"proven": False}, {"key": GAMMA.text(PREFIX)}])
def test_key_that_is_not_proven_or_another_one_tells_nothing(changes: dict[str, Any]) -> None:
    rotated = Rotated()
    rotated.go()
    rotated.follower.restore(rotated.follower.entries()[-1:])
    _with_term(rotated, **changes)
    assert rotated.standing().block is None


def test_key_that_came_into_force_in_a_block_that_is_held_came_by_another_transaction() -> None:
    rotated = Rotated()
    other = replace(rotated.rotation, draft=replace(rotated.rotation.draft, transaction_id="ff"))
    assert rotated.standing(other).block is None
    rotated.follower.restore(rotated.follower.entries()[-1:])
    assert rotated.standing(other).block is None
    unknown = replace(rotated.rotation, draft=replace(rotated.rotation.draft, transaction_id=None))
    assert rotated.standing(unknown).block is None


def test_it_is_dead_once_an_irreversible_block_follows_one_later_than_its_expiration() -> None:
    rotated = Rotated()
    *_, late = rotated.follower.entries()
    lost = replace(DRAFT, transaction_id="ff", expiration=late.time)
    rotation = replace(SENT, draft=lost)
    rotated.go()
    first_late = rotated.chain.number
    while (head := rotated.follower.head) and head.irreversible < first_late:
        assert rotated.standing(rotation) == Standing(dead=False)
        rotated.go()
    assert not rotated.standing(rotation).dead, "its predecessor is no later than the expiration"
    rotated.go()
    assert rotated.standing(rotation) == Standing(dead=True)


NEWS: dict[str, tuple[Rotation, Standing, dict[str, Any], list[Any]]] = {
    "nothing new": (HELD, IN_BLOCK, {}, []),
    "nothing at all": (SENT, Standing(), {}, []),
    "in a block": (
        SENT,
        IN_BLOCK,
        {
            "block": 50,
            "block_id": "50ab",
            "accepted": True,
            "in_block": NOW,
            "outcome": Outcome.IN_BLOCK,
        },
        [(Outcome.IN_BLOCK, "block 50 holds it")],
    ),
    "in another block": (
        HELD,
        Standing(block=51, block_id="51cd"),
        {"block": 51, "block_id": "51cd", "accepted": True},
        [],
    ),
    "in no block any more": (
        replace(HELD, on_air=1_960.0),
        Standing(),
        {
            "block": None,
            "block_id": None,
            "in_block": None,
            "on_air": None,
            "outcome": Outcome.BROADCAST,
        },
        [(Step.DROPPED, "block 50 is no longer on the chain")],
    ),
    "irreversible": (
        HELD,
        FINAL,
        {"irreversible": NOW, "outcome": Outcome.IRREVERSIBLE},
        [(Outcome.IRREVERSIBLE, "block 50 is irreversible")],
    ),
    "irreversible, as is known": (replace(HELD, irreversible=1_970.0), FINAL, {}, []),
    "on air": (
        HELD,
        ON_AIR,
        {"on_air": NOW, "outcome": Outcome.ON_AIR},
        [(Outcome.ON_AIR, "beta signed block 57")],
    ),
    "all at once, as after a long downtime": (
        SENT,
        replace(ON_AIR, irreversible=True),
        {
            "block": 50,
            "block_id": "50ab",
            "accepted": True,
            "in_block": NOW,
            "irreversible": NOW,
            "on_air": NOW,
            "outcome": Outcome.ON_AIR,
        },
        [
            (Outcome.IN_BLOCK, "block 50 holds it"),
            (Outcome.IRREVERSIBLE, "block 50 is irreversible"),
            (Outcome.ON_AIR, "beta signed block 57"),
        ],
    ),
    "on air, as is known": (replace(HELD, on_air=1_970.0), ON_AIR, {}, []),
}


@pytest.mark.parametrize("case", NEWS)
def test_each_step_is_written_down_once(case: str) -> None:
    rotation, state, values, steps = NEWS[case]
    assert news_of(rotation, state, NOW) == (values, steps)


SIGNED = replace(HELD, on_air=1_960.0, outcome=Outcome.ON_AIR)
STOPPING = replace(HELD, draft=replace(DRAFT, to_key=NULL, producer="nobody"))
ENDINGS: dict[str, tuple[Rotation, Standing, Outcome | None, str]] = {
    "in a block only": (HELD, IN_BLOCK, None, ""),
    "on air, but a fork may undo it": (HELD, ON_AIR, None, ""),
    "irreversible, but not on air": (HELD, FINAL, None, ""),
    "on air for good": (HELD, replace(ON_AIR, irreversible=True), Outcome.ON_AIR, "beta is on air"),
    "on air with a block that is let go by now": (SIGNED, FINAL, Outcome.ON_AIR, "beta is on air"),
    "on air with such a block, and missed a slot since": (
        SIGNED,
        replace(FINAL, missed_first=True),
        Outcome.ON_AIR,
        "beta is on air",
    ),
    "missed a slot after its first block was undone": (
        SIGNED,
        replace(IN_BLOCK, missed_first=True),
        Outcome.NEVER_SIGNED,
        "beta missed its first slot",
    ),
    "replaced for good": (
        HELD,
        replace(FINAL, replaced=True),
        Outcome.IRREVERSIBLE,
        "another key replaced that of beta before it signed",
    ),
    "replaced": (HELD, replace(IN_BLOCK, replaced=True), None, ""),
    "missed its first slot": (
        HELD,
        replace(IN_BLOCK, missed_first=True),
        Outcome.NEVER_SIGNED,
        "beta missed its first slot",
    ),
    "missed its first slot, but is replaced": (
        HELD,
        replace(IN_BLOCK, missed_first=True, replaced=True),
        None,
        "",
    ),
    "voted out": (
        HELD,
        replace(FINAL, inactive=True),
        Outcome.IRREVERSIBLE,
        "beta's key is in force; init0 is not active",
    ),
    "voted out, but a fork may undo it": (HELD, replace(IN_BLOCK, inactive=True), None, ""),
    "dead": (SENT, Standing(dead=True), Outcome.EXPIRED, "no block held it before it expired"),
    "stopped": (
        STOPPING,
        FINAL,
        Outcome.IRREVERSIBLE,
        "the witness is stopped with the null key",
    ),
    "not stopped yet": (STOPPING, replace(IN_BLOCK, missed_first=True), None, ""),
    "stop expired": (
        STOPPING,
        Standing(dead=True),
        Outcome.EXPIRED,
        "no block held it before it expired",
    ),
}


@pytest.mark.parametrize("case", ENDINGS)
def test_rotation_ends_as_the_chain_says_and_in_words(case: str) -> None:
    rotation, state, outcome, sentence = ENDINGS[case]
    assert ending_of(rotation, state, NULL) == (outcome, sentence)
