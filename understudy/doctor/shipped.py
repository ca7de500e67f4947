"""The rules and scrape intervals that come along with this version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from switcher.webhook import HEARTBEAT
from understudy.doctor.prometheus import Groups, Rule, Scraping, acting
from understudy.doctor.raised import told_apart
from understudy.shipped import Folder, shipped_folder


@dataclass(frozen=True, slots=True)
class Shipped:
    """What the switcher needs of Prometheus, with or without a peer chain.

    `rules` are those upon whose alerts it acts with what they build upon, and the heartbeat's;
    `intervals` say how often our jobs are scraped, in seconds.
    """

    rules: tuple[Rule, ...]
    intervals: Mapping[str, float]


def read_shipped(*, peers: bool = True) -> Shipped:
    """Read the files that come along; without `peers` no rule about these is needed.

    Raises:
        MissingFilesError: this installation has none.
    """
    folder = shipped_folder(Folder.ALERTMANAGER)
    files = (_read(path) for path in sorted((folder / "rules").glob("*.yml")))
    rules = [rule for file in files for rule in Groups.model_validate(file).all_rules()]
    needed = acting(rule for rule in rules if peers or "peer" not in told_apart(rule))
    groups = {rule.group for rule in needed}
    jobs = Scraping.model_validate(_read(folder / "prometheus.yml")).jobs
    return Shipped(
        rules=tuple(rule for rule in rules if rule.group in groups or rule.name == HEARTBEAT),
        intervals={
            job.name: job.interval
            for job in jobs
            if job.name.startswith("understudy-") and job.interval
        },
    )


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
