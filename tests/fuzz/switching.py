"""The switcher as a state machine: alerts, hosts, blocks, forks, people, restarts and days."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chains.bitshares.keys import null_key
from switcher import handover
from switcher.errors import OrderError
from switcher.model import Arming, Cause
from switcher.settings import Policy
from tests.fuzz.house import House
from tests.fuzz.world import DAY, HOSTS, KEYS, NULL, RING, Mood, Sent, World
from tests.support.chain import PREFIX
from tests.switcher.scripted import ALPHA, BETA, GAMMA, INIT0, NOBODY, NODES
from tests.switcher.stage import WITNESS

hosts = st.sampled_from(sorted(HOSTS))
keys = st.sampled_from((ALPHA, BETA, GAMMA, NOBODY))
policies = st.builds(
    Policy,
    arm=st.just(True),
    cool_down=st.sampled_from((0, 60, 400)),
    rotations_per_day=st.integers(1, 3),
    preempt_after=st.sampled_from((3, 13)),
    return_after=st.sampled_from((None, 60)),
    exhausted=st.sampled_from(("hold", "null_key")),
)


class Switching(RuleBasedStateMachine):
    """What may happen, and what must be so after each step of it."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.world = World()
        self.orders: dict[str, float] = {}
        self.disarmed_at: float | None = None
        self.judged = 0

    @initialize(policy=policies, houses=st.integers(1, 2), most=st.sampled_from((1_000, 2)))
    def begin(self, policy: Policy, houses: int, most: int = 1_000) -> None:
        """Have one switcher, or two that know nothing of each other, start.

        After `most` incidents in an hour they write down what may be true only.
        """
        self.policy = policy
        self.houses = [
            House(self.world, policy, self.runner, name, most) for name in ("one", "other")[:houses]
        ]

    def teardown(self) -> None:
        """End everything; the journals must be such as can be verified."""
        for house in getattr(self, "houses", ()):
            house.close()
            house.clean_up()
        self.runner.close()

    # The chain

    @rule(count=st.integers(1, 25), include=st.booleans(), watched=st.booleans())
    def blocks(self, count: int, include: bool, watched: bool) -> None:
        """Have blocks come, with the switchers looking at each or only at the last."""
        for _ in range(count):
            self.world.turn(include=include)
            if watched:
                self._look()
        self._look()

    @rule(count=st.integers(1, 12), others=st.integers(1, 4))
    def blocks_of_few(self, count: int, others: int) -> None:
        """Have other witnesses miss as well."""
        dead = [witness for witness in self.world.chain.active if witness != INIT0][:others]
        for _ in range(count):
            self.world.turn(dead=dead)
            self._look()

    @rule(depth=st.integers(1, 8), lost=st.booleans())
    def fork(self, depth: int, lost: bool) -> None:
        """Have the last blocks replaced by others."""
        self.world.fork_off(depth, lost=lost)
        self._look()

    @rule(key=st.sampled_from(list(KEYS.values())))
    def foreign_hand(self, key: Any) -> None:
        """Have the owner, or whoever has his key, put a key in force."""
        if self.world.in_force != key.text(PREFIX):
            slot = 2 if self.world.chain.owner() == INIT0 and not self.world.signs() else 1
            self.world.make(slot, key=key)
            self._look()

    @rule(seconds=st.sampled_from((5, 30, 100, 320, DAY, 2 * DAY)))
    def time_passes(self, seconds: int) -> None:
        """Have no block come for a while, or the switchers stand still for days."""
        if seconds < DAY:
            self.world.now += seconds
        else:
            self.world.pass_days(seconds // DAY)
            for house in self.houses:
                house.restart()
        self._look()

    # Hosts and nodes

    @rule(host=hosts, signs=st.booleans(), answers=st.booleans())
    def change_host(self, host: str, signs: bool, answers: bool) -> None:
        """Have a host sign or not, and its endpoint answer or not."""
        self.world.alive[host] = signs
        if answers != self.world.producers_up[host]:
            (self.world.find if answers else self.world.lose)(host)

    @rule(
        moods=st.tuples(*[st.just(Mood.TAKES) | st.sampled_from(Mood)] * 3),
        down=st.sampled_from(((), (), NODES[:1], NODES[1:])),
        liar=st.sampled_from((None, None, BETA, NOBODY)),
    )
    def nodes_change(self, moods: tuple[Mood, ...], down: tuple[str, ...], liar: Any) -> None:
        """Have nodes treat transactions otherwise, be away, or show a key that nobody has set."""
        self.world.moods = dict(zip(NODES, moods, strict=True))
        self.world.down, self.world.liar = set(down), liar

    # Alerts and people

    @rule(
        accused=st.lists(keys, min_size=1, max_size=3),
        resolved=st.booleans(),
        since=st.integers(0, 3),
        name=st.sampled_from(("WitnessMissingBlocks", "ProducerDown")),
    )
    def alerts(self, accused: list[Any], resolved: bool, since: int, name: str) -> None:
        """Have alerts come, true or not, new or again, or their ends."""
        status = "resolved" if resolved else "firing"
        for house in self.houses:
            at = f"2026-11-21T08:26:0{since}Z"
            told = house.run(house.desks[0].post(*accused, status=status, starts_at=at, name=name))
            for key, result in zip(accused, told, strict=True):
                is_true = not resolved and key.text(PREFIX) == self.world.in_force
                assert not (is_true and result == "ignored"), "the key in force was not heard of"
        self._look()

    @rule()
    def outage(self) -> None:
        """Have the host on air die and miss enough, and the alert come that says so."""
        host = RING.get(self.world.in_force)
        if host is None:
            return
        self.world.alive[host] = False
        for _ in range(40):
            self.world.turn()
            if len(self.world.follower.recent_misses(INIT0)) >= self.policy.missed_blocks:
                break
        for house in self.houses:
            house.run(house.desks[0].post(HOSTS[host]))
        self._look()

    @rule(to=st.none() | hosts, drill=st.booleans())
    def order(self, to: str | None, drill: bool) -> None:
        """Have a person give an order, which may be refused."""
        cause = Cause.DRILL if drill else Cause.MANUAL
        house = self.houses[0]
        with contextlib.suppress(OrderError):
            house.run(_order(house, cause, None if drill else to))
        self._look()

    @rule(armed=st.booleans())
    def arm(self, armed: bool) -> None:
        """Have a person arm or disarm all of them."""
        for house in self.houses:
            state = Arming(armed, "maria", "so", self.world.now)
            house.run(house.desks[0].journal.arm(WITNESS, state))
        self.disarmed_at = None if armed else self.world.now

    # Processes

    @rule(
        number=st.integers(0, 1),
        call=st.none() | st.integers(1, 9),
        done=st.booleans(),
    )
    def restart(self, number: int, call: int | None, done: bool) -> None:
        """Have a switcher stop, or be killed at a write of its next step, and start again."""
        house = self.houses[number % len(self.houses)]
        if call is None:
            house.restart()
        else:
            house.killed_at(call, done=done)
        self._check_keys(house)

    @rule(hears=st.booleans())
    def take_over(self, hears: bool) -> None:
        """Have the second desk of a journal take over, of which the first may not have heard."""
        house = self.houses[0]
        house.take_over()
        if hears:
            house.hear()
        self._look()

    def _look(self) -> None:
        for house in self.houses:
            house.step()
            self._check_keys(house)

    def _check_keys(self, house: House) -> None:
        """Hold that what was begun just now is against the key in force, sent or not."""
        assert set(house.new_rotations()) <= {self.world.in_force}, "against an old key"

    # What must be so

    @invariant()
    def nothing_stale_was_sent(self) -> None:
        """Hold that nothing was sent again once another key was in force."""
        assert self.world.stale == []

    @invariant()
    def one_rotation_is_open_at_most(self) -> None:
        """Hold every journal to one open rotation."""
        for house in getattr(self, "houses", ()):
            assert house.open_rotations() <= 1, "two rotations are open"

    @invariant()
    def what_was_sent_was_allowed(self) -> None:
        """Hold each new transaction against what was true when it went out."""
        for sent in self.world.sent[self.judged :]:
            self._judge(sent)
        self.judged = len(self.world.sent)

    def _judge(self, sent: Sent) -> None:
        house = next(house for house in self.houses if house.name == sent.who)
        rotations = house.record().rotations
        [rotation] = [r for r in rotations if r.draft.transaction_id == sent.id]
        by_hand = rotation.draft.by_hand
        assert rotation.draft.from_key == sent.from_key, "against a key that is not in force"
        assert sent.to_key != sent.from_key
        assert sent.to_key in RING or (sent.to_key == null_key(PREFIX) and not by_hand)
        assert sent.from_key != NULL.text(PREFIX), "away from what the owner stopped"
        assert by_hand or sent.from_key in RING, "away from a foreign key"
        assert not sent.rivals, "beside another one that may still be included"
        if by_hand:
            return
        assert self.disarmed_at is None, "while disarmed"
        assert rotation.returning or sent.misses or sent.away, "away from a host that is well"
        earlier = [s for s in self.world.sent if s.who == sent.who and s.time < sent.time]
        spent = [s for s in earlier if self._counts(house, s, sent.time)]
        assert len(spent) < self.policy.rotations_per_day, "past the budget"
        if sent.has_signed and earlier:
            last = [s for s in earlier if self._is_on_chain(s)]
            since = sent.time - last[-1].time if last else DAY
            assert since >= self.policy.cool_down, "while it cools down"

    def _counts(self, house: House, sent: Sent, now: float) -> bool:
        hand = {r.draft.transaction_id for r in house.record().rotations if r.draft.by_hand}
        return sent.id not in hand and now - sent.time < DAY and self._is_on_chain(sent)

    def _is_on_chain(self, sent: Sent) -> bool:
        return sent.id in self.world.included


async def _order(house: House, cause: Cause, to: str | None) -> None:
    troupe = house.desks[0]
    desk = troupe.worker._desk
    proposal = handover.proposed(desk, WITNESS, cause, to, "maria", "to be sure")
    await handover.checked(desk, proposal)
    key = proposal.signing_key
    await desk.journal.open_order(WITNESS, key, cause, proposal.order, desk.clock())
