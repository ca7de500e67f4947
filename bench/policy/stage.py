"""Where troubles are drawn and played; the same seed gives the same ones."""

from __future__ import annotations

import random
from collections.abc import Iterator

from bench.policy.chain import OURS, WITNESSES, History, Line, public_key
from bench.policy.play import RING, Play, Result, Setup, line_of
from bench.policy.trouble import Trouble, draw_trouble


class Stage:
    """A chain's history, from any moment of which a trouble can begin.

    So many of the other witnesses as `gone` says have been without a host all the while.
    """

    def __init__(self, seed: int, gone: int = 0) -> None:
        draw = random.Random(seed)
        others = [witness for witness in WITNESSES if witness != OURS.witness_id]
        self._history = History(draw, public_key(RING[0]), draw.sample(others, gone))
        self._maker, self._viewer = self._history.follower(), self._history.follower()
        self._seeds = {blips: draw.randrange(2**32) for blips in (False, True)}

    def troubles(self, count: int, *, blips: bool) -> Iterator[tuple[Trouble, Line]]:
        """Yield failures or blips, each with the chain in which nobody intervenes."""
        draw = random.Random(self._seeds[blips])
        for number in range(count):
            trouble = draw_trouble(draw, number, self._history, blip=blips)
            yield trouble, line_of(self._history, self._maker, trouble)

    def play(self, trouble: Trouble, line: Line, setup: Setup) -> Result:
        """Return what comes of a trouble."""
        return Play(line, trouble, setup, self._viewer).run()
