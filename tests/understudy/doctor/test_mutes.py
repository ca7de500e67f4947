"""What an operator is told of silences, inhibitions, and the heartbeat that shows the way."""

from __future__ import annotations

from typing import Any

import pytest

from tests.understudy.doctor.made import SHIPPED, failures, read, shipped_alerts, warnings
from understudy.doctor.alertmanager import Inhibition, Silence
from understudy.doctor.arrival import added_labels, judge_heartbeats
from understudy.doctor.finding import Finding, Level
from understudy.doctor.mutes import judge_inhibitions, judge_silences

ALERTS = shipped_alerts()


def matcher(name: str, value: str, regex: bool = False, equal: bool = True) -> dict[str, Any]:
    return {"name": name, "value": value, "isRegex": regex, "isEqual": equal}


def silence(*matchers: dict[str, Any], state: str = "active") -> Silence:
    return Silence.model_validate(
        {
            "id": "4711",
            "createdBy": "alice",
            "comment": "new disk",
            "startsAt": "2026-11-21T12:00:00.000Z",
            "endsAt": "2026-11-21T13:05:11.117653799Z",
            "status": {"state": state},
            "matchers": list(matchers),
        }
    )


def judged(text: str) -> list[Finding]:
    return list(judge_inhibitions([Inhibition.model_validate(read(text))], ALERTS))


def test_a_silence_that_mutes_an_action_is_told_with_who_until_when_and_why() -> None:
    (text,) = failures(judge_silences([silence(matcher("witness", "init0"))], ALERTS))
    assert text.startswith("silence 4711: made by alice (new disk) mutes WitnessMissingBlocks")
    assert " of init0 until 2026-11-21 13:05:11 UTC" in text
    assert "amtool silence expire 4711" in text


SILENCED = [
    ([matcher("alertname", "ProducerDown")], "ProducerDown of init0, init1"),
    ([matcher("signing_key", "BTSb")], "of init0"),
    ([matcher("producer", "al.*", regex=True)], "ProducerDown"),
    ([matcher("action", "", equal=False)], "WitnessMissingBlocks"),
    ([matcher("alertname", "NodeDown", equal=False)], "AlertPathHeartbeat"),
    ([matcher("severity", "warning|info", regex=True)], "mutes AlertPathHeartbeat until"),
    ([matcher("severity", "warning", regex=True, equal=False)], "AlertPathHeartbeat"),
]


@pytest.mark.parametrize(("matchers", "muted"), SILENCED)
def test_a_silence_that_mutes(matchers: list[dict[str, Any]], muted: str) -> None:
    (text,) = failures(judge_silences([silence(*matchers)], ALERTS))
    assert muted in text


HARMLESS = [
    [matcher("alertname", "NodeDown")],
    [matcher("witness", "init0"), matcher("severity", "warning")],
    [matcher("severity", "crit", regex=True)],
    [matcher("instance", ".+", regex=True)],
    [matcher("action", ""), matcher("alertname", "AlertPathHeartbeat", equal=False)],
    [matcher("alertname", "NodeDown"), matcher("severity", "[[:alpha:]]+", regex=True)],
]


@pytest.mark.parametrize("matchers", HARMLESS)
def test_a_silence_that_mutes_something_else_is_not_told(matchers: list[dict[str, Any]]) -> None:
    (finding,) = judge_silences([silence(*matchers)], ALERTS)
    assert finding == Finding("silences", text="none mutes what the switcher needs")


def test_a_silence_to_come_is_a_warning_and_one_of_the_past_is_none() -> None:
    everything = matcher("alertname", ".+", regex=True)
    (text,) = warnings(judge_silences([silence(everything, state="pending")], ALERTS))
    assert "from 2026-11-21 12:00:00 UTC until 2026-11-21 13:05:11 UTC" in text
    (finding,) = judge_silences([silence(everything, state="expired")], ALERTS)
    assert finding.level is Level.OK


def test_a_silence_that_cannot_be_judged_is_told() -> None:
    strange = silence(matcher("severity", "[[:alpha:]]+", regex=True))
    (text,) = warnings(judge_silences([strange], ALERTS))
    assert "silence 4711" in text
    assert "see for yourself" in text


def test_an_inhibition_is_told_with_both_sides_and_an_exception_to_add() -> None:
    text = 'source_matchers: [alertname="DatacenterDown"]\ntarget_matchers: [severity=~".+"]'
    (told,) = failures(judged(text))
    assert told.startswith(
        'inhibition {alertname="DatacenterDown"} of {severity=~".+"}: mutes WitnessMissingBlocks'
    )
    assert "while its source fires; add" in told
    assert "'action=\"\"'" in told
    assert "'alertname!=\"AlertPathHeartbeat\"'" in told


INHIBITIONS = [
    # the older ways of writing it
    ("{source_match: {alertname: X}, target_match: {severity: critical}}", True),
    ('{source_match_re: {alertname: "X|Y"}, target_match_re: {witness: "init.+"}}', True),
    ("{source_match: {alertname: X}, target_match: {severity: warning}}", False),
    # what Alertmanager's own sample has
    (
        "{source_match: {severity: critical}, target_match: {severity: warning}, "
        "equal: [alertname, dev, instance]}",
        False,
    ),
    # what it has with the heartbeat's severity: only one heartbeat could mute the other
    (
        '{source_matchers: [severity="critical"], target_matchers: [severity=~"warning|info"], '
        "equal: [namespace, alertname]}",
        False,
    ),
    # the same without the name: any critical alert would mute the heartbeat
    (
        '{source_matchers: [severity="critical"], target_matchers: [severity=~"warning|info"], '
        "equal: [namespace]}",
        True,
    ),
    # a source that can't have the label alike
    (
        '{source_matchers: [witness="init9"], target_matchers: [action=~".+"], equal: [witness]}',
        False,
    ),
    (
        '{source_matchers: [witness="init1"], target_matchers: [action=~".+"], equal: [witness]}',
        True,
    ),
    # both lack the label, which is alike
    ('{source_matchers: [dc=""], target_matchers: [action=~".+"], equal: [dc]}', True),
    ('{source_matchers: [dc="a"], target_matchers: [action=~".+"], equal: [dc]}', False),
    # an alert that matches both sides isn't muted by one that does as well
    ('{source_matchers: [severity="critical"], target_matchers: [severity="critical"]}', False),
    ('{source_matchers: [alertname="X"], target_matchers: [alertname!="X"]}', True),
]


@pytest.mark.parametrize(("text", "mutes"), INHIBITIONS)
def test_an_inhibition_counts_if_its_source_could_mute(text: str, mutes: bool) -> None:
    findings = judged(text)
    assert bool(failures(findings)) is mutes
    assert mutes or findings == [Finding("inhibitions", text="none mutes what the switcher needs")]


def test_an_inhibition_that_cannot_be_judged_is_told() -> None:
    (text,) = warnings(judged('{source_matchers: [a="b"], target_matchers: [action=~"\\\\pL+"]}'))
    assert "see for yourself" in text


def test_a_heartbeat_shows_that_alerts_arrive() -> None:
    beat = {"alertname": "AlertPathHeartbeat", "severity": "info"}
    assert judge_heartbeats([beat]).level is Level.OK
    assert judge_heartbeats([]).level is Level.FAILURE
    twice = judge_heartbeats([{**beat, "replica": "a", "dc": "x"}, {**beat, "replica": "b"}])
    assert twice.level is Level.WARNING
    assert "arrives 2 times, told apart by dc, replica" in twice.text


def test_what_a_heartbeat_has_beyond_its_rule_every_alert_has() -> None:
    beat = {"alertname": "AlertPathHeartbeat", "severity": "info", "replica": "a"}
    assert added_labels([beat], SHIPPED.rules) == [{"replica": "a"}]
