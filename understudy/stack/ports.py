"""Free ports on the loopback address, and taken ones."""

from __future__ import annotations

import atexit
import random
import socket
import sys
from collections import deque
from itertools import islice

from understudy.errors import StackError

_FIRST, _LAST = 20000, 32000
"""Below the range from which systems give outgoing connections their ports."""

_KEPT = 200
"""Claims of this process at most; each is an open file."""

_claims: deque[socket.socket] = deque()


def free_ports(count: int) -> list[int]:
    """Return so many different ports that nothing listens on at the moment.

    Other processes that ask here don't get them, while this one runs and asks for few more: a
    program that is killed leaves its port free until it is started again.

    Raises:
        StackError: there are not that many.
    """
    tried = random.sample(range(_FIRST, _LAST + 1), _LAST + 1 - _FIRST)
    found = list(islice(filter(_is_ours, tried), count))
    if len(found) < count:
        raise StackError(
            f"Fewer than {count} ports from {_FIRST} to {_LAST} are free; end what listens on them."
        )
    return found


def _is_ours(port: int) -> bool:
    """Tell whether a port is free, and claim it then."""
    if not _claim(port):
        return False
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _claim(port: int) -> bool:
    """Tell whether no other process has claimed a port here, and claim it; Linux only."""
    if sys.platform != "linux":
        return True
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        claim.bind(f"\0understudy-port-{port}")
    except OSError:
        claim.close()
        return False
    if len(_claims) == _KEPT:
        _claims.popleft().close()
    _claims.append(claim)
    return True


@atexit.register
def _release() -> None:
    while _claims:
        _claims.popleft().close()


def is_taken(address: str) -> bool:
    """Tell whether something listens at HOST:PORT."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=1).close()
    except OSError:
        return False
    return True
