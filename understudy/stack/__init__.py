"""The whole stack on one machine: our two services with a real Prometheus and Alertmanager.

    async with Stack(StackSettings(document, active_key=wif), Tools.find(), folder) as stack:
        print(stack.prometheus.url)

For the demonstration, for trying it on one's own nodes, and for end-to-end tests. Everything runs
as a process of its own, listens on the loopback address only, and ends with us.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from serving.tls import TlsError, TlsFiles, examine_pair
from understudy.errors import StackError
from understudy.shipped import Folder, shipped_folder
from understudy.stack import parts
from understudy.stack.addresses import Addresses
from understudy.stack.document import Written, document_of, reachable, write_documents
from understudy.stack.folder import claimed, forget
from understudy.stack.monitoring import Access, WayIn, write_monitoring
from understudy.stack.ports import free_ports, is_taken
from understudy.stack.program import Program
from understudy.stack.settings import Replicas, StackSettings, numbered
from understudy.stack.tools import Tools

__all__ = ["Program", "Replicas", "Stack", "StackSettings", "Tools", "document_of", "free_ports"]


class Stack:
    """The running programs: `exporters`, `switchers`, `prometheuses` and `alertmanagers`.

    Each can be stopped, killed and started again. `documents` has the configuration and tokens of
    each exporter and switcher.
    """

    exporters: tuple[Program, ...]
    switchers: tuple[Program, ...]
    prometheuses: tuple[Program, ...]
    alertmanagers: tuple[Program, ...]
    documents: tuple[Written, ...]

    def __init__(self, settings: StackSettings, tools: Tools, directory: Path) -> None:
        self._settings = settings
        self._tools = tools
        self.directory = directory.absolute()

    async def __aenter__(self) -> Self:
        """Write all configuration, start everything, and wait until it is ready.

        Raises:
            StackError: the folder or an address is taken, the switcher's certificate can't be
                used, or a program did not start; the text then has the end of its log.
        """
        with contextlib.ExitStack() as claim:
            claim.enter_context(claimed(self.directory))
            # In a thread, since a devnet in this process has blocks to make meanwhile.
            await asyncio.to_thread(self._prepare)
            await self._start()
            self._claim = claim.pop_all()
        return self

    async def _start(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for program in self.programs:
                    group.create_task(program.start())
        except ExceptionGroup as errors:
            await self._stop()
            texts = [str(error) for error in errors.exceptions]
            raise StackError("\n\n".join(texts)) from errors
        except BaseException:
            await self._stop()
            raise

    async def __aexit__(self, *_: object) -> None:
        """Stop everything."""
        with self._claim:
            await self._stop()

    @property
    def programs(self) -> tuple[Program, ...]:
        """All programs."""
        return (*self.exporters, *self.switchers, *self.alertmanagers, *self.prometheuses)

    @property
    def exporter(self) -> Program:
        """The exporter, or the first of several."""
        return self.exporters[0]

    @property
    def switcher(self) -> Program:
        """The switcher, or the first of several."""
        return self.switchers[0]

    @property
    def prometheus(self) -> Program:
        """Prometheus, or the first of several."""
        return self.prometheuses[0]

    @property
    def alertmanager(self) -> Program:
        """Alertmanager, or the first of several."""
        return self.alertmanagers[0]

    @property
    def written(self) -> Written:
        """The configuration and tokens of the first exporter and switcher."""
        return self.documents[0]

    def addresses(self) -> dict[str, str]:
        """Return where each program, and what it writes, can be looked at."""
        programs = (*self.prometheuses, *self.alertmanagers, *self.exporters, *self.switchers)
        return {
            **{program.name: program.url for program in programs},
            **({"replica": f"http://{self.written.replica}"} if self.written.replica else {}),
            "token": str(self.written.client_token_file),
            "files": str(self.directory),
        }

    async def ended(self) -> None:
        """Wait until a program ends without having been asked, or all have ended.

        Raises:
            StackError: one ended by itself; the text has the end of its log.
        """
        waiting = [asyncio.ensure_future(program.ended()) for program in self.programs]
        try:
            await asyncio.gather(*waiting)
        finally:
            for task in waiting:
                task.cancel()

    def _prepare(self) -> None:
        settings, folder = self._settings, self.directory
        if settings.fresh:
            forget(folder)
        free = Addresses.chosen(settings)
        written = write_documents(settings.document, settings.active_key, folder, free)
        self.documents, at = tuple(written), reachable(free, written)
        _refuse_taken(at)
        access = _access(self.written)
        monitoring = shipped_folder(Folder.ALERTMANAGER)
        write_monitoring(monitoring, folder, at, access, settings.interval, self.written.policy)
        exporter_scheme = "https" if access.exporter.certificate else "http"
        self.exporters = self._services("exporter", at.exporter, exporter_scheme)
        self.switchers = self._services("switcher", at.switcher, access.scheme)
        self.prometheuses = tuple(
            parts.prometheus(self._tools, folder, address, name=numbered("prometheus", index))
            for index, address in enumerate(at.prometheus)
        )
        self.alertmanagers = tuple(
            parts.alertmanager(
                self._tools,
                folder,
                address,
                cluster=parts.cluster(at.gossip, index),
                name=numbered("alertmanager", index),
            )
            for index, address in enumerate(at.alertmanager)
        )

    def _services(
        self, kind: str, addresses: Sequence[str], scheme: str = "http"
    ) -> tuple[Program, ...]:
        return tuple(
            parts.service(
                kind,
                self.documents[index].configuration,
                address,
                self.directory,
                scheme=scheme,
                name=numbered(kind, index),
            )
            for index, address in enumerate(addresses)
        )

    async def _stop(self) -> None:
        await asyncio.gather(*(program.stop() for program in self.programs))


def _refuse_taken(addresses: Addresses) -> None:
    """Refuse an address at which another program listens: its answers would pass for ours.

    Raises:
        StackError: there is one.
    """
    listening = {
        "exporter": addresses.exporter,
        "switcher": addresses.switcher,
        "peers": addresses.replica,
    }
    for name, listened in listening.items():
        for address in listened:
            if is_taken(address):
                raise StackError(
                    f"Another program listens on {address}; stop it, or change {name}.listen."
                )


def _access(written: Written) -> Access:
    certificate, name = _trusted(written.tls, written.switcher)
    own, own_name = _trusted(written.exporter_tls, written.exporter)
    user, password = written.exporter_user or (None, None)
    return Access(
        written.alertmanager_token,
        written.prometheus_token,
        certificate=certificate,
        server_name=name,
        exporter=WayIn(own, own_name, user, password),
    )


def _trusted(tls: TlsFiles | None, address: str) -> tuple[Path | None, str | None]:
    """Return a certificate's file, and a name that it stands for, if not for the address.

    Raises:
        StackError: it can't be used.
    """
    if tls is None:
        return None, None
    try:
        names = examine_pair(tls).names
    except TlsError as error:
        raise StackError(str(error)) from error
    host = address.rpartition(":")[0].strip("[]")
    return tls.certificate_file, None if host in names else _called(names)


def _called(names: Sequence[str]) -> str | None:
    """Return one of the names that a certificate stands for; any host is good for a wildcard."""
    return names[0].replace("*", "any") if names else None
