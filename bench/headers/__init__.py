"""How fast block headers are verified: the follower on a chain of 27 witnesses, with all it checks.

The chain is forged beforehand in a process of its own, with real signatures, missed slots, changed
keys and maintenances; another process, which holds nothing but its follower, verifies it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.bars import Bar, judge
from bench.news import say
from understudy.errors import StackError

BLOCKS = 120_000
BARS = (
    Bar("headers_per_second", least=8000),
    Bar("rss_growth_mb", most=5),
)
TOLD = ("bare_recoveries_per_second", "ratio_to_bare_recovery")


async def measure() -> dict[str, Any]:
    """Return the figures of `understudy bench headers`.

    Raises:
        StackError: the chain could not be forged or verified.
    """
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as folder:
        file = Path(folder) / "chain.pickle"
        say(f"headers: {BLOCKS} blocks are forged")
        await _run("bench.headers.forge", str(file), str(BLOCKS))
        say("headers: and verified")
        figures = json.loads(await _run("bench.headers.verify", str(file), str(BLOCKS)))
    growth = figures["rss_mb_at_end"] - figures["rss_mb_at_quarter"]
    return judge("headers", {**figures, "rss_growth_mb": round(growth, 1)}, BARS)


async def _run(module: str, *words: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *words, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    if process.returncode:
        raise StackError(f"{module} ended with status {process.returncode}.")
    return told
