"""The watch: every configured node followed at once, one follower fed by those that vote."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from chains.bitshares.client import NodeClient, OnCall
from chains.bitshares.clock import ChainClock
from chains.bitshares.endpoint import Common, Endpoint, NamesOf, OnReading
from chains.bitshares.follower import Follower
from chains.bitshares.fresh import examine_all, read_most_alike
from chains.bitshares.names import holders, most_said, resolve_names
from chains.bitshares.objects import Names, Reading, WitnessIds
from chains.bitshares.offset import Timekeeping
from chains.bitshares.readings import Readings
from chains.bitshares.sync import Synchroniser
from chains.bitshares.views import NodeView, ProducerView, majority_of
from chains.errors import InvalidBlockError
from chains.settings import ChainSettings, NodeSettings, ProducerSettings
from chains.standing import Verdict

OnVerdict = Callable[[NodeView], None]
OnClock = Callable[[Timekeeping], None]

_HOST_BACKOFF = 0.5
"""Seconds at most between two attempts to connect to a host of one's own: that it is back has to be
known before it is replaced."""

_NAMES_AGE = 60.0
"""Seconds after which names that the chain did not know are asked for again."""


class Watch:
    """Follows nodes and producers; everything is read synchronously from its properties.

    `wall` gives seconds since the epoch, as the clock of this machine shows them, and `clock` what
    is made of that. `on_verdict` is told of each node or host whose verdict is another one than
    before, `on_clock` when the clock begins or ceases to be off. Voting nodes feed the follower; a
    producer's own endpoint does not, since it would testify for itself.
    """

    def __init__(
        self,
        settings: ChainSettings,
        *,
        wall: Callable[[], float] = time.time,
        on_call: OnCall | None = None,
        on_verdict: OnVerdict | None = None,
        on_clock: OnClock | None = None,
    ) -> None:
        self.settings = settings
        self._on_verdict, self._on_clock = on_verdict, on_clock
        self._told: dict[str, Verdict] = {}
        self._told_clock = (False, False)
        self.follower = Follower(settings.prefix, settings.missed_window)
        self.names: Names | None = None
        self.sequence = 0
        self.clock = ChainClock((node.name for node in settings.nodes), wall=wall)
        self._named: dict[str, tuple[Names, float]] = {}
        self._common = Common(settings, self.follower, self.clock, Readings(), on_call)
        self._holders = holders()
        self._changed = asyncio.Condition()
        self._sync = Synchroniser(
            self.follower,
            window=settings.missed_window,
            majority=majority_of(len(settings.nodes)),
            verify_blocks=settings.verify_blocks,
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._nodes = [
            self._endpoint(node, self._names_from, self._feed) for node in settings.nodes
        ]
        self._hosts = {
            (witness.account, producer.name): self._host(witness.account, producer)
            for witness in settings.witnesses
            for producer in witness.producers
            if producer.node is not None
        }

    # What is known

    @property
    def nodes(self) -> Sequence[NodeView]:
        """Return the voting nodes in configured order."""
        return [endpoint.view() for endpoint in self._nodes]

    @property
    def producers(self) -> Sequence[ProducerView]:
        """Return every producer of every witness in configured order."""
        views = []
        for witness in self.settings.witnesses:
            for producer in witness.producers:
                host = self._hosts.get((witness.account, producer.name))
                views.append(ProducerView(witness.account, producer, host.view() if host else None))
        return views

    @property
    def missed_totals(self) -> Mapping[tuple[str, str], int]:
        """Return the charged slots in irreversible blocks since the start, by (witness id, key)."""
        return self._sync.missed_totals

    @property
    def double_productions(self) -> Mapping[str, int]:
        """Return how often each witness (id) signed two blocks for one slot."""
        return self._sync.double_productions

    @property
    def timekeeping(self) -> Timekeeping:
        """Return how the clock of this machine compares with the chain's."""
        return self.clock.timekeeping()

    def witness_ids(self, account: str) -> WitnessIds | None:
        """Return the ids behind an account, None if the chain does not know it (yet)."""
        return self.names.witness(account) if self.names else None

    # How it comes to be known

    async def run(self) -> None:
        """Follow all nodes until cancelled."""
        async with asyncio.TaskGroup() as group:
            for endpoint in (*self._nodes, *self._hosts.values()):
                group.create_task(endpoint.run(), name=f"follow {endpoint.node.name}")

    async def changed(self, seen: int) -> int:
        """Wait until something changed since sequence number `seen`; return the present one."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.sequence > seen)
            return self.sequence

    async def read_nodes(self, deadline: float = 1.0) -> Sequence[NodeView]:
        """Read every voting node afresh, in parallel.

        Returns once a majority of canonical nodes agree on the witnesses' keys, or after `deadline`
        seconds; see `fresh.read_most_alike`.
        """
        return await read_most_alike(self._nodes, majority_of(len(self._nodes)), deadline)

    async def reexamine(self, deadline: float = 5.0) -> Sequence[NodeView]:
        """Read every voting node afresh and hold its chain against the longest valid one.

        All of them are waited for, up to `deadline` seconds; where one left the chain is found
        anew. A node that has not answered by then comes with `up` False.
        """
        return await examine_all(self._nodes, deadline)

    def pin(self, names: Collection[str]) -> None:
        """Let only the named nodes' word count, and that of each other one once it has come back.

        A node has come back when it was canonical for a whole round without a break; naming one
        that is left out already doesn't make it sooner. Until then it says nothing about what
        blocks don't prove, is no evidence, and is not asked for anything. The majority that is
        needed stays that of all configured nodes. Blocks of a node that is left out still prove
        what they prove.

        Raises:
            ValueError: fewer than a majority are named; they could decide nothing.
        """
        named = [e for e in self._nodes if e.node.name in names]
        count = len(self._nodes)
        if len(named) < majority_of(count):
            raise ValueError(f"{len(named)} of {count} nodes are no majority and can't be pinned")
        for endpoint in self._nodes:
            if endpoint not in named:
                endpoint.track.leave_out()
        self._leave_out()
        self._announce()

    async def call(
        self, node: str, api: str, method: str, *params: Any, timeout: float | None = None
    ) -> Any:
        """Call a voting node by its configured name on its live connection.

        Raises:
            NodeError: as `NodeClient.call`.
        """
        endpoint = next(e for e in self._nodes if e.node.name == node)
        return await endpoint.call(api, method, *params, timeout=timeout)

    # Inside

    def _endpoint(
        self,
        node: NodeSettings,
        names_of: NamesOf,
        on_reading: OnReading,
    ) -> Endpoint:
        return Endpoint(
            node,
            self._common,
            names_of=names_of,
            on_reading=on_reading,
            on_change=self._announce,
        )

    def _host(self, account: str, producer: ProducerSettings) -> Endpoint:
        assert producer.node is not None
        node = NodeSettings(f"{account}/{producer.name}", producer.node)
        endpoint = self._endpoint(node, _no_names, _no_testimony)
        endpoint.longest_backoff = _HOST_BACKOFF
        return endpoint

    async def _names_from(self, client: NodeClient) -> Names:
        """Return what this node calls things; a lie about that harms only its own readings."""
        names, asked_at = self._named.get(client.name, (None, 0.0))
        if names is None or (not names.complete and self.clock.steady() - asked_at > _NAMES_AGE):
            names = self._shared(await resolve_names(client, self.settings, self._holders))
            self._named[client.name] = names, self.clock.steady()
            heard = [e.node.name for e in self._nodes if not e.track.left_out]
            agreed = most_said([self._named[name][0] for name in heard if name in self._named])
            if agreed is not None and agreed != self.names:
                self.names = agreed
                self._announce()
        return names

    def _shared(self, names: Names) -> Names:
        """Return what another node said, where that is the same: it is kept and compared as one."""
        return next((said for said, _ in self._named.values() if said == names), names)

    def _leave_out(self) -> None:
        self._sync.leave_out({e.node.name for e in self._nodes if e.track.left_out})

    async def _feed(self, endpoint: Endpoint, reading: Reading) -> None:
        self._leave_out()
        try:
            changed = await self._sync.adopt(endpoint.node.name, reading, endpoint.fetch_block)
        except InvalidBlockError:
            if not self._sync.overrules(reading):
                raise
            await self._sync.start_over(endpoint.node.name, reading, endpoint.fetch_block)
            changed = True
        if changed:
            self._announce()

    def _announce(self) -> None:
        self.sequence += 1
        self._tell_verdicts()
        self._tell_clock()
        task = asyncio.ensure_future(self._wake())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _tell_verdicts(self) -> None:
        if self._on_verdict is None:
            return
        for endpoint in (*self._nodes, *self._hosts.values()):
            view = endpoint.view()
            before = self._told.setdefault(view.name, Verdict.UNSYNCED)
            if view.verdict not in (before, Verdict.UNSYNCED):
                self._told[view.name] = view.verdict
                self._on_verdict(view)

    def _tell_clock(self) -> None:
        kept = self.timekeeping
        state = (kept.corrected, kept.hopeless)
        if self._on_clock is not None and state != self._told_clock:
            self._told_clock = state
            self._on_clock(kept)

    async def _wake(self) -> None:
        async with self._changed:
            self._changed.notify_all()


async def _no_names(_client: NodeClient) -> Names:
    """A producer is only asked for its chain."""
    return Names()


async def _no_testimony(_endpoint: Endpoint, _reading: Reading) -> None:
    """A producer's reading feeds nothing; only its own view changes."""
