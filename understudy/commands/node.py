"""`understudy node`: a node of the peer chain that runs alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from serving.address import url_of
from understudy.commands.checked import checked
from understudy.commands.options import Form, Level
from understudy.commands.output import remarks, watched
from understudy.logging import LogLevel, set_up_logging
from understudy.supervision import supervised

if TYPE_CHECKING:
    from chains.peer.search import OnProgress
    from peernode.node import Node
    from peernode.settings import BareNodeSettings


def node(
    database: Annotated[
        str,
        typer.Option(metavar="URL", help="What keeps the chain, such as sqlite:///peer.db."),
    ],
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where it listens.")
    ] = "127.0.0.1:5000",
    proof: Annotated[
        str,
        typer.Option(
            metavar="pair|linked",
            help="What a proof is found over: the last one (pair), or the last block's hash too.",
        ),
    ] = "pair",
    peer: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="A node to ask, wherever it is; several times for more."),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CIDR", help="A private network in which callers may register nodes, too."
        ),
    ] = None,
    log_level: Level = LogLevel.INFO,
    log_format: Form = None,
) -> None:
    """Run a node of the peer chain: mine, take transactions, adopt longer chains; until SIGTERM."""
    settings = _settings(database, listen, proof, peer or [], allow or [])
    from peernode.service import serve_node

    set_up_logging(log_level, log_format)

    async def work(ready: Callable[[], None]) -> None:
        def listening(host: str, port: int) -> None:
            typer.echo(url_of(host, port))
            ready()

        await serve_node(settings, on_listen=listening, first=catch_up)

    asyncio.run(supervised(work))


def _settings(
    database: str, listen: str, proof: str, peers: list[str], allowed: list[str]
) -> BareNodeSettings:
    from chains.peer.blocks import Proof, Rule
    from chains.settings import PeerChainSettings, PeerSettings
    from peernode.registration import place_of
    from peernode.settings import BareNodeSettings
    from understudy.config import peers as kinds
    from understudy.config.values import Address

    if proof not in list(Rule):
        raise typer.BadParameter(f"--proof {proof} must be pair or linked")
    host, port = checked("--listen", Address, listen)
    urls = [checked("--peer", kinds.PeerUrl, url) for url in peers]
    return BareNodeSettings(
        database=checked("--database", kinds.Database, database),
        host=host,
        port=port,
        chain=PeerChainSettings(
            nodes=tuple(PeerSettings(place_of(url), url) for url in dict.fromkeys(urls)),
            proof=Proof(Rule(proof)),
            allowed=tuple(checked("--allow", kinds.Network, each) for each in allowed),
        ),
    )


async def catch_up(node: Node) -> None:
    """Adopt the longest chain of those who are known, while the node serves already."""
    if not await node.resolver.known():
        return
    with _progress() as progress:
        resolution = await node.resolver.resolve(on_progress=progress)
    if watched():
        remarks.print(resolution.sentence, markup=False)


@contextmanager
def _progress() -> Iterator[OnProgress | None]:
    """Show how far it is where somebody looks, and leave no trace elsewhere."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    if not watched():
        yield None
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    # What is logged goes to standard error, which stands above the bar meanwhile.
    with Progress(*columns, console=remarks, transient=True, redirect_stdout=False) as shown:
        task = shown.add_task("looking for the longest chain", total=None)

        def progress(done: int, total: int, peer: str) -> None:
            shown.update(task, completed=done, total=total or None, description=f"blocks of {peer}")

        yield progress
