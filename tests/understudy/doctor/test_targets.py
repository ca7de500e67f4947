"""What an operator is told of the scraping of exporter and switcher."""

from __future__ import annotations

from pathlib import Path

import pytest

from exporter.settings import ExporterSettings
from serving.tls import TlsFiles
from switcher.settings import KeyFileSigner, SwitcherSettings
from tests.understudy.doctor.made import SHIPPED, failures, warnings
from understudy.doctor.finding import Level
from understudy.doctor.prometheus import Target
from understudy.doctor.rules import window_of
from understudy.doctor.targets import judge_targets

EXPORTER, SWITCHER = "understudy-exporter", "understudy-switcher"
WINDOW = window_of(SHIPPED.rules)


def target(job: str, health: str = "up", interval: str = "2s") -> Target:
    return Target.model_validate(
        {
            "labels": {"job": job},
            "scrapeUrl": "http://127.0.0.1:9877/metrics",
            "health": health,
            "lastError": "connection refused" if health == "down" else "",
            "scrapeInterval": interval,
        }
    )


def test_two_jobs_that_are_scraped_as_shipped_are_fine() -> None:
    targets = [target(EXPORTER), target(SWITCHER)]
    findings = list(judge_targets(targets, SHIPPED.intervals, WINDOW))
    assert [finding.what for finding in findings] == [
        f"scrape job {EXPORTER}",
        f"scrape job {SWITCHER}",
    ]
    assert {finding.level for finding in findings} == {Level.OK}


TABLE = [
    ([], Level.FAILURE, "Prometheus has no target of it"),
    ([target("node")], Level.FAILURE, "Prometheus has no target of it"),
    ([target(SWITCHER, "down")], Level.FAILURE, "is down (connection refused)"),
    ([target(SWITCHER, "unknown")], Level.FAILURE, "has not been scraped yet"),
    ([target(SWITCHER), target(SWITCHER, "down")], Level.WARNING, "is down"),
    ([target(SWITCHER, interval="15s")], Level.WARNING, "6.5 s later on average, 13 s at worst"),
    ([target(SWITCHER), target(SWITCHER, interval="1m")], Level.WARNING, "29 s later on average"),
    ([target(SWITCHER, interval="500ms")], Level.OK, "scraped every 0.5 s"),
]


@pytest.mark.parametrize(("targets", "level", "expected"), TABLE)
def test_each_trouble_with_a_job(targets: list[Target], level: Level, expected: str) -> None:
    (finding,) = judge_targets(targets, {SWITCHER: 2}, WINDOW)
    assert finding.level is level
    assert expected in finding.text


def test_a_switcher_that_others_may_ask_lets_nobody_in_without_tls_and_token() -> None:
    tls = TlsFiles(Path("c"), Path("k"))
    key = KeyFileSigner(Path("key"))
    switcher = SwitcherSettings(Path("tokens"), "sqlite:///x.db", key, host="0.0.0.0", tls=tls)
    targets = [target(EXPORTER, "down"), target(SWITCHER, "down")]
    exporter, refused = failures(judge_targets(targets, SHIPPED.intervals, WINDOW, switcher))
    assert exporter.endswith("; start it, or mend its address")
    assert "scheme: https and the certificate as tls_config.ca_file" in refused
    assert "a token of scope read as authorization.credentials_file" in refused


def test_an_exporter_with_a_certificate_and_users_wants_both_of_its_job() -> None:
    settings = ExporterSettings(tls=TlsFiles(Path("c"), Path("k")), users_file=Path("users"))
    (refused,) = failures(
        judge_targets([target(EXPORTER, "down")], {EXPORTER: 2}, WINDOW, exporter=settings)
    )
    assert "scheme: https and the certificate as tls_config.ca_file" in refused
    assert "a user of exporter.users_file as basic_auth" in refused


@pytest.mark.parametrize(("interval", "fires"), [("5s", True), ("6s", False), ("15s", False)])
def test_an_exporter_that_is_scraped_too_seldom_for_the_rules(interval: str, fires: bool) -> None:
    findings = list(judge_targets([target(EXPORTER, interval=interval)], {EXPORTER: 2}, WINDOW))
    (text,) = warnings(findings) if fires else failures(findings)
    assert ("rules look back for 6 s" in text) is not fires
    assert "set scrape_interval: 2s in the job" in text
