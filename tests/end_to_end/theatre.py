"""One stack on one network, for many tests: each begins with whoever is on air by then.

    await theatre.well()
    async with theatre.dead() as host:
        await theatre.rotated(away_from=host)

Prometheus, Alertmanager, exporter and switcher are processes of their own; orders are given by the
command line. The ring has three hosts, each with its own endpoint.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import yaml

from devnet.configuration import configuration
from devnet.settings import DevnetSettings
from switcher.answers import AlertPath, WitnessStatus
from switcher.model import Entry
from tests.support.network import Network, open_network
from tests.support.network.chain import Chain, Update
from tests.support.watchers import is_in_doubt
from tests.support.witness_node.signing import Head, signed, transaction, witness_update
from understudy.demo.journal import JournalReader
from understudy.stack import Stack, StackSettings, Tools

WITNESS = "init0"
NET = DevnetSettings(witnesses=5, prehistory=60, maintenance_interval=60, feeds=())
POLICY = {"arm": True, "missed_blocks": 2, "cool_down": "1s", "rotations_per_day": 1000}
"""Failovers come one after the other, and soon; all else is the shipped policy."""

PATIENCE = 90.0
_LOOK = 0.1


@dataclass
class Theatre:
    """Everything that runs; `told` is what the journal told since the last `well`."""

    net: Network
    chain: Chain
    stack: Stack
    journal: JournalReader
    told: list[Entry] = field(default_factory=list)

    # -- what is seen -----------------------------------------------------------------------------

    async def well(self) -> None:
        """Wait until nothing is open and every backup is ready; forget what was told until then.

        A test that failed may have left the switcher dead.
        """
        if not self.stack.switcher.running:
            await self.stack.switcher.start()
        await self._until(self._is_well, "all is well")
        await self.journal.news()
        self.told.clear()

    async def on_air(self) -> str:
        """Return the host whose key is in force and has signed."""
        await self.chain.read()
        host = self.chain.on_air()
        assert host is not None, "nobody is on air"
        return host

    async def updates(self) -> list[Update]:
        """Return every change of the witness' key that the chain holds."""
        await self.chain.read()
        return self.chain.updates()

    async def witness(self) -> WitnessStatus:
        """Return what the switcher says of the witness."""
        told = (await self.journal.status()).of(WITNESS)
        assert told is not None
        return told

    async def hears(self, value: str, kind: str | None = None) -> None:
        """Wait until the journal tells this word, in an entry of some kind."""

        async def told() -> bool:
            self.told += await self.journal.news()
            return any(e.value == value and kind in (None, e.kind) for e in self.told)

        await self._until(told, value)

    async def holds(self, decision: str) -> None:
        """Wait until an alert that came meanwhile is answered with this decision.

        The journal tells it only where that is another one than before.
        """
        since = (await self.journal.status()).now

        async def held() -> bool:
            incidents = (await self.witness()).incidents
            return any(i.decision == decision and i.renewed >= since for i in incidents)

        await self._until(held, decision)

    async def signs(self, host: str) -> None:
        """Wait until a block is signed by a host whose key came into force last."""
        await self.chain.wait_for(lambda chain: chain.on_air() == host, PATIENCE)

    # -- what is done -----------------------------------------------------------------------------

    @asynccontextmanager
    async def dead(self, *besides: str) -> AsyncIterator[str]:
        """Kill the host on air, whose name is yielded, and others; heal them on leaving."""
        host = await self.on_air()
        killed = dict.fromkeys([*besides, host])
        for name in killed:
            await self.net.nodes[name].kill()
        try:
            yield host
        finally:
            await self.net.heal(*killed)

    async def order(self, *words: str) -> dict[str, Any]:
        """Run `understudy` as an operator does, and return its last word."""
        configuration = str(self.stack.written.configuration)
        command = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "understudy", *words),
            *("--config", configuration, "--json"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(command.communicate(), PATIENCE)
        assert command.returncode == 0, (err + out).decode()
        told: dict[str, Any] = json.loads(out)
        return told

    async def sets(self, key: str) -> None:
        """Put a signing key in force with a wallet, as the owner can."""
        head = Head.of((await self.chain.objects("2.1.0"))[0])
        change = transaction(head, witness_update(key=key))
        made = signed(change, self.net.chain_id, f"{WITNESS}-active")
        await self.chain.call("network_broadcast", "broadcast_transaction", made)
        await self.chain.wait_for(lambda chain: [u.key for u in chain.updates()][-1:] == [key])

    @asynccontextmanager
    async def accused(self, key: str) -> AsyncIterator[None]:
        """Put an alert about a key into Alertmanager, as anybody can; take it back on leaving."""
        await self._post(key)
        try:
            yield
        finally:
            await self._post(key, endsAt=datetime.now(UTC).isoformat())

    async def _post(self, key: str, **times: str) -> None:
        labels = {
            "alertname": "WitnessMissingBlocks",
            "action": "rotate_signing_key",
            "witness": WITNESS,
            "signing_key": key,
        }
        async with httpx.AsyncClient(trust_env=False, verify=False) as client:
            url = f"{self.stack.alertmanager.url}/api/v2/alerts"
            answer = await client.post(url, json=[{"labels": labels, **times}])
            answer.raise_for_status()

    @asynccontextmanager
    async def policy(self, **changes: Any) -> AsyncIterator[None]:
        """Start the switcher again with another policy, and with the former one on leaving."""
        path = self.stack.written.configuration
        before = path.read_text(encoding="utf-8")
        document = yaml.safe_load(before)
        document["switcher"]["policy"] |= changes
        await self._restart(lambda: path.write_text(yaml.safe_dump(document), encoding="utf-8"))
        try:
            yield
        finally:
            await self._restart(lambda: path.write_text(before, encoding="utf-8"))

    # -- inner ------------------------------------------------------------------------------------

    async def _restart(self, meanwhile: Callable[[], object]) -> None:
        await self.stack.switcher.stop()
        meanwhile()
        await self.stack.switcher.start()

    async def _is_well(self) -> bool:
        status = await self.journal.status()
        witness = status.of(WITNESS)
        await self.chain.read()
        return (
            witness is not None
            and status.alert_path is AlertPath.OK
            and not witness.rotation
            and not any(map(is_in_doubt, witness.incidents))
            and all(p.readiness == "ready" for p in witness.producers if not p.in_force)
            and self.chain.on_air() == witness.on_air
        )

    async def _until(self, met: Callable[[], Any], what: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while not await met():
                    await asyncio.sleep(_LOOK)
        except TimeoutError as error:
            told = [f"{each.value}: {each.sentence}" for each in self.told]
            seen = await self.witness()
            text = "\n".join([f"not within {PATIENCE:g} s: {what}", *told, f"{seen}"])
            raise AssertionError(text) from error


@asynccontextmanager
async def theatre(
    folder: Path, net: DevnetSettings = NET, policy: Mapping[str, Any] = POLICY
) -> AsyncIterator[Theatre]:
    """Run a network and the whole stack on it."""
    async with contextlib.AsyncExitStack() as leaving:
        network = await leaving.enter_async_context(open_network(net))
        chain = await leaving.enter_async_context(Chain(network))
        document = configuration(network)
        document["switcher"] = {"policy": dict(policy)}
        settings = StackSettings(document, network.active_wif(WITNESS))
        stack = await leaving.enter_async_context(Stack(settings, Tools.find(), folder))
        reader = JournalReader(stack.switcher.url, stack.written.client_token)
        journal = await leaving.enter_async_context(reader)
        yield Theatre(network, chain, stack, journal)
