"""Free ports on the loopback address, and taken ones."""

from __future__ import annotations

import random
import socket

_FIRST, _LAST = 20000, 32000
"""Below the range from which systems give outgoing connections their ports."""


def free_ports(count: int) -> list[int]:
    """Return so many different ports that nothing listens on at the moment."""
    found: set[int] = set()
    while len(found) < count:
        port = random.randint(_FIRST, _LAST)  # noqa: S311 - no secret
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.add(port)
    return list(found)


def is_taken(address: str) -> bool:
    """Tell whether something listens at HOST:PORT."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=1).close()
    except OSError:
        return False
    return True
