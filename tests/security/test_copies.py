"""What somebody has who copied a database, a backup of it, or a wallet."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from chains.bitshares.keys import looks_private
from devnet.keys import active_key
from devnet.operations import read_transaction
from switcher.errors import SecretFileError
from switcher.signer import Signer
from tests.upgrade.kept import FIXTURES, PASSPHRASE, WALLETS, commits, held, load_sqlite, wallet

MOST_SECONDS = 600
"""For which a signed update may be sent, with what a clock may be off."""

JOURNALS = commits(".sqlite.sql")


@pytest.mark.parametrize("name", JOURNALS)
def test_copied_journal_holds_no_private_key(name: str) -> None:
    """Those of rotations, drills and orders that earlier commits' own programs wrote."""
    copy = (FIXTURES / f"{name}.sqlite.sql").read_text()
    token = (FIXTURES / f"{name}.read-token").read_text().strip()
    assert "signatures" in copy
    assert not looks_private(copy)
    for secret in (active_key("init0").wif, token, PASSPHRASE):
        assert secret not in copy


@pytest.mark.parametrize("name", JOURNALS)
def test_signed_update_in_a_copied_journal_is_worthless_after_minutes(
    name: str, tmp_path: Path
) -> None:
    rotations = held(load_sqlite(f"{name}.sqlite.sql", tmp_path / "copy.db")).rotations
    assert rotations
    for rotation in rotations:
        told = rotation["transaction"]["expiration"]
        expires = datetime.fromisoformat(told).replace(tzinfo=UTC).timestamp()
        assert 0 < expires - rotation["opened"] < MOST_SECONDS


def test_signed_update_in_a_copied_journal_is_good_for_its_own_chain_alone(
    tmp_path: Path,
) -> None:
    name = JOURNALS[0]
    told = yaml.safe_load((FIXTURES / f"{name}.yaml").read_text())["bitshares"]["chain_id"]
    rotation = held(load_sqlite(f"{name}.sqlite.sql", tmp_path / "copy.db")).rotations[0]
    for chain_id, good in ((told, True), ("ab" * 32, False)):
        signers = read_transaction(rotation["transaction"], "BTS", chain_id).signers
        assert (signers == (active_key("init0").text("BTS"),)) is good


@pytest.mark.parametrize("name", WALLETS)
def test_copied_wallet_is_worth_nothing_without_its_passphrase(name: str, tmp_path: Path) -> None:
    assert active_key("init0").wif not in (FIXTURES / f"{name}.wallet.sql").read_text()
    guessed = wallet(name, tmp_path, "a guess")
    with pytest.raises(SecretFileError, match="passphrase"):
        Signer.load(guessed, prefix="BTS", chain_id="ab" * 32, max_fee=0)
