"""The chain parameters of a fresh chain, as the recorded nodes answer them.

Source: bitshares-core, `libraries/protocol` defaults; the members of 2.0.0 `parameters`.
"""

from __future__ import annotations

from devnet.settings import DevnetSettings
from devnet.values import Json, number

OPERATION_FEE = 2_000_000
"""The default fee of a witness_update and of a transfer without memo: 20 of the core asset."""

WITNESS_PAY = 1_000_000
PAY_VESTING_SECONDS = 86_400
CASHBACK_VESTING_SECONDS = 31_536_000
NETWORK_PERCENT_OF_FEE = 20
MAX_TIME_UNTIL_EXPIRATION = 86_400
MAX_TRANSACTION_SIZE = 2_048
MAX_URL_LENGTH = 127
IRREVERSIBLE_PERCENT = 70
CORE_PRECISION = 5
MAX_SUPPLY = 1_000_000_000_000_000

_KBYTE, _OUTPUT = "price_per_kbyte", "price_per_output"
_FEES: tuple[Json, ...] = (
    {"fee": OPERATION_FEE, _KBYTE: 1_000_000},  # 0 transfer
    {"fee": 500_000},
    {"fee": 0},
    {"fee": 2_000_000},
    {},
    {"basic_fee": 500_000, "premium_fee": 200_000_000, _KBYTE: 100_000},
    {"fee": 2_000_000, _KBYTE: 100_000},
    {"fee": 300_000},
    {"membership_annual_fee": 200_000_000, "membership_lifetime_fee": 1_000_000_000},
    {"fee": 50_000_000},
    {
        "symbol3": number(50_000_000_000),
        "symbol4": number(30_000_000_000),
        "long_symbol": 500_000_000,
        _KBYTE: 10,
    },
    {"fee": 50_000_000, _KBYTE: 10},
    {"fee": 50_000_000},
    {"fee": 50_000_000},
    {"fee": 2_000_000, _KBYTE: 100_000},
    {"fee": 2_000_000},
    {"fee": 100_000},
    {"fee": 10_000_000},
    {"fee": 50_000_000},
    {"fee": 100_000},
    {"fee": 500_000_000},  # 20 witness_create
    {"fee": OPERATION_FEE},  # 21 witness_update
    {"fee": 2_000_000, _KBYTE: 10},
    {"fee": 2_000_000, _KBYTE: 10},
    {"fee": 100_000},
    {"fee": 100_000},
    {"fee": 100_000},
    {"fee": 2_000_000, _KBYTE: 10},
    {"fee": 0},
    {"fee": 500_000_000},
    {"fee": 2_000_000},  # 30
    {"fee": 100_000},
    {"fee": 100_000},
    {"fee": 2_000_000},
    {"fee": 500_000_000},
    {"fee": 100_000, _KBYTE: 10},
    {"fee": 100_000},
    {},
    {"fee": 2_000_000, _KBYTE: 10},
    {"fee": 500_000, _OUTPUT: 500_000},
    {"fee": 500_000, _OUTPUT: 500_000},  # 40
    {"fee": 500_000},
    {},
    {"fee": 2_000_000},
    {},
    {"fee": 2_000_000},
    {},
    {"fee": 2_000_000},
    {"fee": 2_000_000},
)


def chain_parameters(settings: DevnetSettings) -> Json:
    """Return the member `parameters` of 2.0.0 (and `initial_parameters` of the genesis)."""
    return {
        "current_fees": {
            "parameters": [[operation, fee] for operation, fee in enumerate(_FEES)],
            "scale": 10_000,
        },
        "block_interval": settings.interval,
        "maintenance_interval": settings.maintenance_interval,
        "maintenance_skip_slots": settings.maintenance_skip_slots,
        "committee_proposal_review_period": 1_209_600,
        "maximum_transaction_size": MAX_TRANSACTION_SIZE,
        "maximum_block_size": 2_000_000,
        "maximum_time_until_expiration": MAX_TIME_UNTIL_EXPIRATION,
        "maximum_proposal_lifetime": 2_419_200,
        "maximum_asset_whitelist_authorities": 10,
        "maximum_asset_feed_publishers": 10,
        "maximum_witness_count": 1_001,
        "maximum_committee_count": 1_001,
        "maximum_authority_membership": 10,
        "reserve_percent_of_fee": 2_000,
        "network_percent_of_fee": 100 * NETWORK_PERCENT_OF_FEE,
        "lifetime_referrer_percent_of_fee": 3_000,
        "cashback_vesting_period_seconds": CASHBACK_VESTING_SECONDS,
        "cashback_vesting_threshold": 10_000_000,
        "count_non_member_votes": True,
        "allow_non_member_whitelists": False,
        "witness_pay_per_block": WITNESS_PAY,
        "worker_budget_per_day": number(50_000_000_000),
        "max_predicate_opcode": 1,
        "fee_liquidation_threshold": 10_000_000,
        "accounts_per_fee_scale": 1_000,
        "account_fee_scale_bitshifts": 4,
        "max_authority_depth": 2,
        "extensions": {
            "custom_authority_options": {
                "max_custom_authority_lifetime_seconds": 2_592_000,
                "max_custom_authorities_per_account": 10,
                "max_custom_authorities_per_account_op": 3,
                "max_custom_authority_restrictions": 10,
            }
        },
    }
