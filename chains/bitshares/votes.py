"""The votes for all witnesses, asked of one canonical node after each count of votes.

A node shows a witness' votes as they were counted at the last maintenance, so that asking once
after each is enough: two calls an hour to one node on the main network.
"""

from __future__ import annotations

from chains.bitshares.objects import Reading
from chains.bitshares.ranking import MOST_WITNESSES, Ranking, parse_ids, parse_ranking
from chains.bitshares.watch import Watch
from chains.errors import BadReplyError, MalformedDataError, NodeError

_AGAIN = 30.0
"""Seconds from one asking to the next at least: a chain may count often, a node may not answer."""


class VoteWatch:
    """Keeps the ranking of all witnesses for as long as `run` runs.

    `ranking` is None until a node has answered, and again when none does after a count of votes.
    """

    def __init__(self, watch: Watch) -> None:
        self.ranking: Ranking | None = None
        self._watch = watch
        self._from = 0.0

    async def run(self) -> None:
        """Ask after each count of votes, until cancelled."""
        seen = -1
        while True:
            seen = await self._watch.changed(seen)
            nodes = self._in_turn()
            now = self._watch.clock.steady()
            if nodes and now >= self._from and self._is_old(nodes[0][1]):
                self._from = now + _AGAIN
                self.ranking = await self._first_answer(nodes)

    def _in_turn(self) -> list[tuple[str, Reading]]:
        """Return the nodes whose word counts, the one with the newest block first."""
        found = [
            (node.name, node.reading) for node in self._watch.nodes if node.well and node.reading
        ]
        return sorted(found, key=lambda each: -each[1].head_number)

    def _is_old(self, reading: Reading) -> bool:
        return self.ranking is None or self.ranking.counted != reading.next_maintenance

    async def _first_answer(self, nodes: list[tuple[str, Reading]]) -> Ranking | None:
        for name, reading in nodes:
            try:
                return await self._ask(name, reading.next_maintenance)
            except NodeError:
                continue  # that it is lost, or lies, is told where it is read
        return None

    async def _ask(self, node: str, counted: int) -> Ranking:
        try:
            listed = await self._watch.call(
                node, "database", "lookup_witness_accounts", "", MOST_WITNESSES
            )
            ids = parse_ids(listed)
            objects = await self._watch.call(node, "database", "get_witnesses", ids)
            return parse_ranking(ids, objects, counted)
        except MalformedDataError as error:
            raise BadReplyError(node, str(error)) from error
