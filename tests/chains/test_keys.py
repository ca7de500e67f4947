"""Keys and signatures are taken exactly as nodes take them, and refused in words."""

from __future__ import annotations

import hashlib

import pytest

from chains.bitshares.keys import (
    decode_base58,
    decode_key,
    encode_base58,
    encode_key,
    encode_wif,
    is_canonical,
    looks_private,
    null_key,
    recover_key,
)
from chains.errors import InvalidSignatureError, MalformedKeyError
from devnet.keys import DevKey

KEY = DevKey("init0-signing")
TEXT = KEY.text("BTS")


def signed(header: int) -> tuple[bytes, bytes]:
    """Return a digest and its signature, the first one that begins with a byte."""
    for number in range(1_000):
        digest = hashlib.sha256(str(number).encode()).digest()
        signature = KEY.sign(digest)
        if signature[0] == header:
            return digest, signature
    raise AssertionError(header)


DIGEST, SIGNATURE = signed(31)
OTHER_DIGEST, OTHER_SIGNATURE = signed(32)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"\0", "1"),
        (b"\0\0\1", "112"),
        (b"\x39", "z"),
        (b"\x3a", "21"),
        (b"hello world", "StV1DL6CwTryKyV"),
        (b"\0\xff\0", "1LQX"),
    ],
)
def test_base58_is_the_usual_one(data: bytes, text: str) -> None:
    assert encode_base58(data) == text
    assert decode_base58(text) == data


def test_letter_that_base58_lacks_is_named() -> None:
    with pytest.raises(MalformedKeyError) as error:
        decode_base58("10l")
    assert str(error.value) == "'10l' holds '0', which base58 lacks"


def test_private_key_is_written_as_wallets_take_it() -> None:
    # The example of Bitcoin's wiki on the wallet import format.
    secret = bytes.fromhex("0C28FCA386C7A227600B2FE50B7CAE11EC86D3BF1FBE471BE89827E19D72AA1D")
    text = "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"
    assert encode_wif(secret) == text
    assert looks_private(f"key: {text}.")
    assert not looks_private(TEXT)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("TEST" + TEXT[3:], f"public key 'TEST{TEXT[3:]}' does not begin with BTS"),
        ("BTS" + "1" * 36, f"public key 'BTS{'1' * 36}' has 32 bytes instead of 33"),
        (TEXT[:-1] + ("1" if TEXT[-1] != "1" else "2"), "has a wrong checksum: a typing mistake?"),
    ],
)
def test_public_key_that_is_none_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(MalformedKeyError) as error:
        decode_key(text, "BTS")
    assert str(error.value).endswith(said)


def test_null_key_is_33_times_nothing() -> None:
    assert decode_key(null_key("BTS"), "BTS") == bytes(33)
    assert null_key("TEST").startswith("TEST1111")


@pytest.mark.parametrize(
    ("digest", "signature"), [(DIGEST, SIGNATURE), (OTHER_DIGEST, OTHER_SIGNATURE)]
)
def test_key_is_recovered_whether_it_is_said_to_be_compressed_or_not(
    digest: bytes, signature: bytes
) -> None:
    for header in (signature[0], signature[0] - 4):
        found = recover_key(digest, bytes([header]) + signature[1:])
        assert encode_key(found, "BTS") == TEXT


@pytest.mark.parametrize(
    ("signature", "said"),
    [
        (SIGNATURE[:-1], "a signature has 65 bytes, this one 64"),
        (SIGNATURE + b"\0", "a signature has 65 bytes, this one 66"),
        (b"\x1a" + SIGNATURE[1:], "signature header 26 is not within 27..34"),
        (b"\x23" + SIGNATURE[1:], "signature header 35 is not within 27..34"),
        (SIGNATURE[:1] + b"\xff" + SIGNATURE[2:], "the signature is not in canonical form"),
        (b"\x22" + SIGNATURE[1:], "no public key fits the signature"),
    ],
)
def test_signature_that_nobody_can_have_made_is_refused_in_words(
    signature: bytes, said: str
) -> None:
    with pytest.raises(InvalidSignatureError) as error:
        recover_key(DIGEST, signature)
    assert str(error.value) == said


@pytest.mark.parametrize(
    ("beginning", "canonical"),
    [
        (b"\x7f\x00\x00", True),
        (b"\x01\x00\x00", True),
        (b"\x80\x00\x00", False),
        (b"\xff\xff\xff", False),
        (b"\x00\x80\x00", True),
        (b"\x00\xff\x00", True),
        (b"\x00\x7f\xff", False),
        (b"\x00\x01\xff", False),
        (b"\x00\x00\xff", False),
    ],
)
def test_both_numbers_of_a_signature_are_positive_and_as_short_as_can_be(
    beginning: bytes, canonical: bool
) -> None:
    number, usual = beginning + bytes(29), b"\x11" * 32
    assert is_canonical(b"\x1f" + number + usual) is canonical
    assert is_canonical(b"\x1f" + usual + number) is canonical
