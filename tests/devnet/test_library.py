"""The `bitshares` library, as somebody uses it, takes the devnet for a network."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from devnet.launch import Devnet
from devnet.settings import DevnetSettings

PROGRAM = """
import json, sys
from bitsharesbase.chains import known_chains

url, chain_id, wif, key = sys.argv[1:]
known_chains["DEVNET"] = {"chain_id": chain_id, "core_symbol": "BTS", "prefix": "BTS"}

from bitshares import BitShares
from bitshares.account import Account
from bitshares.transactionbuilder import TransactionBuilder
from bitshares.witness import Witness, Witnesses
from bitsharesbase import operations

chain = BitShares(url, keys=[wif], num_retries=0)
witness = Witness("init0", blockchain_instance=chain)
balance = Account("1.2.6", blockchain_instance=chain).balances[0]
names = [each.account["name"] for each in Witnesses(blockchain_instance=chain)]
members = {
    "fee": {"amount": 0, "asset_id": "1.3.0"},
    "prefix": "BTS",
    "witness": witness["id"],
    "witness_account": "1.2.6",
    "new_signing_key": key,
}
builder = TransactionBuilder(blockchain_instance=chain)
builder.appendOps(operations.Witness_update(**members))
builder.appendWif(wif)
builder.sign()
sent = builder.broadcast()
print(json.dumps([witness["signing_key"], float(balance), names, sent["signatures"]]))
"""


async def test_the_library_reads_a_witness_and_rotates_its_key(tmp_path: Path) -> None:
    async with Devnet(DevnetSettings(prehistory=20)) as net:
        beta = net.signing_key("beta")
        arguments = [net.nodes["eu"].ws_url, net.chain_id, net.active_wif("init0"), beta]
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", PROGRAM, *arguments),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)},
        )
        output, complaints = await asyncio.wait_for(program.communicate(), 60)
        assert program.returncode == 0, complaints.decode()
        key, balance, names, signatures = json.loads(output.splitlines()[-1])
        assert key == net.signing_key("alpha")
        assert balance == 10_000
        assert sorted(names) == [f"init{i}" for i in range(7)]
        state = await net.wait_for(lambda at: at.witnesses["1.6.1"].signing_key == beta)
        changed = state.number
        state = await net.wait_for(lambda at: at.witnesses["1.6.1"].last_confirmed > changed)
        assert state.balances["1.2.6"] == 1_000_000_000 - 2_000_000
        blocks = [net.nodes["us"].chain.block_at(number) for number in range(1, changed + 1)]
        included = [item for block in blocks if block for item in block.transactions]
        assert [item.json["signatures"] for item in included] == [signatures]
