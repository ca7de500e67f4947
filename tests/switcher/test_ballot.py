"""How nodes are asked, and what one of them can spoil."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chains.bitshares.watch import Watch
from chains.errors import NodeRefusedError, NodeTimeoutError
from switcher.ballot import DUPLICATE, agreed, deliver
from switcher.errors import DisagreementError

HANG = object()
LATE = object()


def watch(**answers: Any) -> Watch:
    """Return a watch of canonical nodes, each with one answer."""

    async def call(node: str, *_: Any, timeout: float | None = None) -> Any:
        answer = answers[node]
        if answer is HANG:
            await asyncio.Event().wait()
        if answer is LATE:
            for _turn in range(20):
                await asyncio.sleep(0)  # the others go first
            return None
        if isinstance(answer, Exception):
            raise answer
        return answer

    nodes = [SimpleNamespace(name=n, well=True) for n in answers]
    settings = SimpleNamespace(nodes=nodes)
    return cast("Watch", SimpleNamespace(nodes=nodes, settings=settings, call=call))


def refused(node: str, code: int = 10) -> NodeRefusedError:
    return NodeRefusedError(node, code, "no")


async def test_majority_is_enough_and_the_slow_are_not_waited_for() -> None:
    assert await agreed(watch(eu=7, us=HANG, asia=7), "get_it") == 7
    delivery = await deliver(watch(eu=None, us=HANG, asia=None), {})
    assert (delivery.taken, delivery.silent) == (("eu", "asia"), ("us",))


async def test_one_quick_node_is_not_enough_to_stop_giving_it_to_the_others() -> None:
    delivery = await deliver(watch(eu=None, us=LATE, asia=LATE), {})
    assert len(delivery.taken) >= 2


@pytest.mark.parametrize(
    "answers", [{"eu": 1, "us": 2, "asia": 3}, {"eu": 1, "us": NodeTimeoutError("us", "late")}]
)
async def test_no_majority_is_no_answer(answers: dict[str, Any]) -> None:
    with pytest.raises(DisagreementError, match="get_it"):
        await agreed(watch(**answers), "get_it")


async def test_only_the_part_that_matters_is_compared() -> None:
    nodes = watch(eu={"a": 1, "b": 1}, us={"a": 1, "b": 2}, asia={"b": 3})
    assert await agreed(nodes, "get_it", part=lambda answer: answer["a"]) == 1


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


UNWRITABLE = {
    "nested": nested(5_000),
    "infinite": float("inf"),
    "no number": float("nan"),
    "endless": 10**5_000,
}


@pytest.mark.parametrize("kind", UNWRITABLE)
async def test_an_answer_that_can_not_be_written_down_is_none(kind: str) -> None:
    answer = UNWRITABLE[kind]
    assert await agreed(watch(eu=answer, us=7, asia=7), "get_it") == 7
    with pytest.raises(DisagreementError, match="get_it"):
        await agreed(watch(eu=answer, us=answer, asia=7), "get_it")


@pytest.mark.parametrize("error", [ValueError, OverflowError, KeyError, TypeError])
async def test_an_answer_without_the_part_that_matters_is_none(error: type[Exception]) -> None:
    def part(answer: Any) -> Any:
        if answer == 1:
            raise error
        return answer

    assert await agreed(watch(eu=1, us=7, asia=7), "get_it", part=part) == 7


async def test_duplicate_means_taken() -> None:
    delivery = await deliver(watch(eu=refused("eu", DUPLICATE), us=refused("us")), {})
    assert delivery.taken == ("eu",)
    assert delivery.refusals == {"us": (10, "no")}
    assert not delivery.refused_by_all


async def test_refused_by_all_is_told_from_silence() -> None:
    assert (await deliver(watch(eu=refused("eu"), us=refused("us")), {})).refused_by_all
    silent = NodeTimeoutError("us", "late")
    assert not (await deliver(watch(eu=refused("eu"), us=silent), {})).refused_by_all
    assert not (await deliver(watch(), {})).refused_by_all
