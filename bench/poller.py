"""Switchers that poll, in a process of their own: python -m bench.poller

They are what stands beside Understudy, and do as the public scripts do that witnesses run today
(btsNodeSwitcher, Bitshares-Witness-Monitor, conductor):

- ask one node for `get_witness_by_account` every so many seconds, and go by its `total_missed`;
- at a number of misses more than they began with (`bench.polling`), sign an `update_witness` to the
  next key of their list, round robin, and broadcast it to that node;
- read the key back from that node six seconds later, and take that for success;
- forget earlier misses after twenty quiet polls (where btsNodeSwitcher's misspelt names stop it).

Where the scripts differ, they get the better of it: they know that the node is well and the keys
are good, ask with a deadline, refer to the head block, try again at the next poll after whatever
goes wrong, and send within some 0.1 s of the answer that tips the scales.

Orders come as one line of JSON on the standard input (see `bench.opponent`); when that is closed
they end. What they do is printed as JSON, one line each.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.polling import Tally
from chains.bitshares.accounts import Authorities, parse_authorities
from chains.bitshares.client import NodeClient, open_client
from chains.bitshares.objects import CORE_ASSET
from chains.bitshares.transactions import WITNESS_UPDATE, parse_time
from chains.errors import ChainError
from chains.settings import NodeSettings
from switcher.errors import SigningError
from switcher.settings import Policy
from switcher.signer import Signer
from switcher.transaction import Reference, UpdateOrder

READ_BACK_AFTER = 6.0

_VALID_SECONDS = 30
"""From the head block's time to the expiration: the library's default."""

_DEADLINE = 5.0


@dataclass(frozen=True, slots=True)
class Orders:
    """What one of them is to do: `phase` seconds after multiples of `period` it asks."""

    witness: str
    keys: Sequence[str]
    period: float
    threshold: int
    phase: float


class Poller:
    """One of them."""

    def __init__(self, orders: Orders, node: NodeSettings, signer: Signer) -> None:
        self._orders = orders
        self._node = node
        self._signer = signer
        self._tally = Tally(orders.threshold)

    async def run(self) -> None:
        """Poll until cancelled.

        Raises:
            ChainError: the node doesn't answer at the start, from which misses are to be counted.
        """
        period, phase = self._orders.period, self._orders.phase
        async with open_client(self._node, _DEADLINE) as client:
            witness = await self._ask(client)
        self._tally.sees(int(witness["total_missed"]))
        self._tell("begun", key=witness["signing_key"])
        while True:
            await asyncio.sleep(period - (time.time() - phase) % period)
            try:
                async with open_client(self._node, _DEADLINE) as client:
                    await self._poll(client)
            except (ChainError, SigningError) as error:
                self._tell("failed", why=str(error))

    async def _poll(self, client: NodeClient) -> None:
        witness = await self._ask(client)
        if not self._tally.sees(int(witness["total_missed"])):
            return
        keys = self._orders.keys
        self._tell("decided", key=(key := next_key(keys, witness["signing_key"])))
        signed = await asyncio.to_thread(self._signer.sign, *await _order(client, witness, key))
        await client.call("network_broadcast", "broadcast_transaction", signed.transaction)
        self._tell("sent", key=key)
        await asyncio.sleep(READ_BACK_AFTER)
        witness = await self._ask(client)
        if witness["signing_key"] == key:
            self._tally.rotated(int(witness["total_missed"]))
            self._tell("read back", key=key)

    async def _ask(self, client: NodeClient) -> Mapping[str, Any]:
        witness = await client.call("database", "get_witness_by_account", self._orders.witness)
        return dict(witness)

    def _tell(self, event: str, **more: str) -> None:
        told = {"witness": self._orders.witness, "event": event, "time": time.time(), **more}
        print(json.dumps(told), flush=True)


async def _order(
    client: NodeClient, witness: Mapping[str, Any], key: str
) -> tuple[UpdateOrder, Authorities]:
    """Return the update that puts a key in force, and who may sign it."""
    head = await client.call("database", "get_dynamic_global_properties")
    reference = Reference(
        number=int(head["head_block_number"]),
        prefix=int.from_bytes(bytes.fromhex(head["head_block_id"])[4:8], "little"),
        expiration=parse_time(head["time"]) + _VALID_SECONDS,
    )
    account = witness["witness_account"]
    order = UpdateOrder(witness["id"], account, 0, reference, key)
    operation = [WITNESS_UPDATE, order.body()]
    (fee,) = await client.call("database", "get_required_fees", [operation], CORE_ASSET)
    (found,) = await client.call("database", "get_objects", [account])
    return replace(order, fee=int(fee["amount"])), parse_authorities(found)


def next_key(keys: Sequence[str], key: str) -> str:
    """Return the key behind another one in the list, the first behind the last."""
    return keys[(keys.index(key) + 1) % len(keys)] if key in keys else keys[0]


async def _main() -> None:
    orders = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    told = json.loads(await orders.readline())
    node = NodeSettings("one", told["node"])
    signer = Signer(
        told["active_keys"],
        prefix=told["prefix"],
        chain_id=told["chain_id"],
        max_fee=Policy().max_fee,
    )
    pollers = [Poller(Orders(**each), node, signer) for each in told["orders"]]
    running = [asyncio.create_task(poller.run()) for poller in pollers]
    closing = asyncio.create_task(orders.read())
    done, _ = await asyncio.wait([closing, *running], return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


if __name__ == "__main__":
    asyncio.run(_main())
