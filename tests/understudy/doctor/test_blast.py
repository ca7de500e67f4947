"""What is told of keys that share their say with others, and of nodes that don't agree."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chains.bitshares.accounts import Account, Authorities, Authority
from chains.bitshares.objects import Names, WitnessIds
from chains.bitshares.survey import Canvass, Holding, Survey
from chains.errors import NodeTimeoutError
from chains.settings import ChainSettings, NodeSettings, ProducerSettings, WitnessSettings
from switcher.settings import KeyFileSigner, SwitcherSettings
from tests.understudy.doctor.made import failures, warnings
from understudy.doctor.blast import judge_keys, judge_witnesses
from understudy.doctor.finding import Finding, Level
from understudy.doctor.nodes import judge_clock, judge_nodes

OURS, OTHER, OWNER, MEMO = "BTSours", "BTSother", "BTSowner", "BTSmemo"
NULL = "BTS1111111111111111111111111111111114T1Anm"
CHAIN = ChainSettings(
    nodes=tuple(NodeSettings(name, f"ws://{name}") for name in ("eu", "us", "asia")),
    witnesses=(WitnessSettings("init0", (ProducerSettings("alpha", "BTSalpha"),)),),
)
SWITCHER = SwitcherSettings(Path("tokens"), "sqlite:///x.db", KeyFileSigner(Path("active.key")))
NOW = 1_000.0


def account(active: Authority, number: int = 6, name: str = "init0") -> Account:
    authorities = Authorities(active, Authority(1, {OWNER: 1}))
    return Account(f"1.2.{number}", name, authorities, MEMO)


def survey(active: Authority, *others: Account, signing_key: str = "BTSalpha") -> Survey:
    ours = account(active)
    return Survey(
        head_time=int(NOW),
        names=Names((WitnessIds("init0", "1.2.6", "1.6.1", "2.5.6"),)),
        references=dict.fromkeys((OURS, OTHER, OWNER, MEMO), ("1.2.6",)),
        controlled={"1.2.6": tuple(other.id for other in others)},
        accounts={each.id: each for each in (ours, *others)},
        holdings={each.id: Holding(100_000_00000, 0) for each in (ours, *others)},
        signing_keys={"init0": signing_key},
        fee=20_00000,
    )


def key(said: Survey, at_hand: str) -> Finding:
    (finding,) = judge_keys(said, [at_hand], CHAIN, SWITCHER)
    return finding


def test_a_share_of_a_signature_spends_nothing_alone() -> None:
    said = survey(Authority(2, {OURS: 1, OTHER: 1}))
    assert key(said, OURS).level is Level.OK
    assert key(said, OURS).text == (
        "has weight 1 of the 2 that act for init0, so that it spends nothing alone"
    )
    (text,) = failures(judge_witnesses(said, [OURS], CHAIN, SWITCHER))
    assert (
        f"no key at hand may sign its rotations; its active authority has {OURS}, {OTHER}" in text
    )
    both = judge_witnesses(said, [OURS, OTHER], CHAIN, SWITCHER)
    assert {each.level for each in both} == {Level.OK}


def test_an_update_that_costs_more_than_it_may_is_told() -> None:
    said = replace(survey(Authority(1, {OURS: 1})), fee=2_000_00001)
    (text,) = failures(judge_witnesses(said, [OURS], CHAIN, SWITCHER))
    assert text == (
        "witness init0: has 100,000 BTS, and an update costs 2,000.00001 BTS, while "
        "switcher.policy.max_fee allows 2,000, so that nothing is rotated; raise it if the chain "
        "does ask for that much"
    )
    as_much = replace(said, fee=2_000_00000)
    assert failures(judge_witnesses(as_much, [OURS], CHAIN, SWITCHER)) == []


def test_a_memo_key_only_reads() -> None:
    assert key(survey(Authority(1, {OURS: 1})), MEMO).text == "reads init0's memos"


def test_accounts_that_the_account_may_act_for_are_told_as_well() -> None:
    treasury = account(Authority(1, {}, {"1.2.6": 1}), 20, "treasury")
    shared = account(Authority(2, {}, {"1.2.6": 1, "1.2.9": 1}), 21, "shared")
    said = survey(Authority(1, {OURS: 1}), treasury, shared)
    poor = Holding(20_00000, 0)
    said = replace(said, holdings={**said.holdings, "1.2.6": poor})
    assert "; through it, treasury (100,000 BTS) as well" in key(said, OURS).text
    assert "shared" not in key(said, OURS).text
    assert key(said, OURS).level is Level.WARNING
    said = replace(said, holdings={**said.holdings, "1.2.20": poor})
    assert key(said, OURS).level is Level.OK


def test_account_that_can_be_taken_away_through_another_is_told() -> None:
    owned = account(Authority(1, {OTHER: 1}), 20, "owned")
    authorities = replace(owned.authorities, owner=Authority(1, {}, {"1.2.6": 1}))
    text = key(survey(Authority(1, {OURS: 1}), replace(owned, authorities=authorities)), OURS).text
    assert "through it, owned (100,000 BTS) as well, and can take that one away for good" in text


@pytest.mark.parametrize(("others", "told"), [(1, "and another asset"), (3, "and 3 other assets")])
def test_other_assets_are_told(others: int, told: str) -> None:
    said = survey(Authority(1, {OURS: 1}))
    said = replace(said, holdings={"1.2.6": Holding(20_00000, others)})
    finding = key(said, OURS)
    assert finding.level is Level.WARNING
    assert f"can spend all of init0's 20 BTS {told}, vote" in finding.text


def test_a_witness_that_its_owner_has_stopped_is_told() -> None:
    said = survey(Authority(1, {OURS: 1}), signing_key=NULL)
    (text,) = warnings(judge_witnesses(said, [OURS], CHAIN, SWITCHER))
    assert "its owner has stopped it with the null key" in text
    assert "to go on, put a key of the ring in force" in text


def canvassed(*surveys: Survey) -> list[Finding]:
    names = [node.name for node in CHAIN.nodes]
    troubles = {name: NodeTimeoutError(name, "no answer") for name in names[len(surveys) :]}
    said = Canvass(dict(zip(names, surveys, strict=False)), dict(troubles), needed=2)
    return list(judge_nodes(said, CHAIN, NOW))


def test_a_node_that_lies_is_overruled_and_two_that_differ_are_not_believed() -> None:
    true, lie = survey(Authority(1, {OURS: 1})), survey(Authority(1, {OTHER: 1}))
    agreed = Canvass({"eu": lie, "us": true, "asia": true}, {}, needed=2).agreed
    assert agreed is not None
    assert agreed.agrees(true)
    assert failures(canvassed(lie, true, true)) == []
    (text,) = failures(canvassed(lie, true))
    assert "fewer than 2 say the same of keys and accounts, which are not judged" in text


def test_a_node_that_has_fallen_behind_is_not_counted() -> None:
    true = survey(Authority(1, {OURS: 1}))
    stale = replace(true, head_time=int(NOW) - 300)
    findings = canvassed(true, stale, stale)
    assert len(warnings(findings)) == 2
    assert "its newest block is 300 s old; is it in sync" in warnings(findings)[0]
    (text,) = failures(findings)
    assert text.startswith("voting nodes: 1 of 3 can be used and 2 must agree")


def clock(*ages: float) -> list[tuple[Level, str]]:
    """Return what is told of the clock where nodes have blocks that are so old."""
    said = survey(Authority(1, {OURS: 1}))
    surveys = {str(age): replace(said, head_time=int(NOW - age)) for age in ages}
    return [(each.level, each.text) for each in judge_clock(Canvass(surveys, {}, 2), NOW)]


def test_a_clock_is_held_against_the_blocks_that_enough_nodes_have() -> None:
    assert clock(2, 900, 3) == [(Level.OK, "agrees with the chain, whose newest block is 3 s old")]
    [(level, text)] = clock(-40, -43, 0)
    assert (level, text) == (
        Level.WARNING,
        "is 40 s behind the chain's newest block; have it set by NTP",
    )
    [(level, text)] = clock(45, 44, 900)
    assert level is Level.WARNING
    assert "is 45 s ahead of the chain's newest block; have it set by NTP, or see whether" in text


def test_a_clock_that_is_too_far_off_is_a_failure() -> None:
    [(level, text)] = clock(-601, -602)
    assert level is Level.FAILURE
    assert "601 s behind the chain's newest block, which is too far to make up for" in text


def test_one_node_alone_says_nothing_of_the_clock() -> None:
    assert clock(-40) == []


def paid(core: int) -> tuple[Level, str]:
    said = survey(Authority(1, {OURS: 1}))
    said = replace(said, holdings={"1.2.6": Holding(core, 0)})
    *_, last = judge_witnesses(said, [OURS], CHAIN, SWITCHER)
    return last.level, last.text


def test_it_is_told_whether_a_witness_can_pay() -> None:
    assert paid(120_00000) == (Level.OK, "has 120 BTS, and an update costs 20 BTS")
    assert paid(119_00000) == (
        Level.WARNING,
        "has 119 BTS, and an update costs 20 BTS; 6 a day are allowed, so send it some",
    )
    assert paid(19_00000)[0] is Level.FAILURE
