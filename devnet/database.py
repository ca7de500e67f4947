"""The database API of a node: the methods that clients and the recordings use.

A public method of the class is a method of the API; what it lacks, a caller is told to be unknown.
Source: bitshares-core, `libraries/app/database_api.cpp`.
"""

from __future__ import annotations

from typing import Any

from devnet.account_objects import account_json, full_account_json, vesting_balances
from devnet.asset_objects import extended_asset_json
from devnet.evaluate import CORE_ASSET
from devnet.genesis import Account
from devnet.limits import checked_limit, refuse_more
from devnet.making import SOURCE, TransactionMethods
from devnet.node_config import CONFIG
from devnet.objects import (
    dynamic_json,
    global_json,
    object_json,
    properties_json,
    witness_json,
)
from devnet.refusals import failed_at
from devnet.state import Witness
from devnet.values import Json, number
from devnet.variants import to_list, to_object_id, to_text, to_whole


class DatabaseApi(TransactionMethods):
    """Reading the chain; objects are shown with the effects of pending transactions."""

    # -- objects ----------------------------------------------------------------------------------

    def get_objects(self, ids: Any, subscribe: Any = None) -> list[Json | None]:
        """Return objects by id, null for each that does not exist."""
        wanted = [to_object_id(item) for item in to_list(ids)]
        found = [object_json(self._state, object_id) for object_id in wanted]
        for object_id, each in zip(wanted, found, strict=True):
            if each is not None:
                self._session.subscribe(object_id, wanted=_flag(subscribe))
        return found

    def get_chain_id(self) -> str:
        """Return the chain id."""
        return self._genesis.chain_id

    def get_chain_properties(self) -> Json:
        """Return 2.11.0."""
        return properties_json(self._genesis)

    def get_global_properties(self) -> Json:
        """Return 2.0.0."""
        return global_json(self._state)

    def get_dynamic_global_properties(self) -> Json:
        """Return 2.1.0."""
        return dynamic_json(self._state)

    def get_config(self) -> Json:
        """Return the constants that the node was compiled with."""
        return CONFIG | {
            "GRAPHENE_SYMBOL": self._genesis.settings.core_symbol,
            "GRAPHENE_ADDRESS_PREFIX": self._genesis.prefix,
        }

    # -- blocks and transactions ------------------------------------------------------------------

    def get_block(self, height: Any) -> Json | None:
        """Return a block of the chain that the node follows."""
        block = self._session.node.block_at(to_whole(height))
        return None if block is None else block.json

    def get_block_header(self, height: Any, with_witness_signature: Any = False) -> Json | None:
        """Return a block without its transactions."""
        block = self.get_block(height)
        if block is None:
            return None
        left_out = {"transactions"}
        if not with_witness_signature:
            left_out.add("witness_signature")
        return {member: value for member, value in block.items() if member not in left_out}

    def get_block_header_batch(
        self, heights: Any, with_witness_signatures: Any = False
    ) -> list[list[Any]]:
        """Return pairs of height and header."""
        wanted = [to_whole(item) for item in to_list(heights)]
        return [[each, self.get_block_header(each, with_witness_signatures)] for each in wanted]

    def get_transaction(self, height: Any, index: Any) -> Json:
        """Return a transaction by its place in the chain."""
        block = self.get_block(height)
        if block is None:
            raise failed_at(SOURCE, "get_transaction", "opt_block")
        transactions = block["transactions"]
        if to_whole(index) >= len(transactions):
            condition = "opt_block->transactions.size() > trx_num"
            raise failed_at(SOURCE, "get_transaction", condition)
        found: Json = transactions[to_whole(index)]
        return found

    def get_recent_transaction_by_id(self, transaction_id: Any) -> Json | None:
        """Return a transaction that has not expired, pending or included."""
        found = self._state.recent.get(to_text(transaction_id).lower())
        return None if found is None else found.json

    # -- witnesses --------------------------------------------------------------------------------

    def get_witnesses(self, ids: Any) -> list[Json | None]:
        """Return witnesses by id."""
        found = [self._state.witnesses.get(to_object_id(each, "1.6")) for each in to_list(ids)]
        return [None if witness is None else witness_json(witness) for witness in found]

    def get_witness_by_account(self, name_or_id: Any) -> Json | None:
        """Return the witness of an account, null if it is none."""
        witness = self._witness_of(self._account(name_or_id))
        return None if witness is None else witness_json(witness)

    def lookup_witness_accounts(self, lower_bound: Any, limit: Any) -> list[list[str]]:
        """Return pairs of account name and witness id, in the order of the names."""
        most = checked_limit(to_whole(limit), "lookup_witness_accounts")
        names = {
            self._genesis.accounts[account].name: witness
            for witness, account in self._genesis.witness_accounts.items()
        }
        first = to_text(lower_bound)
        return [[name, names[name]] for name in sorted(names) if name >= first][:most]

    def get_witness_count(self) -> int:
        """Return how many witnesses there are."""
        return len(self._genesis.witness_ids)

    def lookup_vote_ids(self, votes: Any) -> list[Json | None]:
        """Return the witnesses (and nothing else here) that vote ids stand for."""
        by_vote = {witness.vote_id: witness for witness in self._state.witnesses.values()}
        found = [by_vote.get(to_text(vote)) for vote in to_list(votes)]
        return [None if witness is None else witness_json(witness) for witness in found]

    # -- accounts ---------------------------------------------------------------------------------

    def get_accounts(self, names_or_ids: Any, subscribe: Any = None) -> list[Json | None]:
        """Return accounts by name or id."""
        found = [self._find_account(item) for item in to_list(names_or_ids)]
        for account in found:
            if account is not None:
                self._session.subscribe(account.id, wanted=_flag(subscribe))
        return [self._account_json(account) for account in found]

    def get_account_by_name(self, name: Any) -> Json | None:
        """Return an account by its name."""
        return self._account_json(self._genesis.accounts_by_name.get(to_text(name)))

    def lookup_account_names(self, names: Any) -> list[Json | None]:
        """Return accounts by name (or id)."""
        return [self._account_json(self._find_account(name)) for name in to_list(names)]

    def lookup_accounts(self, lower_bound: Any, limit: Any) -> list[list[str]]:
        """Return pairs of account name and id, in the order of the names."""
        most = checked_limit(to_whole(limit), "lookup_accounts")
        first = to_text(lower_bound)
        names = self._genesis.accounts_by_name
        return [[name, names[name].id] for name in sorted(names) if name >= first][:most]

    def get_full_accounts(self, names_or_ids: Any, subscribe: Any = None) -> list[list[Any]]:
        """Return pairs of what was asked for and all that belongs to that account."""
        wanted, answer = to_list(names_or_ids), []
        refuse_more(wanted, "names_or_ids", "accounts", "get_full_accounts")
        for item in wanted:
            account = self._find_account(item)
            if account is not None:
                self._session.subscribe(account.id, wanted=_flag(subscribe))
                answer.append([item, full_account_json(self._state, account)])
        return answer

    def get_account_balances(self, name_or_id: Any, assets: Any) -> list[Json]:
        """Return an account's balances, of all assets that it has if none are named."""
        held = self._state.balances.get(self._account(name_or_id).id, 0)
        wanted = [to_object_id(asset, "1.3") for asset in to_list(assets)]
        if not wanted:
            return [_amount(held, CORE_ASSET)] if held else []
        return [_amount(held if asset == CORE_ASSET else 0, asset) for asset in wanted]

    def get_named_account_balances(self, name: Any, assets: Any) -> list[Json]:
        """Return an account's balances."""
        return self.get_account_balances(name, assets)

    def get_vesting_balances(self, name_or_id: Any) -> list[Json]:
        """Return an account's vesting balances."""
        return vesting_balances(self._state, self._account(name_or_id))

    def get_account_references(self, name_or_id: Any) -> list[str]:
        """Return the accounts in whose authorities an account stands; here only keys do."""
        self._account(name_or_id)
        return []

    def get_key_references(self, keys: Any) -> list[list[str]]:
        """Return the ids of the accounts that each key has authority over."""
        accounts = self._genesis.accounts.values()
        wanted = [to_text(key) for key in to_list(keys)]
        refuse_more(wanted, "keys", "keys", "get_key_references")
        return [[each.id for each in accounts if key in (each.key, each.owner)] for key in wanted]

    # -- assets -----------------------------------------------------------------------------------

    def get_assets(self, symbols_or_ids: Any, subscribe: Any = None) -> list[Json | None]:
        """Return assets by symbol or id."""
        del subscribe
        found = [self._find_asset(item) for item in to_list(symbols_or_ids)]
        return [
            None if each is None else extended_asset_json(self._genesis, each) for each in found
        ]

    def lookup_asset_symbols(self, symbols_or_ids: Any) -> list[Json | None]:
        """Return assets by symbol or id."""
        return self.get_assets(symbols_or_ids)

    # -- subscriptions ----------------------------------------------------------------------------

    def set_block_applied_callback(self, callback: Any) -> None:
        """Send a notice with the id of every block that is applied."""
        self._session.block_callback = to_whole(callback)

    def set_pending_transaction_callback(self, callback: Any) -> None:
        """Send a notice with every transaction that becomes pending."""
        self._session.pending_callback = to_whole(callback)

    def set_subscribe_callback(self, callback: Any, notify_remove_create: Any) -> None:
        """Send a notice with those objects, fetched from now on, that a block has changed."""
        if notify_remove_create:
            raise failed_at(
                SOURCE,
                "set_subscribe_callback",
                "_app_options && _app_options->enable_subscribe_to_all",
                "Subscribing to universal object creation and removal is disallowed in this"
                " server.",
            )
        self.cancel_all_subscriptions()
        self._session.object_callback = to_whole(callback)

    def set_auto_subscription(self, enable: Any) -> None:
        """Tell whether fetching an object subscribes to it."""
        self._session.auto_subscribe = bool(enable)

    def cancel_all_subscriptions(self) -> None:
        """Forget the callback for objects and all objects that are watched."""
        self._session.object_callback = None
        self._session.subscribed.clear()

    # -- inner ------------------------------------------------------------------------------------

    def _witness_of(self, account: Account) -> Witness | None:
        witness_id = self._genesis.witness_of_account.get(account.id)
        return None if witness_id is None else self._state.witnesses[witness_id]

    def _account_json(self, account: Account | None) -> Json | None:
        return None if account is None else account_json(self._state, account)

    def _find_account(self, name_or_id: Any) -> Account | None:
        text = to_text(name_or_id)
        if text[:1].isdigit():
            return self._genesis.accounts.get(to_object_id(text, "1.2"))
        return self._genesis.accounts_by_name.get(text)

    def _account(self, name_or_id: Any) -> Account:
        account = self._find_account(name_or_id)
        if account is None:
            raise failed_at(SOURCE, "get_account_from_string", "account_ptr", "no such account")
        return account


def _flag(value: Any) -> bool | None:
    return None if value is None else bool(value)


def _amount(amount: int, asset: str) -> Json:
    return {"amount": number(amount), "asset_id": asset}
