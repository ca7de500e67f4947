"""Real nodes, from the program that a user names: their genesis, their processes, what they sign.

Nothing here is the project's own client or signer, which are tested against these nodes.
"""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "UNDERSTUDY_WITNESS_NODE"
"""Names the program of a real node; without it the simulated network stands in."""


def witness_program() -> Path | None:
    """Return the real node's program, None where nobody named one."""
    named = os.environ.get(VARIABLE)
    return Path(named).absolute() if named else None
