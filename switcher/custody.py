"""Whether the keys at hand may sign: told as soon as the nodes show it, before it is needed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from chains.bitshares.watch import Watch
from switcher.errors import DisagreementError
from switcher.rotate import Rotator

_LOOK_EVERY = 600.0
"""Seconds; an account's owner may change who may sign for it at any time."""

_log = structlog.get_logger("switcher.custody")


class Custody:
    """What keeps the keys at hand from signing for each witness (account).

    `troubles` has a sentence, or "" where they may sign, for each witness that is known by now.
    """

    def __init__(self, watch: Watch, rotator: Rotator, witnesses: Sequence[str]) -> None:
        self._watch = watch
        self._rotator = rotator
        self._witnesses = witnesses
        self.troubles: dict[str, str] = {}

    async def run(self) -> None:
        """Look at every witness with each change of the chain until known, then now and then."""
        seen = 0
        while True:
            for witness in self._witnesses:
                await self._look(witness)
            if len(self.troubles) < len(self._witnesses):
                seen = await self._watch.changed(seen)
            else:
                await asyncio.sleep(_LOOK_EVERY)

    async def _look(self, witness: str) -> None:
        try:
            trouble = await self._rotator.key_refusal(witness) or ""
        except DisagreementError:
            return  # what was known stays, and the next look may tell
        except Exception:
            # Rotations look for themselves; to tell of it beforehand must not end for good.
            _log.exception("looking at the keys failed", witness=witness)
            return
        if trouble and trouble != self.troubles.get(witness):
            _log.error("no rotation can be signed", witness=witness, why=trouble)
        self.troubles[witness] = trouble
