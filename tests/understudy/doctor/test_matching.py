"""Matchers mean here what they mean in Alertmanager."""

from __future__ import annotations

import pytest

from tests.understudy.doctor.made import WITNESSES, shipped_alerts, shipped_rule, subjects
from understudy.doctor.matching import Matcher, MatcherError, match_all, parse_matcher, written
from understudy.doctor.raised import alerts_of, named

LABELS = {"alertname": "ProducerDown", "severity": "critical", "odd": 'a\\b"c\nd'}

MATCHERS = [
    ('severity="critical"', True),
    ("severity = critical", True),
    ('"severity"="critical"', True),
    ('severity="crit"', False),
    ('severity!="warning"', True),
    ('severity!="critical"', False),
    ('severity=~"crit|warn"', False),
    ('severity=~"critical|warning"', True),
    ('severity=~"(?i)CRITICAL"', True),
    ('severity!~"warn.*"', True),
    ('severity!~".+"', False),
    ('team=""', True),
    ('team!=""', False),
    ('team!="night"', True),
    ('team=~".*"', True),
    ('team=~".+"', False),
    ('team!~".+"', True),
    (r'odd="a\\b\"c\nd"', True),
]


@pytest.mark.parametrize(("text", "expected"), MATCHERS)
def test_a_matcher(text: str, expected: bool) -> None:
    assert parse_matcher(text).matches(LABELS) is expected


@pytest.mark.parametrize("text", ["", "severity", '="x"', 'a="b', 'a="b" c="d"'])
def test_what_is_no_matcher_is_refused(text: str) -> None:
    with pytest.raises(MatcherError, match="is no matcher"):
        parse_matcher(text)


@pytest.mark.parametrize("expression", ["[[:alpha:]]+", r"\pL+", r"\Qa\E", "(", "a{9999999999}"])
def test_an_expression_that_only_alertmanager_understands_is_not_guessed(expression: str) -> None:
    with pytest.raises(MatcherError, match="can't be evaluated here"):
        Matcher("severity", "=~", expression).matches(LABELS)


def test_plain_matchers_decide_before_one_that_is_not_understood() -> None:
    strange = Matcher("severity", "=~", "[[:alpha:]]+")
    assert not match_all([strange, Matcher("alertname", "=", "Other")], LABELS)
    with pytest.raises(MatcherError):
        match_all([strange, Matcher("alertname", "=", "ProducerDown")], LABELS)


def test_matchers_are_shown_as_people_write_them() -> None:
    assert written([Matcher("a", "=", "b"), Matcher("c", "!~", "d|e")]) == '{a="b", c!~"d|e"}'


def test_the_alerts_are_those_of_every_host_and_key() -> None:
    alerts = alerts_of([shipped_rule("ProducerDown")], subjects(), ())
    assert [labels["producer"] for labels in alerts] == ["alpha", "beta", "gamma"]
    assert alerts[1] == {
        "alertname": "ProducerDown",
        "severity": "critical",
        "action": "rotate_signing_key",
        "witness": "init0",
        "producer": "beta",
        "signing_key": "BTSb",
    }
    (missing, *_) = alerts_of([shipped_rule("WitnessMissingBlocks")], subjects(), ())
    assert "producer" not in missing
    assert missing["signing_key"] == "BTSa"
    heartbeat = [each for each in shipped_alerts() if each["alertname"] == "AlertPathHeartbeat"]
    assert heartbeat == [{"alertname": "AlertPathHeartbeat", "severity": "info"}]


def test_peers_are_accused_by_their_names_where_there_are_some() -> None:
    rule = shipped_rule("PeerChainBehind")
    (alert,) = alerts_of([rule], subjects(), ())
    labels = {"severity": "critical", "action": "resolve_chain"}
    assert alert == {"alertname": "PeerChainBehind", "peer": "p1", **labels}
    assert alerts_of([rule], subjects(peers=None), ()) == []


def test_labels_that_alerts_get_on_their_way_are_theirs_too() -> None:
    added = [{"replica": "a"}, {"replica": "b"}]
    alerts = alerts_of([shipped_rule("WitnessMissingBlocks")], subjects(WITNESSES[1]), added)
    assert [labels["replica"] for labels in alerts] == ["a", "b"]


def test_alerts_are_named_shortly() -> None:
    assert named(shipped_alerts()).endswith(" of init0, init1, eu, p1")
    many = [{"alertname": "ProducerDown", "witness": f"init{number}"} for number in range(20)]
    assert (
        named(many)
        == "ProducerDown of init0, init1, init2, init3, init4, init5, init6, init7 and 12 more"
    )
