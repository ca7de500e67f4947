"""What the witness' account can be given on the devnet."""

from __future__ import annotations

import httpx

from chains.bitshares.transactions import format_time, pack_transaction, signing_digest
from devnet.keys import active_key
from devnet.launch import Devnet
from devnet.parameters import OPERATION_FEE

WITNESS, FRIEND = "1.2.6", "1.2.7"
"""The accounts init0, whose witness is rotated, and init1."""


async def top_up(net: Devnet, amount: int) -> None:
    """Send an amount (in the smallest unit) from the friend's account, and wait for its block."""
    core = "1.3.0"
    transaction: dict[str, object] = {
        "ref_block_num": 0,
        "ref_block_prefix": 0,
        "expiration": format_time(net.state.time + 60),
        "operations": [
            [
                0,
                {
                    "fee": {"amount": OPERATION_FEE, "asset_id": core},
                    "from": FRIEND,
                    "to": WITNESS,
                    "amount": {"amount": amount, "asset_id": core},
                    "extensions": [],
                },
            ]
        ],
        "extensions": [],
    }
    digest = signing_digest(pack_transaction(transaction, net.settings.prefix), net.chain_id)
    signed = {**transaction, "signatures": [active_key("init1").sign(digest).hex()]}
    call = {"id": 1, "method": "call"}
    call |= {"params": ["network_broadcast", "broadcast_transaction", [signed]]}
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(net.nodes["eu"].http_url, json=call)
    assert "error" not in answer.json(), answer.text
    before = net.state.balances[WITNESS]
    await net.wait_for(lambda state: state.balances[WITNESS] > before)
