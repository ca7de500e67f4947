"""Where it is measured: a devnet, and on it the switcher as it is shipped, in its own process."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection

from bench.acknowledged import unknown
from bench.books import Books
from bench.news import meanwhile
from bench.webhook.jobs import Job, Told
from bench.webhook.kept import claims
from bench.webhook.posting import Sender, sender
from bench.webhook.samples import Sample
from chains.bitshares.watch import Watch
from devnet.configuration import configuration
from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from switcher.journal.database import read_database
from understudy.config import load
from understudy.errors import StackError
from understudy.stack import Program, StackSettings, parts
from understudy.stack.addresses import Addresses
from understudy.stack.document import Written, write_documents

_T = TypeVar("_T")

NETWORK = DevnetSettings(witnesses=27, rings=15, hosts=("alpha", "beta"), prehistory=60)
POLICY = {"arm": True, "missed_blocks": 1}
"""All else is the shipped policy. One miss is enough, so that the evidence takes a round."""


@dataclass
class Place:
    """The running parts; `crowd` posts the many alerts, `other` the one that matters."""

    net: Devnet
    watch: Watch
    written: Written
    switcher: Program
    database: str
    crowd: Sender
    other: Sender

    @property
    def process(self) -> int:
        """The switcher's process id."""
        assert self.switcher.pid is not None
        return self.switcher.pid

    @property
    def accounts(self) -> tuple[str, ...]:
        """The witnesses that the switcher watches."""
        return self.net.settings.accounts()[: self.net.settings.rings]

    def key(self, account: str, host: str) -> str:
        """Return the signing key of a witness' host."""
        return self.net.signing_key(self.net.settings.host_name(account, host))

    def job(self, samples: list[Sample], **options: Any) -> Job:
        """Return the job to post some alerts to the switcher."""
        token = self.written.alertmanager_token.read_text(encoding="ascii").strip()
        return Job(self.written.switcher, token, samples, **options)

    def journal_bytes(self) -> int:
        """Return how large the journal's file is, with what is still to be moved into it."""
        file = Path(self.database.removeprefix("sqlite:///"))
        return sum(part.stat().st_size for part in file.parent.glob(f"{file.name}*"))

    async def read(self, look: Callable[[Connection], _T]) -> _T:
        """Return what is found in the journal's database, read beside the switcher."""
        return await asyncio.to_thread(self._read, look)

    def _read(self, look: Callable[[Connection], _T]) -> _T:
        with read_database(self.database) as db:
            return look(db)

    async def confirm(self, samples: list[Sample], told: Told) -> None:
        """Look up all that was acknowledged.

        Raises:
            StackError: something is not in the journal.
        """
        if lost := await self.lost(samples, told):
            raise StackError(f"{len(lost)} acknowledged alerts are lost, the first: {lost[0]}")

    async def lost(self, samples: list[Sample], told: Told) -> list[str]:
        """Return what was acknowledged and is not in the journal, a sentence each."""
        return unknown(claims(samples, told), await Books(self.database).read())


@asynccontextmanager
async def place(
    network: DevnetSettings = NETWORK, switcher: Mapping[str, Any] | None = None
) -> AsyncIterator[Place]:
    """Run a devnet, a switcher and those who post to it.

    `switcher` changes its section of understudy.yaml, which arms it and is as shipped otherwise.

    Raises:
        StackError: a program did not start.
    """
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as name:
        folder = Path(name)
        async with Devnet(network) as net, sender() as crowd, sender() as other:
            document = configuration(net, endpoints=False)
            document["switcher"] = {"policy": POLICY, **(switcher or {})}
            accounts = network.accounts()[: network.rings]
            keys = "\n".join(net.active_wif(account) for account in accounts)
            free = Addresses.chosen(StackSettings(document))
            (written,) = await asyncio.to_thread(write_documents, document, keys, folder, free)
            database = document["switcher"].get("database", f"sqlite:///{folder}/understudy.db")
            program = parts.service("switcher", written.configuration, written.switcher, folder)
            read = await asyncio.to_thread(load, written.configuration)
            watch = Watch(read.chain)
            await program.start()
            try:
                async with meanwhile(watch.run()):
                    yield Place(net, watch, written, program, database, crowd, other)
            finally:
                await program.stop()
