"""What an operator is told of the routes from Alertmanager to the switcher."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from serving.tls import TlsFiles
from switcher.settings import KeyFileSigner, SwitcherSettings
from tests.alertmanager.tools import FOLDER
from tests.understudy.doctor.made import failures, read, shipped_alerts, warnings
from understudy.doctor.alertmanager import Routing
from understudy.doctor.finding import Finding, Level
from understudy.doctor.routing import judge_routes

ALERTS = shipped_alerts()
SWITCHER = SwitcherSettings(Path("tokens"), "sqlite:///x.db", KeyFileSigner(Path("key")))
HEARTBEAT, ACTION = 0, 1
"""The places of the two routes in the shipped list."""


@pytest.fixture
def shipped() -> Any:
    return read((FOLDER / "alertmanager.yml").read_text())


def judged(configuration: Any, switcher: SwitcherSettings = SWITCHER) -> list[Finding]:
    return list(judge_routes(Routing.model_validate(configuration), ALERTS, switcher))


def route(configuration: Any, place: int) -> Any:
    return configuration["route"]["routes"][place]


def webhook(configuration: Any) -> Any:
    return configuration["receivers"][0]["webhook_configs"][0]


def test_the_shipped_routes_lead_to_the_switcher_at_once(shipped: Any) -> None:
    assert judged(shipped) == [Finding("routes", text="lead to the switcher at once")]


def test_older_ways_of_writing_a_condition_lead_there_too(shipped: Any) -> None:
    del route(shipped, HEARTBEAT)["matchers"]
    route(shipped, HEARTBEAT)["match"] = {"alertname": "AlertPathHeartbeat"}
    del route(shipped, ACTION)["matchers"]
    route(shipped, ACTION)["match_re"] = {"action": ".+"}
    assert {each.level for each in judged(shipped)} == {Level.OK}


def test_alerts_that_no_route_leads_to_a_webhook_are_named(shipped: Any) -> None:
    del shipped["route"]["routes"][ACTION]
    (text,) = failures(judged(shipped))
    assert "WitnessMissingBlocks" in text
    assert "AlertPathHeartbeat" not in text
    assert "reaches no webhook; lead it first of all to the switcher's 127.0.0.1:9878" in text


def test_a_route_before_that_swallows_the_alerts_is_noticed(shipped: Any) -> None:
    shipped["route"]["routes"].insert(0, {"receiver": "people", "match": {"severity": "critical"}})
    (text,) = failures(judged(shipped))
    assert "reaches no webhook" in text
    route(shipped, 0)["continue"] = True
    assert {each.level for each in judged(shipped)} == {Level.OK}


def test_a_webhook_elsewhere_may_be_a_proxy(shipped: Any) -> None:
    webhook(shipped)["url"] = "https://switcher.example.org/alerts"
    (text,) = warnings(judged(shipped))
    assert "goes to https://switcher.example.org/alerts, not to the switcher's" in text


def test_a_webhook_at_the_switchers_port_on_any_host_is_the_switchers(shipped: Any) -> None:
    webhook(shipped)["url"] = "http://watcher.lan:9878/alerts/"
    assert {each.level for each in judged(shipped)} == {Level.OK}


def test_plain_http_to_a_switcher_with_tls_is_told(shipped: Any) -> None:
    tls = replace(SWITCHER, tls=TlsFiles(Path("c"), Path("k")))
    (text,) = failures(judged(shipped, tls))
    assert text.startswith("routes: http://127.0.0.1:9878/alerts is no HTTPS, and the switcher spe")
    assert (
        "the token passes in the clear; make it https://, with the certificate as ca_file" in text
    )
    webhook(shipped)["url"] = "https://127.0.0.1:9878/alerts"
    assert {each.level for each in judged(shipped, tls)} == {Level.OK}


def test_https_to_a_switcher_without_tls_is_told(shipped: Any) -> None:
    webhook(shipped)["url"] = "https://127.0.0.1:9878/alerts"
    (text,) = failures(judged(shipped))
    assert "is HTTPS, and the switcher speaks plain HTTP, so that no alert gets there" in text


def test_a_declared_proxy_is_not_doubted_unless_the_token_passes_in_the_clear(shipped: Any) -> None:
    switcher = replace(SWITCHER, behind_proxy=True)
    webhook(shipped)["url"] = "https://switcher.example.org/alerts"
    assert judged(shipped, switcher) == [
        Finding("routes", text="lead to https://switcher.example.org/alerts, a proxy's, at once")
    ]
    webhook(shipped)["url"] = "http://switcher.example.org/alerts"
    (text,) = warnings(judged(shipped, switcher))
    assert "http://switcher.example.org/alerts is no HTTPS, so that the token passes in the" in text


@pytest.mark.parametrize("hidden", ["<secret>", None])
def test_a_webhook_whose_address_is_not_shown_is_taken_for_right(shipped: Any, hidden: Any) -> None:
    webhook(shipped)["url"] = hidden
    assert {each.level for each in judged(shipped)} == {Level.OK}


def test_webhooks_of_people_with_hidden_addresses_do_not_count_against_a_good_way(
    shipped: Any,
) -> None:
    webhook(shipped)["url"] = "<secret>"
    shipped["receivers"][1]["webhook_configs"] = [{"url": "<secret>"}]
    assert {each.level for each in judged(shipped)} == {Level.OK}


def test_times_in_which_the_route_is_mute_are_named(shipped: Any) -> None:
    route(shipped, ACTION)["mute_time_intervals"] = ["nights", "sundays"]
    route(shipped, HEARTBEAT)["active_time_intervals"] = ["office"]
    muted, active = sorted(failures(judged(shipped)), reverse=True)
    assert muted.startswith('route {alertname="AlertPathHeartbeat"} to switcher: speaks only in')
    assert "office" in muted
    assert active.startswith('route {action=~".+"} to switcher: is mute in the times nights, sund')


def test_times_of_a_route_around_do_not_mute(shipped: Any) -> None:
    inner = {**route(shipped, ACTION), "continue": False}
    around = {"matchers": ['action=~".+"'], "continue": True, "mute_time_intervals": ["nights"]}
    shipped["route"]["routes"][ACTION] = {**around, "routes": [inner]}
    assert {each.level for each in judged(shipped)} == {Level.OK}


def test_a_route_without_figures_of_its_own_takes_over_slow_ones(shipped: Any) -> None:
    for name in ("group_wait", "group_interval", "repeat_interval"):
        del route(shipped, ACTION)[name]
    findings = judged(shipped)
    (late,) = warnings(findings)
    assert "holds an alert back for 10 s; set group_wait: 0s" in late
    (seldom,) = failures(findings)
    assert "after up to 14460 s, and switcher.incident_renewal is 300 s" in seldom


def test_a_heartbeat_that_is_repeated_too_seldom_is_told(shipped: Any) -> None:
    route(shipped, HEARTBEAT)["repeat_interval"] = "1m"
    (text,) = failures(judged(shipped))
    assert "after up to 65 s, and switcher.heartbeat_timeout is 60 s" in text


def test_a_route_that_cannot_be_judged_is_told(shipped: Any) -> None:
    shipped["route"]["routes"].insert(0, {"match_re": {"severity": "[[:alpha:]]+"}})
    (text,) = warnings(judged(shipped))
    assert "see for yourself: amtool config routes test" in text


def test_notifications_that_the_switcher_would_refuse_for_their_length_are_told(
    shipped: Any,
) -> None:
    route(shipped, ACTION)["group_by"] = ["alertname"]
    assert {each.level for each in judged(shipped)} == {Level.OK}
    del webhook(shipped)["max_alerts"]
    (text,) = warnings(judged(shipped))
    assert text.startswith('route {action=~".+"} to switcher: may send a group of more than 1000')
    assert text.endswith("set group_by: ['...'], or max_alerts: 100")
    webhook(shipped)["max_alerts"] = 1_001
    assert len(warnings(judged(shipped))) == 1
    route(shipped, ACTION)["group_by"] = ["..."]
    assert {each.level for each in judged(shipped)} == {Level.OK}
