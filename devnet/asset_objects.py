"""Assets and price feeds, as nodes answer them.

Each witness published a price of every asset with feeds once, before the chain began, a minute
apart from the next witness; so feeds have an age that grows.
"""

from __future__ import annotations

from chains.bitshares.transactions import format_time
from chains.bitshares.values import ASSET, instance
from devnet.genesis import Asset, Genesis
from devnet.parameters import MAX_SUPPLY
from devnet.values import Json, number

_FEED_LIFETIME = 86_400
_FEED_SPACING = 60
_COLLATERAL_RATIO = 1_400


def asset_json(genesis: Genesis, asset: Asset) -> Json:
    """Return an asset (1.3.x); one with feeds names its data (2.4.x)."""
    one = {"amount": 1, "asset_id": asset.id}
    extra = {} if asset.bitasset is None else {"bitasset_data_id": asset.bitasset}
    return {
        "id": asset.id,
        "symbol": asset.symbol,
        "precision": asset.precision,
        "issuer": "1.2.3" if asset.bitasset is None else "1.2.1",
        "options": {
            "max_supply": number(MAX_SUPPLY),
            "market_fee_percent": 0,
            "max_market_fee": number(MAX_SUPPLY),
            "issuer_permissions": 0,
            "flags": 0 if asset.bitasset is None else 128,
            "core_exchange_rate": {"base": one, "quote": {"amount": 1, "asset_id": "1.3.0"}},
            "whitelist_authorities": [],
            "blacklist_authorities": [],
            "whitelist_markets": [],
            "blacklist_markets": [],
            "description": "",
            "extensions": {},
        },
        "dynamic_asset_data_id": f"2.3.{instance(asset.id, ASSET)}",
        **extra,
        "creation_block_num": 0,
        "creation_time": format_time(genesis.time),
    }


def extended_asset_json(genesis: Genesis, asset: Asset) -> Json:
    """Return an asset as it is looked up by symbol: with what backs it, which is nothing here."""
    backing = {} if asset.bitasset is None else {"total_backing_collateral": 0}
    return asset_json(genesis, asset) | {"total_in_collateral": 0} | backing


def asset_data_json(asset: Asset) -> Json:
    """Return an asset's changing data (2.3.x)."""
    return {
        "id": f"2.3.{instance(asset.id, ASSET)}",
        "current_supply": number(MAX_SUPPLY if asset.bitasset is None else 0),
        "confidential_supply": 0,
        "accumulated_fees": 0,
        "accumulated_collateral_fees": 0,
        "fee_pool": 0,
    }


def bitasset_json(genesis: Genesis, asset: Asset) -> Json:
    """Return the price feeds of an asset (2.4.x), members as in core 7."""
    price = _price(asset.id, 1)
    feed = {
        "settlement_price": price,
        "maintenance_collateral_ratio": _COLLATERAL_RATIO,
        "maximum_short_squeeze_ratio": 1_100,
        "core_exchange_rate": price,
        "initial_collateral_ratio": _COLLATERAL_RATIO,
    }
    published = [
        [account, [format_time(genesis.time - index * _FEED_SPACING), feed]]
        for index, account in enumerate(genesis.witness_accounts.values())
    ]
    return {
        "id": asset.bitasset,
        "asset_id": asset.id,
        "feeds": published,
        "median_feed": feed,
        "current_feed": feed,
        "current_feed_publication_time": format_time(genesis.time),
        "current_maintenance_collateralization": price,
        "current_initial_collateralization": price,
        "options": {
            "feed_lifetime_sec": _FEED_LIFETIME,
            "minimum_feeds": 1,
            "force_settlement_delay_sec": 86_400,
            "force_settlement_offset_percent": 0,
            "maximum_force_settlement_volume": 2_000,
            "short_backing_asset": "1.3.0",
            "extensions": {},
        },
        "force_settled_volume": 0,
        "is_prediction_market": False,
        "settlement_price": _price(asset.id, 0),
        "settlement_fund": 0,
        "individual_settlement_debt": 0,
        "individual_settlement_fund": 0,
        "asset_cer_updated": False,
        "feed_cer_updated": False,
    }


def _price(asset_id: str, amount: int) -> Json:
    return {
        "base": {"amount": amount, "asset_id": asset_id},
        "quote": {"amount": amount, "asset_id": "1.3.0"},
    }
