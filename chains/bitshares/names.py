"""What the configuration's names are called on the chain: asked once, since ids don't change."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from chains.bitshares.client import NodeClient
from chains.bitshares.objects import CORE_ASSET, Names, WitnessIds
from chains.bitshares.schedule import instance
from chains.errors import BadReplyError, NodeRefusedError
from chains.settings import ChainSettings

_ACCOUNTS_PER_CALL = 50
"""A stock node's api_limit_get_full_accounts."""


async def resolve_names(client: NodeClient, settings: ChainSettings) -> Names:
    """Ask a node for the ids of every witness and feed in the configuration.

    What the chain does not know is left out and told in `Names.unknown`.

    Raises:
        NodeError: the node did not answer, or not as promised.
    """
    accounts = [witness.account for witness in settings.witnesses]
    symbols = sorted({symbol for witness in settings.witnesses for symbol in witness.feeds})
    try:
        witnesses, strangers = await _witnesses(client, accounts)
        feeds, without_feed = await _feeds(client, symbols)
    except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
        raise BadReplyError(client.name, f"sent no accounts: {error!r}") from error
    return Names(tuple(witnesses), feeds, (*strangers, *without_feed))


async def _witnesses(
    client: NodeClient, accounts: Sequence[str]
) -> tuple[list[WitnessIds], list[str]]:
    balances: dict[str, str | None] = {}
    found: dict[str, Any] = {}
    for chunk in _chunks(accounts):
        full = await client.call("database", "get_full_accounts", chunk, False)
        balances |= {name: _core_balance(account["balances"]) for name, account in full}
        answers = await asyncio.gather(*(_witness(client, account) for account in chunk))
        found |= dict(zip(chunk, answers, strict=True))
    witnesses = [
        WitnessIds(
            account=account,
            account_id=_object_id(found[account]["witness_account"]),
            witness_id=_object_id(found[account]["id"]),
            balance_id=balances.get(account),
        )
        for account in accounts
        if found[account] is not None
    ]
    strangers = [
        f"account {account!r} is no witness on this chain"
        if account in balances
        else f"there is no account {account!r} on this chain"
        for account in accounts
        if found[account] is None
    ]
    return witnesses, strangers


async def _witness(client: NodeClient, account: str) -> Any:
    try:
        return await client.call("database", "get_witness_by_account", account)
    except NodeRefusedError:
        return None


def _core_balance(balances: Sequence[dict[str, Any]]) -> str | None:
    return next((_object_id(b["id"]) for b in balances if b["asset_type"] == CORE_ASSET), None)


def _object_id(text: str) -> str:
    instance(text)
    return text


async def _feeds(client: NodeClient, symbols: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    if not symbols:
        return {}, []
    assets = await client.call("database", "lookup_asset_symbols", list(symbols))
    feeds, without = {}, []
    for symbol, asset in zip(symbols, assets, strict=True):
        if asset and "bitasset_data_id" in asset:
            feeds[symbol] = _object_id(asset["bitasset_data_id"])
        else:
            without.append(f"asset {symbol!r} has no price feeds on this chain")
    return feeds, without


def most_said(names: Sequence[Names]) -> Names | None:
    """Return what most nodes said, the first of equals, None if none has answered."""
    return max(names, key=names.count, default=None)


def _chunks(accounts: Sequence[str]) -> list[list[str]]:
    size = _ACCOUNTS_PER_CALL
    return [list(accounts[i : i + size]) for i in range(0, len(accounts), size)]
