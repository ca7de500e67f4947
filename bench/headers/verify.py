"""Verifies a forged chain: `python -m bench.headers.verify FILE BLOCKS`; prints figures as JSON.

Timed is all that is done with a block from its parsed JSON on, in seconds that this process had on
a processor, beside the bare recovery of the same blocks' signers, batch by batch in turn.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from coincurve import PublicKey

from bench.figures import over_runs
from bench.headers.forge import BEGIN, WITNESSES, Record
from bench.processes import resident_mb_of
from chains.bitshares.blocks import Block, parse_block
from chains.bitshares.follower import Follower

_BATCH = 500
_STRETCH = 10_000
"""Blocks over which one rate is taken; less at the end is left out."""

_WINDOW = 600


class Run:
    """A follower, and what it took until now."""

    def __init__(self, first: list[Record]) -> None:
        self._follower = Follower("BTS", _WINDOW)
        reading = first[-1][1]
        assert reading is not None
        blocks = [parse_block(json.loads(text)) for text, _ in first]
        self._follower.begin(blocks, reading)
        self.headers = self.missed = self.changes = 0
        self._stretches: list[dict[str, float]] = []
        self._headers, self._verifying, self._recovering = 0, 0.0, 0.0

    def take(self, batch: list[Record]) -> None:
        """Verify some blocks, and recover their signers once more.

        Raises:
            ChainError: a block breaks a rule.
        """
        parsed = [(json.loads(text), reading) for text, reading in batch]
        began = time.process_time()
        for data, reading in parsed:
            entry = self._follower.apply(parse_block(data))
            if reading is not None:
                self._follower.learn(reading)
            self.missed += len(entry.missed)
            self.changes += len(entry.updates)
        self._verifying += time.process_time() - began
        self._recovering += _recovery([parse_block(data) for data, _ in parsed])
        self._headers += len(batch)
        self.headers += len(batch)
        if self._headers >= _STRETCH:
            self._end_stretch()

    def figures(self) -> dict[str, Any]:
        """Return what was measured: medians of the stretches."""
        if not self._stretches:
            self._end_stretch()
        rates = over_runs(self._stretches)
        return {
            "headers": self.headers,
            "witnesses": WITNESSES,
            "slots_missed": self.missed,
            "keys_changed": self.changes,
            **rates,
        }

    def _end_stretch(self) -> None:
        rate, bare = self._headers / self._verifying, self._headers / self._recovering
        self._stretches.append(
            {
                "headers_per_second": round(rate),
                "bare_recoveries_per_second": round(bare),
                "ratio_to_bare_recovery": rate / bare,
            }
        )
        self._headers, self._verifying, self._recovering = 0, 0.0, 0.0


def _recovery(blocks: list[Block]) -> float:
    """Return the seconds that the bare recovery of some blocks' signers takes."""
    signed = [(b.signature[1:] + bytes([b.signature[0] - 27 & 3]), b.digest) for b in blocks]
    began = time.process_time()
    for signature, digest in signed:
        PublicKey.from_signature_and_message(signature, digest, hasher=None)
    return time.process_time() - began


def _records(file: Path) -> Iterator[Record]:
    with file.open("rb") as records:
        while records.peek(1):
            yield pickle.load(records)


def main(file: Path, blocks: int) -> None:
    """Verify a chain and print the figures."""
    records = _records(file)
    run = Run(list(islice(records, BEGIN)))
    memory: dict[str, float] = {}
    while batch := list(islice(records, _BATCH)):
        run.take(batch)
        if not memory and run.headers >= blocks / 4:
            memory["rss_mb_at_quarter"] = resident_mb_of(os.getpid())
    print(json.dumps({**run.figures(), **memory, "rss_mb_at_end": resident_mb_of(os.getpid())}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
