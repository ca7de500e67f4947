"""Keys that everybody knows: the SHA-256 of a word is the private key.

As on the recorded networks, `init0-active` and `init0-signing` are the words of init0's active key
and of its first host; the host `beta` signs with `init0-beta`, and so on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from coincurve import PrivateKey
from coincurve._libsecp256k1 import ffi  # type: ignore[import-not-found]  # compiled

from chains.bitshares.keys import encode_key, encode_wif, is_canonical

_COMPACT_HEADER = 27 + 4  # 4: the key is a compressed one


@dataclass(frozen=True)
class DevKey:
    """A worthless key pair, made of a word."""

    word: str

    @cached_property
    def secret(self) -> bytes:
        """The 32 bytes of the private key."""
        return hashlib.sha256(self.word.encode()).digest()

    @cached_property
    def public(self) -> bytes:
        """The 33 bytes of the public key."""
        return self._private.public_key.format(compressed=True)

    @cached_property
    def wif(self) -> str:
        """The private key as wallets and nodes take it ("5…")."""
        return encode_wif(self.secret)

    def text(self, prefix: str) -> str:
        """Return the public key's text, such as "BTS5zBts…"."""
        return encode_key(self.public, prefix)

    def sign(self, digest: bytes) -> bytes:
        """Return the 65 bytes of the canonical signature over a digest.

        The same digest always gives the same signature, as on a real node: the nonce is that of
        RFC 6979, with a counter as additional data until the form is canonical
        (fc, `elliptic_secp256k1.cpp`, `sign_compact`).
        """
        counter = 0
        while True:
            nonce = ffi.new("unsigned char[32]", counter.to_bytes(32, "little"))
            raw = self._private.sign_recoverable(
                digest, hasher=None, custom_nonce=(ffi.NULL, nonce)
            )
            signature = bytes([_COMPACT_HEADER + raw[64]]) + raw[:64]
            if is_canonical(signature):
                return signature
            counter += 1

    @cached_property
    def _private(self) -> PrivateKey:
        return PrivateKey(self.secret)


def active_key(account: str) -> DevKey:
    """Return the key that spends from an account."""
    return DevKey(f"{account}-active")


def owner_key(account: str) -> DevKey:
    """Return the key that may replace every key of an account."""
    return DevKey(f"{account}-owner")


def signing_key(account: str, host: str | None = None) -> DevKey:
    """Return the block signing key of a witness' host; None: of its first one."""
    return DevKey(f"{account}-signing" if host is None else f"{account}-{host}")
