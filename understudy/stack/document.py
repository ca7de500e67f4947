"""The understudy.yaml of a stack: what is given, completed with addresses and secrets."""

from __future__ import annotations

import copy
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import bcrypt
import yaml

from serving.tls import TlsFiles
from switcher.auth import Scope, new_token
from switcher.settings import KeyFileSigner, Policy
from understudy.config import load, source
from understudy.errors import StackError
from understudy.stack.addresses import Addresses
from understudy.stack.settings import numbered

_TOKEN_NAMES = {
    Scope.ALERTS: "stack-alertmanager",
    Scope.OPERATE: "stack-operator",
    Scope.READ: "stack-prometheus",
}
_TOKEN_FILES = {
    Scope.ALERTS: "alertmanager",
    Scope.OPERATE: "client",
    Scope.READ: "prometheus",
}
_USER, _PASSWORD_FILE = "stack-prometheus", "exporter-password"
_COST = 4
"""bcrypt's least: nobody guesses a random password of 32 bytes."""

_LISTENING = ("exporter", "switcher", "peers")
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - read, not listened on


@dataclass(frozen=True, slots=True)
class Written:
    """What was written for an exporter and a switcher, and where they can be reached.

    `alertmanager_token` is the file with the token for posting alerts, `prometheus_token` that for
    reading, `client_token` a token for operating the switcher, which `client_token_file` holds as
    well. `tls` has the switcher's certificate, if it has one; `policy` is its policy. `replica` is
    where the switcher shows its replica of the peer chain, if there are peers. `exporter_tls` has
    the exporter's certificate, if it has one; `exporter_user` is a name, and the file with its
    password, where it asks for one.
    """

    configuration: Path
    exporter: str
    switcher: str
    alertmanager_token: Path
    prometheus_token: Path
    client_token: str
    client_token_file: Path
    tls: TlsFiles | None
    policy: Policy
    replica: str | None = None
    exporter_tls: TlsFiles | None = None
    exporter_user: tuple[str, Path] | None = None


def document_of(path: Path) -> dict[str, Any]:
    """Return a configuration file as plain data that means the same from any folder.

    Raises:
        ConfigurationError: it has mistakes, or no switcher section.
    """
    read = load(path)
    settings = read.needed_switcher()
    document: dict[str, Any] = copy.deepcopy(source.read(path).data)
    section = document["switcher"]
    section["token_file"] = str(settings.token_file)
    section["database"] = settings.database
    if settings.client_token_file:
        section["client_token_file"] = str(settings.client_token_file)
    if settings.database_password_file:
        section["database_password_file"] = str(settings.database_password_file)
    if settings.tls:
        section["tls"] = {name: str(path) for name, path in asdict(settings.tls).items()}
    if read.exporter.tls:
        files = {name: str(path) for name, path in asdict(read.exporter.tls).items()}
        document["exporter"]["tls"] = files
    if read.exporter.users_file:
        document["exporter"]["users_file"] = str(read.exporter.users_file)
    signer = settings.signer
    if isinstance(signer, KeyFileSigner):
        section["signer"]["key_file"] = str(signer.path)
    else:
        files = {"path": str(signer.path), "passphrase_file": str(signer.passphrase_file)}
        section["signer"]["wallet"] = files
    if read.replica:
        replica = read.replica
        listen = replica.host if ":" not in replica.host else f"[{replica.host}]"
        document["peers"] |= {"database": replica.database, "listen": f"{listen}:{replica.port}"}
    return document


def write_documents(
    document: Mapping[str, Any], active_key: str | None, folder: Path, free: Addresses
) -> list[Written]:
    """Write understudy.yaml, tokens and key file into a folder; all that several services need.

    What the document leaves out gets a place in the folder: the listening addresses (from `free`),
    databases, client token, and the signer, which is `active_key`. Further exporters and switchers
    have their own addresses, replica of the peer chain, and database where the document names none,
    and share all else.
    The folder's token file has the tokens of the document's own, and three for the stack. The
    section `monitoring` is replaced, since the stack has its own Prometheus and Alertmanager.

    Returns:
        What was written for each exporter and switcher, or for one of them where there are more.

    Raises:
        ConfigurationError: the document has mistakes.
        StackError: neither the document names a signer, nor is there a key.
    """
    made = copy.deepcopy(dict(document))
    made["monitoring"] = {
        name: [f"http://{address}" for address in getattr(free, name)]
        for name in ("prometheus", "alertmanager")
    }
    switcher = made.setdefault("switcher", {})
    if "signer" not in switcher:
        if not active_key:
            raise StackError("The switcher has nothing to sign with: no signer and no active key.")
        switcher["signer"] = {"key_file": str(write_secret(folder / "active.key", active_key))}
    tokens = {scope: new_token(scope, name) for scope, name in _TOKEN_NAMES.items()}
    switcher["token_file"] = str(_write_tokens(switcher.get("token_file"), tokens, folder))
    files = {
        scope: write_secret(folder / f"{name}-token", tokens[scope][0])
        for scope, name in _TOKEN_FILES.items()
    }
    switcher.setdefault("client_token_file", str(files[Scope.OPERATE]))
    if users_file := made.get("exporter", {}).get("users_file"):
        made["exporter"]["users_file"] = str(_write_users(Path(users_file), folder))
    own = {name: made[name]["listen"] for name in _LISTENING if "listen" in made.get(name, {})}
    first, *further = free.of_services()
    others = copy.deepcopy(made)
    for name in ("advertise", "database"):
        others.get("peers", {}).pop(name, None)
    return [
        _write_document(document, folder / numbered("understudy", index), listen, tokens, files)
        for index, (document, listen) in enumerate(
            [(made, first | own), *((others, each) for each in further)]
        )
    ]


def _write_document(
    whole: Mapping[str, Any],
    place: Path,
    listen: Mapping[str, str],
    tokens: Mapping[Scope, tuple[str, str]],
    files: Mapping[Scope, Path],
) -> Written:
    """Write a configuration file; `place` is its path, and its databases', without the suffix."""
    made = copy.deepcopy(dict(whole))
    for name, address in listen.items():
        made.setdefault(name, {})["listen"] = address
    made["switcher"].setdefault("database", f"sqlite:///{place}.db")
    if "peers" in made:
        made["peers"].setdefault("database", f"sqlite:///{place}-peers.db")
    configuration = place.with_suffix(".yaml")
    configuration.write_text(yaml.safe_dump(made, sort_keys=False), encoding="utf-8")
    read = load(configuration)
    settings, exporter = read.needed_switcher(), read.exporter
    password = exporter.users_file and exporter.users_file.with_name(_PASSWORD_FILE)
    return Written(
        configuration=configuration,
        exporter=_reachable(made["exporter"]["listen"]),
        switcher=_reachable(made["switcher"]["listen"]),
        alertmanager_token=files[Scope.ALERTS],
        prometheus_token=files[Scope.READ],
        client_token=tokens[Scope.OPERATE][0],
        client_token_file=files[Scope.OPERATE],
        tls=settings.tls,
        policy=settings.policy,
        replica=_reachable(made["peers"]["listen"]) if "peers" in made else None,
        exporter_tls=exporter.tls,
        exporter_user=(_USER, password) if password else None,
    )


def reachable(free: Addresses, written: Sequence[Written]) -> Addresses:
    """Return the addresses with those of exporters, switchers and replicas that were written."""
    return replace(
        free,
        exporter=tuple(one.exporter for one in written[: len(free.exporter)]),
        switcher=tuple(one.switcher for one in written[: len(free.switcher)]),
        replica=tuple(one.replica for one in written[: len(free.replica)] if one.replica),
    )


def write_secret(path: Path, secret: str) -> Path:
    """Write a file that only its owner can read, and return its path."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secret)
    return path


def _write_users(given: Path, folder: Path) -> Path:
    """Write the exporter's users, and one of the stack's own, whose password goes beside them."""
    password = secrets.token_urlsafe()
    write_secret(folder / _PASSWORD_FILE, password)
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(_COST)).decode()
    known = given.read_text(encoding="utf-8").rstrip("\n")
    return write_secret(folder / "users", f"{known}\n{_USER}:{hashed}\n")


def _write_tokens(given: str | None, tokens: Mapping[Scope, tuple[str, str]], folder: Path) -> Path:
    known = Path(given).read_text(encoding="ascii").rstrip("\n") + "\n" if given else ""
    return write_secret(folder / "tokens", known + "".join(line for _, line in tokens.values()))


def _reachable(listen: str) -> str:
    """Return where to connect to what listens at an address, which may mean all of them."""
    host, _, port = listen.rpartition(":")
    return f"{_LOOPBACK.get(host, host)}:{port}"
