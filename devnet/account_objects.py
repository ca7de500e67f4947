"""Accounts and what belongs to them, as nodes answer them."""

from __future__ import annotations

from chains.bitshares.keys import null_key
from chains.bitshares.transactions import format_time
from chains.bitshares.values import ACCOUNT, instance
from devnet.evaluate import authority
from devnet.genesis import Account
from devnet.parameters import CASHBACK_VESTING_SECONDS, PAY_VESTING_SECONDS
from devnet.state import ChainState, Fees, Vesting
from devnet.values import Json, number

_NEVER = format_time(0)
_VESTING_SECONDS = {"witness": PAY_VESTING_SECONDS, "cashback": CASHBACK_VESTING_SECONDS}
_VESTING = "1.13."
_FOR_EVER = "2106-02-07T06:28:15"
_PARTS_WITHOUT_MORE = [
    "balances",
    "vesting_balances",
    "limit_orders",
    "call_orders",
    "settle_orders",
    "proposals",
    "assets",
    "withdraws_from",
    "withdraws_to",
    "htlcs_from",
    "htlcs_to",
]


def account_json(state: ChainState, account: Account) -> Json:
    """Return an account (1.2.x)."""
    genesis = state.genesis
    fees = state.fees.get(account.id, Fees())
    cashback = {} if fees.cashback is None else {"cashback_vb": fees.cashback.id}
    member = bool(account.key)
    owner = account.id if member else "1.2.3"
    return {
        "id": account.id,
        "membership_expiration_date": _FOR_EVER,
        "registrar": owner,
        "referrer": owner,
        "lifetime_referrer": owner,
        "network_fee_percentage": 2_000,
        "lifetime_referrer_fee_percentage": 8_000,
        "referrer_rewards_percentage": 0,
        "name": account.name,
        "owner": authority(account.owner),
        "active": authority(account.key),
        "options": {
            "memo_key": account.key or null_key(genesis.prefix),
            "voting_account": "1.2.5",
            "num_witness": 0,
            "num_committee": 0,
            "votes": [],
            "extensions": [],
        },
        "num_committee_voted": 0,
        "statistics": f"2.6.{instance(account.id, ACCOUNT)}",
        "whitelisting_accounts": [],
        "blacklisting_accounts": [],
        "whitelisted_accounts": [],
        "blacklisted_accounts": [],
        **cashback,
        "owner_special_authority": [0, {}],
        "active_special_authority": [0, {}],
        "top_n_control_flags": 0,
        "creation_block_num": 0,
        "creation_time": format_time(genesis.time),
    }


def balance_json(state: ChainState, account_id: str) -> Json | None:
    """Return an account's core balance (2.5.x), None if it never had one."""
    held = state.balances.get(account_id)
    if held is None:
        return None
    return {
        "id": f"2.5.{instance(account_id, ACCOUNT)}",
        "owner": account_id,
        "asset_type": "1.3.0",
        "balance": number(held),
        "maintenance_flag": False,
    }


def statistics_json(state: ChainState, account: Account) -> Json:
    """Return an account's statistics (2.6.x)."""
    fees = state.fees.get(account.id, Fees())
    zeros = (
        "total_core_in_orders total_core_inactive total_core_pob total_core_pol "
        "total_pob_value total_pol_value"
    )
    votes = "vp_all vp_active vp_committee vp_witness vp_worker"
    return {
        "id": f"2.6.{instance(account.id, ACCOUNT)}",
        "owner": account.id,
        "name": account.name,
        "most_recent_op": "2.9.0",
        "total_ops": 0,
        "removed_ops": 0,
        **dict.fromkeys(zeros.split(), 0),
        "core_in_balance": number(state.balances.get(account.id, 0)),
        "has_cashback_vb": fees.cashback is not None,
        "is_voting": False,
        "last_vote_time": _NEVER,
        **dict.fromkeys(votes.split(), 0),
        "vote_tally_time": _NEVER,
        "lifetime_fees_paid": number(fees.paid),
        "pending_fees": 0,
        "pending_vested_fees": number(fees.pending),
    }


def vesting_json(account_id: str, held: Vesting, kind: str) -> Json:
    """Return a vesting balance (1.13.x) of the kind "witness" or "cashback"."""
    policy = {
        "vesting_seconds": _VESTING_SECONDS[kind],
        "start_claim": _NEVER,
        "coin_seconds_earned": str(held.coin_seconds),  # 128 bits: always a string
        "coin_seconds_earned_last_update": format_time(held.updated),
    }
    return {
        "id": held.id,
        "owner": account_id,
        "balance": {"amount": number(held.amount), "asset_id": "1.3.0"},
        "policy": [1, policy],
        "balance_type": kind,
    }


def vesting_balances(state: ChainState, account: Account) -> list[Json]:
    """Return an account's vesting balances: a witness' pay, and the cashback of fees."""
    witness = state.witnesses.get(state.genesis.witness_of_account.get(account.id, ""))
    held = {
        "witness": None if witness is None else witness.pay,
        "cashback": state.fees.get(account.id, Fees()).cashback,
    }
    found = [vesting_json(account.id, each, kind) for kind, each in held.items() if each]
    return sorted(found, key=lambda balance: instance(balance["id"], _VESTING))


def full_account_json(state: ChainState, account: Account) -> Json:
    """Return what `get_full_accounts` answers for one account."""
    balance = balance_json(state, account.id)
    filled = {
        "balances": [] if balance is None else [balance],
        "vesting_balances": vesting_balances(state, account),
    }
    kinds = {each["balance_type"]: each for each in filled["vesting_balances"]}
    cashback = {"cashback_balance": kinds["cashback"]} if "cashback" in kinds else {}
    empty: Json = {part: [] for part in _PARTS_WITHOUT_MORE}
    owner = account.name if account.key else "null-account"
    return {
        "account": account_json(state, account),
        "statistics": statistics_json(state, account),
        "registrar_name": owner,
        "referrer_name": owner,
        "lifetime_referrer_name": owner,
        "votes": [],
        **cashback,
        **empty,
        **filled,
        "more_data_available": dict.fromkeys(_PARTS_WITHOUT_MORE, False),
    }
