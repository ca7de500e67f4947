"""A client's connection to a node: its API ids, its callbacks, its subscriptions."""

from __future__ import annotations

import inspect
from asyncio import Future
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from devnet.blocks import SignedBlock
from devnet.node import ChainNode
from devnet.objects import object_json
from devnet.operations import Transaction
from devnet.refusals import failed_at
from devnet.state import ChainState
from devnet.values import Json

Answer = Any | Future[Any]
"""What a method answers: JSON, or the promise of it."""


class Relay(Protocol):
    """The way from a node to its peers."""

    def send_transaction(self, sender: ChainNode, transaction: Transaction) -> None:
        """Pass a transaction on to the peers."""


@dataclass(frozen=True, slots=True)
class Method:
    """A method of an API and the number of arguments that it cannot do without."""

    call: Callable[..., Answer]
    required: int

    def __call__(self, arguments: list[Any]) -> Answer:
        """Call it; surplus arguments are ignored, as on a real node.

        Raises:
            RefusedError: arguments are missing, or the method's own refusal.
        """
        if len(arguments) < self.required:
            raise failed_at(
                "api_connection.hpp",
                "call_generic",
                "a0 != e || optional_args",
                "too few arguments passed to method",
            )
        known = len(inspect.signature(self.call).parameters)
        return self.call(*arguments[:known])


def methods_of(api: object) -> Mapping[str, Method]:
    """Return the public methods of an API object, by name."""
    found = {}
    for name, call in inspect.getmembers(api, inspect.ismethod):
        if not name.startswith("_"):
            parameters = inspect.signature(call).parameters.values()
            required = sum(1 for each in parameters if each.default is inspect.Parameter.empty)
            found[name] = Method(call, required)
    return found


class Session:
    """One connection; `notify` sends a message that nobody asked for, None where there is no way.

    The session listens to its node for as long as it is open.
    """

    def __init__(
        self, node: ChainNode, relay: Relay, notify: Callable[[Json], None] | None = None
    ) -> None:
        self.node = node
        self.relay = relay
        self.block_callback: Any = None
        self.pending_callback: Any = None
        self.object_callback: Any = None
        self.auto_subscribe = True
        self.subscribed: set[str] = set()
        self._inclusion: dict[str, Callable[[Json], None]] = {}
        self._notify = notify
        node.listeners.append(self)

    def close(self) -> None:
        """Stop listening to the node."""
        if self in self.node.listeners:
            self.node.listeners.remove(self)

    def subscribe(self, object_id: str, *, wanted: bool | None = None) -> None:
        """Watch an object if asked to, or if no wish is known and that is the habit."""
        if self.object_callback is not None and (self.auto_subscribe if wanted is None else wanted):
            self.subscribed.add(object_id)

    def when_included(self, transaction_id: str, tell: Callable[[Json], None]) -> None:
        """Have a transaction's place told once a block holds it."""
        self._inclusion[transaction_id] = tell

    def notice(self, callback: Any, arguments: list[Any]) -> None:
        """Send a notice with the id that the client has chosen for its callback."""
        if self._notify is not None:
            self._notify({"method": "notice", "params": [callback, arguments]})

    def block_applied(self, block: SignedBlock, before: ChainState, after: ChainState) -> None:
        """Send what the client wants to know of a block."""
        if self.block_callback is not None:
            self.notice(self.block_callback, [block.id])
        if self.subscribed:
            changed = []
            for object_id in sorted(self.subscribed):
                now = object_json(after, object_id)
                if now is not None and now != object_json(before, object_id):
                    changed.append(now)
            if changed:
                self.notice(self.object_callback, [changed])
        for index, transaction in enumerate(block.transactions):
            tell = self._inclusion.pop(transaction.id, None)
            if tell is not None:
                tell(_confirmation(block, index, transaction))

    def transaction_pending(self, transaction: Transaction) -> None:
        """Send a pending transaction to a client that watches them."""
        if self.pending_callback is not None:
            self.notice(self.pending_callback, [transaction.json])


def _confirmation(block: SignedBlock, index: int, transaction: Transaction) -> Json:
    results = [[0, {}] for _ in transaction.operations]
    return {
        "id": transaction.id,
        "block_num": block.number,
        "trx_num": index,
        "trx": transaction.json | {"operation_results": results},
    }
