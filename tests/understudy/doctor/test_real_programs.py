"""What `understudy check` tells of a real Prometheus and a real Alertmanager."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import yaml

from switcher.settings import Policy
from tests.understudy.doctor.made import failures, read, shipped_alerts
from tests.understudy.doctor.programs import Monitoring, monitoring, until
from understudy.config import load
from understudy.doctor.ask import ask_alertmanager, ask_prometheus
from understudy.doctor.examine import examine
from understudy.doctor.finding import Finding, Level
from understudy.doctor.mutes import may_inhibit
from understudy.doctor.rules import judge_rules
from understudy.doctor.settings import Endpoint
from understudy.doctor.shipped import read_shipped
from understudy.stack import free_ports

pytestmark = [pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Monitoring]:
    async with monitoring(tmp_path_factory.mktemp("monitoring")) as made:
        yield made


async def check(path: Path, *options: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "understudy", "check", "--config", str(path), *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def found(path: Path) -> list[Finding]:
    return await examine(load(path))


def rules_of(data: Any) -> list[Any]:
    rules: list[Any] = data["groups"][0]["rules"]
    return rules


def rule_of(data: Any, name: str) -> Any:
    return next(rule for rule in rules_of(data) if rule.get("alert") == name)


async def test_all_that_is_shipped_is_fine(running: Monitoring, tmp_path: Path) -> None:
    path = running.configuration(tmp_path)
    status, out, err = await check(path)
    assert (status, err) == (0, "")
    assert "ok      rule WitnessMissingBlocks: has >= 3, as switcher.policy.missed_blocks" in out
    assert "ok      rule ProducerDown" in out
    assert "ok      scrape job understudy-exporter: up, scraped every 1 s" in out
    assert "ok      AlertPathHeartbeat: arrives" in out
    assert "ok      silences" in out
    assert "ok      inhibitions" in out
    assert "ok      routes: lead to the switcher at once" in out


async def test_the_rules_about_peers_are_as_prometheus_writes_them(running: Monitoring) -> None:
    loaded = await ask_prometheus(Endpoint(running.prometheus_url))
    findings = list(judge_rules(loaded.rules, read_shipped(peers=True).rules, Policy()))
    assert "rule PeerChainBehind" in {finding.what for finding in findings}
    assert {finding.level for finding in findings} == {Level.OK}


async def test_a_policy_that_was_changed_alone_is_a_failure(
    running: Monitoring, tmp_path: Path
) -> None:
    status, out, _ = await check(running.configuration(tmp_path, missed_blocks=5), "--json")
    answer = json.loads(out)
    (failed,) = (each for each in answer["findings"] if each["level"] == "failure")
    assert (status, answer["ok"]) == (1, False)
    assert failed["what"] == "rule WitnessMissingBlocks"
    assert failed["text"].startswith("has >= 3, and switcher.policy.missed_blocks is 5:")


async def test_rules_that_were_changed_or_dropped_are_told(
    running: Monitoring, tmp_path: Path
) -> None:
    def change(data: Any) -> None:
        rule_of(data, "WitnessMissingBlocks")["expr"] += ".5"
        rule_of(data, "ProducerDown")["for"] = "1m"
        rule_of(data, "ProducerDown")["labels"]["severity"] = "page"
        rules_of(data).remove(rule_of(data, "ProducerLagging"))

    async with running.changed("rules/actions.yml", change):
        findings = await found(running.configuration(tmp_path))
    blocks, lagging = failures(findings)
    assert blocks.startswith("rule WitnessMissingBlocks: has >= 3.5, and switcher.policy.missed_")
    assert lagging.startswith("rule ProducerLagging: Prometheus hasn't loaded it")
    down = [each for each in findings if each.what == "rule ProducerDown"]
    assert [each.level for each in down] == [Level.WARNING, Level.WARNING]
    assert {each.what for each in findings if each.level is Level.WARNING} == {"rule ProducerDown"}


async def test_a_threshold_changed_with_the_policy_is_fine(
    running: Monitoring, tmp_path: Path
) -> None:
    def change(data: Any) -> None:
        rule = rule_of(data, "WitnessMissingBlocks")
        rule["expr"] = rule["expr"].replace(">= 3", ">= 4")

    async with running.changed("rules/actions.yml", change):
        findings = await found(running.configuration(tmp_path, missed_blocks=4))
    assert {each.level for each in findings} == {Level.OK}


async def test_a_heartbeat_that_does_not_get_as_far_as_the_switcher_is_told(
    running: Monitoring, tmp_path: Path
) -> None:
    def change(data: Any) -> None:
        (rule,) = (
            rule
            for group in data["groups"]
            for rule in group["rules"]
            if rule.get("alert") == "AlertPathBroken"
        )
        rule.update(expr="vector(1)", **{"for": "0s"})

    async def told() -> bool:
        failed = failures(await found(path))
        return any(text.startswith("AlertPathBroken: fires: the heartbeat") for text in failed)

    async def no_longer_told() -> bool:
        return not await told()

    path = running.configuration(tmp_path)
    assert not await told()
    async with running.changed("rules/services.yml", change):
        await until(told)
    await until(no_longer_told)


async def test_a_silence_is_told_until_it_is_ended(running: Monitoring, tmp_path: Path) -> None:
    path = running.configuration(tmp_path)
    now = datetime.now(UTC)
    wanted = {
        "matchers": [{"name": "witness", "value": "init.*", "isRegex": True, "isEqual": True}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": "alice",
        "comment": "new disk",
    }
    async with httpx.AsyncClient(base_url=running.alertmanager_url, trust_env=False) as client:
        made = (await client.post("/api/v2/silences", json=wanted)).json()["silenceID"]
        (text,) = failures(await found(path))
        assert text.startswith(f"silence {made}: made by alice (new disk) mutes WitnessMissing")
        await client.delete(f"/api/v2/silence/{made}")
    assert failures(await found(path)) == []


INHIBITIONS = [
    "{source_match: {alertname: X}, target_match: {severity: critical}}",
    '{source_match_re: {alertname: "X|Y"}, target_match_re: {witness: "init.+"}}',
    "{source_match: {alertname: X}, target_match_re: {severity: crit}}",
    '{source_matchers: [alertname="X"], target_matchers: [action=~".+", producer!="alpha"]}',
    '{source_matchers: [alertname="X"], target_matchers: [team=""], equal: [dc]}',
    '{source_matchers: [alertname="X"], target_matchers: [team!~".*"], equal: [dc]}',
    '{source_matchers: [alertname="X"], target_matchers: [action=~".+"], equal: [severity]}',
    '{source_matchers: [alertname="X"], target_matchers: [action=~".+"], equal: [alertname]}',
    '{source_matchers: [severity="critical"], target_matchers: [severity="critical"]}',
    '{source_matchers: [alertname="X", "dc!~\\".\\""], target_matchers: ["severity!=\\"x\\""]}',
]
SOURCE = {"alertname": "X", "severity": "critical"}
CONTROL = {"alertname": "Control"}
CONTROLLED = "{source_match: {alertname: X}, target_match: {alertname: Control}}"


@pytest.mark.parametrize("text", INHIBITIONS)
async def test_alertmanager_inhibits_what_is_said_to_be_inhibited(
    running: Monitoring, text: str
) -> None:
    alerts = [dict(labels) for labels in shipped_alerts() if "action" in labels]

    def change(data: Any) -> None:
        data["inhibit_rules"] = [read(text), read(CONTROLLED)]

    async with (
        running.changed("alertmanager.yml", change),
        httpx.AsyncClient(base_url=running.alertmanager_url, trust_env=False) as client,
    ):
        posted = [{"labels": labels} for labels in (SOURCE, CONTROL, *alerts)]
        assert (await client.post("/api/v2/alerts", json=posted)).is_success

        async def inhibited() -> list[dict[str, str]]:
            answer = (await client.get("/api/v2/alerts")).json()
            return [each["labels"] for each in answer if each["status"]["inhibitedBy"]]

        async def source_fires() -> bool:
            return CONTROL in await inhibited()

        await until(source_fires)
        muted = [labels for labels in await inhibited() if "action" in labels]
        rule, _ = (await ask_alertmanager(Endpoint(running.alertmanager_url))).routing.inhibitions
    said = [labels for labels in alerts if may_inhibit(rule, labels)]
    assert sorted(muted, key=_in_turn) == sorted(said, key=_in_turn)


def _in_turn(labels: dict[str, str]) -> list[tuple[str, str]]:
    return sorted(labels.items())


async def test_an_inhibition_and_a_lost_route_are_told(running: Monitoring, tmp_path: Path) -> None:
    def change(data: Any) -> None:
        data["inhibit_rules"] = [read(INHIBITIONS[0])]
        data["time_intervals"] = [{"name": "nights", "time_intervals": [{"weekdays": ["sunday"]}]}]
        data["route"]["routes"][0]["mute_time_intervals"] = ["nights"]
        data["route"]["routes"].pop(1)

    async with running.changed("alertmanager.yml", change):
        findings = await found(running.configuration(tmp_path))
    inhibition, lost, nights = failures(findings)
    assert inhibition.startswith('inhibition {alertname="X"} of {severity="critical"}: mutes')
    assert lost.startswith("routes: WitnessMissingBlocks, ")
    assert "is mute in the times nights" in nights


async def test_programs_that_are_not_there_or_mixed_up_are_told(
    running: Monitoring, tmp_path: Path
) -> None:
    path = running.configuration(tmp_path)
    (port,) = free_ports(1)
    document = yaml.safe_load(path.read_text())
    document["monitoring"] = {
        "prometheus": f"http://127.0.0.1:{port}",
        "alertmanager": running.prometheus_url,
    }
    path.write_text(yaml.safe_dump(document))
    status, out, err = await check(path)
    assert status == 1
    assert err == ""
    prometheus, alertmanager = (line for line in out.splitlines() if line.startswith("failure "))
    assert prometheus.startswith(f"failure Prometheus http://127.0.0.1:{port}: can't be reached")
    assert alertmanager.startswith(f"failure Alertmanager {running.prometheus_url}: /api/v2/sta")
    assert "rule " not in out
