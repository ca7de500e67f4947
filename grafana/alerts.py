"""The alerts that are shipped, and what is shown of those that fire.

They are asked for by name: another's Prometheus may have alerts of its own about other things.
"""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard

from grafana.panels import NONE, About, timeline
from grafana.queries import Query, alerts, lately
from grafana.rules import files
from grafana.words import ALERT

_SIGNS_OF_LIFE = "notices.yml"
_ALWAYS = "AlertPathHeartbeat"
_WHOSE = "alertname, witness, node, peer"


def named(*names: str) -> str:
    """Return a pattern of the names of the alerts in some files of rules, without signs of life."""
    found = dict.fromkeys(rule["alert"] for name in names for rule in files()[name])
    return "|".join(name for name in found if name != _ALWAYS)


def _every() -> str:
    return named(*(name for name in files() if name != _SIGNS_OF_LIFE))


def firing() -> dashboard.Panel:
    """Return a band for each alert that fired, and one that says that none did.

    That one is there only while the heartbeat fires, so that rules are evaluated.
    """
    every = _every()
    by_severity = (
        f"{state.figure} * {alerts(_WHOSE, alertname=every, severity=state.word)}"
        for state in ALERT[1:]
    )
    ours = f'ALERTS{{alertstate="firing", alertname=~"{every}"}}'
    heartbeat = f'ALERTS{{alertstate="firing", alertname="{_ALWAYS}"}}'
    quiet = f"{lately('alertname', heartbeat)} * 0 unless on () {lately('', ours)}"
    none = f'label_replace({quiet}, "alertname", "no alert fires", "", "")'
    about = About(
        "Alerts",
        "What fired, by its severity; each alert's runbook has its name. A gap: Prometheus doesn't "
        "evaluate the rules.",
        "AlertPathHeartbeat",
        NONE,
    )
    told = " or ".join((*by_severity, none))
    return timeline(about, Query(told, "{{alertname}} {{witness}}{{node}}{{peer}}"), ALERT)
