"""Recorded requests, made to fit a live chain: its blocks, its clock, its chain id.

A recorded transaction refers to a recorded block and is signed for the recorded chain. Its twin
has the live head, an expiration as far from it, and signatures by the same keys: whoever signed
the recording is recovered from it.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from itertools import count
from typing import Any

from chains.bitshares.keys import encode_key, recover_key
from chains.bitshares.transactions import format_time, pack_transaction, signing_digest
from chains.errors import ChainError
from tests.support.witness_node.signing import NAME_OF, PREFIX, Head, Json, secret_of, sign

from .recordings import Exchange

RECORDED_CHAIN = "3b4de1e9467e28af80e6418f1f8bfc6e147c5b685058379efca0ca71061dd542"
SECONDS = 30
FIRST_BLOCKS = 100
"""Recorded block numbers up to here mean the block itself, larger ones a place near the head."""

_serial = count(1)


def is_transaction(value: Any) -> bool:
    """Tell whether an argument is a transaction."""
    return isinstance(value, dict) and "operations" in value


def signers(recorded: Json, chain_id: str = RECORDED_CHAIN) -> tuple[str | None, ...]:
    """Return the names of the test keys that signed; None for a signature by none of them."""
    try:
        digest = signing_digest(pack_transaction(recorded, PREFIX), chain_id)
    except ChainError:
        return tuple(None for _ in recorded.get("signatures", ()))
    return tuple(_signer(digest, text) for text in recorded.get("signatures", ()))


def _signer(digest: bytes, signature: str) -> str | None:
    try:
        return NAME_OF.get(encode_key(recover_key(digest, bytes.fromhex(signature)), PREFIX))
    except (ChainError, ValueError):
        return None


def retargeted(
    recorded: Json,
    head: Head,
    chain_id: str,
    *,
    seconds: int = SECONDS,
    adjust: Callable[[Json], None] = lambda transaction: None,
    signed_by: tuple[str, ...] | None = None,
) -> Json:
    """Return a recorded transaction's twin on a live chain.

    Arguments:
        recorded: the transaction as it was sent to the recorded node.
        head: the live block to refer to.
        chain_id: the chain id to sign for.
        seconds: how long after the head's time it expires.
        adjust: changes the twin before it is signed.
        signed_by: names of test keys, if not those that signed the recording.
    """
    twin = deepcopy(recorded)
    twin |= {"ref_block_num": head.number & 0xFFFF, "ref_block_prefix": head.prefix}
    if "expiration" in twin:
        twin["expiration"] = format_time(head.time + seconds)
    _make_unique(twin)
    adjust(twin)
    names = signers(recorded) if signed_by is None else signed_by
    if "signatures" in twin and None not in names:
        digest = signing_digest(pack_transaction(twin, PREFIX), chain_id)
        twin["signatures"] = [sign(digest, secret_of(str(name))).hex() for name in names]
    return twin


def _make_unique(twin: Json) -> None:
    """Give each short URL a serial number: the same content twice would be a duplicate."""
    for _, body in twin["operations"]:
        if len(body.get("new_url", "x" * 40)) < 40:
            body["new_url"] += f"-{next(_serial)}"


@dataclass(frozen=True)
class Live:
    """What requests are fitted to: the live head, and the newest block without transactions."""

    head: Head
    empty_block: int
    chain_id: str

    def params(self, exchange: Exchange) -> list[Any]:
        """Return the arguments of a recorded call as they fit the live chain."""
        return [self._fit(value, exchange) for value in exchange.params]

    def _fit(self, value: Any, exchange: Exchange) -> Any:
        if is_transaction(value):
            return retargeted(value, self.head, self.chain_id)
        if "get_block" not in (exchange.method or "") or isinstance(value, bool):
            return value
        if isinstance(value, list):
            return [self._fit(item, exchange) for item in value]
        if isinstance(value, int) and exchange.head and FIRST_BLOCKS < value < 2 * exchange.head:
            return self._block(value - exchange.head)
        return value

    def _block(self, distance: int) -> int:
        """Blocks that the recorded chain had yet to see lie beyond the live head as well."""
        return (self.head.number if distance > 1 else self.empty_block) + distance

    def request(self, exchange: Exchange) -> Json:
        """Return a recorded request frame as it fits the live chain."""
        frame: Json = deepcopy(exchange.request)
        if frame["method"] == "call":
            frame["params"][2] = self.params(exchange)
        return frame
