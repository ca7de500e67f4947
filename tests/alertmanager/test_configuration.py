"""The shipped configurations of Prometheus and Alertmanager, judged by their own tools."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from .samples import SAMPLE, with_samples
from .tools import FOLDER, run

KINDS = ("telegram_configs", "email_configs", "slack_configs", "webhook_configs")


def _configuration(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text())


def _routed_to(configuration: Path, *labels: str) -> list[str]:
    printed = run("amtool", "config", "routes", "test", f"--config.file={configuration}", *labels)
    return printed.splitlines()[0].split(",")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the templates, beside which a configuration finds them."""
    shutil.copytree(FOLDER / "templates", tmp_path / "templates")
    return tmp_path


@pytest.fixture(params=["as shipped", "with its samples"])
def alertmanager_yml(request: pytest.FixtureRequest, folder: Path) -> Path:
    if request.param == "as shipped":
        return FOLDER / "alertmanager.yml"
    path = folder / "alertmanager.yml"
    path.write_text(with_samples("alertmanager.yml"))
    return path


def test_amtool_accepts_the_configuration(alertmanager_yml: Path) -> None:
    assert "SUCCESS" in run("amtool", "check-config", alertmanager_yml)


def test_the_samples_are_real_settings(tmp_path: Path) -> None:
    sampled = yaml.safe_load(with_samples("alertmanager.yml"))
    named = {each.pop("name"): each for each in sampled["receivers"]}
    assert set(named["people"]) == set(KINDS)
    for kind, (settings,) in named["people"].items():
        assert settings["send_resolved"] is True
        assert named["notices"][kind] == [{**settings, "send_resolved": False}]


def _with_one_kind(kind: str) -> str:
    """Return alertmanager.yml with the samples of one kind of receiver switched on."""
    lines, on = [], False
    for line in (FOLDER / "alertmanager.yml").read_text().splitlines():
        begins = line.strip().endswith("_configs:")
        on = line.strip() == f"# {kind}:" if begins else on and bool(SAMPLE.match(line))
        lines.append(SAMPLE.sub(r"\1\2", line) if on else line)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_receiver_can_be_switched_on_alone(kind: str, folder: Path) -> None:
    path = folder / "alertmanager.yml"
    path.write_text(_with_one_kind(kind))
    told = {each.pop("name"): set(each) for each in yaml.safe_load(path.read_text())["receivers"]}
    assert told == {"switcher": {"webhook_configs"}, "people": {kind}, "notices": {kind}}
    printed = run("amtool", "check-config", path)
    assert "SUCCESS" in printed
    assert "1 templates" in printed


def test_the_sampled_second_switcher_is_told_as_the_first_is() -> None:
    receivers = yaml.safe_load(with_samples("alertmanager.yml"))["receivers"]
    one, other = next(r for r in receivers if r["name"] == "switcher")["webhook_configs"]
    assert other == {**one, "url": "https://10.9.0.2:9878/alerts"}


def test_promtool_accepts_the_configuration() -> None:
    assert "SUCCESS" in run("promtool", "check", "config", "prometheus.yml")


def test_promtool_accepts_the_samples_of_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "prometheus.yml"
    path.write_text(with_samples("prometheus.yml"))
    sampled = yaml.safe_load(path.read_text())
    assert sampled["global"]["external_labels"] == {"replica": "a"}
    assert sampled["alerting"]["alert_relabel_configs"] == [
        {"action": "labeldrop", "regex": "replica"}
    ]
    (told,) = sampled["alerting"]["alertmanagers"]
    assert len([target for group in told["static_configs"] for target in group["targets"]]) == 3
    assert "SUCCESS" in run("promtool", "check", "config", "--syntax-only", path)


def test_an_action_alert_goes_to_the_switcher_and_to_people(alertmanager_yml: Path) -> None:
    receivers = _routed_to(
        alertmanager_yml,
        "alertname=WitnessMissingBlocks",
        "action=rotate_signing_key",
        "severity=critical",
        "witness=init0",
        "signing_key=BTSa",
    )
    assert receivers == ["switcher", "people"]


def test_any_other_alert_goes_to_people_only(alertmanager_yml: Path) -> None:
    assert _routed_to(alertmanager_yml, "alertname=NodeDown", "node=eu") == ["people"]


@pytest.mark.parametrize("name", ["WatchBegins", "StillWatching"])
def test_a_notice_goes_to_people_without_its_end(alertmanager_yml: Path, name: str) -> None:
    assert _routed_to(alertmanager_yml, f"alertname={name}", "severity=info") == ["notices"]


def test_the_heartbeat_goes_to_the_switcher_and_wakes_nobody() -> None:
    heartbeat = ("alertname=AlertPathHeartbeat", "severity=none")
    assert _routed_to(FOLDER / "alertmanager.yml", *heartbeat) == ["switcher"]


def test_the_sampled_heartbeat_goes_to_an_outside_service_too(tmp_path: Path) -> None:
    path = tmp_path / "alertmanager.yml"
    path.write_text(with_samples("alertmanager.yml"))
    heartbeat = ("alertname=AlertPathHeartbeat", "severity=none")
    assert _routed_to(path, *heartbeat) == ["switcher", "heartbeat"]


def test_the_route_to_the_switcher_is_quick_and_keeps_alerts_apart() -> None:
    routes = _configuration("alertmanager.yml")["route"]["routes"]
    action = next(route for route in routes if route["matchers"] == ['action=~".+"'])
    assert action == {
        "matchers": ['action=~".+"'],
        "receiver": "switcher",
        "continue": True,
        "group_by": ["..."],
        "group_wait": "0s",
        "group_interval": "5s",
        "repeat_interval": "15s",
    }


def test_the_switcher_is_told_the_token_by_file_and_hears_of_ends() -> None:
    receivers = _configuration("alertmanager.yml")["receivers"]
    webhook = next(r for r in receivers if r["name"] == "switcher")["webhook_configs"][0]
    assert webhook["send_resolved"] is True
    assert webhook["max_alerts"] == 100
    authorization = webhook["http_config"]["authorization"]
    assert authorization["type"] == "Bearer"
    assert set(authorization) == {"type", "credentials_file"}


def test_our_jobs_are_scraped_often_whatever_the_rest_is() -> None:
    jobs = {j["job_name"]: j for j in _configuration("prometheus.yml")["scrape_configs"]}
    assert set(jobs) == {"understudy-exporter", "understudy-switcher", "alertmanager", "prometheus"}
    for name in ("understudy-exporter", "understudy-switcher"):
        assert jobs[name]["scrape_interval"] == "2s"


def test_the_sampled_seed_nodes_are_asked_through_the_prober() -> None:
    jobs = {
        j["job_name"]: j for j in yaml.safe_load(with_samples("prometheus.yml"))["scrape_configs"]
    }
    job = jobs["understudy-seed-nodes"]
    (group,) = job["static_configs"]
    assert len(group["targets"]) == 3
    (module,) = job["params"]["module"]
    assert _configuration("blackbox.yml")["modules"][module]["prober"] == "tcp"
    assert {rule["target_label"] for rule in job["relabel_configs"]} == {
        "__param_target",
        "instance",
        "__address__",
    }
