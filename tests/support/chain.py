"""Signed blocks made to order, for tests of what follows from blocks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from chains.bitshares.blocks import Block, header_bytes, parse_block
from chains.bitshares.objects import Reading, WitnessObject
from chains.bitshares.schedule import scheduled, shuffle, slot_time
from chains.bitshares.transactions import format_time, merkle_root
from devnet.keys import DevKey, signing_key

PREFIX = "BTS"
START = 1_800_000_000
"""A multiple of every interval and number of witnesses that tests use."""


class ForgedChain:
    """A chain of `count` witnesses ("1.6.1" …) whose owner decides who produces.

    `keys` are those in force; block 0 is imagined, so that the first round is already shuffled.
    After a maintenance so many slots are `skipped`.
    """

    def __init__(
        self, count: int = 7, interval: int = 3, maintenance: int = 3600, skipped: int = 0
    ) -> None:
        self.interval = interval
        self.maintenance = maintenance
        self.skipped = skipped
        self.after_maintenance = False
        self.active = tuple(f"1.6.{number}" for number in range(1, count + 1))
        self.keys = {w: signing_key(f"init{i}") for i, w in enumerate(self.active)}
        self.blocks: list[Block] = []
        self.raw: dict[int, dict[str, Any]] = {}
        self.time = START
        self.number = 0
        self.id = "00" * 20
        self.aslot = 0
        self.shuffled = shuffle(self.active, self.time)

    def copy(self) -> ForgedChain:
        """Return a chain that goes its own way from here on."""
        twin = ForgedChain(len(self.active), self.interval, self.maintenance)
        twin.__dict__.update(
            {
                name: value.copy() if isinstance(value, dict | list) else value
                for name, value in self.__dict__.items()
            }
        )
        return twin

    def owner(self, slot: int = 1) -> str:
        """Return whose slot 1, 2, … after the head is."""
        return scheduled(self.shuffled, self.aslot, slot)

    def produce(
        self,
        slot: int = 1,
        updates: Mapping[str, DevKey] | None = None,
        signer: DevKey | None = None,
        salt: str = "",
    ) -> Block:
        """Fill the given slot after the head; the slots before it stay empty.

        `updates` change signing keys (by witness id), `salt` makes otherwise equal blocks differ.
        """
        witness = self.owner(slot)
        time = slot_time(self.time, self.interval, slot, self._skipped_now())
        transactions = [self._update(w, key, salt) for w, key in (updates or {}).items()]
        if salt and not transactions:
            transactions = [self._update(witness, self.keys[witness], salt)]
        root = merkle_root(transactions, PREFIX)
        header = header_bytes(self.id, time, witness, root)
        key = signer or self.keys[witness]
        data = {
            "previous": self.id,
            "timestamp": format_time(time),
            "witness": witness,
            "transaction_merkle_root": root,
            "extensions": [],
            "witness_signature": key.sign(hashlib.sha256(header).digest()).hex(),
            "transactions": transactions,
        }
        block = parse_block(data)
        self.blocks.append(block)
        self.raw[block.number] = data
        self.after_maintenance = time // self.maintenance != self.time // self.maintenance
        self.number, self.id, self.time = block.number, block.id, time
        self.aslot += slot
        self.keys.update(updates or {})
        if block.number % len(self.active) == 0:
            self.shuffled = shuffle(self.active, time)
        return block

    def run(self, count: int, dead: Sequence[str] = ()) -> list[Block]:
        """Produce `count` blocks, with the slots of `dead` witnesses left empty."""
        return [self.produce(self._next_living(dead)) for _ in range(count)]

    def run_until(self, witness: str, dead: Sequence[str] = ()) -> None:
        """Produce until the next slot is the given witness'."""
        while self.owner() != witness:
            self.produce(self._next_living(dead))

    def reading(self, shown: Mapping[str, DevKey] | None = None) -> Reading:
        """Return what a node at this head shows; `shown` are keys in its pending state."""
        keys = {**self.keys, **(shown or {})}
        return Reading(
            head_number=self.number,
            head_id=self.id,
            head_time=self.time,
            aslot=self.aslot,
            after_maintenance=self.after_maintenance,
            next_maintenance=(self.time // self.maintenance + 1) * self.maintenance,
            recently_missed=0,
            irreversible=0,
            shuffled=self.shuffled,
            active=self.active,
            interval=self.interval,
            maintenance_interval=self.maintenance,
            skip_slots=self.skipped,
            witnesses={f"init{i}": self._object(i, w, keys) for i, w in enumerate(self.active)},
            balances={f"init{i}": 1_000_000_000 for i in range(len(self.active))},
            feeds={},
        )

    def _skipped_now(self) -> int:
        return self.skipped if self.after_maintenance else 0

    def _next_living(self, dead: Sequence[str]) -> int:
        slot = 1
        while self.owner(slot) in dead:
            slot += 1
        return slot

    def _object(self, index: int, witness: str, keys: Mapping[str, DevKey]) -> WitnessObject:
        signed = [block.number for block in self.blocks if block.witness == witness]
        return WitnessObject(
            id=witness,
            account_id=f"1.2.{index + 6}",
            signing_key=keys[witness].text(PREFIX),
            total_missed=0,
            last_confirmed_block=signed[-1] if signed else 0,
            votes=0,
            url="",
        )

    def _update(self, witness: str, key: DevKey, salt: str) -> dict[str, Any]:
        body: dict[str, Any] = {
            "fee": {"amount": 2_000_000, "asset_id": "1.3.0"},
            "witness": witness,
            "witness_account": f"1.2.{int(witness.rsplit('.', 1)[1]) + 5}",
            "new_signing_key": key.text(PREFIX),
        }
        if salt:
            body["new_url"] = salt
        return {
            "ref_block_num": 0,
            "ref_block_prefix": 0,
            "expiration": format_time(self.time + 30),
            "operations": [[21, body]],
            "extensions": [],
            "signatures": ["1f" + "22" * 64],
            "operation_results": [[0, {}]],
        }
