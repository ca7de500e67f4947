"""The programs that a stack is made of, one by one, each ready to be started."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from understudy.stack.program import Program
from understudy.stack.tools import Tools

_IMPORT_PATH = str(Path(__file__).parent.parent.parent)
_RESEND_DELAY = "5s"
_PEER_TIMEOUT = "2s"
_ALONE = ("--cluster.listen-address=",)


def service(
    kind: str,
    configuration: Path,
    address: str,
    folder: Path,
    *,
    module: Sequence[str] = ("understudy",),
    scheme: str = "http",
    name: str | None = None,
) -> Program:
    """Return one of our services ("exporter", "switcher"), which listens at HOST:PORT.

    `module` is the Python module that takes the command, with arguments of its own before it;
    `scheme` is "https" where it has a certificate. What it logs goes by `name`, or its kind.
    """
    inherited = os.environ.get("PYTHONPATH")
    path = os.pathsep.join(part for part in (_IMPORT_PATH, inherited) if part)
    command = [sys.executable, "-m", *module, kind]
    name = name or kind
    return Program(
        name,
        (*command, "--config", configuration, "--log-format", "json"),
        log=folder / f"{name}.log",
        ready_url=f"{scheme}://{address}/readyz",
        environment={"PYTHONPATH": path},
    )


def prometheus(
    tools: Tools, folder: Path, address: str, *options: str, name: str = "prometheus"
) -> Program:
    """Return a Prometheus with the folder's file of its name, which listens at HOST:PORT.

    What it stores and logs goes by that `name` as well, so that several fit into a folder.
    """
    command: tuple[str | Path, ...] = (
        tools.prometheus,
        f"--config.file={folder / name}.yml",
        f"--storage.tsdb.path={folder / name}",
        f"--web.listen-address={address}",
        f"--rules.alert.resend-delay={_RESEND_DELAY}",
        *options,
    )
    return _monitoring(name, command, folder, address)


def alertmanager(
    tools: Tools,
    folder: Path,
    address: str,
    *,
    cluster: Sequence[str] = _ALONE,
    name: str = "alertmanager",
) -> Program:
    """Return an Alertmanager with the folder's alertmanager.yml, which listens at HOST:PORT.

    `cluster` are its options about others; what it stores and logs goes by `name`.
    """
    command: tuple[str | Path, ...] = (
        tools.alertmanager,
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / name}",
        f"--web.listen-address={address}",
        *cluster,
    )
    return _monitoring(name, command, folder, address)


def cluster(gossip: Sequence[str], index: int) -> tuple[str, ...]:
    """Return an Alertmanager's options about the others that hear of each other at `gossip`."""
    if not gossip:
        return _ALONE
    peers = (f"--cluster.peer={peer}" for peer in gossip if peer != gossip[index])
    own = f"--cluster.listen-address={gossip[index]}"
    return (own, f"--cluster.peer-timeout={_PEER_TIMEOUT}", *peers)


def _monitoring(name: str, command: Sequence[str | Path], folder: Path, address: str) -> Program:
    return Program(name, command, log=folder / f"{name}.log", ready_url=f"http://{address}/-/ready")
