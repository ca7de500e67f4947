"""Forges the chain: `python -m bench.headers.forge FILE BLOCKS`, pickled block by block.

Each record is (block, reading): the JSON text that `get_block` answers, and what a node at this
head shows, where a watcher takes it up: at the begin, and after a maintenance, which may change the
active witnesses; else None.
"""

from __future__ import annotations

import json
import pickle
import random
import sys
from pathlib import Path

from chains.bitshares.objects import Reading
from devnet.keys import DevKey, signing_key
from tests.support.chain import ForgedChain

WITNESSES, INTERVAL, MAINTENANCE, SKIPPED = 27, 3, 3600, 3
BEGIN = 3 * WITNESSES
"""With how many blocks the follower begins."""

Record = tuple[str, Reading | None]

_MISS_EVERY, _CHANGE_EVERY, _KEYS = 50, 200, 3
_SEED = 1


def forge(file: Path, blocks: int) -> None:
    """Write a chain whose witnesses miss one slot in 50 and change a key in every 200th block."""
    draw = random.Random(_SEED)
    chain = ForgedChain(WITNESSES, INTERVAL, MAINTENANCE, SKIPPED)
    with file.open("wb") as records:
        for number in range(1, blocks + 1):
            updates = _change(chain, draw) if number % _CHANGE_EVERY == 0 else None
            chain.produce(2 if draw.random() < 1 / _MISS_EVERY else 1, updates)
            shown = number == BEGIN or chain.after_maintenance
            text = json.dumps(chain.raw.pop(chain.number))
            record: Record = (text, chain.reading() if shown else None)
            pickle.dump(record, records)
            del chain.blocks[:-WITNESSES]


def _change(chain: ForgedChain, draw: random.Random) -> dict[str, DevKey]:
    index = draw.randrange(WITNESSES)
    key = signing_key(f"init{index}", f"host{draw.randrange(_KEYS)}")
    return {chain.active[index]: key}


if __name__ == "__main__":
    forge(Path(sys.argv[1]), int(sys.argv[2]))
