"""The plain peer node answers as a real one did, and as one that UNDERSTUDY_PEER_NODE starts."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import pytest

from chains.peer.blocks import Proof, Rule, verify
from devnet.plain_chain import is_valid
from devnet.plain_peers import plain_peer
from tests.devnet.peers.exchanges import RECORDED, exchange, likeness, started

RECORDING = json.loads(RECORDED.read_text(encoding="utf-8"))
TOLD = [{"asked": each["asked"], "told": likeness(each["told"])} for each in RECORDING]


def ask_all(url: str, other: str) -> list[dict[str, Any]]:
    return [{"asked": asked, "told": likeness(told)} for asked, told in exchange(url, other)]


async def test_the_double_answers_every_question_as_the_recorded_node() -> None:
    async with (
        plain_peer(Rule.LINKED, first_previous="1") as one,
        plain_peer(Rule.LINKED, first_previous="1") as other,
    ):
        assert await asyncio.to_thread(ask_all, one.url, other.url) == TOLD


def test_a_real_node_answers_as_recorded() -> None:
    command = os.environ.get("UNDERSTUDY_PEER_NODE")
    if not command:
        pytest.skip("no real node: set UNDERSTUDY_PEER_NODE='command with {port}'")
    with started(command) as url, started(command) as other:
        assert ask_all(url, other) == TOLD


def chains() -> list[Any]:
    bodies = [each["told"]["body"] for each in RECORDING if "/chain" in each["asked"]["path"]]
    told = [json.loads(body) for body in bodies if body.startswith("{")]
    return [each["chain"] for each in told]


def test_chains_of_a_real_node_are_valid_by_the_doubles_rules_and_by_ours() -> None:
    assert max(len(chain) for chain in chains()) > 4
    for chain in chains():
        assert is_valid(Rule.LINKED, chain)
        assert len(verify(None, chain, Proof(Rule.LINKED))) == len(chain)


def test_the_wrong_rule_is_not_met_by_a_real_chain() -> None:
    assert not is_valid(Rule.PAIR, max(chains(), key=len))
