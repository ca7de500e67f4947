"""The objects of the chain as nodes answer them, with the members and types of the recordings."""

from __future__ import annotations

from collections.abc import Callable

from chains.bitshares.transactions import format_time
from devnet.account_objects import account_json, balance_json, statistics_json, vesting_balances
from devnet.asset_objects import asset_data_json, asset_json, bitasset_json
from devnet.genesis import Genesis
from devnet.refusals import RefusedError, failed_at
from devnet.state import ChainState, Witness
from devnet.values import Json, number

_SPACES = (1, 2)
_TYPES = frozenset({(1, kind) for kind in range(2, 23)} | {(2, kind) for kind in range(19)}) - {
    (1, 9),
    (2, 2),
}
"""The types of which a node of core 7 keeps an index, by space and number."""


def object_json(state: ChainState, object_id: str) -> Json | None:
    """Return an object, None if its type has no such instance (or none at all here).

    Raises:
        RefusedError: a node has no such type of objects.
    """
    space, kind, which = (int(part) for part in object_id.split("."))
    if (space, kind) not in _TYPES:
        raise _no_index(space, kind)
    view = _VIEWS.get((space, kind))
    return None if view is None else view(state, which)


def witness_json(witness: Witness) -> Json:
    """Return a witness (1.6.x); `pay_vb` is left out until it was paid for the first time."""
    pay = {} if witness.pay is None else {"pay_vb": witness.pay.id}
    return {
        "id": witness.id,
        "witness_account": witness.account,
        "last_aslot": witness.last_aslot,
        "signing_key": witness.signing_key,
        **pay,
        "vote_id": witness.vote_id,
        "total_votes": 0,
        "url": witness.url,
        "total_missed": witness.total_missed,
        "last_confirmed_block_num": witness.last_confirmed,
    }


def global_json(state: ChainState) -> Json:
    """Return 2.0.0: parameters and active witnesses."""
    genesis = state.genesis
    count = len(genesis.witness_ids)
    return {
        "id": "2.0.0",
        "parameters": genesis.parameters,
        "next_available_vote_id": 2 * count,
        "active_committee_members": [f"1.5.{i}" for i in range(count)],
        "active_witnesses": list(genesis.active_ids),
    }


def dynamic_json(state: ChainState) -> Json:
    """Return 2.1.0: the head."""
    return {
        "id": "2.1.0",
        "head_block_number": state.number,
        "head_block_id": state.id,
        "time": format_time(state.time),
        "current_witness": state.witness,
        "next_maintenance_time": format_time(state.next_maintenance),
        "last_vote_tally_time": format_time(state.last_maintenance),
        "last_budget_time": format_time(state.last_maintenance),
        "witness_budget": number(state.budget),
        "total_pob": 0,
        "total_inactive": 0,
        "accounts_registered_this_interval": 0,
        "recently_missed_count": state.recently_missed,
        "current_aslot": state.aslot,
        "recent_slots_filled": str(state.filled),
        "dynamic_flags": 1 if state.maintenance else 0,
        "last_irreversible_block_num": state.irreversible,
    }


def properties_json(genesis: Genesis) -> Json:
    """Return 2.11.0: chain id and immutable parameters."""
    return {
        "id": "2.11.0",
        "chain_id": genesis.chain_id,
        "immutable_parameters": genesis.immutable_parameters,
    }


def schedule_json(state: ChainState) -> Json:
    """Return 2.12.0: the order of the present round."""
    return {"id": "2.12.0", "current_shuffled_witnesses": list(state.shuffled)}


def _single(view: Callable[[ChainState], Json]) -> Callable[[ChainState, int], Json | None]:
    return lambda state, which: view(state) if which == 0 else None


def _account(state: ChainState, which: int) -> Json | None:
    account = state.genesis.accounts.get(f"1.2.{which}")
    return None if account is None else account_json(state, account)


def _asset(state: ChainState, which: int) -> Json | None:
    asset = state.genesis.assets.get(f"1.3.{which}")
    return None if asset is None else asset_json(state.genesis, asset)


def _asset_data(state: ChainState, which: int) -> Json | None:
    asset = state.genesis.assets.get(f"1.3.{which}")
    return None if asset is None else asset_data_json(asset)


def _bitasset(state: ChainState, which: int) -> Json | None:
    asset = state.genesis.assets.get(f"1.3.{which + 1}")
    return None if asset is None else bitasset_json(state.genesis, asset)


def _committee_member(state: ChainState, which: int) -> Json | None:
    witnesses = state.genesis.witness_ids
    if which >= len(witnesses):
        return None
    return {
        "id": f"1.5.{which}",
        "committee_member_account": state.genesis.witness_accounts[witnesses[which]],
        "vote_id": f"0:{len(witnesses) + which}",
        "total_votes": 0,
        "url": "",
    }


def _witness(state: ChainState, which: int) -> Json | None:
    witness = state.witnesses.get(f"1.6.{which}")
    return None if witness is None else witness_json(witness)


def _vesting(state: ChainState, which: int) -> Json | None:
    wanted = f"1.13.{which}"
    accounts = state.genesis.accounts.values()
    found = (each for account in accounts for each in vesting_balances(state, account))
    return next((each for each in found if each["id"] == wanted), None)


def _statistics(state: ChainState, which: int) -> Json | None:
    account = state.genesis.accounts.get(f"1.2.{which}")
    return None if account is None else statistics_json(state, account)


_VIEWS: dict[tuple[int, int], Callable[[ChainState, int], Json | None]] = {
    (1, 2): _account,
    (1, 3): _asset,
    (1, 5): _committee_member,
    (1, 6): _witness,
    (1, 13): _vesting,
    (2, 0): _single(global_json),
    (2, 1): _single(dynamic_json),
    (2, 3): _asset_data,
    (2, 4): _bitasset,
    (2, 5): lambda state, which: balance_json(state, f"1.2.{which}"),
    (2, 6): _statistics,
    (2, 11): _single(lambda state: properties_json(state.genesis)),
    (2, 12): _single(schedule_json),
}


def _no_index(space: int, kind: int) -> RefusedError:
    source = ("object_database.cpp", "get_index")
    place: Json = {"space_id": space, "type_id": kind}
    if space not in _SPACES:
        return failed_at(
            *source,
            "_index[space_id].size() > type_id",
            "Database index ${space_id}.${type_id} does not exist, "
            "space size is ${index[space_id].size}",
            place | {"index[space_id].size": 0},
        )
    text = "Database index ${space_id}.${type_id} has not been initialized"
    return failed_at(*source, "tmp != nullptr", text, place)
