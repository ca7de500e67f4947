"""Reading nodes afresh, all at once and within a deadline."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from chains.bitshares.endpoint import Endpoint
from chains.bitshares.views import NodeView
from chains.errors import NodeError
from chains.standing import Verdict

_Reads = Mapping["asyncio.Task[None]", Endpoint]


async def read_most_alike(
    endpoints: Sequence[Endpoint], needed: int, deadline: float
) -> list[NodeView]:
    """Read nodes until `needed` canonical ones agree on the witnesses' keys, or `deadline` seconds.

    So one that answers first and lies decides nothing. A node that has not answered by then comes
    with `up` False.
    """
    reads = await _read(
        endpoints, deadline, lambda reads: _most_alike(_keys_shown(reads)) >= needed
    )
    return [_fresh(task, endpoint) for task, endpoint in reads.items()]


async def examine_all(endpoints: Sequence[Endpoint], deadline: float) -> list[NodeView]:
    """Read every node, then find anew where each left the followed chain; `deadline` for either.

    A node that has not answered by then comes with `up` False.
    """
    reads = await _read(endpoints, deadline, lambda _: False)
    # Only now: one that was read early may since look other than it did, by what a later one had.
    answered = [endpoint for task, endpoint in reads.items() if _succeeded(task)]
    searches = [asyncio.ensure_future(endpoint.locate()) for endpoint in answered]
    await _ended(searches, deadline)
    return [_fresh(task, endpoint) for task, endpoint in reads.items()]


async def _read(
    endpoints: Sequence[Endpoint], deadline: float, enough: Callable[[_Reads], bool]
) -> _Reads:
    reads = {asyncio.ensure_future(endpoint.refresh()): endpoint for endpoint in endpoints}
    await _ended(list(reads), deadline, lambda: enough(reads))
    return reads


async def _ended(
    tasks: Sequence[asyncio.Task[None]],
    deadline: float,
    enough: Callable[[], bool] = lambda: False,
) -> None:
    """Wait until all tasks are through, or are enough, or `deadline` seconds; end the others."""
    try:
        async with asyncio.timeout(deadline):
            for finished in asyncio.as_completed(tasks):
                await asyncio.gather(finished, return_exceptions=True)
                if enough():
                    break
    except TimeoutError:
        pass
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _keys_shown(reads: _Reads) -> list[frozenset[str]]:
    """Return the witnesses' keys as each node that counts and has answered shows them."""
    views = [endpoint.view() for task, endpoint in reads.items() if _succeeded(task)]
    return [
        frozenset(f"{account} {w.signing_key}" for account, w in view.reading.witnesses.items())
        for view in views
        if view.canonical and view.reading is not None
    ]


def _fresh(task: asyncio.Task[None], endpoint: Endpoint) -> NodeView:
    view = endpoint.view()
    if _succeeded(task):
        return view
    detail = "did not answer in time"
    if not task.cancelled() and isinstance(error := task.exception(), NodeError):
        detail = error.detail
    return replace(
        view,
        up=False,
        verdict=Verdict.UNREACHABLE,
        detail=detail,
        common=None,
        divergence=None,
    )


def _most_alike(answers: Sequence[frozenset[str]]) -> int:
    return max(Counter(answers).values(), default=0)


def _succeeded(task: asyncio.Task[None]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None
