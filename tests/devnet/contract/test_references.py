"""Whom a key, or an account, may sign for."""

from __future__ import annotations

from typing import Any

import pytest

from chains.bitshares.canvass import canvass
from chains.settings import ChainSettings, NodeSettings, WitnessSettings
from devnet.keys import DevKey
from tests.support.witness_node.client import Connection, RefusedError
from tests.support.witness_node.signing import PREFIX

from .target import Target

NOBODYS = DevKey("nobody's").text(PREFIX)


def _account(node: Connection, name: str) -> Any:
    [account] = node.call("database", "lookup_account_names", [name])
    return account


@pytest.mark.parametrize("role", ["owner", "active"])
def test_a_key_leads_to_the_accounts_that_it_may_sign_for(node: Connection, role: str) -> None:
    account = _account(node, "init0")
    [[key, _]] = account[role]["key_auths"]
    [found] = node.call("database", "get_key_references", [key])
    assert account["id"] in found
    assert len(found) == len(set(found))


def test_a_key_of_nobody_leads_nowhere(node: Connection) -> None:
    assert node.call("database", "get_key_references", [NOBODYS, NOBODYS]) == [[], []]


def test_an_account_that_vouches_for_none_leads_nowhere(node: Connection) -> None:
    assert node.call("database", "get_account_references", _account(node, "init1")["id"]) == []


def test_no_more_keys_than_the_limit_are_looked_up(node: Connection) -> None:
    with pytest.raises(RefusedError, match="Number of querying keys can not be greater than 100"):
        node.call("database", "get_key_references", [NOBODYS] * 101)


async def test_check_learns_from_every_node_what_a_key_can_spend(
    target: Target, node: Connection
) -> None:
    account = _account(node, "init0")
    [[key, _]] = account["active"]["key_auths"]
    urls = (target.url, *target.others)
    settings = ChainSettings(
        nodes=tuple(NodeSettings(f"n{number}", url) for number, url in enumerate(urls)),
        witnesses=(WitnessSettings("init0", ()),),
        chain_id=target.chain_id,
    )
    said = await canvass(settings, [key])
    assert said.troubles == {}
    assert len(said.surveys) == len(urls)
    for survey in said.surveys.values():
        assert account["id"] in survey.references[key]
        assert survey.holdings[account["id"]].core > 0
        assert survey.fee
