"""How a rotation stands on the chain, from applied blocks alone. Pure.

A node's read-back proves nothing, since it shows pending state. In a block: the transaction's id is
in an applied block. Irreversible: the chain's irreversible block has reached that one. On air: a
later block is signed by the new key. Dead: an irreversible block's predecessor is later than the
expiration, since a node compares the expiration with the previous block's time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from chains.bitshares.applied import Applied
from chains.bitshares.follower import Follower
from switcher.model import Outcome, Rotation, Step
from switcher.turnout import is_shared

_UNDER = 1
"""Blocks on top of the one that shows a miss: alone it may be a fork that leaves a block out."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the blocks say of a rotation.

    `block` holds its transaction (None: none does), `block_id` is None where that block is older
    than those held. `first_block` is the oldest one held that the new key signed. `missed_first`:
    the new key missed a slot, as at least two blocks say and not along with many others, and has
    signed none. `replaced`: another key came into force after it.
    `inactive`: the witness has no slots at present. `dead`: it can't be included any more.
    """

    block: int | None = None
    block_id: str | None = None
    irreversible: bool = False
    first_block: int | None = None
    missed_first: bool = False
    replaced: bool = False
    inactive: bool = False
    dead: bool = False

    @property
    def on_air(self) -> bool:
        """Tell whether the new key has signed a block."""
        return self.first_block is not None


def standing(follower: Follower, witness: str, rotation: Rotation) -> Standing:
    """Return how a rotation of a witness (its object id) stands at the follower's head."""
    entries = follower.entries()
    if not entries:
        return Standing(block=rotation.block, block_id=rotation.block_id)
    found = _including(follower, rotation)
    if found is None:
        found = _before_all(entries[0], follower, witness, rotation)
    if found is None:
        return Standing(dead=_is_dead(entries, rotation.draft.expiration))
    number, block_id = found
    key = rotation.draft.to_key
    signed = (
        e.number
        for e in entries
        if e.number > number and e.witness == witness and e.signing_key == key
    )
    first_block = next(signed, None)
    missed = any(
        slot.witness == witness and slot.key == key and not is_shared(slot)
        for e in entries[:-_UNDER]
        if e.number > number
        for slot in e.missed
    )
    term = follower.term(witness)
    return Standing(
        block=number,
        block_id=block_id,
        irreversible=number <= entries[-1].irreversible,
        first_block=first_block,
        missed_first=missed and first_block is None,
        replaced=term is not None and term.key != key,
        inactive=witness not in entries[-1].active,
    )


def news_of(
    rotation: Rotation, state: Standing, now: float
) -> tuple[dict[str, Any], list[tuple[Outcome | Step, str]]]:
    """Return the columns that change and the steps that happened since the last look."""
    if rotation.block is not None and state.block is None:
        gone = {"block": None, "block_id": None, "in_block": None, "on_air": None}
        dropped = (Step.DROPPED, f"block {rotation.block} is no longer on the chain")
        return {**gone, "outcome": Outcome.BROADCAST}, [dropped]
    values: dict[str, Any] = {}
    steps: list[tuple[Outcome | Step, str]] = []
    if state.block is not None and state.block_id != rotation.block_id:
        values = {"block": state.block, "block_id": state.block_id, "accepted": True}
    if state.block is not None and rotation.in_block is None:
        values |= {"block": state.block, "in_block": now, "outcome": Outcome.IN_BLOCK}
        steps.append((Outcome.IN_BLOCK, f"block {state.block} holds it"))
    if state.irreversible and rotation.irreversible is None:
        values |= {"irreversible": now, "outcome": Outcome.IRREVERSIBLE}
        steps.append((Outcome.IRREVERSIBLE, f"block {state.block} is irreversible"))
    if state.on_air and rotation.on_air is None:
        values |= {"on_air": now, "outcome": Outcome.ON_AIR}
        steps.append(
            (Outcome.ON_AIR, f"{rotation.draft.producer} signed block {state.first_block}")
        )
    return values, steps


def ending_of(rotation: Rotation, state: Standing, null_key: str) -> tuple[Outcome | None, str]:
    """Return the outcome with which a rotation is over, and why in words; None: it is not."""
    producer = rotation.draft.producer
    if rotation.draft.to_key == null_key:
        if state.irreversible:
            return Outcome.IRREVERSIBLE, "the witness is stopped with the null key"
        return (Outcome.EXPIRED, "no block held it before it expired") if state.dead else (None, "")
    # What was noted counts: after a long downtime the block may be older than those held.
    if state.irreversible and (state.on_air or rotation.on_air is not None):
        return Outcome.ON_AIR, f"{producer} is on air"
    if state.irreversible and state.replaced:
        return Outcome.IRREVERSIBLE, f"another key replaced that of {producer} before it signed"
    if state.missed_first and not state.replaced:
        # Without waiting for irreversibility, within which a second slot would often be lost. If a
        # fork undoes the update, the next one holds all the same: it takes no account of this one.
        return Outcome.NEVER_SIGNED, f"{producer} missed its first slot"
    if state.irreversible and state.inactive:
        # It may never be active again, and must not hold up every later rotation until then.
        sentence = f"{producer}'s key is in force; {rotation.draft.witness} is not active"
        return Outcome.IRREVERSIBLE, sentence
    if state.dead:
        return Outcome.EXPIRED, "no block held it before it expired"
    return None, ""


def _including(follower: Follower, rotation: Rotation) -> tuple[int, str | None] | None:
    wanted = rotation.draft.transaction_id
    for entry, update in follower.updates():
        if wanted is not None and update.transaction_id == wanted:
            return entry.number, entry.id
    return None


def _before_all(
    oldest: Applied, follower: Follower, witness: str, rotation: Rotation
) -> tuple[int, str | None] | None:
    """Return the block that included it when that one is no longer held.

    Blocks are let go once they are irreversible. After a long downtime the block was never seen;
    then the key being in force since before the oldest block held tells that it is there.
    """
    if rotation.block is not None and rotation.block < oldest.number:
        return rotation.block, rotation.block_id
    term = follower.term(witness)
    if term is None or not term.proven or term.key != rotation.draft.to_key:
        return None
    since = oldest.number - 1 if term.since_block is None else term.since_block
    return (since, None) if rotation.draft.reference < since < oldest.number else None


def _is_dead(entries: Sequence[Applied], expiration: int) -> bool:
    irreversible = entries[-1].irreversible
    return any(
        before.time > expiration and after.number <= irreversible
        for before, after in pairwise(entries)
    )
