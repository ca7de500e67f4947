"""`understudy keygen`: a signing key for a host that is to sign blocks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from understudy.commands.checked import checked
from understudy.commands.options import DEFAULT_CONFIG, Json, Prefix
from understudy.commands.output import answers, print_json, remarks


def keygen(
    name: Annotated[
        str, typer.Option(metavar="NAME", help="The host, as it is to be called.")
    ] = "backup",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Put the private key into this new file, for you alone, unprinted."
        ),
    ] = None,
    prefix: Prefix = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            metavar="FILE",
            help=f"The configuration whose chain it is for; {DEFAULT_CONFIG} where there is one.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a signing key pair for a host, with the lines that its node and understudy.yaml need.

    Run it once for each host, if you can on that host: two with the same key both sign every slot.
    The private key goes into the node's config.ini and nowhere else; Understudy needs the public
    one. It is kept nowhere here: with `--out` it is in that file only, else on your screen only.
    """
    from switcher.keypair import new_key_pair
    from switcher.secret_file import write_new_secret
    from understudy.config.values import Name
    from understudy.setup.document import flow

    checked("--name", Name, name)

    pair = new_key_pair(_chosen(prefix, config))
    # As bitshares-core's witness plugin reads it: a JSON array of the two.
    line = f"private-key = {json.dumps([pair.public, pair.private], separators=(',', ':'))}"
    producer = f"- {flow(name=name, signing_key=pair.public)}"
    if out:
        write_new_secret(out, line)
    if as_json:
        secret = {"out": out} if out else {"private_key": pair.private, "config_ini": line}
        print_json({"public_key": pair.public, **secret, "producer": producer})
        return
    if out:
        remarks.print(
            f"The line for config.ini of {name}'s witness_node is in {out}.", markup=False
        )
    else:
        remarks.print(f"# config.ini of {name}'s witness_node, and nowhere else:", markup=False)
        answers.print(line, markup=False)
    remarks.print("# understudy.yaml, among the producers of the witness:", markup=False)
    answers.print(producer, markup=False)


def _chosen(prefix: str | None, config: Path | None) -> str:
    """Return how keys begin on the chain: as told, as configured, or as on the main chain."""
    from chains.settings import MAIN_SYMBOL
    from understudy.config import prefix_of, values

    if prefix is not None:
        return str(checked("--prefix", values.Prefix, prefix))
    if config is None and not DEFAULT_CONFIG.exists():
        return MAIN_SYMBOL
    return prefix_of(config or DEFAULT_CONFIG)
