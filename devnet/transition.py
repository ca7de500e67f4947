"""How a block changes the state. Pure.

Source: bitshares-core, `db_block.cpp` (`_apply_block`, `validate_block_header`), `db_update.cpp`,
`db_witness_schedule.cpp`, `db_maint.cpp`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from chains.bitshares.keys import encode_key
from chains.bitshares.schedule import shuffle
from chains.bitshares.transactions import merkle_root
from chains.errors import InvalidBlockError, InvalidSignatureError
from devnet.blocks import SignedBlock
from devnet.evaluate import Tapos, apply_transaction
from devnet.parameters import (
    CASHBACK_VESTING_SECONDS,
    IRREVERSIBLE_PERCENT,
    NETWORK_PERCENT_OF_FEE,
    PAY_VESTING_SECONDS,
    WITNESS_PAY,
)
from devnet.refusals import RefusedError
from devnet.state import ALL_FILLED, ChainState, Fees, Vesting, Witness

_MISS_INCREMENT = 4


def apply_block(state: ChainState, block: SignedBlock, tapos: Tapos) -> ChainState:
    """Return the state after a block.

    The header is checked against the key in force before the block's transactions; then come
    transactions, misses and time, pay, irreversibility, maintenance, and the shuffle.

    Raises:
        InvalidBlockError: with a reason such as "not_scheduled" or "wrong_key".
    """
    _check_header(state, block)
    before = state
    for transaction in block.transactions:
        try:
            state = apply_transaction(state, transaction, tapos)
        except RefusedError as refusal:
            raise InvalidBlockError(block.number, "bad_transaction", refusal.message) from refusal
    state = _advance(before, state, block)
    state = replace(state, irreversible=max(state.irreversible, _irreversible(state)))
    state = _maintain(before, state)
    if state.number % len(state.shuffled) == 0:
        state = replace(state, shuffled=shuffle(state.genesis.active_ids, state.time))
    return _forget_expired(state)


def _check_header(state: ChainState, block: SignedBlock) -> None:
    header = block.header

    def invalid(reason: str, detail: str) -> InvalidBlockError:
        return InvalidBlockError(header.number, reason, detail)

    if header.previous != state.id:
        raise invalid("not_linked", f"follows {header.previous}, not {state.id}")
    slot = state.slot_at(header.time)
    if slot == 0 or state.slot_time(slot) != header.time:
        raise invalid("not_a_slot", f"time {header.time} is no slot after {state.time}")
    if state.scheduled(slot) != header.witness:
        raise invalid("not_scheduled", f"{header.witness} instead of {state.scheduled(slot)}")
    if header.merkle_root != merkle_root(block.json["transactions"], state.genesis.prefix):
        raise invalid("wrong_merkle_root", header.merkle_root)
    in_force = state.witnesses[header.witness].signing_key
    try:
        signer = encode_key(header.signer(), state.genesis.prefix)
    except InvalidSignatureError as error:
        raise invalid("bad_signature", str(error)) from error
    if signer != in_force:
        raise invalid("wrong_key", f"signed with {signer}, {in_force} is in force")


def _advance(before: ChainState, state: ChainState, block: SignedBlock) -> ChainState:
    """Count the missed slots, then move time and head on and pay the witness."""
    missed = before.slot_at(block.header.time) - 1
    aslot = before.aslot + missed + 1
    filled = (((before.filled << 1) | 1) << missed) & ALL_FILLED
    pay = min(WITNESS_PAY, before.budget)
    witnesses = _charge(before, state.witnesses, missed)
    signer = witnesses[block.header.witness]
    witnesses[signer.id] = replace(
        signer,
        last_aslot=aslot,
        last_confirmed=block.number,
        pay=_paid(state, signer, pay, block.header.time),
    )
    return replace(
        state,
        number=block.number,
        id=block.id,
        time=block.header.time,
        witness=block.header.witness,
        aslot=aslot,
        filled=filled,
        recently_missed=_recently_missed(before.recently_missed, missed, block.number),
        budget=before.budget - pay,
        witnesses=witnesses,
    )


def _charge(
    before: ChainState, witnesses: Mapping[str, Witness], missed: int
) -> dict[str, Witness]:
    charged = dict(witnesses)
    if missed < len(before.shuffled):  # a gap of a whole round is blamed on nobody
        for slot in range(1, missed + 1):
            witness = charged[before.scheduled(slot)]
            charged[witness.id] = replace(witness, total_missed=witness.total_missed + 1)
    return charged


def _recently_missed(count: int, missed: int, number: int) -> int:
    if number == 1:
        return 0
    if missed:
        return count + _MISS_INCREMENT * missed
    return count - 3 if count > _MISS_INCREMENT else max(0, count - 1)


def _paid(state: ChainState, witness: Witness, amount: int, time: int) -> Vesting | None:
    if not amount:
        return witness.pay
    if witness.pay is None:
        return Vesting(state.next_vesting_id(), amount, 0, time)
    held = witness.pay
    earned = held.coin_seconds + held.amount * (time - held.updated)
    ceiling = held.amount * PAY_VESTING_SECONDS
    return Vesting(held.id, held.amount + amount, min(earned, ceiling), time)


def _irreversible(state: ChainState) -> int:
    active = (state.witnesses[identity] for identity in state.genesis.active_ids)
    confirmed = sorted(witness.last_confirmed for witness in active)
    return confirmed[(100 - IRREVERSIBLE_PERCENT) * len(confirmed) // 100]


def _maintain(before: ChainState, state: ChainState) -> ChainState:
    if before.next_maintenance > state.time:
        return replace(state, maintenance=False)
    interval = state.genesis.settings.maintenance_interval
    upcoming = (state.time // interval + 1) * interval
    if state.number > 1:
        elapsed = (state.time - before.next_maintenance) // interval
        upcoming = before.next_maintenance + (elapsed + 1) * interval
    state = _cash_back(state)
    blocks = -((state.time - upcoming) // state.genesis.interval)
    return replace(
        state,
        maintenance=True,
        next_maintenance=upcoming,
        last_maintenance=state.time,
        budget=WITNESS_PAY * blocks if state.number > 1 else 0,
    )


def _cash_back(state: ChainState) -> ChainState:
    """Settle the fees of lifetime members: all but the network's part comes back, vested."""
    for account, fees in state.fees.items():
        if fees.pending:
            settled = replace(state.fees[account], pending=0, paid=fees.paid + fees.pending)
            settled = replace(settled, cashback=_cashed(state, fees))
            state = replace(state, fees={**state.fees, account: settled})
    return state


def _cashed(state: ChainState, fees: Fees) -> Vesting:
    amount = fees.pending * (100 - NETWORK_PERCENT_OF_FEE) // 100
    vested = amount * CASHBACK_VESTING_SECONDS
    if fees.cashback is None:
        return Vesting(state.next_vesting_id(), amount, vested, state.time)
    held = fees.cashback
    earned = held.coin_seconds + held.amount * (state.time - held.updated)
    earned = min(earned, held.amount * CASHBACK_VESTING_SECONDS)
    return Vesting(held.id, held.amount + amount, earned + vested, state.time)


def _forget_expired(state: ChainState) -> ChainState:
    if all(item.expiration >= state.time for item in state.recent.values()):
        return state
    kept = {key: item for key, item in state.recent.items() if item.expiration >= state.time}
    return replace(state, recent=kept)
