"""The switcher's worker in virtual time: when it looks, and what it does with what was decided.

Evidence, decision and the standing of a rotation are the switcher's own code. What
`switcher.worker`, `intake` and `rotate` do between those with journal, nodes and keys is told here
in short.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bench.policy.agenda import Agenda
from bench.policy.alerts import Alert
from bench.policy.chain import OURS, Update, reading_at, update_to
from chains.bitshares.views import NodeView
from chains.standing import Verdict
from switcher.confirm import ending_of, news_of, standing
from switcher.decide import decide
from switcher.evidence import Seen, gather, key_in_force
from switcher.hosts import Backup
from switcher.model import (
    ActionName,
    Arming,
    Decision,
    Draft,
    Incident,
    Outcome,
    Record,
    Rotation,
)
from switcher.ruling import Ruling
from switcher.settings import Policy
from switcher.transaction import latest_reference

_LONGEST_SLEEP = 3.0
_VOTERS = ("eu", "us", "asia")


@dataclass(frozen=True, slots=True)
class Told:
    """What was decided at a time (seconds since the epoch), where it differs from before."""

    time: float
    ruling: Ruling


class Worker:
    """Looks when there is news, at the planned time, and every few seconds.

    `send` is called with a decided update, which is on its way from then on.
    """

    def __init__(
        self, seen: Seen, policy: Policy, agenda: Agenda, send: Callable[[Update], None]
    ) -> None:
        self.told: list[Told] = []
        self._seen, self._policy, self._agenda, self._send = seen, policy, agenda, send
        self._incident: Incident | None = None
        self._record = Record(arming=Arming(armed=True))
        self._firing: set[Alert] = set()
        self._votes: tuple[str, list[NodeView]] = ("", [])
        self._looks = 0

    @property
    def idle(self) -> bool:
        """Tell whether nothing is open."""
        return self._incident is None and self._record.open_rotation is None

    def fired(self, alert: Alert) -> None:
        """Take in that an alert accuses the key in force."""
        key, now = key_in_force(self._seen, OURS.account), self._agenda.now
        assert key is not None
        self._firing.add(alert)
        if self._incident is None:
            self._incident = Incident(1, ActionName.ROTATE, OURS.account, key, key, now, now)
        self.wake()

    def resolved(self, alert: Alert) -> None:
        """Take in that an alert is over; an incident that no alert feeds any more ends."""
        self._firing.discard(alert)
        incident = self._incident
        if incident is None or self._firing or not incident.hangs_on_alerts:
            return
        if self._record.open_rotation is None:
            self._incident = None

    def wake(self) -> None:
        """Look now, and again later."""
        self._looks += 1
        if (rotation := self._record.open_rotation) is not None:
            self._follow_up(rotation)
        planned = None
        if self._incident is not None and self._record.open_rotation is None:
            planned = self._decide(self._incident)
        if self.idle:
            return
        now, this_look = self._agenda.now, self._looks
        pause = _LONGEST_SLEEP if planned is None else min(_LONGEST_SLEEP, planned - now)
        self._agenda.at(now + pause, lambda: self._wake_unless_newer(this_look))

    def _wake_unless_newer(self, look: int) -> None:
        if look == self._looks:
            self.wake()

    def _decide(self, incident: Incident) -> float | None:
        """Decide an incident; return when a rotation is planned, if one is."""
        now = self._agenda.now
        facts = gather(self._seen, self._views(), incident, self._record, now)
        ruling = decide(facts, self._policy, now)
        self._incident = replace(incident, decision=ruling.decision)
        before = self.told[-1].ruling if self.told else None
        if before is None or (before.decision, before.planned) != (ruling.decision, ruling.planned):
            self.told.append(Told(now, ruling))
        if ruling.decision is Decision.ROTATE and ruling.target is not None:
            self._rotate(incident, ruling.target, facts.accused)
        elif ruling.decision is Decision.SUPERSEDED or (
            incident.by_ourselves and ruling.decision is Decision.NOT_CORROBORATED
        ):
            self._incident = None
        planned = ruling.planned
        return planned if planned is not None and planned > now else None

    def _rotate(self, incident: Incident, target: Backup, from_key: str) -> None:
        now, reference = self._agenda.now, latest_reference(self._seen.follower)
        assert reference is not None
        update = update_to(target.signing_key, reference.expiration)
        draft = Draft(
            incident.id,
            incident.witness,
            from_key,
            target.signing_key,
            target.name,
            decided=now,
            reference=reference.number,
            expiration=reference.expiration,
            transaction_id=update.id,
        )
        done = self._record.rotations
        rotation = Rotation(len(done) + 1, draft, now, True, now, outcome=Outcome.BROADCAST)
        self._record = replace(self._record, rotations=(*done, rotation))
        self._send(update)

    def _follow_up(self, rotation: Rotation) -> None:
        now = self._agenda.now
        state = standing(self._seen.follower, OURS.witness_id, rotation)
        values, _ = news_of(rotation, state, now)
        ended, _ = ending_of(rotation, state, null_key="")
        if ended is not None:
            values |= {"ended": now, "outcome": ended}
        if not values:
            return
        done = self._record.rotations[:-1]
        self._record = replace(self._record, rotations=(*done, replace(rotation, **values)))
        if ended is Outcome.NEVER_SIGNED and self._incident is not None:
            self._incident = replace(self._incident, accused=rotation.draft.to_key)
        elif ended is not None:
            self._incident = None

    def _views(self) -> list[NodeView]:
        """Return the voting nodes, all of which are at the head and agree."""
        head = self._seen.follower.head
        assert head is not None
        if self._votes[0] != head.id:
            reading, now = reading_at(head), self._agenda.now
            views = [
                NodeView(name, "", True, Verdict.CANONICAL, "", reading, now, 0) for name in _VOTERS
            ]
            self._votes = head.id, views
        return self._votes[1]
