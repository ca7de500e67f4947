"""Asking every voting node about keys and accounts, once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, TypeVar

from chains.bitshares.accounts import parse_account
from chains.bitshares.client import NodeClient, open_client
from chains.bitshares.names import resolve_names
from chains.bitshares.objects import CORE_ASSET, DYNAMIC_PROPERTIES, Names
from chains.bitshares.survey import Canvass, Holding, Survey
from chains.bitshares.transactions import WITNESS_UPDATE, parse_time
from chains.bitshares.values import MOST_UNITS, whole_number
from chains.bitshares.views import majority_of
from chains.errors import BadReplyError, ChainError, MalformedDataError, NodeTimeoutError
from chains.settings import ChainSettings, NodeSettings

_DEADLINE = 10.0
"""Seconds in which a node must have said everything."""

_T = TypeVar("_T")


async def canvass(settings: ChainSettings, keys: Collection[str]) -> Canvass:
    """Ask every voting node about public keys and the configured witnesses, all at once."""
    answers = await asyncio.gather(*(_asked(node, settings, keys) for node in settings.nodes))
    said = dict(zip((node.name for node in settings.nodes), answers, strict=True))
    return Canvass(
        {name: each for name, each in said.items() if isinstance(each, Survey)},
        {name: each for name, each in said.items() if isinstance(each, ChainError)},
        majority_of(len(settings.nodes)),
    )


async def _asked(
    node: NodeSettings, settings: ChainSettings, keys: Collection[str]
) -> Survey | ChainError:
    try:
        async with (
            asyncio.timeout(_DEADLINE),
            open_client(node, settings.call_timeout) as client,
        ):
            await client.check_chain(settings.chain_id)
            return await _survey(client, settings, sorted(keys))
    except TimeoutError:
        return NodeTimeoutError(node.name, f"did not answer everything in {_DEADLINE:g} s")
    except ChainError as error:
        return error


async def _survey(client: NodeClient, settings: ChainSettings, keys: Sequence[str]) -> Survey:
    names = await resolve_names(client, settings)
    try:
        references = await _references(client, keys)
        held = sorted({each for ids in references.values() for each in ids})
        controlled = dict(zip(held, await _each(_controlled, client, held), strict=True))
        own = [ids.account_id for ids in names.witnesses]
        wanted = sorted({*own, *held, *(each for ids in controlled.values() for each in ids)})
        objects = await _objects(client, [DYNAMIC_PROPERTIES, *wanted])
        witnesses = await _objects(client, [ids.witness_id for ids in names.witnesses])
        return Survey(
            head_time=parse_time(objects[0]["time"]),
            names=names,
            references=references,
            controlled=controlled,
            accounts={each["id"]: parse_account(each) for each in objects[1:]},
            holdings=dict(zip(wanted, await _each(_holding, client, wanted), strict=True)),
            signing_keys={
                ids.account: str(witness["signing_key"])
                for ids, witness in zip(names.witnesses, witnesses, strict=True)
            },
            fee=await _fee(client, names),
        )
    except (MalformedDataError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise BadReplyError(client.name, f"sent no accounts: {error!r:.120}") from error


async def _each(
    ask: Callable[[NodeClient, str], Awaitable[_T]], client: NodeClient, ids: Sequence[str]
) -> list[_T]:
    return await asyncio.gather(*(ask(client, each) for each in ids))


async def _objects(client: NodeClient, ids: Sequence[str]) -> list[Any]:
    found = await client.call("database", "get_objects", list(ids), False) if ids else []
    if [each["id"] for each in found] != list(ids):
        raise MalformedDataError("other objects than were asked for")
    return list(found)


async def _references(client: NodeClient, keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
    if not keys:
        return {}
    answer = await client.call("database", "get_key_references", list(keys))
    return {key: tuple(sorted(set(ids))) for key, ids in zip(keys, answer, strict=True)}


async def _controlled(client: NodeClient, account: str) -> tuple[str, ...]:
    answer = await client.call("database", "get_account_references", account)
    return tuple(sorted(set(answer)))


async def _holding(client: NodeClient, account: str) -> Holding:
    balances = await client.call("database", "get_account_balances", account, [])
    amounts = {str(each["asset_id"]): whole_number(each["amount"], MOST_UNITS) for each in balances}
    others = sum(1 for asset, amount in amounts.items() if asset != CORE_ASSET and amount)
    return Holding(amounts.get(CORE_ASSET, 0), others)


async def _fee(client: NodeClient, names: Names) -> int | None:
    if not names.witnesses:
        return None
    ids = names.witnesses[0]
    body = {
        "fee": {"amount": 0, "asset_id": CORE_ASSET},
        "witness": ids.witness_id,
        "witness_account": ids.account_id,
    }
    call = [[WITNESS_UPDATE, body]], CORE_ASSET
    (fee,) = await client.call("database", "get_required_fees", *call)
    if fee["asset_id"] != CORE_ASSET:
        raise MalformedDataError(f"a fee in {fee['asset_id']!r:.40}")
    return whole_number(fee["amount"], MOST_UNITS)
