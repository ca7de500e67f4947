"""Keys and signatures: the only module that touches secrets, wallet or the signing library.

The library (`bitshares`: bitsharesbase, graphenebase, graphenestorage) builds and signs offline; it
never sees the network here. What it made is checked with our own primitives before it is used.
"""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bitsharesbase.account import PrivateKey, PublicKey
from bitsharesbase.objects import AccountId, Asset, ObjectId, Operation
from bitsharesbase.signedtransactions import Signed_Transaction
from graphenebase.objects import GrapheneObject
from graphenebase.types import Optional, String
from graphenestorage import SqliteConfigurationStore, SqliteEncryptedKeyStore
from graphenestorage.exceptions import WrongMasterPasswordException

from chains.bitshares.accounts import Authorities
from chains.bitshares.keys import encode_key, recover_key
from chains.bitshares.objects import CORE_UNITS
from chains.bitshares.transactions import (
    WITNESS_UPDATE,
    format_time,
    pack_transaction,
    signing_digest,
    transaction_id,
)
from chains.errors import ChainError
from switcher.errors import SecretFileError, SigningError
from switcher.secret_file import read_secret
from switcher.settings import KeyFileSigner, WalletSigner
from switcher.transaction import SignedUpdate, UpdateOrder
from switcher.wallet_files import close_wallet_file, make_wallet_file


class Signer:
    """Holds an account's private keys for as long as the service runs.

    Nothing is signed that costs more than `max_fee` (core tokens), whoever asks for it.
    """

    def __init__(
        self,
        keys: Sequence[str],
        *,
        prefix: str,
        chain_id: str,
        max_fee: int,
        allow_owner_key: bool = False,
    ) -> None:
        self._prefix = prefix
        self._chain_id = chain_id
        self._max_fee = max_fee
        self._allow_owner_key = allow_owner_key
        self._keys = {public_key_of(wif, prefix): wif for wif in keys}

    @classmethod
    def load(
        cls, source: KeyFileSigner | WalletSigner, *, prefix: str, chain_id: str, max_fee: int
    ) -> Signer:
        """Read the keys from their file or wallet.

        Raises:
            SecretFileError: missing, malformed, or open to others than its owner.
        """
        if isinstance(source, KeyFileSigner):
            keys = read_secret(source.path).split()
            if not keys:
                raise SecretFileError(f"The key file {source.path} is empty.")
        else:
            keys = _wallet_keys(source.path, read_secret(source.passphrase_file), prefix)
        try:
            return cls(
                keys,
                prefix=prefix,
                chain_id=chain_id,
                max_fee=max_fee,
                allow_owner_key=source.allow_owner_key,
            )
        except SigningError as error:
            raise SecretFileError(f"{source.path}: {error}") from error

    @property
    def public_keys(self) -> tuple[str, ...]:
        """Return the public keys that can be signed with."""
        return tuple(self._keys)

    def derived(self, purpose: str) -> bytes:
        """Return a secret for something that must outlive a restart, from which no key follows.

        It is the same for as long as the keys at hand are.
        """
        keys = "\n".join(sorted(self._keys.values()))
        return hmac.digest(keys.encode(), f"understudy: {purpose}".encode(), "sha256")

    def sign(self, order: UpdateOrder, authorities: Authorities) -> SignedUpdate:
        """Build and sign a witness_update. Takes some 50 ms of a processor: call it in a thread.

        Raises:
            SigningError: the order is senseless or costs too much, the keys at hand don't satisfy
                the authority or are not to be used, or the library's transaction is not the one
                that was ordered.
        """
        if order.new_key is None and order.new_url is None:
            raise SigningError("A witness_update with neither key nor URL would only cost its fee.")
        if (too_high := self.fee_refusal(order.fee)) is not None:
            raise SigningError(too_high)
        signers = self._satisfying(authorities)
        reference = order.reference
        transaction = Signed_Transaction(
            ref_block_num=reference.short_number,
            ref_block_prefix=reference.prefix,
            expiration=format_time(reference.expiration),
            operations=[Operation(Witness_update(order, self._prefix))],
        )
        transaction.sign(
            [self._keys[key] for key in signers],
            chain={"chain_id": self._chain_id, "prefix": self._prefix},
        )
        signed = SignedUpdate(str(transaction.id), transaction.json())
        self._check(signed, order, signers)
        return signed

    def fee_refusal(self, fee: int) -> str | None:
        """Return why no update is signed at a fee (in the core token's smallest unit); else None.

        No block proves what nodes say of it, and nobody gets a fee back.
        """
        if 0 <= fee <= self._max_fee * CORE_UNITS:
            return None
        return (
            f"an update would cost {fee / CORE_UNITS:,.12g} core tokens, switcher.policy.max_fee "
            f"allows {self._max_fee:,}: raise it if the chain does ask for that much, else take "
            "other nodes into bitshares.nodes"
        )

    def refusal(self, authorities: Authorities) -> str | None:
        """Return why the keys at hand can't, or must not, sign for an account; else None."""
        try:
            self._satisfying(authorities)
        except SigningError as error:
            return str(error)
        return None

    def _satisfying(self, authorities: Authorities) -> list[str]:
        """Return just enough keys: a node refuses a signature too many."""
        active, owner = authorities.active, authorities.owner
        owning = [key for key in owner.weights if key in self._keys]
        if owning and not self._allow_owner_key:
            raise SigningError(
                f"{', '.join(owning)} at hand is an owner key, with which a thief takes the "
                "account away for good; put an active key in its place, or say "
                "allow_owner_key: true in switcher.signer."
            )
        # An owner's signature is good for everything that an active one is.
        signers = active.just_enough(self._keys) or owner.just_enough(self._keys)
        if not signers:
            raise SigningError(
                "No key at hand is an active authority of the account: it has "
                f"{', '.join(active.weights) or 'none'}, at hand is "
                f"{', '.join(self._keys)}."
            )
        return signers

    def _check(self, signed: SignedUpdate, order: UpdateOrder, signers: Sequence[str]) -> None:
        reference = order.reference
        expected = {
            "ref_block_num": reference.short_number,
            "ref_block_prefix": reference.prefix,
            "expiration": format_time(reference.expiration),
            "operations": [[WITNESS_UPDATE, order.body()]],
            "extensions": [],
        }
        try:
            packed = pack_transaction(expected, self._prefix)
            digest = signing_digest(packed, self._chain_id)
            signatures = [bytes.fromhex(text) for text in signed.transaction["signatures"]]
            found = [encode_key(recover_key(digest, s), self._prefix) for s in signatures]
        except ChainError as error:
            raise SigningError(f"The signed transaction does not hold: {error}") from error
        if transaction_id(packed) != signed.id or found != list(signers):
            raise SigningError("The library signed another transaction than the one ordered.")


class Witness_update(GrapheneObject):  # type: ignore[misc]  # noqa: N801  (its name is its number)
    """The operation with the chain's own prefix, which the library's class of that name ignores."""

    def __init__(self, order: UpdateOrder, prefix: str) -> None:
        body = order.body()
        key, url = body.get("new_signing_key"), body.get("new_url")
        super().__init__(
            {
                "fee": Asset(body["fee"]),
                "witness": ObjectId(body["witness"], "witness"),
                "witness_account": AccountId(body["witness_account"]),
                "new_url": Optional(None if url is None else String(url)),
                "new_signing_key": Optional(None if key is None else _key_object(key, prefix)),
            }
        )


# The wallet of the `bitshares` library. It is weak: its master key is encrypted under one unsalted
# SHA-256 of the passphrase, and the library makes its file readable to everybody.


def create_wallet(path: Path, passphrase: str) -> None:
    """Make an empty wallet that only its owner can read.

    Raises:
        SecretFileError: there is one already, or it can't be made there; or an empty passphrase.
    """
    if not passphrase:
        raise SecretFileError("A wallet needs a passphrase that is not empty.")
    make_wallet_file(path)
    with _library(path):
        _open_store(path).unlock(passphrase)


def add_to_wallet(path: Path, passphrase: str, wif: str, prefix: str) -> str:
    """Put a private key into a wallet and return its public key.

    Raises:
        SecretFileError: no such wallet, a wrong passphrase, or the key is in it already.
        SigningError: not a private key.
    """
    store = _unlocked(path, passphrase)
    public = public_key_of(wif, prefix)
    with _library(path):
        if public in store.getPublicKeys():
            raise SecretFileError(f"The wallet {path} has the key {public} already.")
        store.add(wif, public)
    return public


def list_wallet(path: Path) -> list[str]:
    """Return the public keys in a wallet, which needs no passphrase.

    Raises:
        SecretFileError: no such wallet.
    """
    with _library(path):
        return sorted(str(key) for key in _existing(path).getPublicKeys())


def remove_from_wallet(path: Path, public_key: str) -> None:
    """Take a key out of a wallet.

    Raises:
        SecretFileError: no such wallet, or the key is not in it.
    """
    with _library(path):
        store = _existing(path)
        if public_key not in store.getPublicKeys():
            raise SecretFileError(f"The wallet {path} has no key {public_key}.")
        store.delete(public_key)


def _wallet_keys(path: Path, passphrase: str, prefix: str) -> list[str]:
    store = _unlocked(path, passphrase)
    with _library(path):
        publics = [key for key in store.getPublicKeys() if str(key).startswith(prefix)]
        if not publics:
            raise SecretFileError(f"The wallet {path} holds no key; do: understudy wallet add")
        return [str(store.getPrivateKeyForPublicKey(key)) for key in publics]


def _unlocked(path: Path, passphrase: str) -> Any:
    with _library(path):
        store = _existing(path)
        if not store.has_masterpassword():
            # Unlocking it now would silently make this its passphrase.
            raise SecretFileError(
                f"The wallet {path} has no passphrase; do: understudy wallet init"
            )
        try:
            store.unlock(passphrase)
        except WrongMasterPasswordException as error:
            raise SecretFileError(f"The passphrase is not that of the wallet {path}.") from error
        return store


@contextmanager
def _library(path: Path) -> Iterator[None]:
    """Tell what the library trips over in a wallet that is damaged, or none."""
    try:
        yield
    except SecretFileError:
        raise
    except Exception as error:
        # The library raises whatever it trips over; what is not SQLite's may hold the secret.
        told = f" ({error})" if isinstance(error, sqlite3.Error) else ""
        raise SecretFileError(
            f"The wallet {path} is damaged or can't be used{told}; put a sound copy in its place, "
            "or make a new one after: understudy wallet destroy"
        ) from None


def _existing(path: Path) -> Any:
    close_wallet_file(path)
    return _open_store(path)


def _open_store(path: Path) -> Any:
    place = {"data_dir": str(path.parent), "profile": path.stem}
    return SqliteEncryptedKeyStore(config=SqliteConfigurationStore(**place), **place)


def public_key_of(wif: str, prefix: str) -> str:
    """Return the public key of a private one (WIF).

    Raises:
        SigningError: it is none.
    """
    try:
        return str(PrivateKey(wif, prefix=prefix).pubkey)
    except Exception:
        # The library raises whatever it trips over; a chained text may hold the secret.
        raise SigningError("What should be a private key (WIF) is none.") from None


def _key_object(text: str, prefix: str) -> Any:
    try:
        return PublicKey(text, prefix=prefix)
    except Exception as error:
        raise SigningError(f"{text} is no public key of this chain.") from error
