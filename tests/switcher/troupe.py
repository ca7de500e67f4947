"""A worker on a scripted chain, and how its tests open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from chains.bitshares.watch import Watch
from devnet.keys import DevKey, active_key
from switcher.desk import Desk
from switcher.follow import FollowUp
from switcher.journal.database import read_database
from switcher.journal.journal import Journal
from switcher.journal.verify import verify
from switcher.metrics import Metrics
from switcher.model import Arming, Record
from switcher.rotate import Rotator
from switcher.settings import KeyFileSigner, Policy, SwitcherSettings
from switcher.signer import Signer
from switcher.webhook import parse_notification
from switcher.worker import Worker
from tests.support.chain import PREFIX
from tests.switcher.scripted import ALPHA, CHAIN_ID, INIT0, Script
from tests.switcher.stage import WITNESS, alert, webhook_bytes


@dataclass
class Troupe:
    """A worker and its journal on a script."""

    script: Script
    journal: Journal
    metrics: Metrics
    worker: Worker
    renewal: int

    async def post(self, *keys: DevKey, status: str = "firing", **labels: str) -> list[str]:
        """Take in an alert against each key, and return what was made of them."""
        alerts = [alert(key.text(PREFIX), status=status, **labels) for key in keys]
        judged = parse_notification(webhook_bytes(*alerts)).alerts
        term = self.script.follower.term(INIT0)
        witnesses = self.script.settings.witnesses
        known = {witness.account: {term.key} for witness in witnesses} if term else {}
        receipts = await self.journal.take(judged, known, self.script.clock())
        return [receipt.result for receipt in receipts]

    async def words(self, *kinds: str) -> list[str]:
        """Return what the journal tells, oldest first, without armings."""
        entries = await self.journal.entries(limit=1000)
        wanted = kinds or ("opened", "decision", "step", "ended")
        return [entry.value for entry in reversed(entries) if entry.kind in wanted]

    async def sentences(self) -> list[str]:
        """Return what the journal says of all that, newest first."""
        return [entry.sentence for entry in await self.journal.entries(limit=1000)]

    async def record(self) -> Record:
        """Return what the journal holds of the witness, however old."""
        return await self.journal.record(WITNESS, 0)

    async def come_on_air(self) -> None:
        """Have the rotation included and irreversible and its key sign, and the worker see it."""
        self.script.produce(include=True)
        self.script.until_signed()
        self.script.run(12)
        await self.worker.step()


@asynccontextmanager
async def troupe(
    place: Path | str, script: Script, policy: Policy | None = None, **settings_too: Any
) -> AsyncIterator[Troupe]:
    """Open a journal and have a worker on it, as after a start of the service.

    The journal is a file in a folder, or in the database of a URL. It must be one that can be
    verified in the end.
    """
    settings = SwitcherSettings(
        token_file=Path("unused"),
        database=place if isinstance(place, str) else f"sqlite:///{place / 'understudy.db'}",
        signer=KeyFileSigner(Path("unused")),
        policy=policy or Policy(arm=True),
        **settings_too,
    )
    most = settings.incidents_per_hour
    async with Journal(settings.database, incidents_per_hour=most) as journal:
        first = Arming(settings.policy.arm, "configuration", "first state", script.clock())
        await journal.begin([WITNESS], first)
        yield at_desk(script, journal, settings)
    with read_database(settings.database) as db:
        assert verify(db, None, lambda _done, _all: None).flaws == []


def at_desk(script: Script, journal: Journal, settings: SwitcherSettings) -> Troupe:
    """Return a worker on an open journal."""
    watch, began = cast("Watch", script), script.clock()
    signer = Signer(
        [active_key("init0").wif],
        prefix=PREFIX,
        chain_id=CHAIN_ID,
        max_fee=settings.policy.max_fee,
    )
    metrics = Metrics({WITNESS: ["alpha", "beta", "gamma"]})
    rotator = Rotator(watch, signer, journal, metrics, script.clock)
    follow_up = FollowUp(watch, journal, rotator, metrics, script.clock, settings.policy)
    desk = Desk(settings, watch, journal, rotator, follow_up, metrics, script.clock, lambda: began)
    return Troupe(script, journal, metrics, Worker(desk, WITNESS), settings.incident_renewal)


@asynccontextmanager
async def reported_outage(
    place: Path | str, script: Script, policy: Policy | None = None, **settings_too: Any
) -> AsyncIterator[Troupe]:
    """Open a troupe whose host has died and is accused; the worker has yet to look at it."""
    script.miss(3)
    async with troupe(place, script, policy, **settings_too) as t:
        await t.post(ALPHA)
        yield t


@asynccontextmanager
async def handled_outage(
    place: Path | str, script: Script, policy: Policy | None = None, **settings_too: Any
) -> AsyncIterator[Troupe]:
    """Open a troupe whose worker has taken its first step against an outage."""
    async with reported_outage(place, script, policy, **settings_too) as t:
        await t.worker.step()
        yield t
