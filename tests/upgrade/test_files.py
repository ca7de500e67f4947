"""Files that earlier commits wrote beside the journal: tokens, wallets, cookies, replicas."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from chains.peer.blocks import Proof, Rule
from devnet.keys import active_key
from peernode.errors import StoreError
from peernode.store import Store
from switcher.auth import Scope, Tokens
from switcher.sessions import Sessions
from switcher.signer import Signer
from tests.upgrade.kept import FIXTURES, WALLETS, commits, load_sqlite, wallet

PAIR = Proof(Rule.PAIR)
CHAIN_ID = "ab" * 32
SESSIONS = "sessions of the status page"
"""What the key of the cookies' seals is derived for."""


def tokens(name: str, folder: Path) -> Tokens:
    copy = folder / "tokens"
    shutil.copyfile(FIXTURES / f"{name}.tokens", copy)
    copy.chmod(0o600)
    return Tokens.load(copy)


@pytest.mark.parametrize("name", commits(".tokens"))
def test_token_of_then_is_still_known(name: str, tmp_path: Path) -> None:
    known = tokens(name, tmp_path)
    bearer = known.bearer((FIXTURES / f"{name}.read-token").read_text().strip())
    assert bearer is not None
    assert (bearer.name, bearer.scope) == ("the-read", Scope.READ)
    assert known.holds(Scope.ALERTS)
    assert known.holds(Scope.OPERATE)


@pytest.mark.parametrize("name", WALLETS)
def test_wallet_of_then_still_opens(name: str, tmp_path: Path) -> None:
    signer = Signer.load(wallet(name, tmp_path), prefix="BTS", chain_id=CHAIN_ID, max_fee=0)
    assert signer.public_keys == (active_key("init0").text("BTS"),)


def test_browser_that_signed_in_then_is_still_signed_in(tmp_path: Path) -> None:
    told = json.loads((FIXTURES / "cookie-e554732.json").read_text())
    signer = Signer([active_key("init0").wif], prefix="BTS", chain_id=CHAIN_ID, max_fee=0)
    sessions = Sessions(signer.derived(SESSIONS), tokens(told["tokens"], tmp_path))
    found = sessions.find(told["cookie"], told["since"] + 86_400.0)
    assert found is not None
    assert found.bearer.name == "the-read"
    assert sessions.find(told["cookie"], told["since"] + 31 * 86_400.0) is None


async def test_replica_of_then_goes_on(tmp_path: Path) -> None:
    url = load_sqlite("replica-7f6f824.sql", tmp_path / "peers.db")
    async with Store(url, PAIR) as store:
        tip = await store.tip()
        assert tip is not None
        assert tip.height >= 1


async def test_replica_that_does_not_tell_its_rule_says_how_to_note_it(tmp_path: Path) -> None:
    url = load_sqlite("replica-1eb4f17.sql", tmp_path / "peers.db")
    with pytest.raises(StoreError) as refused:
        async with Store(url, PAIR):
            pass
    _, _, command = str(refused.value).partition("note it in the database: ")
    with sqlite3.connect(tmp_path / "peers.db") as db:
        db.execute(command)
    db.close()
    async with Store(url, PAIR) as store:
        tip = await store.tip()
        assert tip is not None
        assert tip.height == 4
