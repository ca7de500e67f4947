"""Keys, wallets and signatures."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chains.bitshares.accounts import Authorities, Authority
from chains.bitshares.keys import encode_key, recover_key
from chains.bitshares.objects import CORE_UNITS
from chains.bitshares.transactions import pack_transaction, signing_digest, transaction_id
from devnet.keys import DevKey, active_key, owner_key, signing_key
from switcher.errors import SecretFileError, SigningError
from switcher.settings import KeyFileSigner, WalletSigner
from switcher.signer import (
    Signer,
    add_to_wallet,
    create_wallet,
    list_wallet,
    remove_from_wallet,
)
from switcher.transaction import Reference, UpdateOrder
from switcher.wallet_files import destroy_wallet
from tests.switcher.stage import owner_only

MAX_FEE = 200_000_000
"""Core tokens; in the smallest unit more than 32 bits hold."""
CHAIN = "39f5e2ede1f8bc1a3a54a7914414e3779e33193f1f5693510e73cb7a87617447"
ACTIVE = active_key("init0")
OTHER = active_key("init1")
OWNER = owner_key("init0")


CHAINED: Any = {"prefix": "BTS", "chain_id": CHAIN, "max_fee": MAX_FEE}


def order(prefix: str = "BTS", **changes: Any) -> UpdateOrder:
    values = {
        "witness_id": "1.6.1",
        "account_id": "1.2.6",
        "fee": MAX_FEE * CORE_UNITS,
        "reference": Reference(70_000, 0xDEADBEEF, 1_800_000_000),
        "new_key": signing_key("init0", "beta").text(prefix),
        **changes,
    }
    return UpdateOrder(**values)


def signer(*keys: DevKey, prefix: str = "BTS", **options: bool) -> Signer:
    wifs = [key.wif for key in keys]
    return Signer(wifs, prefix=prefix, chain_id=CHAIN, max_fee=MAX_FEE, **options)


def authority(*keys: DevKey, threshold: int = 1, prefix: str = "BTS") -> Authorities:
    active = Authority(threshold, {key.text(prefix): 1 for key in keys})
    return Authorities(active, Authority(1, {OWNER.text(prefix): 1}))


@pytest.mark.parametrize("prefix", ["BTS", "TEST", "XYZ"])
@pytest.mark.parametrize("new_url", [None, "https://example.org/é"])
def test_signed_update_is_the_one_ordered(prefix: str, new_url: str | None) -> None:
    wanted = order(prefix, new_url=new_url)
    signed = signer(ACTIVE, prefix=prefix).sign(wanted, authority(ACTIVE, prefix=prefix))
    packed = pack_transaction(signed.transaction, prefix)
    assert transaction_id(packed) == signed.id
    assert signed.transaction["operations"] == [[21, wanted.body()]]
    assert signed.transaction["ref_block_num"] == 70_000 - 65_536
    [signature] = signed.transaction["signatures"]
    maker = recover_key(signing_digest(packed, CHAIN), bytes.fromhex(signature))
    assert encode_key(maker, prefix) == ACTIVE.text(prefix)


def test_just_enough_keys_sign() -> None:
    both = signer(ACTIVE, OTHER)
    assert len(both.sign(order(), authority(ACTIVE, OTHER)).transaction["signatures"]) == 1
    two_needed = authority(ACTIVE, OTHER, threshold=2)
    assert len(both.sign(order(), two_needed).transaction["signatures"]) == 2


def test_key_that_is_no_authority_does_not_sign() -> None:
    with pytest.raises(SigningError, match="active authority"):
        signer(OTHER).sign(order(), authority(ACTIVE))
    with pytest.raises(SigningError, match="active authority"):
        signer(ACTIVE).sign(order(), authority(ACTIVE, OTHER, threshold=2))


@pytest.mark.parametrize("keys", [(OWNER,), (ACTIVE, OWNER)])
def test_nothing_is_signed_with_an_owner_key_at_hand(keys: tuple[DevKey, ...]) -> None:
    with pytest.raises(SigningError, match=r"is an owner key, .*; put an active key in its place"):
        signer(*keys).sign(order(), authority(ACTIVE))
    refusal = signer(*keys).refusal(authority(ACTIVE))
    assert refusal is not None
    assert OWNER.text("BTS") in refusal
    assert OWNER.wif not in refusal


def test_an_owner_key_that_is_put_up_with_signs_where_no_active_one_can() -> None:
    def made_by(*keys: DevKey) -> str:
        signed = signer(*keys, allow_owner_key=True).sign(order(), authority(ACTIVE))
        digest = signing_digest(pack_transaction(signed.transaction, "BTS"), CHAIN)
        [signature] = signed.transaction["signatures"]
        return encode_key(recover_key(digest, bytes.fromhex(signature)), "BTS")

    assert made_by(OWNER) == OWNER.text("BTS")
    assert made_by(OWNER, ACTIVE) == ACTIVE.text("BTS")


def test_an_account_that_nobody_can_sign_for_is_satisfied_by_no_key() -> None:
    nobody = Authority(0, {})
    with pytest.raises(SigningError, match="active authority"):
        signer(ACTIVE).sign(order(), Authorities(nobody, nobody))


def test_update_of_nothing_is_not_paid_for() -> None:
    with pytest.raises(SigningError, match="neither key nor URL"):
        signer(ACTIVE).sign(order(new_key=None), authority(ACTIVE))


@pytest.mark.parametrize("fee", [MAX_FEE * CORE_UNITS + 1, 10**19, -1, -5])
def test_nothing_is_signed_that_costs_more_than_it_may_or_less_than_nothing(fee: int) -> None:
    told = rf"would cost {re.escape(f'{fee / CORE_UNITS:,.12g}')} core .* allows 200,000,000: raise"
    with pytest.raises(SigningError, match=told):
        signer(ACTIVE).sign(order(fee=fee), authority(ACTIVE))


@pytest.mark.parametrize("fee", [0, 1, MAX_FEE * CORE_UNITS])
def test_what_is_signed_pays_the_fee_ordered_in_the_core_token(fee: int) -> None:
    signed = signer(ACTIVE).sign(order(fee=fee), authority(ACTIVE))
    [[_, body]] = signed.transaction["operations"]
    assert body["fee"] == {"amount": fee, "asset_id": "1.3.0"}


@pytest.mark.parametrize("key", ["BTS123", "TEST" + "1" * 50, ""])
def test_malformed_new_key_is_not_signed(key: str) -> None:
    with pytest.raises(SigningError):
        signer(ACTIVE).sign(order(new_key=key), authority(ACTIVE))


def load(path: Path) -> Signer:
    return Signer.load(KeyFileSigner(path), **CHAINED)


def test_key_file_for_its_owner_alone_is_read(tmp_path: Path) -> None:
    path = owner_only(tmp_path / "key", ACTIVE.wif + "\n")
    assert load(path).public_keys == (ACTIVE.text("BTS"),)


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o644, 0o610])
def test_key_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = owner_only(tmp_path / "key", ACTIVE.wif)
    path.chmod(mode)
    with pytest.raises(SecretFileError, match="chmod 600"):
        load(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_key_file_of_another_user_is_refused(tmp_path: Path) -> None:
    path = owner_only(tmp_path / "key", ACTIVE.wif)
    os.chown(path, 65_534, 65_534)
    with pytest.raises(SecretFileError, match="another user"):
        load(path)


@pytest.mark.parametrize("text", ["", "no key", ACTIVE.wif[:-1] + "1", ACTIVE.text("BTS")])
def test_key_file_without_a_key_is_refused_and_not_quoted(tmp_path: Path, text: str) -> None:
    path = owner_only(tmp_path / "key", text)
    with pytest.raises(SecretFileError) as refusal:
        load(path)
    assert not text or text not in str(refusal.value)
    assert refusal.value.__cause__ is None or refusal.value.__cause__.__suppress_context__


@pytest.fixture
def wallet(tmp_path: Path) -> Path:
    path = tmp_path / "bitshares.sqlite"
    create_wallet(path, "open sesame")
    return path


def test_wallet_signs(wallet: Path, tmp_path: Path) -> None:
    passphrase = owner_only(tmp_path / "passphrase", "open sesame\n")
    public = add_to_wallet(wallet, "open sesame", ACTIVE.wif, "BTS")
    assert public == ACTIVE.text("BTS")
    loaded = Signer.load(WalletSigner(wallet, passphrase), **CHAINED)
    assert (
        loaded.sign(order(), authority(ACTIVE)).id
        == signer(ACTIVE).sign(order(), authority(ACTIVE)).id
    )


def test_wallet_is_only_the_owners(wallet: Path) -> None:
    assert stat.S_IMODE(wallet.stat().st_mode) == 0o600
    wallet.chmod(0o644)
    list_wallet(wallet)
    assert stat.S_IMODE(wallet.stat().st_mode) == 0o600


def test_wallet_lists_and_removes_keys_without_a_passphrase(wallet: Path) -> None:
    add_to_wallet(wallet, "open sesame", ACTIVE.wif, "BTS")
    assert list_wallet(wallet) == [ACTIVE.text("BTS")]
    remove_from_wallet(wallet, ACTIVE.text("BTS"))
    assert list_wallet(wallet) == []
    with pytest.raises(SecretFileError, match="has no key"):
        remove_from_wallet(wallet, ACTIVE.text("BTS"))


def test_wallet_is_not_made_twice_and_is_gone_once_destroyed(wallet: Path) -> None:
    with pytest.raises(SecretFileError, match="already"):
        create_wallet(wallet, "another")
    destroy_wallet(wallet)
    assert not wallet.exists()
    with pytest.raises(SecretFileError, match="wallet init"):
        list_wallet(wallet)


def test_wallet_takes_a_key_once(wallet: Path) -> None:
    add_to_wallet(wallet, "open sesame", ACTIVE.wif, "BTS")
    with pytest.raises(SecretFileError, match="already"):
        add_to_wallet(wallet, "open sesame", ACTIVE.wif, "BTS")


def test_wrong_passphrase_is_said_and_the_environment_does_not_help(
    wallet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNLOCK", "open sesame")
    with pytest.raises(SecretFileError, match="passphrase"):
        add_to_wallet(wallet, "wrong", ACTIVE.wif, "BTS")


def test_foreign_empty_store_is_not_given_a_passphrase(tmp_path: Path) -> None:
    path = owner_only(tmp_path / "empty.sqlite", "")
    with pytest.raises(SecretFileError, match="wallet init"):
        add_to_wallet(path, "anything", ACTIVE.wif, "BTS")


def test_wallet_needs_its_suffix_and_a_passphrase(tmp_path: Path) -> None:
    with pytest.raises(SecretFileError, match=r"\.sqlite"):
        create_wallet(tmp_path / "wallet.db", "x")
    with pytest.raises(SecretFileError, match="not empty"):
        create_wallet(tmp_path / "wallet.sqlite", "")


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def _overwrite(path: Path) -> None:
    path.write_text("the list of things to do")


def _strip(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("update keys set wif = 'nothing'")


@pytest.mark.parametrize("spoil", [_cut_short, _overwrite, _strip])
def test_damaged_wallet_is_told_with_the_way_out(
    wallet: Path, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    add_to_wallet(wallet, "open sesame", ACTIVE.wif, "BTS")
    passphrase = owner_only(tmp_path / "passphrase", "open sesame\n")
    spoil(wallet)
    with pytest.raises(SecretFileError, match="a sound copy in its place, or make a new one"):
        Signer.load(WalletSigner(wallet, passphrase), **CHAINED)
