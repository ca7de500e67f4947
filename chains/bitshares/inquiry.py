"""What a node tells somebody who sets out to watch a witness: its chain, and who that is."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from chains.bitshares.accounts import Account, parse_account
from chains.bitshares.client import NodeClient, open_client
from chains.bitshares.keys import decode_key
from chains.bitshares.names import resolve_names
from chains.bitshares.objects import CORE_ASSET, Names, Reading, WitnessObject, parse_reading
from chains.errors import BadReplyError, MalformedDataError, NodeError, NodeTimeoutError
from chains.settings import ChainSettings, NodeSettings, WitnessSettings

_DEADLINE = 10.0
"""Seconds in which a node must have said everything."""

_CHAIN_ID = re.compile(r"[0-9a-f]{64}")
_SYMBOL = re.compile(r"[A-Z]{1,10}")


@dataclass(frozen=True, slots=True)
class ChainSeen:
    """The chain that a node is on, and how far that one is."""

    chain_id: str
    core_symbol: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class WitnessSeen:
    """A witness as a node shows it, pending transactions included, and its account.

    `active`: it is one of those who sign blocks now. `prefix` is what public keys begin with.
    `reading` is the chain at that moment.
    """

    account: Account
    shown: WitnessObject
    active: bool
    prefix: str
    reading: Reading


async def look_at_chain(node: NodeSettings, timeout: float) -> ChainSeen:
    """Return which chain a node is on, and how far.

    Raises:
        NodeError: it didn't answer, or not as a node of BitShares does.
    """
    async with _asked(node, timeout) as client:
        chain_id = await client.call("database", "get_chain_id")
        reading = await _reading(client, Names())
        (core,) = await client.call("database", "get_objects", [CORE_ASSET], False)
        symbol = core["symbol"]
        if not _CHAIN_ID.fullmatch(chain_id) or not _SYMBOL.fullmatch(symbol):
            raise BadReplyError(node.name, "names no chain")
        return ChainSeen(chain_id, symbol, reading)


async def look_for_witness(node: NodeSettings, account: str, timeout: float) -> WitnessSeen | str:
    """Return a witness, or else a sentence that says why there is none of that account.

    Raises:
        NodeError: the node didn't answer, or not as a node of BitShares does.
    """
    wanted = ChainSettings(nodes=(node,), witnesses=(WitnessSettings(account, ()),))
    async with _asked(node, timeout) as client:
        names = await resolve_names(client, wanted)
        ids = names.witness(account)
        if ids is None:
            return names.unknown[0]
        reading = await _reading(client, names)
        (owner,) = await client.call("database", "get_objects", [ids.account_id], False)
        shown = reading.witnesses[account]
        prefix = prefix_of(shown.signing_key)
        return WitnessSeen(parse_account(owner), shown, shown.id in reading.active, prefix, reading)


def prefix_of(key: str) -> str:
    """Return what a public key begins with; what follows is held together by a checksum.

    Raises:
        MalformedDataError: it is no public key.
    """
    letters = itertools.takewhile(str.isupper, key)
    for prefix in itertools.accumulate(letters):
        try:
            decode_key(key, prefix)
        except MalformedDataError:
            continue
        return prefix
    raise MalformedDataError(f"{key!r:.80} is no public key")


@asynccontextmanager
async def _asked(node: NodeSettings, timeout: float) -> AsyncIterator[NodeClient]:
    try:
        async with asyncio.timeout(_DEADLINE), open_client(node, timeout) as client:
            yield client
    except TimeoutError as error:
        text = f"did not answer everything in {_DEADLINE:g} s"
        raise NodeTimeoutError(node.name, text) from error
    except NodeError:
        raise
    except (MalformedDataError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise BadReplyError(node.name, f"answers as no node does: {error!r:.120}") from error


async def _reading(client: NodeClient, names: Names) -> Reading:
    answer: Any = await client.call("database", "get_objects", names.object_ids(), False)
    return parse_reading(names, answer)
