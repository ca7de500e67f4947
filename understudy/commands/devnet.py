"""`understudy devnet`: a local network of simulated nodes, and what can be done to it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from understudy.commands.options import Form, Json, Level
from understudy.commands.output import print_json, remarks, waiting
from understudy.errors import CommandError
from understudy.logging import LogLevel, set_up_logging
from understudy.whereabouts import USUAL, told_in

if TYPE_CHECKING:
    from devnet.launch import Devnet

DEFAULT_PORT = 18090
LAST_PORT = 65535

app = typer.Typer(
    invoke_without_command=True,
    help="A local network of simulated BitShares nodes. Its keys are worthless.",
)


def _control(address: str) -> str:
    """Return an address as a URL; people leave out `http://`, as browsers let them.

    Without one it is that of the devnet below the stack that runs in this folder.
    """
    address = address or told_in(USUAL).get("devnet") or f"127.0.0.1:{DEFAULT_PORT}"
    return address if "://" in address else f"http://{address}"


Control = Annotated[
    str,
    typer.Option(
        metavar="URL",
        callback=_control,
        show_default=f"that below make run in this folder, or http://127.0.0.1:{DEFAULT_PORT}",
        help="The control address of the running devnet.",
    ),
]
DEFAULT_CONTROL = ""
Host = Annotated[str, typer.Argument(metavar="HOST", help="A node's name, such as alpha.")]


@app.callback()
def devnet(
    context: typer.Context,
    witnesses: Annotated[int, typer.Option(help="How many witnesses.")] = 7,
    interval: Annotated[int, typer.Option(help="Seconds between blocks.")] = 1,
    port: Annotated[
        int,
        typer.Option(
            min=0, max=LAST_PORT, help="The control address' port; nodes follow. 0: any free ones."
        ),
    ] = DEFAULT_PORT,
    hosts: Annotated[str, typer.Option(help="The names of a witness' hosts.")] = "alpha,beta,gamma",
    rings: Annotated[int, typer.Option(help="How many witnesses have hosts of their own.")] = 1,
    api_nodes: Annotated[int, typer.Option(help="How many nodes vote.")] = 3,
    peers: Annotated[int, typer.Option(help="How many nodes of a peer chain run beside it.")] = 0,
    prehistory: Annotated[int, typer.Option(help="Blocks that exist before the start.")] = 0,
    as_json: Json = False,
    log_level: Level = LogLevel.INFO,
    log_format: Form = None,
) -> None:
    """Run a devnet until it is stopped; print its addresses and keys as an understudy.yaml."""
    if context.invoked_subcommand:
        return
    from devnet.configuration import configuration
    from devnet.serve import serve
    from devnet.settings import DevnetSettings

    def announce(net: Devnet) -> None:
        watching = configuration(net)
        accounts = [witness["account"] for witness in watching["bitshares"]["witnesses"]]
        active = {account: net.active_wif(account) for account in accounts}
        if as_json:
            print_json(
                {"control": net.control_url, "active_keys": active, "configuration": watching}
            )
            return
        typer.echo(f"# A devnet; look at it and break it at {net.control_url}.")
        for account, wif in active.items():
            typer.echo(f"# The active key of {account}, worthless elsewhere: {wif}")
        typer.echo(yaml.safe_dump(watching, sort_keys=False), nl=False)

    try:
        settings = DevnetSettings(
            witnesses=witnesses,
            interval=interval,
            base_port=port,
            hosts=tuple(hosts.split(",")),
            rings=rings,
            api_nodes=api_nodes,
            peers=peers,
            prehistory=prehistory,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    nodes = rings * len(settings.hosts) + settings.backbone + api_nodes + peers
    if port + nodes > LAST_PORT:
        text = f"--port must be {LAST_PORT - nodes} or less: {nodes} nodes have the following ones."
        raise typer.BadParameter(text)
    set_up_logging(log_level, log_format)
    asyncio.run(serve(settings, announce))


@app.command("show")
def show(control: Control = DEFAULT_CONTROL, as_json: Json = False) -> None:
    """Show a running devnet: its head, its nodes, and what ails them."""
    from devnet.serve import ControlError, ask_for_state

    try:
        with waiting("asking the devnet"):
            state = ask_for_state(control)
    except ControlError as error:
        raise CommandError(str(error)) from error
    _tell(state, as_json)


@app.command("kill")
def kill(host: Host, control: Control = DEFAULT_CONTROL, as_json: Json = False) -> None:
    """End a host as by SIGKILL."""
    _break(control, "kill", {"host": host}, as_json)


@app.command("freeze")
def freeze(host: Host, control: Control = DEFAULT_CONTROL, as_json: Json = False) -> None:
    """Stop a host as by SIGSTOP: connections stay open, nothing answers."""
    _break(control, "freeze", {"host": host}, as_json)


@app.command("cut")
def cut(host: Host, control: Control = DEFAULT_CONTROL, as_json: Json = False) -> None:
    """Take a host's peers from it; it goes on answering."""
    _break(control, "cut", {"host": host}, as_json)


@app.command("lag")
def lag(
    host: Host,
    answers: Annotated[float, typer.Option(help="Seconds by which its answers come late.")] = 0,
    messages: Annotated[float, typer.Option(help="Seconds by which its blocks travel late.")] = 0,
    control: Control = DEFAULT_CONTROL,
    as_json: Json = False,
) -> None:
    """Make a host slow, towards clients or towards its peers."""
    _break(control, "lag", {"host": host, "answers": answers, "messages": messages}, as_json)


@app.command("lie")
def lie(
    host: Host,
    words: Annotated[
        str,
        typer.Argument(
            metavar="LIE",
            help="What it says: garbage, half (an answer), torn (in the middle of one), other_id, "
            "other_answer (another call's), endless (one that never ends), flood (notices), mute, "
            "pings (only), or drip (the truth, a byte at a time).",
        ),
    ],
    control: Control = DEFAULT_CONTROL,
    as_json: Json = False,
) -> None:
    """Have a host say something else than the truth to its clients."""
    _break(control, "lie", {"host": host, "lie": words}, as_json)


@app.command("swallow")
def swallow(host: Host, control: Control = DEFAULT_CONTROL, as_json: Json = False) -> None:
    """Have a host take transactions and neither pass them on nor put them into a block."""
    _break(control, "swallow", {"host": host}, as_json)


@app.command("orphan")
def orphan(
    again: Annotated[
        bool, typer.Option("--again", help="Its transaction gets into another block.")
    ] = False,
    control: Control = DEFAULT_CONTROL,
    as_json: Json = False,
) -> None:
    """Have the network leave the next block that holds a transaction."""
    _break(control, "orphan", {"again": again}, as_json)


@app.command("partition")
def partition(
    groups: Annotated[
        list[str], typer.Argument(metavar="HOST,HOST…", help="Hosts that still see each other.")
    ],
    control: Control = DEFAULT_CONTROL,
    as_json: Json = False,
) -> None:
    """Split the network into groups."""
    _break(control, "partition", {"groups": [group.split(",") for group in groups]}, as_json)


@app.command("heal")
def heal(
    host: Annotated[str | None, typer.Argument(metavar="HOST", help="All without one.")] = None,
    control: Control = DEFAULT_CONTROL,
    as_json: Json = False,
) -> None:
    """Take back what was done to a host, or to all of them."""
    _break(control, "heal", {"host": host} if host else {}, as_json)


def _break(control: str, fault: str, arguments: dict[str, Any], as_json: bool) -> None:
    from devnet.serve import ControlError, ask_for_fault

    try:
        with waiting("telling the devnet"):
            state = ask_for_fault(control, fault, arguments)
    except ControlError as error:
        raise CommandError(str(error)) from error
    _tell(state, as_json)


def _tell(state: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(state)
        return
    remarks.print(f"block {state['head_block']}, irreversible {state['irreversible_block']}")
    for node in state["nodes"]:
        told = ", ".join(_ailments(node)) or "healthy"
        typer.echo(f"{node['name']:<12} {node['ws_url']:<26} block {node['head_block']:<8} {told}")
    for peer in state["peers"]:
        typer.echo(f"{peer['name']:<12} {peer['url']:<26} of the peer chain")


def _ailments(node: dict[str, Any]) -> Iterator[str]:
    for name, value in node.items():
        if name not in _HEALTHY and value:
            yield name if value is True else f"{name.replace('_', ' ')} {value}"


_HEALTHY = ("name", "ws_url", "head_block", "head_id", "signing_keys", "group")
