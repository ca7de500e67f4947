"""The smaller APIs of a node: giving transactions to the network, and ranges of blocks.

Source: bitshares-core, `libraries/app/api.cpp`.
"""

from __future__ import annotations

import asyncio
from typing import Any

from devnet.operations import Transaction, read_transaction
from devnet.refusals import failed
from devnet.session import Answer, Session
from devnet.values import Json
from devnet.variants import to_whole

_BLOCK_RANGE = 1_000


class BroadcastApi:
    """Giving transactions to the network."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def broadcast_transaction(self, transaction: Any) -> None:
        """Answer null once the transaction is pending here and told to the peers."""
        self._push(self._read(transaction))

    def broadcast_transaction_with_callback(self, callback: Any, transaction: Any) -> None:
        """Answer at once, and send a notice when a block holds the transaction."""
        read = self._read(transaction)
        self._push(read)
        self._session.when_included(read.id, lambda place: self._session.notice(callback, [place]))

    def broadcast_transaction_synchronous(self, transaction: Any) -> Answer:
        """Answer when a block holds the transaction; if none ever does, never."""
        read = self._read(transaction)
        self._push(read)
        included: asyncio.Future[Json] = asyncio.get_running_loop().create_future()

        def tell(place: Json) -> None:
            if not included.done():  # the client may have gone meanwhile
                included.set_result(place)

        self._session.when_included(read.id, tell)
        return included

    def _read(self, transaction: Any) -> Transaction:
        genesis = self._session.node.ledger.genesis
        return read_transaction(transaction, genesis.prefix, genesis.chain_id)

    def _push(self, transaction: Transaction) -> None:
        self._session.node.push_transaction(transaction)
        self._session.relay.send_transaction(self._session.node, transaction)


class BlockApi:
    """Ranges of blocks."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get_blocks(self, first: Any, last: Any) -> list[Json | None]:
        """Return the blocks from one height to another, null for those that don't exist."""
        numbers = range(to_whole(first), to_whole(last) + 1)
        if not numbers:
            raise failed("block_num_to >= block_num_from")
        if len(numbers) > _BLOCK_RANGE:
            raise failed("block range", f"more than {_BLOCK_RANGE} blocks at once")
        blocks = [self._session.node.block_at(number) for number in numbers]
        return [None if block is None else block.json for block in blocks]
