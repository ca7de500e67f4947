"""From what the watch sees to families of samples. Pure: no I/O, no clock.

What is lost disappears instead of being repeated: a node's figures while it is down, and the
figures of chain and witnesses once nobody sees the chain. What remains says so:
`bitshares_node_up` 0 for each node.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chains.bitshares.applied import Applied, Term
from chains.bitshares.follower import Follower
from chains.bitshares.objects import CORE_UNITS, Reading, WitnessIds
from chains.bitshares.ranking import Ranking
from chains.bitshares.schedule import SLOT_BITS, participation
from chains.bitshares.views import NodeView, ProducerView
from chains.settings import ChainSettings, WitnessSettings
from chains.standing import Verdict
from exporter import catalogue
from exporter.observed import Observed

STALE_AFTER = 30.0
"""Seconds that the head block may be old when no node is there to confirm that it is the head."""

_SHORT_WINDOW = 8  # slots
_FEED_MAX_AGE = 86_400  # seconds, unless it is configured or the asset says less


Sample = tuple[tuple[str, ...], float]
"""Label values in the metric's order, and the value."""


@dataclass(slots=True)
class Family:
    """A metric with its samples, no two of which have the same labels."""

    metric: catalogue.Metric
    samples: list[Sample] = field(default_factory=list)


class _Sheet:
    """The families about BitShares, filled sample by sample."""

    def __init__(self) -> None:
        self._samples: dict[str, list[Sample]] = {}
        self.families = [Family(metric) for metric in catalogue.bitshares_metrics()]
        for family in self.families:
            self._samples[family.metric.name] = family.samples

    def put(self, metric: catalogue.Metric, value: float, *labels: str) -> None:
        self._samples[metric.name].append((labels, value))


def shape(seen: Observed, now: float, ranking: Ranking | None = None) -> list[Family]:
    """Return every family about BitShares with its samples; `now` in seconds since the epoch."""
    sheet = _Sheet()
    nodes = seen.nodes
    authority = _authority(nodes)
    head = seen.follower.head if authority or _is_fresh(seen.follower, now) else None
    for node in nodes:
        _put_node(sheet, node)
    _put_chain(sheet, head, authority)
    if seen.timekeeping.offset is not None:
        sheet.put(catalogue.CLOCK_OFFSET, seen.timekeeping.offset)
    shown = _shown_keys(seen.follower, nodes)
    charged = _charged_keys(seen.missed_totals)
    named = {
        witness.account: seen.witness_ids(witness.account) for witness in seen.settings.witnesses
    }
    for witness in seen.settings.witnesses:
        ids = named[witness.account]
        _put_counters(sheet, seen, witness, ids, charged)
        if head and ids:
            _put_followed(sheet, seen.follower, ids)
            _put_pending(sheet, ids, shown)
        if authority and ids:
            _put_read(sheet, witness, ids, authority, seen.follower.term(ids.witness_id))
    if authority:
        _put_feeds(sheet, seen.settings, authority)
    if authority and ranking:
        _put_ranking(sheet, ranking, authority, named)
    if head:
        _put_active(sheet, head, named)
        _put_next_slots(sheet, seen.follower, named)
    if authority:
        _put_provisional(sheet, seen.follower, named, now)
    _put_producers(sheet, seen, head, named)
    if authority:
        _put_compared(sheet, seen.producers)
    return sheet.families


def _authority(nodes: Sequence[NodeView]) -> Reading | None:
    """Return the newest reading of a live canonical node."""
    readings = [
        node.reading
        for node in nodes
        if node.up and node.reading and node.verdict is Verdict.CANONICAL
    ]
    return max(readings, key=lambda reading: reading.head_number, default=None)


def _is_fresh(follower: Follower, now: float) -> bool:
    return follower.head is not None and follower.head.time >= now - STALE_AFTER


def _put_node(sheet: _Sheet, node: NodeView) -> None:
    sheet.put(catalogue.NODE_UP, node.up, node.name)
    sheet.put(catalogue.NODE_CANONICAL, node.up and node.verdict is Verdict.CANONICAL, node.name)
    for state in Verdict:
        sheet.put(catalogue.NODE_STATE, state is node.verdict, node.name, state)
    if node.up and node.reading:
        sheet.put(catalogue.NODE_HEAD_BLOCK, node.reading.head_number, node.name)
        sheet.put(catalogue.NODE_HEAD_TIMESTAMP, node.reading.head_time, node.name)
        sheet.put(catalogue.NODE_IRREVERSIBLE_BLOCK, node.reading.irreversible, node.name)
        depth = node.divergence.depth if node.divergence else 0
        sheet.put(catalogue.NODE_DIVERGENCE, depth, node.name)
        if node.common is not None:
            sheet.put(catalogue.NODE_DIVERGENCE_HEIGHT, node.common, node.name)


def _put_chain(sheet: _Sheet, head: Applied | None, authority: Reading | None) -> None:
    if head:
        windows = {"8": _SHORT_WINDOW, "round": len(head.active), "128": SLOT_BITS}
        for window, slots in windows.items():
            share = participation(head.filled, min(slots, SLOT_BITS))
            sheet.put(catalogue.CHAIN_PARTICIPATION, share, window)
        sheet.put(catalogue.CHAIN_ACTIVE_WITNESSES, len(head.active))
    if authority:
        sheet.put(catalogue.CHAIN_RECENTLY_MISSED, authority.recently_missed)
        sheet.put(catalogue.CHAIN_NEXT_MAINTENANCE, authority.next_maintenance)


def _charged_keys(totals: Mapping[tuple[str, str], int]) -> Mapping[str, list[str]]:
    """Return the keys with which each witness (id) missed slots."""
    keys: dict[str, list[str]] = {}
    for owner, key in totals:
        keys.setdefault(owner, []).append(key)
    return keys


def _put_counters(
    sheet: _Sheet,
    seen: Observed,
    witness: WitnessSettings,
    ids: WitnessIds | None,
    charged: Mapping[str, Sequence[str]],
) -> None:
    """Counters exist from the start, at 0, for every key of the ring."""
    witness_id = ids.witness_id if ids else ""
    keys = dict.fromkeys(producer.signing_key for producer in witness.producers)
    keys |= dict.fromkeys(charged.get(witness_id, ()))
    for key in keys:
        missed = seen.missed_totals.get((witness_id, key), 0)
        sheet.put(catalogue.WITNESS_MISSED, missed, witness.account, key)
    doubles = seen.double_productions.get(witness_id, 0)
    sheet.put(catalogue.WITNESS_DOUBLE_PRODUCTION, doubles, witness.account)


def _put_active(sheet: _Sheet, head: Applied, named: Mapping[str, WitnessIds | None]) -> None:
    active = frozenset(head.active)
    for account, ids in named.items():
        if ids:
            sheet.put(catalogue.WITNESS_ACTIVE, ids.witness_id in active, account)


def _put_followed(sheet: _Sheet, follower: Follower, ids: WitnessIds) -> None:
    if term := follower.term(ids.witness_id):
        recent = len(follower.recent_misses(ids.witness_id))
        sheet.put(catalogue.WITNESS_RECENT_MISSED, recent, ids.account, term.key)


def _put_provisional(
    sheet: _Sheet, follower: Follower, named: Mapping[str, WitnessIds | None], now: float
) -> None:
    """Tell of slots that passed, while a node is there that would show a block in them."""
    counts = Counter(slot.witness for slot in follower.provisional_misses(now))
    for account, ids in named.items():
        if ids and (term := follower.term(ids.witness_id)):
            missed = counts[ids.witness_id]
            sheet.put(catalogue.WITNESS_PROVISIONAL_MISSED, missed, account, term.key)


def _put_next_slots(
    sheet: _Sheet, follower: Follower, named: Mapping[str, WitnessIds | None]
) -> None:
    slots = follower.next_slots()
    for account, ids in named.items():
        if ids and ids.witness_id in slots:
            sheet.put(catalogue.WITNESS_NEXT_SLOT, slots[ids.witness_id], account)


def _put_read(
    sheet: _Sheet,
    witness: WitnessSettings,
    ids: WitnessIds,
    authority: Reading,
    term: Term | None,
) -> None:
    account = witness.account
    if found := authority.witnesses.get(account):
        sheet.put(catalogue.WITNESS_CHAIN_MISSED, found.total_missed, account)
        sheet.put(catalogue.WITNESS_LAST_CONFIRMED, found.last_confirmed_block, account)
        sheet.put(catalogue.WITNESS_VOTES, found.votes / CORE_UNITS, account)
        if term:
            producer = witness.producer_of(term.key)
            name = producer.name if producer else ""
            # A witness' URL is whatever its owner wrote on the chain, and may be no valid Unicode.
            url = found.url.encode("utf-8", "replace").decode()
            sheet.put(catalogue.WITNESS_INFO, 1, account, ids.witness_id, term.key, name, url)
    if account in authority.balances:
        sheet.put(catalogue.WITNESS_FEE_BALANCE, authority.balances[account] / CORE_UNITS, account)


def _put_feeds(sheet: _Sheet, settings: ChainSettings, authority: Reading) -> None:
    for witness in settings.witnesses:
        account = witness.account
        for asset in witness.feeds:
            if published := authority.feeds.get((account, asset)):
                sheet.put(catalogue.PRICE_FEED_TIMESTAMP, published, account, asset)
            if (lifetime := authority.feed_lifetimes.get(asset)) is not None:
                most = witness.feed_max_age or min(lifetime, _FEED_MAX_AGE)
                sheet.put(catalogue.PRICE_FEED_MAX_AGE, most, account, asset)
    for asset, published in authority.others_feeds.items():
        sheet.put(catalogue.PRICE_FEED_NEWEST, published, asset)


def _put_ranking(
    sheet: _Sheet,
    ranking: Ranking,
    authority: Reading,
    named: Mapping[str, WitnessIds | None],
) -> None:
    for account, ids in named.items():
        if ids and (rank := ranking.rank(ids.witness_id)):
            sheet.put(catalogue.WITNESS_RANK, rank, account)
    if (votes := ranking.first_outside(frozenset(authority.active))) is not None:
        sheet.put(catalogue.CHAIN_STANDBY_VOTES, votes / CORE_UNITS)


def _shown_keys(follower: Follower, nodes: Sequence[NodeView]) -> list[tuple[Reading, Applied]]:
    """Return each live node's reading with the followed block that was its head then.

    Comparing with the key in force at that very block keeps a node that is a block behind from
    looking as if it showed a pending key.
    """
    # Nodes that answered alike share a reading, which then is compared once.
    readings = {id(node.reading): node.reading for node in nodes if node.up and node.reading}
    pairs = []
    for reading in readings.values():
        entry = follower.applied(reading.head_number)
        if entry and entry.id == reading.head_id:
            pairs.append((reading, entry))
    return pairs


def _put_pending(sheet: _Sheet, ids: WitnessIds, shown: Sequence[tuple[Reading, Applied]]) -> None:
    differs = [
        found.signing_key != term.key
        for reading, entry in shown
        if (found := reading.witnesses.get(ids.account))
        and (term := entry.terms.get(ids.witness_id))
    ]
    if differs:
        sheet.put(catalogue.WITNESS_PENDING_KEY, any(differs), ids.account)


def _put_producers(
    sheet: _Sheet, seen: Observed, head: Applied | None, named: Mapping[str, WitnessIds | None]
) -> None:
    last_signed = {entry.signing_key: entry.time for entry in seen.follower.entries()}
    for view in seen.producers:
        key = view.producer.signing_key
        labels = (view.witness, view.producer.name, key)
        if view.node:
            sheet.put(catalogue.PRODUCER_UP, view.node.up, *labels)
            if view.node.up and view.node.reading:
                sheet.put(catalogue.PRODUCER_HEAD_BLOCK, view.node.reading.head_number, *labels)
        ids = named[view.witness]
        if head and ids and (term := head.terms.get(ids.witness_id)):
            sheet.put(catalogue.PRODUCER_SIGNING, term.key == key, *labels)
        if head and key in last_signed:
            sheet.put(catalogue.PRODUCER_LAST_SIGNED, last_signed[key], *labels)


def _put_compared(sheet: _Sheet, producers: Sequence[ProducerView]) -> None:
    """Tell which hosts are on the longest valid chain, while a node shows which one that is."""
    for view in producers:
        if view.node and view.node.up and view.node.verdict is not Verdict.UNSYNCED:
            labels = (view.witness, view.producer.name, view.producer.signing_key)
            canonical = view.node.verdict is Verdict.CANONICAL
            sheet.put(catalogue.PRODUCER_CANONICAL, canonical, *labels)
