"""The configuration of Prometheus and Alertmanager, as it is shipped, for other addresses."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import yaml

from switcher.settings import Policy
from understudy.doctor.thresholds import fitted
from understudy.stack.addresses import Addresses, program_at
from understudy.stack.settings import numbered

_REPLICA = "replica"
"""The label that tells several Prometheus apart; the shipped file drops it from alerts."""

_SWITCHER_JOB, _EXPORTER_JOB = "understudy-switcher", "understudy-exporter"


@dataclass(frozen=True, slots=True)
class WayIn:
    """How Prometheus gets into the exporter, where that has a certificate or asks for a password.

    `certificate` is a file, `server_name` one of the names that it stands for where it doesn't
    stand for the address.
    """

    certificate: Path | None = None
    server_name: str | None = None
    user: str | None = None
    password: Path | None = None

    def of_job(self) -> dict[str, Any]:
        """Return what the scrape job needs beside its targets."""
        made: dict[str, Any] = {}
        if self.certificate:
            made = {"scheme": "https", "tls_config": _trusting(self.certificate, self.server_name)}
        if self.user:
            made["basic_auth"] = {"username": self.user, "password_file": str(self.password)}
        return made


@dataclass(frozen=True, slots=True)
class Access:
    """How Alertmanager and Prometheus get into the switcher: files with their tokens.

    With `certificate` (a file) they speak HTTPS and trust it; where it doesn't stand for the
    address at which they reach the switcher, `server_name` is one of the names that it stands for.
    `exporter` is the way into that.
    """

    alerts_token: Path
    read_token: Path | None = None
    certificate: Path | None = None
    server_name: str | None = None
    exporter: WayIn = field(default_factory=WayIn)

    @property
    def scheme(self) -> str:
        """How the switcher is spoken to: "http" or "https"."""
        return "https" if self.certificate else "http"

    def http(self, token: Path) -> dict[str, Any]:
        """Return what both call an HTTP configuration, with one of the tokens."""
        made: dict[str, Any] = {
            "authorization": {"type": "Bearer", "credentials_file": str(token)},
        }
        if self.certificate:
            made["tls_config"] = _trusting(self.certificate, self.server_name)
        return made


def _trusting(certificate: Path, server_name: str | None) -> dict[str, str]:
    made = {"ca_file": str(certificate)}
    return made | {"server_name": server_name} if server_name else made


def prometheus_configuration(
    shipped: Mapping[str, Any],
    addresses: Addresses,
    access: Access,
    interval: str | None,
    replica: str,
) -> dict[str, Any]:
    """Return prometheus.yml for these addresses, which calls its Prometheus `replica`.

    With an `interval` (such as "1s") everything is scraped and evaluated that often.
    """
    made = copy.deepcopy(dict(shipped))
    jobs = made.get("scrape_configs", [])
    notified = made.get("alerting", {}).get("alertmanagers", [])
    for job in jobs:
        if job["job_name"] == _SWITCHER_JOB and access.read_token:
            job.update(scheme=access.scheme, **access.http(access.read_token))
        if job["job_name"] == _EXPORTER_JOB:
            job.update(access.exporter.of_job())
    for holder in (*jobs, *notified):
        for group in holder.get("static_configs", []):
            targets = (addresses.moved(target) for target in group["targets"])
            group["targets"] = [address for moved in targets for address in moved]
    made.setdefault("global", {}).setdefault("external_labels", {})[_REPLICA] = replica
    if interval:
        made["global"].update(
            scrape_interval=interval, scrape_timeout=interval, evaluation_interval=interval
        )
        for job in jobs:
            job.pop("scrape_interval", None)
            job.pop("scrape_timeout", None)
    return made


def rules(
    shipped: Mapping[str, Any], interval: str | None, policy: Policy | None
) -> dict[str, Any]:
    """Return a file of rules, with the thresholds of a policy if there is one.

    Each group is evaluated at the interval, or at its own without one.
    """
    made = copy.deepcopy(dict(shipped))
    for group in made.get("groups", []):
        if interval:
            group["interval"] = interval
        for rule in group["rules"]:
            if policy:
                rule["expr"] = fitted(rule.get("alert", ""), rule["expr"], policy)
    return made


def alertmanager_configuration(
    shipped: Mapping[str, Any], addresses: Addresses, access: Access
) -> dict[str, Any]:
    """Return alertmanager.yml for these addresses."""
    made = copy.deepcopy(dict(shipped))
    for receiver in made.get("receivers", []):
        if "webhook_configs" in receiver:
            shipped_ones = receiver["webhook_configs"]
            receiver["webhook_configs"] = [
                each for webhook in shipped_ones for each in _webhooks(webhook, addresses, access)
            ]
    return made


def _webhooks(
    shipped: Mapping[str, Any], addresses: Addresses, access: Access
) -> Iterator[Mapping[str, Any]]:
    """Yield a webhook to each switcher for the one that is shipped, and any other as it is."""
    parts = urlsplit(shipped.get("url", ""))
    if program_at(parts.netloc) != "switcher":
        yield shipped
        return
    for address in addresses.moved(parts.netloc):
        url = urlunsplit(parts._replace(scheme=access.scheme, netloc=address))
        http = {**shipped.get("http_config", {}), **access.http(access.alerts_token)}
        yield {**shipped, "url": url, "http_config": http}


def write_monitoring(
    shipped: Path,
    folder: Path,
    addresses: Addresses,
    access: Access,
    interval: str | None,
    policy: Policy | None = None,
) -> None:
    """Write rules/*.yml, an alertmanager.yml, and prometheus.yml for each Prometheus.

    Without a policy the rules have the shipped thresholds.
    """
    prometheus = _read(shipped / "prometheus.yml")
    for index, _ in enumerate(addresses.prometheus):
        name = numbered("prometheus", index)
        made = prometheus_configuration(prometheus, addresses, access, interval, name)
        _write(folder / f"{name}.yml", made)
    alertmanager = alertmanager_configuration(
        _read(shipped / "alertmanager.yml"), addresses, access
    )
    _write(folder / "alertmanager.yml", alertmanager)
    (folder / "rules").mkdir(exist_ok=True)
    for path in sorted((shipped / "rules").glob("*.yml")):
        _write(folder / "rules" / path.name, rules(_read(path), interval, policy))
    if (shipped / "templates").is_dir():
        shutil.copytree(shipped / "templates", folder / "templates", dirs_exist_ok=True)


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(content), sort_keys=False), encoding="utf-8")
