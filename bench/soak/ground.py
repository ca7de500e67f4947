"""Where the soak takes place: the network, two of every program, and all that watches them."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import yaml

from bench.books import Books
from bench.chronicle import Chronicle
from bench.misset import Watchmaker
from bench.needless import Roll
from bench.postgresql import Cluster, is_there
from bench.relay import lead_through, reload
from bench.soak.cast import Cast
from bench.soak.nurse import Nurse
from bench.soak.passage import Inbox, Passage
from bench.soak.suffering import AilingError, Suffering
from bench.theatre import NETWORK as LIVE
from bench.theatre import POLICY
from devnet.hosts import api_names, ring_keys
from devnet.launch import Devnet
from devnet.orphans import Orphaning
from serving.asking import ONE_CALL
from understudy.demo.stage import Set, stage
from understudy.errors import StackError
from understudy.stack import Program, Replicas, Stack, free_ports, parts
from understudy.stack.settings import numbered

NETWORK = replace(LIVE, peers=3)
REPLICAS = Replicas(exporter=2, switcher=2, prometheus=2, alertmanager=2)
CAST = Cast.of(NETWORK, REPLICAS)
JOURNAL = "journal"
_STARTS = 4


@dataclass
class Ground:
    """Everything that runs; `passages` lead to the switchers, `clocks` are theirs."""

    running: Set
    cluster: Cluster
    books: Books
    chronicle: Chronicle
    roll: Roll
    passages: tuple[Passage, ...]
    clocks: tuple[Watchmaker, ...]
    inbox: Inbox
    nurse: Nurse
    client: httpx.AsyncClient
    sufferings: list[Suffering] = field(default_factory=list)
    orphanings: list[Orphaning] = field(default_factory=list)

    @property
    def net(self) -> Devnet:
        """The network."""
        return self.running.net

    @property
    def stack(self) -> Stack:
        """The programs."""
        return self.running.stack

    def ailed(self) -> list[Suffering]:
        """Return what ailed hosts, the loss of a block of theirs among it."""
        victims = [found for each in self.orphanings if (found := each.victim)]
        return [*self.sufferings, *(Suffering.of_orphan(host, slot) for host, slot in victims)]

    @property
    def hosts_of_keys(self) -> dict[str, str]:
        """The host of each signing key of a ring."""
        prefix = self.net.settings.prefix
        return {key.text(prefix): host for host, key in ring_keys(self.net.settings).items()}

    def account(self, ring: int) -> str:
        """Return the account of the witness with a ring."""
        return self.net.settings.accounts()[ring]

    def key_in_force(self, ring: int) -> str:
        """Return the key of a witness at the head of the longest chain."""
        return self.net.state.witnesses[f"1.6.{ring + 1}"].signing_key

    def on_air(self, ring: int) -> str:
        """Return the host that holds a witness' key in force."""
        return self.hosts_of_keys[self.key_in_force(ring)]

    def backups(self, ring: int) -> list[str]:
        """Return the other hosts of a ring, in its order."""
        settings, on_air = self.net.settings, self.on_air(ring)
        ring_hosts = [settings.host_name(self.account(ring), host) for host in settings.hosts]
        return [host for host in ring_hosts if host != on_air]

    def node(self, role: str, index: int) -> str:
        """Return the name of the node that is in a role now.

        Raises:
            KeyError: it is none of nodes.
        """
        match role:
            case "on air":
                return self.on_air(index)
            case "backup":
                ring, place = divmod(index, len(self.net.settings.hosts) - 1)
                return self.backups(ring)[place]
            case "backbone":
                return f"backbone{index % self.net.settings.backbone + 1}"
            case "voting":
                return api_names(self.net.settings)[index]
        raise KeyError(role)

    @asynccontextmanager
    async def suffering(self, what: str, *names: str) -> AsyncIterator[None]:
        """Note that nodes ail, and heal them in the end.

        Raises:
            AilingError: one of them ails already.
        """
        ailing = {each.host for each in self.sufferings if each.ended is None} & set(names)
        if ailing:
            raise AilingError(", ".join(sorted(ailing)))
        noted = [Suffering(name, what, time.time()) for name in names]
        self.sufferings += noted
        try:
            yield
        finally:
            await self.net.faults.heal(*names)
            for each in noted:
                each.ended = time.time()


@asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    """Run the network, two of every program as they are shipped, and what watches them.

    Raises:
        StackError: a program is missing or did not start.
    """
    if not is_there():
        raise StackError("There is no PostgreSQL in .tools/bin: run make soak, which sees to it.")
    async with AsyncExitStack() as leaving:
        folder = Path(leaving.enter_context(tempfile.TemporaryDirectory(prefix="understudy-soak-")))
        cluster = leaving.enter_context(Cluster(folder / "postgresql"))
        database = cluster.create_database(JOURNAL)
        running = await leaving.enter_async_context(
            stage(NETWORK, interval=None, policy=POLICY, replicas=REPLICAS, database=database)
        )
        clocks = await _on_clocks(running.stack, folder)
        ports = free_ports(len(running.stack.switchers) + 1)
        passages = tuple(
            [
                await leaving.enter_async_context(Passage(switcher.url, port))
                for switcher, port in zip(running.stack.switchers, ports[1:], strict=True)
            ]
        )
        inbox = await leaving.enter_async_context(Inbox(ports[0]))
        lead_through(passages, running.stack)
        _tell_people(running.stack, inbox)
        client = httpx.AsyncClient(trust_env=False, verify=False, timeout=30, limits=ONE_CALL)
        await leaving.enter_async_context(client)
        yield Ground(
            running=running,
            cluster=cluster,
            books=Books(database),
            chronicle=Chronicle(running.watch),
            roll=Roll(running.net, ring_keys(running.net.settings)),
            passages=passages,
            clocks=clocks,
            inbox=inbox,
            nurse=Nurse(running.stack.programs),
            client=client,
        )


async def _on_clocks(stack: Stack, folder: Path) -> tuple[Watchmaker, ...]:
    """Have the switchers of a running stack run by clocks that can be set."""
    clocks, switchers = [], list[Program]()
    for index, (switcher, written) in enumerate(zip(stack.switchers, stack.documents, strict=True)):
        clock = Watchmaker(folder / numbered("clock", index))
        clock.set(0)
        clocks.append(clock)
        program = parts.service(
            "switcher",
            written.configuration,
            written.switcher,
            stack.directory,
            module=clock.module,
            name=switcher.name,
        )
        await switcher.stop()
        switchers.append(program)
    stack.switchers = tuple(switchers)
    await asyncio.gather(*(_started(program) for program in switchers))
    return tuple(clocks)


async def _started(program: Program) -> None:
    """Start a program; on a busy machine that may take more than one attempt.

    Raises:
        StackError: none came to anything.
    """
    for _ in range(_STARTS - 1):
        with contextlib.suppress(StackError):
            await program.start()
            return
    await program.start()


def _tell_people(stack: Stack, inbox: Inbox) -> None:
    """Have every Alertmanager tell people by posting to their inbox."""
    path = stack.directory / "alertmanager.yml"
    made = yaml.safe_load(path.read_text(encoding="utf-8"))
    for receiver in made["receivers"]:
        if receiver["name"] in {"people", "notices"}:
            resolved = receiver["name"] == "people"
            receiver["webhook_configs"] = [{"url": inbox.url, "send_resolved": resolved}]
    path.write_text(yaml.safe_dump(made, sort_keys=False), encoding="utf-8")
    reload(stack)
