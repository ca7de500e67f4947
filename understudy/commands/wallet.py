"""`understudy wallet`: the signing library's wallet, for those who keep their keys in one."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from chains.settings import MAIN_SYMBOL
from switcher.errors import SecretFileError
from switcher.settings import WalletSigner
from understudy.commands.checked import checked
from understudy.commands.configured import load
from understudy.commands.options import DEFAULT_CONFIG, Config, Json, Prefix, Yes
from understudy.commands.output import print_json, remarks, waiting

app = typer.Typer(
    no_args_is_help=True,
    help="""A wallet of the bitshares library, for those who have one.

    It keeps the keys from who gets its file and not the passphrase, but not for long where that can
    be guessed: each try costs one SHA-256. It does not keep them from who can read the passphrase's
    file as well, or the switcher's memory. A key file that only its owner can read is as safe, and
    simpler.
    """,
)

Path_ = Annotated[
    Path | None,
    typer.Option("--wallet", metavar="FILE", help="The wallet, instead of the configuration's."),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="A file with its passphrase; asked for without one."),
]


@dataclass(frozen=True, slots=True)
class _Place:
    path: Path
    passphrase_file: Path | None
    prefix: str


def _place(config: Path, wallet: Path | None, passphrase_file: Path | None = None) -> _Place:
    if wallet:
        return _Place(wallet, passphrase_file, MAIN_SYMBOL)
    read = load(config)
    signer = read.needed_switcher().signer
    if not isinstance(signer, WalletSigner):
        raise SecretFileError(
            f"{config} names a key file and no wallet; name the wallet with --wallet."
        )
    return _Place(signer.path, passphrase_file or signer.passphrase_file, read.chain.prefix)


@app.command("init")
def init(
    config: Config = DEFAULT_CONFIG,
    wallet: Path_ = None,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
) -> None:
    """Make an empty wallet that only its owner can read.

    As a sign that all is well, it shows what the chain says, as a node of the configuration tells
    it. Where none answers, the wallet is made all the same.
    """
    from switcher.signer import create_wallet
    from understudy.commands.chain_says import ask_the_chain

    place = _place(config, wallet, passphrase_file)
    create_wallet(place.path, _passphrase(place, new=True))
    said = ask_the_chain(config)
    if as_json:
        print_json({"wallet": place.path, **said.plain()})
        return
    remarks.print(
        f"The wallet {place.path} is made; put a key in: understudy wallet add", markup=False
    )
    said.tell()


@app.command("add")
def add(
    config: Config = DEFAULT_CONFIG,
    wallet: Path_ = None,
    passphrase_file: PassphraseFile = None,
    file: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="A file with the key, for you alone."),
    ] = None,
    prefix: Prefix = None,
    as_json: Json = False,
) -> None:
    """Put a private key into the wallet.

    It is asked for, or read from a file or from standard input; never an argument, which others
    could see. A file that others can read is refused. Remove it once the key is in the wallet.
    """
    from switcher.secret_file import read_secret
    from switcher.signer import add_to_wallet
    from understudy.config import values

    place = _place(config, wallet, passphrase_file)
    begins = checked("--prefix", values.Prefix, prefix) if prefix else place.prefix
    # Of standard input the first line is the passphrase, so the key comes after it.
    passphrase = _passphrase(place)
    wif = read_secret(file) if file else _asked("Private key (WIF)")
    with waiting("encrypting the key"):
        public = add_to_wallet(place.path, passphrase, wif, begins)
    _answer(public, as_json)


@app.command("list")
def list_keys(config: Config = DEFAULT_CONFIG, wallet: Path_ = None, as_json: Json = False) -> None:
    """Show the public keys in the wallet."""
    from switcher.signer import list_wallet

    keys = list_wallet(_place(config, wallet).path)
    if as_json:
        print_json({"public_keys": keys})
        return
    for key in keys:
        typer.echo(key)
    if not keys:
        remarks.print("The wallet is empty; put a key in: understudy wallet add")


@app.command("remove")
def remove(
    public_key: Annotated[str, typer.Argument(help="The public key, as `list` shows it.")],
    config: Config = DEFAULT_CONFIG,
    wallet: Path_ = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Take a key out of the wallet."""
    from switcher.signer import remove_from_wallet

    place = _place(config, wallet)
    _confirm(f"Take {public_key} out of {place.path}? Without a copy the key is lost.", yes)
    remove_from_wallet(place.path, public_key)
    _answer(public_key, as_json)


@app.command("destroy")
def destroy(
    config: Config = DEFAULT_CONFIG,
    wallet: Path_ = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Delete the wallet with all of its keys.

    That is: its file, what SQLite may have left beside it, and the copies that earlier versions of
    the library put into the folder backups. The passphrase's file stays.
    """
    from switcher.wallet_files import destroy_wallet, wallet_files

    path = _place(config, wallet).path
    named = ", ".join(str(each) for each in wallet_files(path))
    _confirm(f"Delete {named}? Without copies elsewhere its keys are lost.", yes)
    gone = destroy_wallet(path)
    if as_json:
        print_json({"deleted": [str(each) for each in gone]})
    else:
        remarks.print(f"The wallet {path} is gone.", markup=False)


def _answer(public_key: str, as_json: bool) -> None:
    if as_json:
        print_json({"public_key": public_key})
    else:
        typer.echo(public_key)


def _confirm(question: str, yes: bool) -> None:
    if not yes:
        typer.confirm(question, abort=True, err=True)


def _passphrase(place: _Place, new: bool = False) -> str:
    from switcher.secret_file import read_secret

    if place.passphrase_file:
        return read_secret(place.passphrase_file)
    return _asked("Passphrase", twice=new)


def _asked(what: str, twice: bool = False) -> str:
    """Ask for a secret without showing it; a program writes it to standard input, one a line."""
    if sys.stdin.isatty():
        answer: str = typer.prompt(what, hide_input=True, confirmation_prompt=twice, err=True)
        return answer
    return sys.stdin.readline().strip()
