"""What will befall the stack, when, and whom: a pure function of the seed and of who there is.

Nobody is named who is only known in the course of it: "on air" is whoever is on air in a ring when
the trouble comes. So what is drawn doesn't depend on what has happened.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from bench.faults import FAILURES, Fault
from bench.soak.cast import Cast
from devnet.lies import LIES


class Kind(StrEnum):
    """What can befall the stack."""

    FAILURE = "failure"
    """A host on air is killed, frozen or cut off, for longer than a round."""
    BACKUP = "backup"
    """A backup is."""
    BLIP = "blip"
    """Any node is, or is slow, for 5 to 15 s."""
    VOTING = "voting"
    """A node that votes dies, stands still, lags, lies, or keeps transactions to itself."""
    FORK = "fork"
    """A voting node and some hosts of other witnesses are on a chain of their own."""
    ORPHAN = "orphan"
    """The next block that holds a transaction is left by the chain."""
    OUTAGE = "outage"
    """Half of the other witnesses' hosts die."""
    WATCHER = "watcher"
    """One of the programs is killed and started again, or stands still."""
    BOTH = "both"
    """Both programs of a kind are killed and started again."""
    DATABASE = "database"
    """The journal's database is locked, restarted, or crashes."""
    STRANGER = "stranger"
    """Somebody with a token posts what isn't so."""
    WEBHOOK = "webhook"
    """Webhooks are repeated, late, or cut off."""
    PERSON = "person"
    """A person rotates, drills or disarms."""
    CLOCK = "clock"
    """The clock of a switcher's machine is off."""
    PEER = "peer"
    """A node of the peer chain dies, lags behind the others, or has another chain than they."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What befalls whom: `at` and `seconds` (how long) are counted from the soak's start.

    `role` says what is hit, `index` which of its kind (a ring, a node, a program), `how` in which
    way; `amount` is a delay, a number or an offset, as `how` needs it.
    """

    at: float
    kind: Kind
    role: str
    index: int
    how: str
    seconds: float
    amount: float = 0.0

    def plain(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


Draw = Callable[[random.Random, Cast], tuple[str, int, float, float]]
"""From random numbers to role, index, how long, and amount."""


@dataclass(frozen=True, slots=True)
class Track:
    """Troubles of one kind, one after the other, with so many seconds from one to the next.

    Of the ways in `hows` each comes once before any comes again.
    """

    kind: Kind
    every: tuple[float, float]
    hows: Sequence[str]
    draw: Draw


def _of(role: str, seconds: tuple[float, float], amount: tuple[float, float] = (0, 0)) -> Draw:
    """Return what draws one of a role for a time, each as likely."""

    def draw(chance: random.Random, cast: Cast) -> tuple[str, int, float, float]:
        index = chance.randrange(cast.count(role))
        return role, index, chance.uniform(*seconds), chance.uniform(*amount)

    return draw


def _anybody(chance: random.Random, cast: Cast) -> tuple[str, int, float, float]:
    """Draw a role first, each as likely, so that those on air get some."""
    role = chance.choice(("on air", "backup", "backbone", "voting"))
    return _of(role, (5, 15), (1, 6))(chance, cast)


_KINDS = tuple(str(fault) for fault in FAILURES)

TRACKS = (
    Track(Kind.FAILURE, (45, 75), _KINDS, _of("on air", (95, 180))),
    Track(Kind.BACKUP, (90, 180), _KINDS, _of("backup", (30, 150))),
    Track(Kind.BLIP, (25, 50), [str(fault) for fault in Fault], _anybody),
    Track(
        Kind.VOTING,
        (60, 120),
        [*map(str, Fault), "swallow", *(f"lie {lie}" for lie in LIES)],
        _of("voting", (10, 60), (1, 6)),
    ),
    Track(Kind.FORK, (400, 900), ["apart"], _of("voting", (20, 60))),
    Track(Kind.ORPHAN, (300, 700), ["again", "forgotten"], _of("chain", (0, 0))),
    Track(Kind.OUTAGE, (600, 1200), _KINDS, _of("backbone", (20, 60))),
    Track(Kind.WATCHER, (60, 120), ["kill", "freeze"], _of("program", (2, 30))),
    Track(Kind.BOTH, (900, 1800), ["kill"], _of("kind of program", (2, 10))),
    Track(Kind.DATABASE, (200, 400), ["lock", "restart", "crash"], _of("database", (2, 15))),
    Track(
        Kind.STRANGER,
        (20, 60),
        ["on air", "backup", "nobody", "unknown", "resolved", "malformed", "node"],
        _of("ring", (0, 0), (1, 20)),
    ),
    Track(Kind.WEBHOOK, (60, 150), ["repeat", "late", "cut"], _of("switcher", (5, 40), (2, 20))),
    Track(Kind.PERSON, (120, 240), ["rotate", "drill", "disarm", "rotate"], _of("ring", (10, 60))),
    Track(Kind.CLOCK, (250, 500), ["ahead", "behind"], _of("switcher", (60, 150), (2, 40))),
    Track(Kind.PEER, (120, 300), ["lags", "forks", "kill"], _of("peer", (10, 60), (1, 3))),
)


def plan(seed: int, seconds: float, cast: Cast) -> list[Trouble]:
    """Return all troubles of a soak that lasts so many seconds, in order.

    Each track has random numbers of its own, and a longer soak begins as a shorter one does.
    """
    drawn = [
        trouble
        for track in TRACKS
        for trouble in _track(track, random.Random(f"{seed} {track.kind}"), seconds, cast)
    ]
    return sorted(drawn, key=lambda trouble: trouble.at)


def _track(track: Track, chance: random.Random, seconds: float, cast: Cast) -> Iterator[Trouble]:
    at, bag = chance.uniform(0, track.every[1]), list[str]()
    while at < seconds:
        if not bag:
            bag = list(track.hows)
            chance.shuffle(bag)
        role, index, lasting, amount = track.draw(chance, cast)
        how = bag.pop()
        yield Trouble(
            round(at, 2), track.kind, role, index, how, round(lasting, 2), round(amount, 2)
        )
        at += chance.uniform(*track.every)


def counted(troubles: Sequence[Trouble]) -> Mapping[str, int]:
    """Return how many there are of each kind."""
    kinds = [trouble.kind for trouble in troubles]
    return {str(kind): kinds.count(kind) for kind in Kind if kind in kinds}
