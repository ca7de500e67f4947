"""The configuration of Prometheus and Alertmanager, as it is shipped, for other addresses."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import yaml

_SHIPPED_ADDRESSES = {
    "exporter": 9877,
    "switcher": 9878,
    "alertmanager": 9093,
    "prometheus": 9090,
}
"""The ports by which the shipped files name each program, on 127.0.0.1 or localhost."""

_SWITCHER_JOB = "understudy-switcher"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where each program listens, as HOST:PORT."""

    exporter: str
    switcher: str
    alertmanager: str
    prometheus: str

    def moved(self, address: str) -> str:
        """Return where the program with a shipped address really is; other addresses stay."""
        name = _program_at(address)
        return str(getattr(self, name)) if name else address


@dataclass(frozen=True, slots=True)
class Access:
    """How Alertmanager and Prometheus get into the switcher: files with their tokens.

    With `certificate` (a file) they speak HTTPS and trust it; where it doesn't stand for the
    address at which they reach the switcher, `server_name` is one of the names that it stands for.
    """

    alerts_token: Path
    read_token: Path | None = None
    certificate: Path | None = None
    server_name: str | None = None

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
            made["tls_config"] = {"ca_file": str(self.certificate)}
            if self.server_name:
                made["tls_config"]["server_name"] = self.server_name
        return made


def _program_at(address: str) -> str | None:
    host, _, port = address.rpartition(":")
    if host not in ("127.0.0.1", "localhost"):
        return None
    return next((n for n, shipped in _SHIPPED_ADDRESSES.items() if port == str(shipped)), None)


def prometheus_configuration(
    shipped: Mapping[str, Any], addresses: Addresses, access: Access, interval: str | None
) -> dict[str, Any]:
    """Return prometheus.yml for these addresses.

    With an `interval` (such as "1s") everything is scraped and evaluated that often.
    """
    made = copy.deepcopy(dict(shipped))
    jobs = made.get("scrape_configs", [])
    notified = made.get("alerting", {}).get("alertmanagers", [])
    for job in jobs:
        if job["job_name"] == _SWITCHER_JOB and access.read_token:
            job.update(scheme=access.scheme, **access.http(access.read_token))
    for holder in (*jobs, *notified):
        for group in holder.get("static_configs", []):
            group["targets"] = [addresses.moved(target) for target in group["targets"]]
    if interval:
        made.setdefault("global", {}).update(
            scrape_interval=interval, scrape_timeout=interval, evaluation_interval=interval
        )
        for job in jobs:
            job.pop("scrape_interval", None)
            job.pop("scrape_timeout", None)
    return made


def rules(shipped: Mapping[str, Any], interval: str | None) -> dict[str, Any]:
    """Return a file of rules, each group evaluated at an interval, or at its own without one."""
    made = copy.deepcopy(dict(shipped))
    if interval:
        for group in made.get("groups", []):
            group["interval"] = interval
    return made


def alertmanager_configuration(
    shipped: Mapping[str, Any], addresses: Addresses, access: Access
) -> dict[str, Any]:
    """Return alertmanager.yml for these addresses."""
    made = copy.deepcopy(dict(shipped))
    for receiver in made.get("receivers", []):
        for webhook in receiver.get("webhook_configs", []):
            parts = urlsplit(webhook.get("url", ""))
            if _program_at(parts.netloc) == "switcher":
                moved = addresses.moved(parts.netloc)
                webhook["url"] = urlunsplit(parts._replace(scheme=access.scheme, netloc=moved))
                webhook.setdefault("http_config", {}).update(access.http(access.alerts_token))
    return made


def write_monitoring(
    shipped: Path, folder: Path, addresses: Addresses, access: Access, interval: str | None
) -> None:
    """Write prometheus.yml, rules/*.yml and alertmanager.yml into a folder."""
    shipped_prometheus = _read(shipped / "prometheus.yml")
    prometheus = prometheus_configuration(shipped_prometheus, addresses, access, interval)
    alertmanager = alertmanager_configuration(
        _read(shipped / "alertmanager.yml"), addresses, access
    )
    _write(folder / "prometheus.yml", prometheus)
    _write(folder / "alertmanager.yml", alertmanager)
    (folder / "rules").mkdir(exist_ok=True)
    for path in sorted((shipped / "rules").glob("*.yml")):
        _write(folder / "rules" / path.name, rules(_read(path), interval))
    if (shipped / "templates").is_dir():
        shutil.copytree(shipped / "templates", folder / "templates", dirs_exist_ok=True)


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(content), sort_keys=False), encoding="utf-8")
