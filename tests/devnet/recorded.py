"""Recorded chains as states of ours, and blocks of ours at recorded times."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chains.bitshares.transactions import parse_time
from devnet.genesis import Genesis
from devnet.keys import DevKey, signing_key
from devnet.settings import DevnetSettings
from devnet.state import ChainState, Vesting, Witness, initial_state

FIXTURES = Path(__file__).parent.parent / "fixtures" / "bitshares"
Json = dict[str, Any]


class RecordedGenesis(Genesis):
    """The genesis of the recorded chain, of which only the id matters."""

    chain_id = "3b4de1e9467e28af80e6418f1f8bfc6e147c5b685058379efca0ca71061dd542"


def frames(name: str) -> list[Json]:
    """Return the frames that were received in a recording, notices as lists of objects."""
    events = [json.loads(line) for line in (FIXTURES / name).read_text().splitlines()]
    return [event["frame"] for event in events if event["dir"] == "recv"]


def by_id(objects: list[Any]) -> dict[str, Json]:
    """Return those members of a list that are objects with an id, by it."""
    return {each["id"]: each for each in objects if isinstance(each, dict) and "id" in each}


def state_of(settings: DevnetSettings, objects: dict[str, Json]) -> ChainState:
    """Return our state with the figures of recorded objects (2.1.0 and 1.6.x at least)."""
    head = objects["2.1.0"]
    genesis = Genesis(settings, time=0)
    origin = initial_state(genesis)
    witnesses = {
        each: _witness(origin.witnesses[each], objects[each]) for each in genesis.witness_ids
    }
    shuffled = objects.get("2.12.0", {"current_shuffled_witnesses": genesis.witness_ids})
    return ChainState(
        genesis=genesis,
        number=head["head_block_number"],
        id=head["head_block_id"],
        time=parse_time(head["time"]),
        witness=head["current_witness"],
        aslot=head["current_aslot"],
        filled=int(head["recent_slots_filled"]),
        recently_missed=head["recently_missed_count"],
        maintenance=bool(head["dynamic_flags"]),
        next_maintenance=parse_time(head["next_maintenance_time"]),
        last_maintenance=parse_time(head["last_budget_time"]),
        budget=head["witness_budget"],
        irreversible=head["last_irreversible_block_num"],
        shuffled=tuple(shuffled["current_shuffled_witnesses"]),
        witnesses=witnesses,
        balances=origin.balances,
        fees={},
        recent={},
    )


def key_of(state: ChainState, witness_id: str) -> DevKey:
    """Return the first signing key of a witness."""
    account = state.genesis.accounts[state.witnesses[witness_id].account]
    return signing_key(account.name)


def _witness(witness: Witness, recorded: Json) -> Witness:
    pay = recorded.get("pay_vb")
    return Witness(
        id=witness.id,
        account=recorded["witness_account"],
        signing_key=recorded["signing_key"],
        vote_id=recorded["vote_id"],
        url=recorded["url"],
        total_missed=recorded["total_missed"],
        last_aslot=recorded["last_aslot"],
        last_confirmed=recorded["last_confirmed_block_num"],
        pay=None if pay is None else Vesting(pay, 0, 0, 0),
    )
