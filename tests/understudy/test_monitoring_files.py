"""Prometheus and Alertmanager run with the files that are shipped, at other addresses."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from switcher.settings import Policy
from understudy.shipped import Folder, shipped_folder
from understudy.stack.addresses import Addresses
from understudy.stack.monitoring import Access, write_monitoring
from understudy.stack.tools import Tools

ADDRESSES = Addresses(
    ("127.0.0.1:20001",), ("[::1]:20002",), ("127.0.0.1:20003",), ("127.0.0.1:20004",)
)


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    token = tmp_path / "token"
    token.write_text("secret")
    write_monitoring(shipped_folder(Folder.ALERTMANAGER), tmp_path, ADDRESSES, Access(token), "1s")
    return tmp_path


def test_every_scrape_target_is_where_its_program_listens(folder: Path) -> None:
    jobs = read(folder / "prometheus.yml")["scrape_configs"]
    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in jobs}
    assert targets == {
        "understudy-exporter": ["127.0.0.1:20001"],
        "understudy-switcher": ["[::1]:20002"],
        "alertmanager": ["127.0.0.1:20003"],
        "prometheus": ["127.0.0.1:20004"],
    }


def test_alerts_go_to_our_alertmanager_and_from_there_to_the_switcher(folder: Path) -> None:
    (alertmanager,) = read(folder / "prometheus.yml")["alerting"]["alertmanagers"]
    assert alertmanager["static_configs"] == [{"targets": ["127.0.0.1:20003"]}]
    receivers = {each["name"]: each for each in read(folder / "alertmanager.yml")["receivers"]}
    (webhook,) = receivers["switcher"]["webhook_configs"]
    assert webhook["url"] == "http://[::1]:20002/alerts"
    credentials = webhook["http_config"]["authorization"]
    assert credentials == {"type": "Bearer", "credentials_file": str(folder / "token")}


def test_alertmanager_finds_its_token_where_the_switcher_listens_as_shipped(tmp_path: Path) -> None:
    shipped = Addresses(*((f"127.0.0.1:{port}",) for port in (9877, 9878, 9093, 9090)))
    write_monitoring(
        shipped_folder(Folder.ALERTMANAGER), tmp_path, shipped, Access(tmp_path / "token"), None
    )
    (switcher,) = (
        each
        for each in read(tmp_path / "alertmanager.yml")["receivers"]
        if each["name"] == "switcher"
    )
    (webhook,) = switcher["webhook_configs"]
    assert webhook["url"] == "http://127.0.0.1:9878/alerts"
    credentials = webhook["http_config"]["authorization"]["credentials_file"]
    assert credentials == str(tmp_path / "token")


def test_everything_is_scraped_and_evaluated_as_often_as_asked(folder: Path) -> None:
    prometheus = read(folder / "prometheus.yml")
    assert prometheus["global"]["scrape_interval"] == "1s"
    assert prometheus["global"]["evaluation_interval"] == "1s"
    assert not any("scrape_interval" in job for job in prometheus["scrape_configs"])
    files = list((folder / "rules").glob("*.yml"))
    groups = [group for path in files for group in read(path)["groups"]]
    assert groups
    assert {group["interval"] for group in groups} == {"1s"}


def test_without_an_interval_the_shipped_ones_stay(tmp_path: Path) -> None:
    shipped = shipped_folder(Folder.ALERTMANAGER)
    write_monitoring(shipped, tmp_path, ADDRESSES, Access(tmp_path / "token"), None)
    for path in sorted((shipped / "rules").glob("*.yml")):
        assert read(tmp_path / "rules" / path.name) == read(path)
    ours, theirs = read(tmp_path / "prometheus.yml"), read(shipped / "prometheus.yml")
    assert ours["global"] == {**theirs["global"], "external_labels": {"replica": "prometheus"}}


def test_thresholds_are_those_of_the_policy(tmp_path: Path) -> None:
    policy, access = Policy(missed_blocks=5, head_lag=7), Access(tmp_path / "token")
    write_monitoring(shipped_folder(Folder.ALERTMANAGER), tmp_path, ADDRESSES, access, None, policy)
    (group,) = read(tmp_path / "rules" / "actions.yml")["groups"]
    rules = {rule.get("alert", ""): rule["expr"] for rule in group["rules"]}
    assert rules["WitnessMissingBlocks"].endswith(">= 5")
    assert "producer:head_lag:blocks >= 7" in rules["ProducerLagging"]
    assert "-producer:head_lag:blocks >= 7" in rules["ProducerForked"]
    shipped = read(shipped_folder(Folder.ALERTMANAGER) / "rules" / "actions.yml")["groups"][0][
        "rules"
    ]
    assert rules["ProducerDown"] in [rule["expr"] for rule in shipped]


def test_routes_are_those_that_are_shipped(folder: Path) -> None:
    shipped = read(shipped_folder(Folder.ALERTMANAGER) / "alertmanager.yml")
    assert read(folder / "alertmanager.yml")["route"] == shipped["route"]


@pytest.fixture
def several(tmp_path: Path) -> Path:
    token = tmp_path / "token"
    token.write_text("secret")
    two, three = ("127.0.0.1:20005", "127.0.0.1:20006"), ("127.0.0.1:1", "127.0.0.1:2", "[::1]:3")
    addresses = Addresses(("127.0.0.1:20001",), ("127.0.0.1:20002", "[::1]:20003"), three, two)
    write_monitoring(shipped_folder(Folder.ALERTMANAGER), tmp_path, addresses, Access(token), "1s")
    return tmp_path


def test_each_of_several_prometheus_scrapes_all_and_sends_to_all(several: Path) -> None:
    for name in ("prometheus", "prometheus-2"):
        made = read(several / f"{name}.yml")
        targets = {
            job["job_name"]: job["static_configs"][0]["targets"] for job in made["scrape_configs"]
        }
        assert targets["understudy-switcher"] == ["127.0.0.1:20002", "[::1]:20003"]
        assert targets["prometheus"] == ["127.0.0.1:20005", "127.0.0.1:20006"]
        (told,) = made["alerting"]["alertmanagers"]
        assert told["static_configs"][0]["targets"] == targets["alertmanager"]
        assert len(targets["alertmanager"]) == 3


def test_several_prometheus_differ_in_a_label_that_alerts_lose(several: Path) -> None:
    one, other = (read(several / f"{name}.yml") for name in ("prometheus", "prometheus-2"))
    labels = [made["global"].pop("external_labels") for made in (one, other)]
    assert labels == [{"replica": "prometheus"}, {"replica": "prometheus-2"}]
    assert one == other
    dropped = {"action": "labeldrop", "regex": "replica"}
    assert one["alerting"]["alert_relabel_configs"] == [dropped]


def test_alertmanager_delivers_to_each_switcher(several: Path) -> None:
    receivers = {each["name"]: each for each in read(several / "alertmanager.yml")["receivers"]}
    webhooks = receivers["switcher"]["webhook_configs"]
    urls = [webhook["url"] for webhook in webhooks]
    assert urls == ["http://127.0.0.1:20002/alerts", "http://[::1]:20003/alerts"]
    files = {webhook["http_config"]["authorization"]["credentials_file"] for webhook in webhooks}
    assert files == {str(several / "token")}
    assert all(webhook["send_resolved"] for webhook in webhooks)


@pytest.mark.parametrize("files", ["folder", "several"])
def test_the_real_checkers_accept_what_is_written(
    request: pytest.FixtureRequest, files: str
) -> None:
    folder: Path = request.getfixturevalue(files)
    programs = Tools.find().prometheus.parent
    commands: list[list[str | Path]] = [
        [programs / "promtool", "check", "config", folder / "prometheus.yml"],
        [programs / "amtool", "check-config", folder / "alertmanager.yml"],
    ]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
