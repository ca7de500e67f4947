"""The state of a chain after a block, and the questions that it answers. Pure.

A state never changes: applying a block or a transaction makes a new one, so that all nodes of the
network share it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chains.bitshares import schedule
from devnet.genesis import Genesis
from devnet.operations import Transaction

NO_BLOCK = "00" * 20
"""What the first block names as its previous one."""

ALL_FILLED = (1 << schedule.SLOT_BITS) - 1


@dataclass(frozen=True, slots=True)
class Vesting:
    """A vesting balance (1.13.x): a witness' pay, or the cashback of fees."""

    id: str
    amount: int
    coin_seconds: int
    updated: int


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness as the chain keeps it; `signing_key` is a key's text."""

    id: str
    account: str
    signing_key: str
    vote_id: str
    url: str = ""
    total_missed: int = 0
    last_aslot: int = 0
    last_confirmed: int = 0
    pay: Vesting | None = None


@dataclass(frozen=True, slots=True)
class Fees:
    """The fees of an account: paid since the last maintenance, paid before, and cashed back."""

    pending: int = 0
    paid: int = 0
    cashback: Vesting | None = None


@dataclass(frozen=True, slots=True)
class ChainState:
    """Everything that the next block depends on; times in seconds since the epoch.

    `filled` holds the last 128 slots as bits, the newest lowest. `maintenance` tells whether the
    head was a maintenance block. `recent` are the transactions that have not expired, by id.
    """

    genesis: Genesis
    number: int
    id: str
    time: int
    witness: str
    aslot: int
    filled: int
    recently_missed: int
    maintenance: bool
    next_maintenance: int
    last_maintenance: int
    budget: int
    irreversible: int
    shuffled: tuple[str, ...]
    witnesses: Mapping[str, Witness]
    balances: Mapping[str, int]
    fees: Mapping[str, Fees]
    recent: Mapping[str, Transaction]

    @property
    def skipped(self) -> int:
        """How many slot times are left out before the next slot."""
        return self.genesis.settings.maintenance_skip_slots if self.maintenance else 0

    def slot_time(self, slot: int) -> int:
        """Return when slot 1, 2, … after the head begins."""
        return schedule.slot_time(self.time, self.genesis.interval, slot, self.skipped)

    def slot_at(self, time: int) -> int:
        """Return which slot after the head a time falls into, 0 if none has begun."""
        return schedule.slot_at(self.time, self.genesis.interval, time, self.skipped)

    def scheduled(self, slot: int) -> str:
        """Return the id of the witness to whom slot 1, 2, … after the head belongs."""
        return schedule.scheduled(self.shuffled, self.aslot, slot)

    def next_vesting_id(self) -> str:
        """Return the id of the next vesting balance that comes into being."""
        paid = sum(1 for witness in self.witnesses.values() if witness.pay is not None)
        cashed = sum(1 for fees in self.fees.values() if fees.cashback is not None)
        return f"1.13.{paid + cashed}"

    @property
    def participation(self) -> float:
        """The share (0..1) of the last 128 slots that were filled."""
        return schedule.participation(self.filled)


def initial_state(genesis: Genesis) -> ChainState:
    """Return the state before the first block."""
    witnesses = {
        identity: Witness(
            id=identity,
            account=genesis.witness_accounts[identity],
            signing_key=genesis.initial_keys[identity],
            vote_id=f"1:{index}",
        )
        for index, identity in enumerate(genesis.witness_ids)
    }
    return ChainState(
        genesis=genesis,
        number=0,
        id=NO_BLOCK,
        time=genesis.time,
        witness="1.6.0",
        aslot=0,
        filled=ALL_FILLED,
        recently_missed=0,
        maintenance=False,
        next_maintenance=0,
        last_maintenance=0,
        budget=0,
        irreversible=0,
        shuffled=genesis.active_ids,
        witnesses=witnesses,
        balances=genesis.initial_balances,
        fees={},
        recent={},
    )
