"""Chains of real nodes: what was recorded of them, and what follows from it.

The networks have seven witnesses, `1.6.1`..`1.6.7` = `init0`..`init6`, and their keys are known, so
that a header which was recorded without its signature can be signed again: the same one comes out,
as the id in the next header shows.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from coincurve import PrivateKey

from chains.bitshares.blocks import Block, header_bytes, parse_block
from chains.bitshares.keys import is_canonical
from chains.bitshares.objects import Names, Reading, WitnessIds, parse_reading
from chains.bitshares.transactions import parse_time
from devnet.keys import DevKey, signing_key

Json = dict[str, Any]

WITNESSES = tuple(f"1.6.{number}" for number in range(1, 8))
NAMES = Names(
    tuple(WitnessIds(f"init{i}", f"1.2.{i + 6}", each, None) for i, each in enumerate(WITNESSES))
)
_FOLDER = Path(__file__).parent.parent / "fixtures" / "bitshares" / "state"
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_NOTHING = "00" * 20
_NOT_RECORDED: Json = {"operations": [[99, {}]]}
"""Stands for transactions of which only the header's merkle root is known."""


class Recording:
    """A recording; `interval`, `maintenance` and `skipped` are the network's parameters."""

    def __init__(self, name: str, *, interval: int, maintenance: int, skipped: int = 0) -> None:
        self._path = _FOLDER / name
        self._parameters = {
            "block_interval": interval,
            "maintenance_interval": maintenance,
            "maintenance_skip_slots": skipped,
        }

    @cached_property
    def events(self) -> list[Json]:
        """All that was sent and received."""
        return [json.loads(line) for line in self._path.read_text().splitlines()]

    def answers(self, method: str) -> Iterator[tuple[str, Any, Any]]:
        """Yield node, arguments and result of each call of a method."""
        asked: dict[tuple[Any, ...], Any] = {}
        for event in self.events:
            frame = event.get("frame")
            if not isinstance(frame, dict):
                continue
            call = (event.get("node"), event.get("conn"), frame.get("id"))
            if event["dir"] == "send":
                asked[call] = frame["params"]
            elif call in asked and asked[call][1] == method and "result" in frame:
                yield event.get("node", ""), asked[call][2], frame["result"]

    def objects(self, node: str = "") -> list[dict[str, Json]]:
        """Return a node's answers about more than its head, by object id."""
        found = []
        for each, _, result in self.answers("get_objects"):
            if each == node and len(result) > 1:
                found.append({item["id"]: item for item in result})
        return found

    def snapshots(self) -> Iterator[dict[str, Json]]:
        """Yield the objects of each notice that shows a new head, by id."""
        for event in self.events:
            frame = event.get("frame")
            if isinstance(frame, dict) and frame.get("method") == "notice":
                (changed,) = frame["params"][1]
                if isinstance(changed, list):
                    objects = {item["id"]: item for item in changed if isinstance(item, dict)}
                    if "2.1.0" in objects:
                        yield objects

    def headers(self, node: str = "") -> dict[int, Json]:
        """Return the headers of the longest batch that a node answered, by height."""
        batches = [
            {number: header for number, header in result if header}
            for each, _, result in self.answers("get_block_header_batch")
            if each == node
        ]
        return max(batches, key=len)

    def reading(self, objects: Mapping[str, Json]) -> Reading:
        """Return what a node showed as a reading."""
        known = {
            **objects,
            "2.0.0": {
                "id": "2.0.0",
                "active_witnesses": list(WITNESSES),
                "parameters": self._parameters,
            },
        }
        names = Names(tuple(ids for ids in NAMES.witnesses if ids.witness_id in objects))
        return parse_reading(names, [known[each] for each in names.object_ids()])


def block_of(header: Json, transactions: list[Json] | None = None) -> Block:
    """Return a block of which the header was recorded, and perhaps the transactions."""
    if transactions is None:
        empty = header["transaction_merkle_root"] == _NOTHING
        transactions = [] if empty else [_NOT_RECORDED]
    return parse_block({**header, "transactions": transactions})


def signed_again(header: Json) -> Block:
    """Return the block of a header that was recorded without its signature."""
    index = WITNESSES.index(header["witness"])
    serialised = header_bytes(
        header["previous"],
        parse_time(header["timestamp"]),
        header["witness"],
        header["transaction_merkle_root"],
    )
    signature = sign(signing_key(f"init{index}"), hashlib.sha256(serialised).digest())
    return block_of({**header, "witness_signature": signature.hex()})


def sign(key: DevKey, digest: bytes) -> bytes:
    """Return the signature that a real node makes with a key.

    Its nonce is that of RFC 6979, of which it takes the second output first, and the next one
    until the form is canonical (fc, `elliptic_secp256k1.cpp`, `extended_nonce_function`).
    """
    outputs = _rfc6979(key.secret, digest)
    next(outputs)
    for output in outputs:
        x, y = PrivateKey(output).public_key.point()
        nonce, r = int.from_bytes(output, "big"), x % _ORDER
        product = int.from_bytes(digest, "big") + r * int.from_bytes(key.secret, "big")
        s, odd = pow(nonce, -1, _ORDER) * product % _ORDER, y & 1
        if s > _ORDER // 2:
            s, odd = _ORDER - s, odd ^ 1
        signature = bytes([31 + odd]) + r.to_bytes(32, "big") + s.to_bytes(32, "big")
        if is_canonical(signature):
            return signature
    raise AssertionError("unreachable")


def _rfc6979(secret: bytes, digest: bytes) -> Iterator[bytes]:
    value, key = b"\1" * 32, bytes(32)
    for separator in (b"\0", b"\1"):
        key = _hmac(key, value + separator + secret + digest)
        value = _hmac(key, value)
    while True:
        value = _hmac(key, value)
        yield value
        key = _hmac(key, value + b"\0")
        value = _hmac(key, value)


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, "sha256").digest()
