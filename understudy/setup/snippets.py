"""What a Prometheus and an Alertmanager that are there already need, to be pasted in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from understudy.setup.document import EXPORTER, SWITCHER
from understudy.stack.addresses import Addresses, program_at
from understudy.stack.monitoring import Access, alertmanager_configuration

_OURS = ("exporter", "switcher")
_RECEIVER, _NOTICES = "switcher", "notices"

_FOR_PROMETHEUS = """\
# For your prometheus.yml: take over the scrape jobs, with their names and intervals, and the line
# below rule_files. Start Prometheus with --rules.alert.resend-delay=5s.
"""
_FOR_ALERTMANAGER = """\
# For your alertmanager.yml: put the routes first in your route's list, and the receiver
# "{receiver}" beside your own. "{people}" stands for the receiver that tells you; use your own.
# "{notices}" is told that the watch begins, and once a week that it goes on: the same people, with
# send_resolved: false. The token's file has to be readable by Alertmanager's user, and by nobody
# else.
"""


def prometheus_snippet(shipped: Mapping[str, Any], rules: Path) -> str:
    """Return the jobs of a prometheus.yml as shipped that scrape our services, and the rules."""
    jobs = [job for job in shipped["scrape_configs"] if _scrapes_ours(job)]
    return _FOR_PROMETHEUS + _dumped({"rule_files": [f"{rules}/*.yml"], "scrape_configs": jobs})


def alertmanager_snippet(shipped: Mapping[str, Any], token: Path) -> str:
    """Return the routes and receivers of an alertmanager.yml as shipped, without its templates."""
    at = Addresses(exporter=(EXPORTER,), switcher=(SWITCHER,), alertmanager=(), prometheus=())
    whole = alertmanager_configuration(shipped, at, Access(token))
    people = whole["route"]["receiver"]
    ours = (_RECEIVER, _NOTICES)
    routes = [each for each in whole["route"]["routes"] if each.get("receiver") in ours]
    receivers = [each for each in whole["receivers"] if each["name"] in ours]
    made = {
        "route": {"receiver": people, "routes": [*routes, {"receiver": people}]},
        "receivers": [*receivers, {"name": people}],
    }
    head = _FOR_ALERTMANAGER.format(receiver=_RECEIVER, notices=_NOTICES, people=people)
    return head + _dumped(made)


def _scrapes_ours(job: Mapping[str, Any]) -> bool:
    targets = [each for group in job.get("static_configs", ()) for each in group["targets"]]
    return any(program_at(target) in _OURS for target in targets)


def _dumped(content: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(content), sort_keys=False)
