"""What is not well in the end of a soak is told, whoever doesn't answer then."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import httpx

from bench.books import Pages
from bench.soak.ground import Ground
from bench.soak.well import unwell


class Peers:
    """A peer chain of two nodes; what is raised stands in for an answer."""

    nodes = (SimpleNamespace(name="p1"), SimpleNamespace(name="p2"))

    def __init__(self, **answers: Any) -> None:
        self._answers = answers

    async def chain(self, name: str) -> list[Any]:
        told = self._answers[name]
        if isinstance(told, Exception):
            raise told
        return list(told)


def ground(**answers: Any) -> Ground:
    """Return a ground on which all is well but the peers, which answer like that."""

    async def pages() -> Pages:
        return Pages((), {}, {}, (), None)

    told: Any = SimpleNamespace(
        nurse=SimpleNamespace(running=True),
        net=SimpleNamespace(settings=SimpleNamespace(rings=0), peers=Peers(**answers)),
        books=SimpleNamespace(read=pages),
        stack=SimpleNamespace(exporters=()),
    )
    return cast(Ground, told)


async def test_peers_with_one_chain_are_well() -> None:
    assert await unwell(ground(p1=["a", "b"], p2=["a", "b"])) == []


async def test_peers_with_two_chains_are_told() -> None:
    told = await unwell(ground(p1=["a", "b"], p2=["a", "c"]))
    assert told == ["the peers don't have the same chain"]


async def test_a_peer_that_does_not_answer_is_told_and_ends_nothing() -> None:
    told = await unwell(ground(p1=["a"], p2=httpx.ReadError("")))
    assert told == ["a peer doesn't answer: ReadError('')"]
