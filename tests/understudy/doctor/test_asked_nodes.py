"""What an operator is told of nodes, keys and accounts, on a devnet."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from devnet.configuration import configuration
from devnet.keys import DevKey, active_key, owner_key
from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from switcher.auth import Scope, new_token
from tests.switcher.stage import owner_only
from tests.understudy.doctor.made import failures, warnings
from understudy.config import load
from understudy.doctor.examine import examine
from understudy.doctor.finding import Finding, Level

pytestmark = pytest.mark.asyncio(loop_scope="module")

BALANCES = {"init1": 10_000_000 * 100_000, "init2": 1_999_999}
ACTIVE, OWNER = (kind("init0").text("BTS") for kind in (active_key, owner_key))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def net() -> AsyncIterator[Devnet]:
    async with Devnet(DevnetSettings(rings=3, prehistory=10, balances=BALANCES)) as running:
        yield running


class House:
    """An understudy.yaml and its secrets, in which a test may change something."""

    def __init__(self, net: Devnet, folder: Path) -> None:
        self.folder = folder
        self.document: dict[str, Any] = json.loads(json.dumps(configuration(net)))
        self.witnesses = self.document["bitshares"]["witnesses"]
        del self.witnesses[1:]
        self.nodes = self.document["bitshares"]["nodes"]
        self.document["switcher"] = {
            "token_file": "tokens",
            "database": "sqlite:///understudy.db",
            "signer": {"key_file": "active.key"},
        }
        owner_only(folder / "tokens", new_token(Scope.ALERTS, "alertmanager")[1])
        self.keys(active_key("init0"))

    def keys(self, *keys: DevKey) -> None:
        owner_only(self.folder / "active.key", "\n".join(key.wif for key in keys))

    async def found(self) -> list[Finding]:
        path = self.folder / "understudy.yaml"
        path.write_text(yaml.safe_dump(self.document))
        return await examine(load(path))


@pytest.fixture
def house(net: Devnet, tmp_path: Path) -> House:
    return House(net, tmp_path)


def text_of(findings: list[Finding], what: str) -> str:
    (found,) = (each.text for each in findings if each.what == what)
    return found


async def test_what_the_key_can_spend_is_told_in_figures(house: House) -> None:
    findings = await house.found()
    assert {each.level for each in findings} == {Level.OK}
    assert text_of(findings, f"key {ACTIVE}") == (
        "can spend all of init0's 10,000 BTS, vote for it and replace its active key"
    )
    told = [each.text for each in findings if each.what == "witness init0"]
    assert told == [
        "the key on the chain is that of alpha",
        "a key at hand may sign its rotations",
        "has 10,000 BTS, and an update costs 20 BTS",
    ]
    assert text_of(findings, "clock").startswith("agrees with the chain, whose newest block is ")
    for name in ("eu", "us", "asia"):
        assert text_of(findings, f"node {name}") == "answers, on the configured chain"


async def test_an_owner_key_is_a_failure_unless_it_is_put_up_with(house: House) -> None:
    house.keys(owner_key("init0"))
    refused = failures(await house.found())
    assert f"key {OWNER}: is an owner key of init0: who has it takes the account away" in refused[0]
    assert refused[0].endswith(
        "or nothing is signed unless switcher.signer has allow_owner_key: true"
    )
    assert (
        "witness init0: no key at hand may sign its rotations; its active authority" in refused[1]
    )
    house.document["switcher"]["signer"]["allow_owner_key"] = True
    findings = await house.found()
    assert failures(findings) == []
    (text,) = warnings(findings)
    assert "put an active key of its own in its place, though allow_owner_key puts up with" in text


async def test_a_key_of_somebody_else_is_told(house: House) -> None:
    house.keys(active_key("init3"))
    findings = await house.found()
    (failed,) = failures(findings)
    assert f"no key at hand may sign its rotations; its active authority has {ACTIVE}" in failed
    (text,) = warnings(findings)
    assert "is one of init3's, which is no witness in the configuration" in text


async def test_a_key_of_nobody_is_told(house: House) -> None:
    house.keys(active_key("init0"), DevKey("whose"))
    (text,) = warnings(await house.found())
    assert "is a key of no account, so that it signs nothing; remove it" in text


async def test_more_than_rotations_need_is_told(house: House, net: Devnet) -> None:
    house.witnesses[:] = [configuration(net)["bitshares"]["witnesses"][1]]
    house.keys(active_key("init1"))
    (text,) = warnings(await house.found())
    assert "can spend all of init1's 10,000,000 BTS" in text
    assert "a year of rotations would be 43,800 BTS at most: keep the rest in another" in text


async def test_less_than_one_update_costs_is_told(house: House, net: Devnet) -> None:
    house.witnesses[:] = [configuration(net)["bitshares"]["witnesses"][2]]
    house.keys(active_key("init2"))
    (text,) = failures(await house.found())
    assert text == "witness init2: has 19.99999 BTS, and an update costs 20 BTS; send it some"


async def test_a_key_on_the_chain_from_outside_the_ring_is_told(house: House) -> None:
    del house.witnesses[0]["producers"][0]
    (text,) = failures(await house.found())
    assert "is none of its producers', so that nothing is rotated; add its producer" in text


async def test_witnesses_and_feeds_that_the_chain_does_not_know_are_told(house: House) -> None:
    house.witnesses[0]["feeds"] = ["NOSUCH"]
    stranger = [
        {"name": name, "signing_key": DevKey(name).text("BTS")} for name in ("delta", "omega")
    ]
    house.witnesses.append({"account": "nathan", "producers": stranger})
    findings = await house.found()
    assert failures(findings) == [
        "names: account 'nathan' is no witness on this chain; correct the name"
    ]
    assert warnings(findings) == [
        "names: asset 'NOSUCH' has no price feeds on this chain; correct the name"
    ]


async def test_another_chain_is_told_for_every_node(house: House) -> None:
    house.document["bitshares"]["chain_id"] = "ab" * 32
    failed = failures(await house.found())
    assert len(failed) == 4
    assert failed[0].startswith("node eu: is on chain ")
    assert failed[0].endswith("; name a node of that chain, or correct bitshares.chain_id")
    assert "voting nodes: 0 of 3 can be used and 2 must agree" in failed[3]


async def test_one_node_that_is_down_is_a_warning_and_the_rest_is_told(house: House) -> None:
    house.nodes[0]["url"] = "ws://127.0.0.1:9"
    findings = await house.found()
    assert failures(findings) == []
    (text,) = warnings(findings)
    assert text.startswith("node eu: can't connect to ws://127.0.0.1:9: Connection refused")
    assert text_of(findings, f"key {ACTIVE}").startswith("can spend all of init0's 10,000 BTS")


async def test_without_a_majority_nothing_is_said_of_keys(house: House) -> None:
    house.nodes[0]["url"], house.nodes[1]["url"] = "ws://127.0.0.1:9", "ws://127.0.0.1:7"
    findings = await house.found()
    lacking, unsure = failures(findings)
    assert "1 of 3 can be used and 2 must agree, so that nothing is rotated" in lacking
    assert "say the same of keys and accounts, which are not judged" in unsure
    assert not [each for each in findings if each.what.startswith("key BTS")]


async def test_offline_asks_nobody(house: House) -> None:
    house.nodes[0]["url"] = "ws://127.0.0.1:9"
    path = house.folder / "understudy.yaml"
    path.write_text(yaml.safe_dump(house.document))
    findings = await examine(load(path), offline=True)
    assert {each.level for each in findings} == {Level.OK}
    assert not [each for each in findings if each.what.startswith(("node ", "key BTS"))]
