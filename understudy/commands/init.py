"""`understudy init`: five questions, and the files that come of the answers."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from understudy.commands.options import Json
from understudy.commands.output import answers, count, print_json, remarks, waiting
from understudy.errors import CommandError

if TYPE_CHECKING:
    from chains.bitshares.accounts import Account
    from understudy.doctor.finding import Finding
    from understudy.setup.choices import Choices
    from understudy.setup.writing import Draft


def init(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to put the files.")
    ] = Path(),
    node: Annotated[
        list[str] | None,
        typer.Option(metavar="[NAME=]URL", help="A node that votes; several times for more."),
    ] = None,
    witness: Annotated[
        str | None, typer.Option(metavar="ACCOUNT", help="The witness account.")
    ] = None,
    host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=KEY][@URL]",
            help="A host of the ring: its name, its public signing key (without one, that in "
            "force), and its own API; several times for more, in order.",
        ),
    ] = None,
    key_file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Where the account's active key is, or is to be."),
    ] = None,
    wallet: Annotated[
        str | None, typer.Option(metavar="FILE", help="The wallet that has it, instead.")
    ] = None,
    passphrase_file: Annotated[
        str | None, typer.Option(metavar="FILE", help="The file with the wallet's passphrase.")
    ] = None,
    prometheus: Annotated[
        str | None, typer.Option(metavar="URL", help="Your Prometheus; - for none.")
    ] = None,
    alertmanager: Annotated[
        str | None, typer.Option(metavar="URL", help="Your Alertmanager; - for none.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask nothing; what no option says is left out.")
    ] = False,
    replace_files: Annotated[
        bool, typer.Option("--replace", help="Replace files that are there and differ.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Ask five questions, and write understudy.yaml and what Prometheus and Alertmanager need.

    The answers are tried on live nodes: are they there and on one chain, is there such a witness,
    which key is in force. Beside understudy.yaml come tokens for you and for Alertmanager, and in
    monitoring/ what goes into your prometheus.yml and alertmanager.yml. Secrets are in files that
    only you can read; those that are there already stay as they are. Nothing else is replaced
    unasked. Then it looks whether it would work, as `understudy check` does, and tells what is left
    to do. It starts disarmed.

    Exit status 0: everything is written; 1: it is not; 2: wrong use.
    """
    from understudy.commands.interview import Given, Interview
    from understudy.setup.writing import drafts

    given = Given(
        node or (), witness, host or (), key_file, wallet, passphrase_file, prometheus, alertmanager
    )
    asks = sys.stdin.isatty() and not yes
    choices, account = Interview(given, asks).hold()
    made = list(drafts(choices, directory))
    _ask_to_replace([each for each in made if each.differs], replace_files, asks)
    for draft in made:
        draft.write()
    secrets = _secrets(choices, account, directory, asks=asks)
    findings = _looked(made[0].path)
    steps = list(_left_to_do(choices, directory))
    if as_json:
        told = {"written": [str(draft.path) for draft in made], "secrets": secrets}
        print_json({**told, "findings": [asdict(each) for each in findings], "next": steps})
    else:
        _tell(made, secrets, findings, steps)


def _ask_to_replace(differing: list[Draft], replace_files: bool, asks: bool) -> None:
    if not differing or replace_files:
        return
    named = ", ".join(str(draft.path) for draft in differing)
    if not asks:
        text = "is there and differs" if len(differing) == 1 else "are there and differ"
        raise CommandError(
            f"{named} {text}, so nothing was written; --replace says that you agree."
        )
    remarks.print()
    if not typer.confirm(f"Replace {named}?", err=True):
        raise CommandError("Nothing was written.")


def _secrets(choices: Choices, account: Account, folder: Path, *, asks: bool) -> list[str]:
    """Make tokens, and take the key in if it is given; return the paths of what is new."""
    from switcher.auth import Scope
    from understudy.commands.tokens import give
    from understudy.setup.document import ALERTMANAGER_TOKEN, OPERATOR_TOKEN, TOKENS

    new = []
    for scope, name, file in (
        (Scope.ALERTS, "alertmanager", ALERTMANAGER_TOKEN),
        (Scope.OPERATE, "operator", OPERATOR_TOKEN),
    ):
        if not (folder / file).exists():
            give(scope, name, folder / TOKENS, folder / file)
            new.append(str(folder / file))
    key = folder / choices.key.path.expanduser()
    if choices.key.passphrase_file is None and asks and not key.exists():
        remarks.print()
        if wif := _asked_for_key(account, choices.prefix):
            from switcher.secret_file import write_new_secret

            write_new_secret(key, wif)
            new.append(str(key))
    return new


def _asked_for_key(account: Account, prefix: str) -> str:
    """Ask for the active key without showing it; return "" where it is to come later."""
    from switcher.errors import SigningError
    from switcher.signer import public_key_of

    question = f"  The active private key of {account.name}, unseen; none: later"
    while wif := str(typer.prompt(question, "", hide_input=True, show_default=False, err=True)):
        try:
            public = public_key_of(wif.strip(), prefix)
        except SigningError as error:
            remarks.print(f"  {error}", style="red", markup=False)
            continue
        if account.authorities.active.satisfied_by([public]):
            return wif.strip()
        text = f"{public} may not act for {account.name}"
        if public in account.authorities.owner.weights:
            text = f"{public} is an owner key, with which a thief takes the account away for good"
        remarks.print(f"  {text}; give an active key", style="red", markup=False)
    return ""


def _looked(path: Path) -> list[Finding]:
    """Return what `understudy check` finds, but for Prometheus and Alertmanager, who come later."""
    from understudy.config import load
    from understudy.doctor.examine import examine
    from understudy.doctor.settings import MonitoringSettings

    read = replace(load(path), monitoring=MonitoringSettings())
    with waiting("looking whether it would work"):
        return asyncio.run(examine(read))


def _left_to_do(choices: Choices, folder: Path) -> Iterator[str]:
    from understudy.setup.document import ALERTMANAGER_TOKEN
    from understudy.setup.writing import CONFIGURATION

    config = shlex.quote(str(folder / CONFIGURATION))
    key = folder / choices.key.path.expanduser()
    if not key.exists():
        where = shlex.quote(str(key))
        if choices.key.passphrase_file is None:
            yield f"Put the active key of {choices.account} in: (umask 077; cat > {where})"
        else:
            yield f"Make the wallet, and put the key in: understudy wallet init -c {config}"
    if len(choices.producers) == 1:
        yield "Make a key for a backup host, and name it in understudy.yaml: understudy keygen"
    monitoring = folder / "monitoring"
    yield f"Take {monitoring}/prometheus.yml over into yours, and reload Prometheus"
    token = folder / ALERTMANAGER_TOKEN
    yield (
        f"Take {monitoring}/alertmanager.yml over into yours, let Alertmanager's user read "
        f"{token}, and reload Alertmanager"
    )
    yield f"Start both: understudy exporter -c {config}; understudy switcher -c {config}"
    yield f"Look whether all of it works: understudy check -c {config}"


def _tell(made: list[Draft], secrets: list[str], findings: list[Finding], steps: list[str]) -> None:
    from understudy.commands.check import show_findings

    remarks.print()
    answers.print(f"{made[0].path} is written", markup=False)
    answers.print(f"{made[1].path.parent}: {count(len(made) - 1, 'file')}", markup=False)
    for path in secrets:
        answers.print(f"{path} is new, and for you alone", markup=False)
    answers.print()
    show_findings(findings)
    answers.print("\nWhat is left to do:", style="bold")
    for number, step in enumerate(steps, 1):
        answers.print(f"  {number}. {step}", markup=False)
