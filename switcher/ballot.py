"""Asking several nodes at once, and giving a transaction to all of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chains.bitshares.views import majority_of
from chains.bitshares.watch import Watch
from chains.errors import NodeError, NodeRefusedError
from switcher.errors import DisagreementError

_DEADLINE = 1.0
"""Seconds that nodes have to answer; the slow ones are not waited for."""

DUPLICATE = 3030001
"""What a node answers that has this very transaction already."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the nodes said to a transaction, by name.

    `refusals` holds the numeric code and message of each refusal, `silent` those who gave no usable
    answer: they may have taken it all the same.
    """

    taken: tuple[str, ...]
    refusals: Mapping[str, tuple[int, str]]
    silent: tuple[str, ...]

    @property
    def refused_by_all(self) -> bool:
        """Tell whether every node answered, and each of them with a refusal."""
        return bool(self.refusals) and not self.taken and not self.silent

    def details(self) -> dict[str, Any]:
        """Return the form that the journal keeps."""
        refusals = {name: f"{code}: {text}" for name, (code, text) in self.refusals.items()}
        return {"taken": list(self.taken), "refused": refusals, "silent": list(self.silent)}


def canonical_nodes(watch: Watch) -> list[str]:
    """Return the names of the voting nodes that are up and on the canonical chain."""
    return [node.name for node in watch.nodes if node.well]


async def agreed(
    watch: Watch, method: str, *params: Any, part: Callable[[Any], Any] | None = None
) -> Any:
    """Return what a majority of the configured nodes answers to a call of the database API.

    Answers are compared as JSON. With `part`, only what it takes out of them is compared and
    returned. An answer that lacks it, or that can't be written as JSON, counts as none.

    Raises:
        DisagreementError: no majority gave one and the same answer in time.
    """
    needed = majority_of(len(watch.settings.nodes))
    answers: dict[str, int] = {}
    calls = [
        asyncio.ensure_future(watch.call(name, "database", method, *params, timeout=_DEADLINE))
        for name in canonical_nodes(watch)
    ]
    try:
        for finished in asyncio.as_completed(calls):
            try:
                answer = await finished
                answer = part(answer) if part else answer
                text = json.dumps(answer, sort_keys=True, allow_nan=False)
            except (NodeError, LookupError, TypeError, ValueError, OverflowError, RecursionError):
                continue
            answers[text] = answers.get(text, 0) + 1
            if answers[text] >= needed:
                return answer
    finally:
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
    raise DisagreementError(f"fewer than {needed} nodes gave the same answer to {method}")


async def deliver(watch: Watch, transaction: Mapping[str, Any]) -> Delivery:
    """Give a transaction to every canonical node and return what they said.

    Once a majority has taken it, the answers of the others are not waited for.
    """
    needed = majority_of(len(watch.settings.nodes))
    calls = {
        asyncio.ensure_future(_broadcast(watch, name, transaction)): name
        for name in canonical_nodes(watch)
    }
    waiting = set(calls)
    try:
        while waiting and sum(_took(call) for call in calls) < needed:
            _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for call in calls:
            call.cancel()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    return _sorted_answers(dict(zip(calls.values(), answers, strict=True)))


async def _broadcast(watch: Watch, node: str, transaction: Mapping[str, Any]) -> None:
    """Give a transaction to a node; one that it has already is as good as taken."""
    api, method = "network_broadcast", "broadcast_transaction"
    try:
        await watch.call(node, api, method, dict(transaction), timeout=_DEADLINE)
    except NodeRefusedError as error:
        if error.code != DUPLICATE:
            raise


def _took(call: asyncio.Future[None]) -> bool:
    return call.done() and not call.cancelled() and call.exception() is None


def _sorted_answers(answers: Mapping[str, BaseException | None]) -> Delivery:
    taken, silent = [], []
    refusals: dict[str, tuple[int, str]] = {}
    for name, answer in answers.items():
        match answer:
            case None:
                taken.append(name)
            case NodeRefusedError():
                refusals[name] = (answer.code, answer.message)
            case NodeError() | asyncio.CancelledError():
                silent.append(name)
            case _:
                raise answer
    return Delivery(tuple(taken), refusals, tuple(silent))
