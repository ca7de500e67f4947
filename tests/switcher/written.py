"""A journal as it was written, to be tampered with."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from switcher.journal.database import read_database
from switcher.journal.hashes import Head
from switcher.journal.journal import Journal
from switcher.journal.verify import Report, verify
from switcher.model import Arming, Cause, Decision, Draft, Ending, Order, Outcome, Step
from switcher.webhook import parse_notification
from tests.switcher.stage import WITNESS, alert, webhook_bytes

KEYS = tuple(f"BTS{letter * 50}" for letter in "ABC")
FIELDS = ("time", "kind", "value", "witness", "incident", "rotation", "sentence", "details", "hash")
DAY = 86_400.0


async def play(journal: Journal, key: str, to: str, now: float) -> None:
    """Have a key accused and rotated away from, until the next one is on air."""
    alerts = parse_notification(webhook_bytes(alert(key, starts_at=f"at-{now:.0f}"))).alerts
    await journal.take(alerts, {}, now)
    [incident] = (await journal.record(WITNESS, 0)).incidents
    await journal.decide(incident, Decision.ROTATE, "3 misses", None, now + 1)
    transaction = {"fee": 0.1, "ß": [1], "expiration": "1970-01-01T00:00:09"}
    draft = Draft(incident.id, WITNESS, key, to, "beta", now, False, 7, 9, "ab" * 20, transaction)
    rotation = await journal.open_rotation(draft, Outcome.BROADCAST, "going", now + 2.5)
    values: dict[str, Any] = {"accepted": True, "sent": now + 3}
    rotation = await journal.change(rotation, values, [(Step.SENT, "taken")], now + 3)
    values = {"block": 8, "in_block": now + 4, "outcome": Outcome.IN_BLOCK}
    rotation = await journal.change(rotation, values, [(Outcome.IN_BLOCK, "held")], now + 4)
    values = {"irreversible": now + 5, "on_air": now + 5, "ended": now + 5}
    values |= {"outcome": Outcome.ON_AIR}
    steps = [(Outcome.IRREVERSIBLE, "for good"), (Outcome.ON_AIR, "signs")]
    await journal.end_rotation(rotation, values, steps, Ending.ON_AIR, now + 5, {"block": 8})


async def write(url: str) -> Head:
    """Write a journal with two rotations that are over, and an order that is open."""
    async with Journal(url) as journal:
        await journal.begin([WITNESS], Arming(True, "configuration", "first", 0.1 + 0.2))
        await play(journal, KEYS[0], KEYS[1], 10.0)
        await play(journal, KEYS[1], KEYS[2], 3 * DAY)
        order = Order("you", "to be sure", ("beta",))
        await journal.open_order(WITNESS, KEYS[2], Cause.MANUAL, order, 4 * DAY)
        return await journal.head()


def checked(url: str, expected: Head | None = None) -> Report:
    with read_database(url) as db:
        return verify(db, expected, lambda _done, _all: None)


class Copy:
    """A copy of a journal to lay hands on."""

    def __init__(self, path: Path) -> None:
        self.path = path.with_name("copy.db")
        shutil.copy(path, self.path)
        self.count = self.run("select count(*) from entries")[0][0]

    def run(self, *statements: str, **values: Any) -> list[Any]:
        with closing(sqlite3.connect(self.path)) as db, db:
            db.execute("pragma synchronous=off")
            return [row for each in statements for row in db.execute(each, values)]

    def check(self, expected: Head | None = None) -> list[int | None]:
        """Return the entries that show what is wrong."""
        return [flaw.entry for flaw in checked(f"sqlite:///{self.path}", expected).flaws]


async def prune(url: str, before: float) -> int:
    async with Journal(url) as journal:
        return await journal.prune(before, 100, 5 * DAY)
