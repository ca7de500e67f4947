"""The methods of the database API that help to make a transaction, and the look at the state.

Source: bitshares-core, `libraries/app/database_api.cpp`.
"""

from __future__ import annotations

from typing import Any

from devnet.evaluate import required_accounts, required_fee, verify_authority
from devnet.genesis import Account, Asset
from devnet.operations import Transaction, read_operation, read_transaction
from devnet.refusals import failed_at
from devnet.session import Session
from devnet.state import ChainState
from devnet.values import Json
from devnet.variants import to_list, to_object_id, to_text

SOURCE = "database_api.cpp"


class TransactionMethods:
    """Fees, signatures and bytes of a transaction that is being made."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._genesis = session.node.ledger.genesis

    def get_required_fees(self, operations: Any, asset: Any) -> list[Json]:
        """Return the fee of each operation."""
        if self._find_asset(asset) is None:
            raise failed_at(SOURCE, "get_asset_from_string", "asset_ptr", "no such asset")
        for operation in to_list(operations):
            read_operation(operation, self._genesis.prefix)
        return [required_fee(self._genesis) for _ in operations]

    def get_required_signatures(self, transaction: Any, available_keys: Any) -> list[str]:
        """Return which of some keys a transaction still needs."""
        read = self._read(transaction)
        available, signed = {to_text(key) for key in to_list(available_keys)}, set(read.signers)
        keys = (
            account.key if account.key in available | signed else account.owner
            for account in self._approving(read)
        )
        return sorted({*keys} & available - signed)

    def get_potential_signatures(self, transaction: Any) -> list[str]:
        """Return the keys that could sign a transaction."""
        accounts = self._approving(self._read(transaction))
        return sorted({key for account in accounts for key in (account.key, account.owner)})

    def get_potential_address_signatures(self, transaction: Any) -> list[str]:
        """Return the addresses that could sign a transaction: there are none here."""
        self._read(transaction)
        return []

    def verify_authority(self, transaction: Any) -> bool:
        """Tell that exactly the needed keys have signed, or refuse."""
        verify_authority(self._genesis, self._read(transaction))
        return True

    def validate_transaction(self, transaction: Any) -> Json:
        """Try a transaction on the present state without keeping it."""
        read = self._read(transaction)
        read.validate()
        self._session.node.tried(read)
        results = [[0, {}] for _ in read.operations]
        return read.json | {"operation_results": results}

    def get_transaction_hex(self, transaction: Any) -> str:
        """Return a transaction's bytes with its signatures."""
        return self._read(transaction).packed_signed.hex()

    def get_transaction_hex_without_sig(self, transaction: Any) -> str:
        """Return a transaction's bytes without its signatures."""
        return self._read(transaction).packed.hex()

    # -- inner ------------------------------------------------------------------------------------

    @property
    def _state(self) -> ChainState:
        return self._session.node.pending_state

    def _find_asset(self, symbol_or_id: Any) -> Asset | None:
        text = to_text(symbol_or_id)
        if text[:1].isdigit():
            return self._genesis.assets.get(to_object_id(text, "1.3"))
        by_symbol = {asset.symbol: asset for asset in self._genesis.assets.values()}
        return by_symbol.get(text)

    def _read(self, transaction: Any) -> Transaction:
        return read_transaction(transaction, self._genesis.prefix, self._genesis.chain_id)

    def _approving(self, transaction: Transaction) -> list[Account]:
        accounts = [self._genesis.accounts.get(each) for each in required_accounts(transaction)]
        return [account for account in accounts if account is not None and account.key]
