"""One batched read of a node's objects, typed.

A node answers `get_objects` with its head state **plus pending transactions**: figures of the
chain (2.0.0, 2.1.0, 2.12.0) are those of the head block, a witness' `signing_key` may be a key
that no block holds yet. Which key is in force is the follower's to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chains.bitshares.blocks import check_hash, number_of
from chains.bitshares.transactions import Json, parse_time
from chains.bitshares.values import UINT8, UINT32, WITNESS, instance, whole_number
from chains.errors import MalformedDataError

GLOBAL_PROPERTIES = "2.0.0"
DYNAMIC_PROPERTIES = "2.1.0"
WITNESS_SCHEDULE = "2.12.0"
CORE_ASSET = "1.3.0"
CORE_UNITS = 100_000
"""Of the smallest amount to one core token (bitshares-core, config.hpp: BLOCKCHAIN_PRECISION)."""
CHAIN_OBJECTS = (DYNAMIC_PROPERTIES, WITNESS_SCHEDULE, GLOBAL_PROPERTIES)
_MAINTENANCE_FLAG = 1
_MOST_WITNESSES = 1001  # bitshares-core, config.hpp: GRAPHENE_DEFAULT_MAX_WITNESSES
_LONGEST_URL = 127  # bitshares-core, config.hpp: GRAPHENE_MAX_URL_LENGTH


@dataclass(frozen=True, slots=True)
class WitnessIds:
    """The object ids behind a witness account; `balance` is None until it has held core tokens."""

    account: str
    account_id: str
    witness_id: str
    balance_id: str | None


@dataclass(frozen=True, slots=True)
class Names:
    """What a node said once about the names in the configuration.

    `feeds` leads from an asset's symbol to the id of its feed object; `unknown` holds a sentence
    for each name that the chain does not know.
    """

    witnesses: tuple[WitnessIds, ...] = ()
    feeds: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    _by_account: Mapping[str, WitnessIds] = field(init=False, repr=False, compare=False)
    _object_ids: Sequence[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_account = {ids.account: ids for ids in self.witnesses}
        object.__setattr__(self, "_by_account", by_account)
        balances = (ids.balance_id for ids in self.witnesses)
        object.__setattr__(
            self,
            "_object_ids",
            (
                *CHAIN_OBJECTS,
                *(ids.witness_id for ids in self.witnesses),
                *(balance for balance in balances if balance),
                *self.feeds.values(),
            ),
        )

    def witness(self, account: str) -> WitnessIds | None:
        """Return the ids behind an account, None for one that the chain does not know."""
        return self._by_account.get(account)

    @property
    def complete(self) -> bool:
        """Tell whether asking again can't tell more."""
        return not self.unknown and all(ids.balance_id for ids in self.witnesses)

    def object_ids(self) -> Sequence[str]:
        """Return the ids of everything that one batched read asks for, in a fixed order."""
        return self._object_ids


@dataclass(frozen=True, slots=True)
class WitnessObject:
    """A witness as one node shows it, pending transactions included."""

    id: str
    account_id: str
    signing_key: str
    total_missed: int
    last_confirmed_block: int
    votes: int
    url: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One batched read, all of it at one head block of one node.

    `balances` in the smallest unit of the core token, 0 for an account that never held any;
    `feeds` as seconds since the epoch by (account, symbol), only those that were published;
    `others_feeds` by symbol the newest that anybody else published. `feed_lifetimes` are the
    seconds after which a feed counts no more on the chain, by symbol.
    """

    head_number: int
    head_id: str
    head_time: int
    aslot: int
    after_maintenance: bool
    next_maintenance: int
    recently_missed: int
    irreversible: int
    shuffled: tuple[str, ...]
    active: tuple[str, ...]
    interval: int
    maintenance_interval: int
    skip_slots: int
    witnesses: Mapping[str, WitnessObject]
    balances: Mapping[str, int]
    feeds: Mapping[tuple[str, str], int]
    others_feeds: Mapping[str, int] = field(default_factory=dict)
    feed_lifetimes: Mapping[str, int] = field(default_factory=dict)


def parse_reading(names: Names, reply: Any) -> Reading:
    """Turn the answer to `get_objects(names.object_ids())` into a `Reading`.

    Raises:
        MalformedDataError: an object is missing, out of place or has the wrong form.
    """
    try:
        return _parse(names, dict(zip(names.object_ids(), reply, strict=True)))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise MalformedDataError(f"not the objects that were asked for: {error!r}") from error


def _parse(names: Names, objects: Mapping[str, Json | None]) -> Reading:
    dynamic = _required(objects, DYNAMIC_PROPERTIES)
    schedule = _required(objects, WITNESS_SCHEDULE)
    properties = _required(objects, GLOBAL_PROPERTIES)
    parameters = properties["parameters"]
    head_number, head_id = (
        whole_number(dynamic["head_block_number"], UINT32),
        dynamic["head_block_id"],
    )
    check_hash(head_id)
    if number_of(head_id) != head_number:
        raise MalformedDataError(f"block {head_id} is not block {head_number}")
    return Reading(
        head_number=head_number,
        head_id=head_id,
        head_time=parse_time(dynamic["time"]),
        aslot=whole_number(dynamic["current_aslot"]),
        after_maintenance=bool(whole_number(dynamic["dynamic_flags"]) & _MAINTENANCE_FLAG),
        next_maintenance=parse_time(dynamic["next_maintenance_time"]),
        recently_missed=whole_number(dynamic["recently_missed_count"]),
        irreversible=whole_number(dynamic["last_irreversible_block_num"], UINT32),
        shuffled=_ids(schedule["current_shuffled_witnesses"]),
        active=_ids(properties["active_witnesses"]),
        interval=whole_number(parameters["block_interval"], UINT8, least=1),
        maintenance_interval=whole_number(parameters["maintenance_interval"], UINT32, least=1),
        skip_slots=whole_number(parameters["maintenance_skip_slots"], UINT8),
        witnesses={
            ids.account: _witness(_required(objects, ids.witness_id)) for ids in names.witnesses
        },
        balances={ids.account: _balance(ids, objects) for ids in names.witnesses},
        **_feeds(names, objects),
    )


def _required(objects: Mapping[str, Json | None], object_id: str) -> Json:
    found = objects[object_id]
    if found is None or found["id"] != object_id:
        raise MalformedDataError(f"the node's answer lacks object {object_id}")
    return found


def _ids(texts: Sequence[str]) -> tuple[str, ...]:
    if not isinstance(texts, list) or not 1 <= len(texts) <= _MOST_WITNESSES:
        raise MalformedDataError("the node's list of witnesses is empty, endless or none")
    for text in texts:
        instance(text, WITNESS)
    return tuple(texts)


def _balance(ids: WitnessIds, objects: Mapping[str, Json | None]) -> int:
    return whole_number(_required(objects, ids.balance_id)["balance"]) if ids.balance_id else 0


def _witness(found: Json) -> WitnessObject:
    if len(url := str(found["url"])) > _LONGEST_URL:
        raise MalformedDataError(f"a witness' URL has {len(url)} characters")
    return WitnessObject(
        id=str(found["id"]),
        account_id=str(found["witness_account"]),
        signing_key=str(found["signing_key"]),
        total_missed=whole_number(found["total_missed"]),
        last_confirmed_block=whole_number(found["last_confirmed_block_num"], UINT32),
        votes=whole_number(found["total_votes"]),
        url=url.encode("utf-8", "replace").decode(),  # its owner may write what he likes
    )


def _feeds(names: Names, objects: Mapping[str, Json | None]) -> dict[str, Any]:
    accounts = {ids.account_id: ids.account for ids in names.witnesses}
    own: dict[tuple[str, str], int] = {}
    others: dict[str, int] = {}
    lifetimes: dict[str, int] = {}
    for symbol, object_id in names.feeds.items():
        if (found := objects[object_id]) is None:
            continue
        lifetimes[symbol] = whole_number(found["options"]["feed_lifetime_sec"], UINT32)
        published = [(account, time) for account, (time, _price) in found["feeds"]]
        own |= {
            (accounts[account], symbol): parse_time(time)
            for account, time in published
            if account in accounts
        }
        # The texts sort as the times do, so that one of many is read.
        if newest := max(
            (time for account, time in published if account not in accounts), default=""
        ):
            others[symbol] = parse_time(newest)
    return {"feeds": own, "others_feeds": others, "feed_lifetimes": lifetimes}
