"""How many files, connections among them, this process may have open."""

from __future__ import annotations

import resource

from serving.connection import MOST

_ELSE = 100
"""Files beside connections: databases, certificates, logs, what the interpreter reads."""


def allow_connections(outgoing: int) -> str:
    """Raise the limit of open files, as far as may be, for so many outgoing connections.

    Beyond it nothing is connected to, and nobody is let in either. The usual soft limit is 1,024;
    it is up to a process to raise it to the hard one.

    Returns a sentence with the remedy where that isn't enough, else an empty text.
    """
    needed = outgoing + MOST + _ELSE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most == needed:
        return ""
    return (
        f"{needed} open files may be needed, for {outgoing} nodes and hosts and {MOST} callers, "
        f"but the hard limit is {hard}; raise it: LimitNOFILE= in a systemd unit, ulimits in a "
        "container"
    )
