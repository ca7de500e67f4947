"""The switcher's state, read for a caller."""

from __future__ import annotations

from chains.bitshares.views import quorum_note
from switcher.answers import Status
from switcher.evidence import DAY
from switcher.journal.matters import Which
from switcher.lease import CHAINS
from switcher.resolving.answers import ChainsStatus
from switcher.resolving.model import Kind
from switcher.resolving.status import matter_statuses, peer_statuses, replica_status
from switcher.running import Switcher
from switcher.status import (
    Known,
    alert_path,
    chain_status,
    clock_status,
    incident_statuses,
    node_statuses,
    witness_statuses,
)


async def read_status(switcher: Switcher) -> Status:
    """Return what is on air, what is open, and whether alerts come through.

    Raises:
        JournalError: the journal can't be read.
    """
    async with switcher.reading:
        now, watch, journal = switcher.clock(), switcher.watch, switcher.journal
        known = await _known(switcher, now)
        heartbeat = await journal.heartbeat()
        strangers = await journal.strangers(switcher.witnesses)
        chains = await _chains(switcher)
        head = await journal.head()
    timeout = switcher.settings.heartbeat_timeout
    return Status(
        now=now,
        alert_path=alert_path(heartbeat, switcher.started(), timeout, now),
        quorum=quorum_note(len(watch.nodes)),
        heartbeat=heartbeat,
        heartbeat_age=None if heartbeat is None else now - heartbeat,
        clock=clock_status(watch.timekeeping),
        dry_run=switcher.settings.policy.dry_run,
        chain=chain_status(watch),
        nodes=node_statuses(watch.nodes),
        witnesses=witness_statuses(watch, known, switcher.settings.policy, now),
        unknown_witnesses=incident_statuses(strangers),
        chains=chains,
        journal=str(head),
    )


async def _chains(switcher: Switcher) -> ChainsStatus:
    staff = switcher.staff.chains
    holder = (await switcher.journal.holders()).get(CHAINS)
    matters = [each for kind in Kind for each in await staff.desk.docket.open(Which(kind))]
    return ChainsStatus(
        acting=staff.desk.docket.acts,
        actor=holder.name if holder else None,
        replica=replica_status(staff.keeper) if staff.keeper else None,
        peers=peer_statuses(staff.keeper) if staff.keeper else [],
        matters=matter_statuses(matters),
    )


async def _known(switcher: Switcher, now: float) -> dict[str, Known]:
    journal = switcher.journal
    holders = await journal.holders()
    return {
        witness: Known(
            await journal.record(witness, now - DAY),
            await journal.drills(witness),
            journal.acts_for(witness),
            holders[witness].name if witness in holders else None,
            switcher.custody.troubles.get(witness),
        )
        for witness in switcher.witnesses
    }
