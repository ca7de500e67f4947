"""The whole look: secrets, database, voting nodes, peers, Prometheus and Alertmanager."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from chains.bitshares.canvass import canvass
from switcher.settings import Policy
from switcher.webhook import HEARTBEAT
from understudy.config import Configuration
from understudy.doctor.alertmanager import Alertmanager
from understudy.doctor.arrival import added_labels, judge_clocks, judge_heartbeats, judge_path
from understudy.doctor.ask import NoAnswerError, ask_alertmanager, ask_prometheus
from understudy.doctor.ask_peers import look_at_peers, look_at_way
from understudy.doctor.blast import judge_keys, judge_witnesses
from understudy.doctor.cluster import judge_cluster, judge_senders
from understudy.doctor.database import judge_folders, try_databases
from understudy.doctor.finding import Finding, failure
from understudy.doctor.mutes import judge_inhibitions, judge_silences
from understudy.doctor.nodes import judge_clock, judge_nodes, judge_number
from understudy.doctor.peers import judge_peers, judge_way
from understudy.doctor.prometheus import Prometheus, Rule, acting
from understudy.doctor.raised import alerts_of, subjects_of
from understudy.doctor.rings import judge_rings
from understudy.doctor.routing import judge_routes
from understudy.doctor.rules import judge_rules, window_of
from understudy.doctor.secrets import public_keys_of, secrets_of
from understudy.doctor.settings import MonitoringSettings
from understudy.doctor.shipped import Shipped, read_shipped
from understudy.doctor.targets import judge_targets


async def examine(read: Configuration, *, offline: bool = False) -> list[Finding]:
    """Look at everything that a configuration points to; `offline`, at what is on this machine.

    Raises:
        MissingFilesError: this installation lacks the rules to compare with.
    """
    here = [
        *secrets_of(read, time.time()),
        *judge_folders(read),
        judge_number(read.chain),
        *judge_rings(read.chain),
    ]
    if offline:
        return here
    database, nodes, peers, monitoring = await asyncio.gather(
        asyncio.to_thread(lambda: list(try_databases(read))),
        _nodes(read),
        _peers(read),
        _monitoring(read),
    )
    return [*here, *database, *nodes, *peers, *monitoring]


async def _nodes(read: Configuration) -> list[Finding]:
    chain, switcher = read.chain, read.switcher
    keys = await asyncio.to_thread(public_keys_of, read)
    said = await canvass(chain, keys)
    now = time.time()
    findings = [*judge_nodes(said, chain, now), *judge_clock(said, now)]
    if switcher and said.agreed:
        findings += judge_keys(said.agreed, keys, chain, switcher)
        findings += judge_witnesses(said.agreed, keys, chain, switcher)
    return findings


async def _peers(read: Configuration) -> list[Finding]:
    if read.peers is None:
        return []
    findings = list(judge_peers(await look_at_peers(read.peers), read.peers))
    if read.replica:
        findings += judge_way(await look_at_way(read.replica))
    return findings


async def _monitoring(read: Configuration) -> list[Finding]:
    if read.monitoring == MonitoringSettings():
        return []
    shipped = read_shipped(peers=read.peers is not None)
    findings, loaded = await _every_prometheus(read, shipped)
    rules = _raising(loaded, shipped.rules)
    return [*findings, *await _every_alertmanager(read, rules)]


async def _every_prometheus(
    read: Configuration, shipped: Shipped
) -> tuple[list[Finding], tuple[Rule, ...]]:
    """Return what there is to tell, and the rules that the first one that answers has loaded."""
    findings, loaded = list[Finding](), tuple[Rule, ...]()
    for endpoint in read.monitoring.prometheus:
        what = f"Prometheus {endpoint.url}"
        try:
            prometheus = await ask_prometheus(endpoint)
        except NoAnswerError as error:
            findings.append(failure(what, str(error)))
        else:
            findings += [Finding(what), *_judge_prometheus(prometheus, shipped, read)]
            loaded = loaded or prometheus.rules
    return findings, loaded


async def _every_alertmanager(read: Configuration, rules: tuple[Rule, ...]) -> list[Finding]:
    findings = list[Finding]()
    for endpoint in read.monitoring.alertmanager:
        what = f"Alertmanager {endpoint.url}"
        try:
            alertmanager = await ask_alertmanager(endpoint)
        except NoAnswerError as error:
            findings.append(failure(what, str(error)))
        else:
            findings += [Finding(what), *_judge_alertmanager(alertmanager, rules, read)]
    return findings


def _raising(loaded: tuple[Rule, ...], shipped: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Return the rules whose alerts the switcher needs, as they are loaded or else as shipped."""
    names = {rule.name for rule in loaded}
    missing = (rule for rule in shipped if rule.name not in names)
    every = (*loaded, *missing)
    return (*acting(every), *(rule for rule in every if rule.name == HEARTBEAT))


def _judge_prometheus(
    prometheus: Prometheus, shipped: Shipped, read: Configuration
) -> Iterator[Finding]:
    policy = read.switcher.policy if read.switcher else Policy()
    yield from judge_rules(prometheus.rules, shipped.rules, policy)
    yield from judge_path(prometheus.rules)
    yield from judge_clocks(prometheus.rules)
    yield from judge_targets(
        prometheus.targets,
        shipped.intervals,
        window_of(shipped.rules),
        read.switcher,
        read.exporter,
    )
    yield from judge_senders(prometheus.alertmanagers, len(read.monitoring.alertmanager))


def _judge_alertmanager(
    alertmanager: Alertmanager, rules: tuple[Rule, ...], read: Configuration
) -> Iterator[Finding]:
    yield from judge_cluster(alertmanager.members, len(read.monitoring.alertmanager))
    yield judge_heartbeats(alertmanager.heartbeats)
    added = added_labels(alertmanager.heartbeats, rules)
    alerts = alerts_of(rules, subjects_of(read.chain, read.peers), added)
    yield from judge_silences(alertmanager.silences, alerts)
    yield from judge_inhibitions(alertmanager.routing.inhibitions, alerts)
    if read.switcher:
        yield from judge_routes(alertmanager.routing, alerts, read.switcher)
