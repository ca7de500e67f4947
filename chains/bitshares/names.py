"""What the configuration's names are called on the chain: asked once, since ids don't change."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chains.bitshares.alike import Alike
from chains.bitshares.client import NodeClient
from chains.bitshares.objects import CORE_ASSET, Names, WitnessIds
from chains.bitshares.values import ACCOUNT, ASSET_FEEDS, BALANCE, WITNESS, instance
from chains.bitshares.wire import parse_json
from chains.errors import BadReplyError, MalformedDataError, NodeRefusedError
from chains.settings import ChainSettings

_ACCOUNTS_PER_CALL = 50
"""A stock node's api_limit_get_full_accounts. More witnesses are looked up in a list of all, since
asking for each of a thousand is a thousand calls to each node."""

_WITNESSES_PER_CALL = 1000
"""A stock node's api_limit_lookup_witness_accounts."""

_HOLDERS_KEPT = 32
"""Answers, which are about 50 accounts each."""


@dataclass(frozen=True, slots=True)
class Holder:
    """An account's id, and that of its balance in the core token; None: it never had any."""

    account_id: str
    balance_id: str | None


Holders = Alike[Mapping[str, Holder]]
"""What nodes said of accounts, by name; a full account has many times as much."""


def holders() -> Holders:
    """Return what nodes that are asked for the same names can share."""
    return Alike(_HOLDERS_KEPT)


async def resolve_names(
    client: NodeClient, settings: ChainSettings, shared: Holders | None = None
) -> Names:
    """Ask a node for the ids of every witness and feed in the configuration.

    What the chain does not know is left out and told in `Names.unknown`.

    Raises:
        NodeError: the node did not answer, or not as promised.
    """
    accounts = [witness.account for witness in settings.witnesses]
    symbols = sorted({symbol for witness in settings.witnesses for symbol in witness.feeds})
    try:
        witnesses, strangers = await _witnesses(client, accounts, shared or holders())
        feeds, without_feed = await _feeds(client, symbols)
    except MalformedDataError as error:
        raise BadReplyError(client.name, str(error)) from error
    except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
        raise BadReplyError(client.name, f"sent no accounts: {error!r}") from error
    return Names(tuple(witnesses), feeds, (*strangers, *without_feed))


async def _witnesses(
    client: NodeClient, accounts: Sequence[str], shared: Holders
) -> tuple[list[WitnessIds], list[str]]:
    listed = await _listed(client) if len(accounts) > _ACCOUNTS_PER_CALL else {}
    known: dict[str, Holder] = {}
    ids: dict[str, str] = {}
    for chunk in _chunks(accounts):
        text = await client.call_for_text("database", "get_full_accounts", chunk, False)
        known |= shared.of(text, _holders)
        ids |= {name: listed[name] for name in chunk if name in listed}
        if not _is_whole(listed):
            left = [name for name in chunk if name not in ids]
            answers = await asyncio.gather(*(_witness(client, name) for name in left))
            found = zip(left, answers, strict=True)
            ids |= {
                name: _object_id(each["id"], WITNESS) for name, each in found if each is not None
            }
    witnesses = [
        WitnessIds(name, known[name].account_id, ids[name], known[name].balance_id)
        for name in accounts
        if name in ids
    ]
    strangers = [
        f"account {account!r} is no witness on this chain"
        if account in known
        else f"there is no account {account!r} on this chain"
        for account in accounts
        if account not in ids
    ]
    return witnesses, strangers


def _holders(text: str) -> Mapping[str, Holder]:
    return {
        name: Holder(_object_id(full["account"]["id"], ACCOUNT), _core_balance(full["balances"]))
        for name, full in parse_json(text)
    }


async def _listed(client: NodeClient) -> dict[str, str]:
    """Return the ids of the chain's witnesses by their accounts' names, empty if not to be had."""
    try:
        listed = await client.call("database", "lookup_witness_accounts", "", _WITNESSES_PER_CALL)
    except NodeRefusedError:
        return {}
    return {str(name): _object_id(witness, WITNESS) for name, witness in listed}


def _is_whole(listed: Mapping[str, str]) -> bool:
    """Tell whether a list has all witnesses: it is not empty, and has room for more."""
    return 0 < len(listed) < _WITNESSES_PER_CALL


async def _witness(client: NodeClient, account: str) -> Any:
    try:
        return await client.call("database", "get_witness_by_account", account)
    except NodeRefusedError:
        return None


def _core_balance(balances: Sequence[dict[str, Any]]) -> str | None:
    core = (each["id"] for each in balances if each["asset_type"] == CORE_ASSET)
    return next((_object_id(each, BALANCE) for each in core), None)


def _object_id(text: str, kind: str) -> str:
    instance(text, kind)
    return text


async def _feeds(client: NodeClient, symbols: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    if not symbols:
        return {}, []
    assets = await client.call("database", "lookup_asset_symbols", list(symbols))
    feeds, without = {}, []
    for symbol, asset in zip(symbols, assets, strict=True):
        if asset and "bitasset_data_id" in asset:
            feeds[symbol] = _object_id(asset["bitasset_data_id"], ASSET_FEEDS)
        else:
            without.append(f"asset {symbol!r} has no price feeds on this chain")
    return feeds, without


def most_said(names: Sequence[Names]) -> Names | None:
    """Return what most nodes said, the first of equals, None if none has answered."""
    return max(names, key=names.count, default=None)


def _chunks(accounts: Sequence[str]) -> list[list[str]]:
    size = _ACCOUNTS_PER_CALL
    return [list(accounts[i : i + size]) for i in range(0, len(accounts), size)]
