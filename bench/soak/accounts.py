"""The accounts of a soak: what was lost and why, and which rotations should not have been. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

from bench.books import Pages
from bench.saving import PATIENCE, first_saved_slot
from bench.soak.clerk import Empty, Turn
from bench.soak.suffering import Suffering
from bench.theatre import INTERVAL
from chains.settings import ChainSettings
from switcher.model import ActionName, Decision, Entry, EntryKind, Outcome, Rotation

_WINDOW = ChainSettings((), ()).missed_window
TOO_SOON = "too soon to be saved"
"""How a cause ends of which the policy could save no block."""

BUSY = "this machine was too busy"
WELL = "the host was well"
ASTRAY = "the host was not at the head of the chain"

AWAY = "it had been away for as long as the policy waits"
FIRST_SLOT = "it had lost its first slot"

_AT_ONCE = 0.5
"""Seconds into its slot at which a block may still be lost: it has to be made, and to arrive."""

_SEEN = 2.0 * INTERVAL
"""Seconds until it shows that a host is well again, at most."""


def explained(
    empty: Iterable[Empty],
    sufferings: Sequence[Suffering],
    pages: Pages,
    overslept: Collection[int] = (),
) -> list[tuple[Empty, str]]:
    """Return each lost block with what ailed the host, and whether it could be saved.

    For the slots in `overslept` nobody's host had a chance: the devnet came too late for them.
    """
    return [
        (slot, BUSY if slot.time in overslept else _cause(slot, sufferings, pages))
        for slot in empty
    ]


def _cause(slot: Empty, sufferings: Sequence[Suffering], pages: Pages) -> str:
    ailing = _ailing(sufferings, slot.host, slot.time)
    over = ailing is None or (ailing.ended is not None and ailing.ended < slot.time)
    if slot.fit and over:
        return WELL
    if ailing is None:
        return ASTRAY
    lacked = math.ceil(ailing.began / INTERVAL) * INTERVAL
    if slot.time < first_saved_slot(lacked, INTERVAL):
        return f"{ailing.what}, {TOO_SOON}"
    return f"{ailing.what}, {_held(slot, pages)}"


def _ailing(sufferings: Sequence[Suffering], host: str, when: float) -> Suffering | None:
    return next(
        (
            each
            for each in reversed(sufferings)
            if each.host == host
            and each.began <= when + _AT_ONCE
            and (each.ended is None or when <= each.ended + _SEEN)
        ),
        None,
    )


def _held(slot: Empty, pages: Pages) -> str:
    """Return what had been decided last before a slot."""
    told = [
        entry.value
        for entry in pages.entries
        if (entry.witness, entry.kind) == (slot.account, EntryKind.DECISION)
        and slot.time - 10 * PATIENCE <= entry.time <= slot.time
    ]
    return f"decided: {told[-1]}" if told else "no decision"


def by_hand(turn: Turn, pages: Pages) -> bool:
    """Tell whether a person had ordered an update."""
    found = _rotation(turn, pages)
    return found is not None and found.draft.by_hand


def needless(turns: Iterable[Turn], pages: Pages) -> list[Turn]:
    """Return the rotations that nobody ordered, of hosts that could have signed their next slot."""
    return [turn for turn in turns if turn.needless and not by_hand(turn, pages)]


def excuse(
    turn: Turn,
    sufferings: Sequence[Suffering],
    lost: Sequence[tuple[Empty, str]],
    pages: Pages,
) -> str:
    """Return what a needless rotation is within the policy by, empty: it should not have been."""
    if _was_patient(turn, sufferings, pages):
        return AWAY
    if _lost_its_first(turn, lost, pages):
        return FIRST_SLOT
    return BUSY if _was_busy(turn, lost) else ""


def _was_patient(turn: Turn, sufferings: Sequence[Suffering], pages: Pages) -> bool:
    """Tell whether a host had been away for as long as the policy waits when its update was sent.

    That it came back just then is the risk that docs/decisions/preemption.md states.
    """
    rotation = _rotation(turn, pages)
    sent = rotation.opened if rotation else turn.seen
    return any(
        each.host == turn.host
        and each.began + PATIENCE <= sent
        and (each.ended is None or sent <= each.ended + _SEEN)
        for each in sufferings
    )


def _lost_its_first(turn: Turn, lost: Iterable[tuple[Empty, str]], pages: Pages) -> bool:
    """Tell whether a host that had just been put on air lost its first slot to a trouble.

    That is enough: docs/decisions/rotation-transaction.md.
    """
    put_on_air = [
        rotation.opened
        for rotation in pages.rotations
        if (rotation.draft.witness, rotation.draft.to_key) == (turn.account, turn.from_key)
        and rotation.outcome is Outcome.NEVER_SIGNED
        and rotation.opened <= turn.seen
    ]
    return bool(put_on_air) and any(
        (slot.account, slot.host) == (turn.account, turn.host)
        and put_on_air[-1] <= slot.time <= turn.seen
        and cause not in (WELL, ASTRAY, BUSY)
        for slot, cause in lost
    )


def _was_busy(turn: Turn, lost: Iterable[tuple[Empty, str]]) -> bool:
    """Tell whether a host was charged with a slot for which this machine was too busy."""
    return any(
        (slot.account, slot.host, cause) == (turn.account, turn.host, BUSY)
        and turn.seen - _WINDOW <= slot.time <= turn.seen
        for slot, cause in lost
    )


def wrong(turns: Sequence[Turn], pages: Pages) -> list[str]:
    """Return in sentences what no rotation may ever be."""
    return [*_strange(turns, pages), *_overlapping(pages.rotations), *_disarmed(pages.entries)]


def _strange(turns: Iterable[Turn], pages: Pages) -> Iterable[str]:
    for turn in turns:
        place = f"{turn.account}, block {turn.block}"
        rotation = _rotation(turn, pages)
        if turn.to is None:
            yield f"{place}: to a key of no host"
        if turn.key == turn.from_key:
            yield f"{place}: to the key that was in force already"
        if rotation is None:
            yield f"{place}: the journal knows nothing of it"
        elif rotation.draft.from_key != turn.from_key:
            yield f"{place}: away from a key that was not in force"


def _overlapping(rotations: Iterable[Rotation]) -> Iterable[str]:
    by_witness: dict[str, list[Rotation]] = {}
    for rotation in rotations:
        if rotation.draft.transaction:
            by_witness.setdefault(rotation.draft.witness, []).append(rotation)
    for witness, each in by_witness.items():
        for before, after in pairwise(each):
            if before.ended is None or before.ended > after.opened:
                yield f"{witness}: rotation {after.id} began before {before.id} was over"


def _disarmed(entries: Iterable[Entry]) -> Iterable[str]:
    """Yield the rotations that began by themselves while a witness was disarmed."""
    disarmed: set[str] = set()
    hand = {
        entry.incident
        for entry in entries
        if entry.kind is EntryKind.OPENED and entry.value != ActionName.ROTATE
    }
    for entry in entries:
        if entry.kind is EntryKind.ARMING:
            (disarmed.add if entry.value == "disarmed" else disarmed.discard)(entry.witness)
        elif (
            entry.kind is EntryKind.DECISION
            and entry.value == Decision.ROTATE
            and entry.witness in disarmed
            and entry.incident not in hand
        ):
            yield f"{entry.witness}: decided to rotate while disarmed (entry {entry.id})"


def _rotation(turn: Turn, pages: Pages) -> Rotation | None:
    return next(
        (
            rotation
            for rotation in pages.rotations
            if (rotation.draft.witness, rotation.block) == (turn.account, turn.block)
        ),
        None,
    )
