"""Whether Prometheus scrapes exporter and switcher, and often enough. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from exporter.settings import ExporterSettings
from serving.tls import TlsFiles
from switcher.settings import SwitcherSettings
from understudy.doctor.finding import Finding, failure, warning
from understudy.doctor.prometheus import Target

_FEEDS_RULES, _OF_SWITCHER = "understudy-exporter", "understudy-switcher"
_TOKEN = "a token of scope read as authorization.credentials_file"  # noqa: S105 - no token
_USER = "a user of exporter.users_file as basic_auth"
_TO_MEND = "start it, or mend its address"


def judge_targets(
    targets: Iterable[Target],
    intervals: Mapping[str, float],
    window: float,
    switcher: SwitcherSettings | None = None,
    exporter: ExporterSettings | None = None,
) -> Iterator[Finding]:
    """Yield what is wrong with each of our jobs.

    `intervals` (s) are the shipped ones, by job; the rules look back for `window` seconds at least.
    """
    targets = tuple(targets)
    ways_in = {_FEEDS_RULES: _into_exporter(exporter), _OF_SWITCHER: _into_switcher(switcher)}
    for job, interval in intervals.items():
        found = [target for target in targets if target.job == job]
        felt = window if job == _FEEDS_RULES else math.inf
        yield from _job(f"scrape job {job}", found, interval, felt, ways_in.get(job, ""))


def _into_exporter(exporter: ExporterSettings | None) -> str:
    return _way_in(exporter.tls, _USER if exporter.users_file else "") if exporter else ""


def _into_switcher(switcher: SwitcherSettings | None) -> str:
    return _way_in(switcher.tls, _TOKEN if switcher.exposed else "") if switcher else ""


def _way_in(tls: TlsFiles | None, credentials: str) -> str:
    """Return what a job needs in order to be let in."""
    needed = [
        *(["scheme: https and the certificate as tls_config.ca_file"] if tls else []),
        *([credentials] if credentials else []),
    ]
    return f"give the job {' and '.join(needed)}" if needed else ""


def _job(
    what: str, targets: Sequence[Target], interval: float, window: float, way_in: str
) -> Iterator[Finding]:
    if not targets:
        text = "Prometheus has no target of it; take the job over from alertmanager/prometheus.yml"
        yield failure(what, text)
        return
    states = [target.health for target in targets]
    slowest = max(target.interval for target in targets)
    for target in targets:
        if target.health == "down":
            remedy = f"start it, mend its address, or {way_in}" if way_in else _TO_MEND
            text = f"{target.url} is down ({target.last_error}); {remedy}"
            yield warning(what, text) if "up" in states else failure(what, text)
    if set(states) == {"unknown"}:
        yield failure(what, "has not been scraped yet; ask again in some seconds")
    if slowest > interval:
        yield _slow(what, slowest, interval, window)
    elif set(states) == {"up"}:
        yield Finding(what, text=f"up, scraped every {slowest:g} s")


def _slow(what: str, slowest: float, interval: float, window: float) -> Finding:
    text = f"is scraped every {slowest:g} s (shipped: {interval:g} s)"
    remedy = f"set scrape_interval: {interval:g}s in the job"
    if slowest >= window:
        text += f", and rules look back for {window:g} s: they see gaps and don't fire"
        return failure(what, f"{text}; {remedy}")
    more = slowest - interval
    text += f": a failure is seen {more / 2:g} s later on average, {more:g} s at worst"
    return warning(what, f"{text}; {remedy}")
