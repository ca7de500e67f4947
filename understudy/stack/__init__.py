"""The whole stack on one machine: our two services with a real Prometheus and Alertmanager.

    async with Stack(StackSettings(document, active_key=wif), Tools.find(), folder) as stack:
        print(stack.prometheus_url)

For the demonstration, for trying it on one's own nodes, and for end-to-end tests. Everything runs
as a process of its own, listens on the loopback address only, and ends with us.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from serving.tls import TlsError, examine_pair
from understudy.errors import StackError
from understudy.stack import parts
from understudy.stack.document import Written, document_of, write_document
from understudy.stack.folder import claimed, forget
from understudy.stack.monitoring import Access, Addresses, write_monitoring
from understudy.stack.ports import free_ports, is_taken
from understudy.stack.program import Program
from understudy.stack.tools import Tools, shipped_monitoring

__all__ = ["Program", "Stack", "StackSettings", "Tools", "document_of", "free_ports"]


@dataclass(frozen=True, slots=True)
class StackSettings:
    """What the stack is made of.

    `document` is understudy.yaml as plain data; only its section `bitshares` is needed, the rest is
    completed. `active_key` (WIF, or several, one a line) signs if the document names no signer.
    Everything is scraped and evaluated every `interval`, with None as often as the shipped files
    say. Ports None are free ones. `fresh`: what earlier stacks in the same folder remember is
    forgotten, since it is about another chain.
    """

    document: Mapping[str, Any]
    active_key: str | None = None
    interval: str | None = "1s"
    prometheus_port: int | None = None
    alertmanager_port: int | None = None
    fresh: bool = False


class Stack:
    """The running programs; `exporter`, `switcher`, `prometheus` and `alertmanager`.

    Each can be stopped, killed and started again. `written` has the configuration and tokens.
    """

    exporter: Program
    switcher: Program
    prometheus: Program
    alertmanager: Program
    written: Written

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

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything."""
        with self._claim:
            await self._stop()

    @property
    def programs(self) -> tuple[Program, ...]:
        """All programs."""
        return (self.exporter, self.switcher, self.alertmanager, self.prometheus)

    @property
    def exporter_url(self) -> str:
        """Where the exporter is, such as "http://127.0.0.1:9877"."""
        return f"http://{self._addresses.exporter}"

    @property
    def switcher_url(self) -> str:
        """Where the switcher is."""
        return f"{self._access.scheme}://{self._addresses.switcher}"

    @property
    def prometheus_url(self) -> str:
        """Where Prometheus is."""
        return f"http://{self._addresses.prometheus}"

    @property
    def alertmanager_url(self) -> str:
        """Where Alertmanager is."""
        return f"http://{self._addresses.alertmanager}"

    def addresses(self) -> dict[str, str]:
        """Return where each program, and what it writes, can be looked at."""
        return {
            "prometheus": self.prometheus_url,
            "alertmanager": self.alertmanager_url,
            "exporter": self.exporter_url,
            "switcher": self.switcher_url,
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
        exporter, switcher, *ports = free_ports(4)
        prometheus = f"127.0.0.1:{settings.prometheus_port or ports[0]}"
        alertmanager = f"127.0.0.1:{settings.alertmanager_port or ports[1]}"
        self.written = write_document(
            settings.document,
            settings.active_key,
            folder,
            (exporter, switcher),
            {"prometheus": f"http://{prometheus}", "alertmanager": f"http://{alertmanager}"},
        )
        self._addresses = Addresses(
            exporter=self.written.exporter,
            switcher=self.written.switcher,
            alertmanager=alertmanager,
            prometheus=prometheus,
        )
        self._refuse_taken()
        self._access = _access(self.written)
        write_monitoring(
            shipped_monitoring(), folder, self._addresses, self._access, settings.interval
        )
        configuration, at, scheme = self.written.configuration, self._addresses, self._access.scheme
        self.exporter = parts.service("exporter", configuration, at.exporter, folder)
        self.switcher = parts.service("switcher", configuration, at.switcher, folder, scheme=scheme)
        self.prometheus = parts.prometheus(self._tools, folder, at.prometheus)
        self.alertmanager = parts.alertmanager(self._tools, folder, at.alertmanager)

    def _refuse_taken(self) -> None:
        """Refuse an address at which another program listens: its answers would pass for ours.

        Raises:
            StackError: there is one.
        """
        for name in ("exporter", "switcher"):
            address = getattr(self._addresses, name)
            if is_taken(address):
                raise StackError(
                    f"Another program listens on {address}; stop it, or change {name}.listen."
                )

    async def _stop(self) -> None:
        await asyncio.gather(*(program.stop() for program in self.programs))


def _access(written: Written) -> Access:
    access = Access(written.alertmanager_token, written.prometheus_token)
    if written.tls is None:
        return access
    try:
        names = examine_pair(written.tls).names
    except TlsError as error:
        raise StackError(str(error)) from error
    host = written.switcher.rpartition(":")[0].strip("[]")
    return replace(
        access,
        certificate=written.tls.certificate_file,
        server_name=None if host in names else _called(names),
    )


def _called(names: Sequence[str]) -> str | None:
    """Return one of the names that a certificate stands for; any host is good for a wildcard."""
    return names[0].replace("*", "switcher") if names else None
