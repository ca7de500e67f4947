"""The stage of the fault scenarios: a devnet, and the real parts that act on it.

    async with on_stage(tmp_path) as stage:
        await stage.net.nodes["alpha"].kill()
        await stage.settled(rotated_to=["beta"])

The devnet is in the test's process; switcher, Alertmanager and, where asked for, exporter and
Prometheus are processes of their own, with the configuration that is shipped. Between Alertmanager
and switcher stands a relay that notes what was acknowledged. Without Prometheus a stand-in for its
rule posts the alerts as soon as they are due.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.books import Books, Pages
from bench.relay import Ledger, Relay
from devnet.configuration import configuration
from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from tests.faults.checks import PATIENCE, settled
from tests.faults.rule import post, rule
from understudy.demo.journal import JournalReader
from understudy.errors import StackError
from understudy.shipped import Folder, shipped_folder
from understudy.stack import Program, StackSettings, Tools, free_ports, parts
from understudy.stack.addresses import Addresses
from understudy.stack.document import Written, write_documents
from understudy.stack.monitoring import Access, write_monitoring

NET = DevnetSettings(witnesses=5, prehistory=60)
POLICY = {"arm": True, "missed_blocks": 1}
"""All else is the shipped policy. One miss is enough, so that a scenario takes seconds."""

_DEATH = 60.0


@dataclass
class Stage:
    """Everything that runs, and what can be done to it."""

    net: Devnet
    folder: Path
    written: Written
    switcher: Program
    alertmanager: Program
    exporter: Program
    prometheus: Program
    relay: Relay
    books: Books
    alertmanager_url: str

    @property
    def ledger(self) -> Ledger:
        """What Alertmanager was answered."""
        return self.relay.ledger

    def key(self, host: str) -> str:
        """Return a host's signing key."""
        return self.net.signing_key(host)

    def journal(self) -> JournalReader:
        """Return a reader of the running switcher's journal and status over HTTP."""
        return JournalReader(self.relay.target, self.written.client_token)

    async def post(self, *alerts: dict[str, Any]) -> None:
        """Post alerts to Alertmanager, once."""
        await post(self.alertmanager_url, *alerts)

    async def doomed(self, *words: str) -> None:
        """Run the switcher until it kills itself where `tests.faults.doomed` is told to."""
        module = ("tests.faults.doomed", *words, "--")
        address, configuration = self.written.switcher, self.written.configuration
        program = parts.service("switcher", configuration, address, self.folder, module=module)
        try:
            async with asyncio.timeout(_DEATH):
                # Its end, before it is ready or after, is what is waited for.
                with contextlib.suppress(StackError):
                    await program.start()
                    await program.ended()
        finally:
            await program.stop()
        assert program.status == -signal.SIGKILL, program.tail()

    async def settled(
        self, rotated_to: Iterable[str | None] = ("beta",), timeout: float = PATIENCE
    ) -> Pages:
        """Wait for the end of it all, and check what must hold then."""
        return await settled(
            self.net, self.books, [self.ledger], rotated_to=rotated_to, timeout=timeout
        )


@asynccontextmanager
async def on_stage(
    folder: Path,
    *,
    net: DevnetSettings = NET,
    policy: Mapping[str, Any] | None = None,
    switcher: Mapping[str, Any] | None = None,
    dead: Iterable[str] = (),
    start: bool = True,
    keys: Mapping[str, str] | None = None,
    signer: str = "init0",
    prometheus: bool = False,
    by_rule: bool = True,
) -> AsyncIterator[Stage]:
    """Run a devnet and the real parts on it.

    `policy` changes the switcher's, `switcher` its whole section (of understudy.yaml). Hosts in
    `dead` are killed at once, while the programs start. With `start` False the switcher is left to
    be started by the test. `keys` are configured for hosts that hold others, and the key file has
    the active key of the account `signer`. With `prometheus` real alerts come from the exporter's
    metrics through the shipped rules, every second; otherwise from the stand-in, or with `by_rule`
    False from nobody but the test.
    """
    tools = Tools.find()
    section = {**(switcher or {}), "policy": {**POLICY, **(policy or {})}}
    async with Devnet(net) as devnet, contextlib.AsyncExitStack() as leaving:
        for host in dead:
            await devnet.nodes[host].kill()
        stage = await asyncio.to_thread(
            _written, devnet, folder, tools, section, keys or {}, signer
        )
        await leaving.enter_async_context(stage.relay)
        programs = [stage.alertmanager, *([stage.switcher] if start else [])]
        if prometheus:
            programs += [stage.exporter, stage.prometheus]
        leaving.push_async_callback(_stop, stage)
        await asyncio.gather(*(program.start() for program in programs))
        if by_rule and not prometheus:
            missed = section["policy"]["missed_blocks"]
            await leaving.enter_async_context(rule(devnet, stage.alertmanager_url, missed=missed))
        yield stage


def _written(
    net: Devnet,
    folder: Path,
    tools: Tools,
    section: Mapping[str, Any],
    keys: Mapping[str, str],
    signer: str,
) -> Stage:
    """Write all configuration and return the stage, of which nothing runs yet."""
    document = configuration(net)
    document["switcher"] = section
    for producer in document["bitshares"]["witnesses"][0]["producers"]:
        producer["signing_key"] = keys.get(producer["name"], producer["signing_key"])
    free = Addresses.chosen(StackSettings(document))
    (written,) = write_documents(document, net.active_wif(signer), folder, free)
    passed = Relay(f"http://{written.switcher}", *free_ports(1))
    addresses = replace(free, exporter=(written.exporter,), switcher=(passed.address,))
    access = Access(written.alertmanager_token)
    write_monitoring(shipped_folder(Folder.ALERTMANAGER), folder, addresses, access, "1s")
    database = section.get("database", f"sqlite:///{folder / 'understudy.db'}")
    return Stage(
        net=net,
        folder=folder,
        written=written,
        switcher=parts.service("switcher", written.configuration, written.switcher, folder),
        exporter=parts.service("exporter", written.configuration, written.exporter, folder),
        alertmanager=parts.alertmanager(tools, folder, *addresses.alertmanager),
        prometheus=parts.prometheus(tools, folder, *addresses.prometheus),
        relay=passed,
        books=Books(database),
        alertmanager_url=f"http://{addresses.alertmanager[0]}",
    )


async def _stop(stage: Stage) -> None:
    running = (stage.prometheus, stage.alertmanager, stage.switcher, stage.exporter)
    await asyncio.gather(*(program.stop() for program in running))
