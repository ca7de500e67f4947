"""All peers of a measurement in a process of their own: `python -m bench.peers.server`.

On its standard input comes a line of JSON with the peers and their links, then commands (`_obey`);
each is answered with a line, the first one with the peers' URLs.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.peers.behaviours import Own, Plain
from bench.peers.http import converse
from bench.peers.liars import (
    LongerThanItIs,
    OtherHashes,
    PlainLongerThanItIs,
    Silent,
    Stuck,
    endless,
)
from bench.peers.link import Link
from bench.peers.peer import Peer
from bench.peers.stored import StoredChain

_KINDS: dict[str, Callable[[StoredChain, int], Plain]] = {
    "plain": Plain,
    "own": Own,
    "silent": Silent,
    "stuck": Stuck,
    "longer": LongerThanItIs,
    "plain_longer": PlainLongerThanItIs,
    "other_hashes": OtherHashes,
    **{
        kind: functools.partial(endless, kind)
        for kind in ("blanks", "brackets", "digits", "blocks", "bombs")
    },
    **{
        f"plain_{kind}": functools.partial(endless, kind, plain=True)
        for kind in ("blanks", "digits", "blocks")
    },
}
"""By their kind; see `behaviours` and `liars`."""


@dataclass(slots=True)
class _Served:
    behaviour: Plain
    link: Link
    url: str


async def _serve(peers: list[Peer], rate: float | None, round_trip: float) -> None:
    chains = {name: StoredChain(Path(name)) for name in {peer.chain for peer in peers}}
    for name in {peer.chain for peer in peers if peer.kind != "own"}:
        _ = chains[name].compact  # or it would be done while somebody waits
    served, servers = [], []  # servers that nobody holds would be closed
    for peer in peers:
        behaviour = _KINDS[peer.kind](chains[peer.chain], peer.length)
        link = Link(rate, round_trip)
        meet = functools.partial(converse, behaviour=behaviour, link=link)
        server = await asyncio.start_server(meet, "127.0.0.1", 0)
        servers.append(server)
        port = server.sockets[0].getsockname()[1]
        served.append(_Served(behaviour, link, f"http://127.0.0.1:{port}"))
    _tell([each.url for each in served])
    reader = await _standard_input()
    while line := await reader.readline():
        _tell(_obey(json.loads(line), served))


def _obey(command: dict[str, Any], served: list[_Served]) -> Any:
    match command:
        case {"do": "lengths", "lengths": lengths}:
            before = [each.behaviour.length for each in served]
            for each, length in zip(served, lengths, strict=True):
                each.behaviour.length = length
            return before
        case {"do": "carried"}:
            carried = [each.link.carried for each in served]
            for each in served:
                each.link.carried = 0
            return sum(carried)
    raise ValueError(f"no such command: {command}")


def _tell(value: Any) -> None:
    print(json.dumps(value), flush=True)


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


def main() -> None:
    """Serve until the standard input ends."""
    asked = json.loads(sys.stdin.readline())
    peers = [Peer(**peer) for peer in asked["peers"]]
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(peers, asked["rate"], asked["round_trip"]))


if __name__ == "__main__":
    main()
