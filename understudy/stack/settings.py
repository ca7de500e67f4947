"""What a stack is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Replicas:
    """How many of each program run beside each other, one or more.

    Every Prometheus scrapes all and sends to every Alertmanager; these are a cluster, and deliver
    to every switcher.
    """

    exporter: int = 1
    switcher: int = 1
    prometheus: int = 1
    alertmanager: int = 1


@dataclass(frozen=True, slots=True)
class StackSettings:
    """What the stack is made of.

    `document` is understudy.yaml as plain data; only its section `bitshares` is needed, the rest is
    completed. A database that it names is shared by all switchers; otherwise each has its own.
    `active_key` (WIF, or several, one a line) signs if the document names no signer.
    Everything is scraped and evaluated every `interval`, with None as often as the shipped files
    say. Ports None are free ones; they and the document's addresses are those of the first of
    several. `fresh`: what earlier stacks in the same folder remember is forgotten, since it is
    about another chain.
    """

    document: Mapping[str, Any]
    active_key: str | None = None
    interval: str | None = "1s"
    prometheus_port: int | None = None
    alertmanager_port: int | None = None
    fresh: bool = False
    replicas: Replicas = Replicas()


def numbered(name: str, index: int) -> str:
    """Return the name of one of several: the first has the bare one, the second ends in -2."""
    return f"{name}-{index + 1}" if index else name
