"""The one configuration file: understudy.yaml, read, checked and turned into typed settings.

Every mistake is told at once, with its line and what would be right. Secrets never stand in the
file; it names the files that hold them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from chains.settings import ChainSettings, PeerChainSettings
from exporter.settings import ExporterSettings
from peernode.settings import ReplicaSettings
from switcher.settings import Policy, SwitcherSettings
from understudy.config import schema, source
from understudy.config.checks import check, secret_places
from understudy.config.mistakes import ConfigurationError, Mistake, Place
from understudy.config.outline import keys_at, right_at
from understudy.config.values import Context
from understudy.doctor.settings import MonitoringSettings

__all__ = ["Configuration", "ConfigurationError", "Mistake", "load", "prefix_of"]


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the file says, as the settings of each package.

    `switcher` and `peers` are there only if they are configured, `replica` only if both are.
    """

    path: Path
    chain: ChainSettings
    exporter: ExporterSettings
    switcher: SwitcherSettings | None
    monitoring: MonitoringSettings
    peers: PeerChainSettings | None = None
    replica: ReplicaSettings | None = None

    def needed_switcher(self) -> SwitcherSettings:
        """Return the switcher's settings.

        Raises:
            ConfigurationError: the file has no such section.
        """
        if self.switcher is None:
            text = "is missing; the switcher needs its token_file, database and signer"
            raise ConfigurationError(self.path, [Mistake(text, ("switcher",))])
        return self.switcher


def load(path: Path) -> Configuration:
    """Read understudy.yaml.

    Relative paths in it start at its own folder. A plain name is that of a credential first, where
    systemd has given this service one of that name (LoadCredential).

    Raises:
        ConfigurationError: with all that is wrong in the file.
    """
    read = source.read(path)
    context = Context(_prefix(read.data), path.absolute().parent, _credentials())
    told = {each.place[:-1] for each in read.mistakes}
    wrong = check(read.data, context.folder)
    mistakes = [*read.mistakes, *(each for each in wrong if each.place not in told)]
    file = None
    try:
        file = schema.File.model_validate(read.data, context=context)
    except ValidationError as error:
        hidden = secret_places(read.data) | {each.place for each in read.mistakes}
        mistakes += [each for each in _mistakes(error) if each.place not in hidden]
    if mistakes or file is None:
        raise ConfigurationError(
            path, [replace(each, line=each.line or read.line_of(each.place)) for each in mistakes]
        )
    switcher = file.switcher.settings() if file.switcher else None
    policy = switcher.policy if switcher else Policy()
    return Configuration(
        path=path,
        chain=file.bitshares.settings(policy.head_lag),
        exporter=file.exporter.settings(),
        switcher=switcher,
        monitoring=file.monitoring.settings(),
        peers=file.peers.settings() if file.peers else None,
        replica=file.peers.replica(switcher.database) if file.peers and switcher else None,
    )


def prefix_of(path: Path) -> str:
    """Return how public keys begin on the chain of a file, whatever else is wrong with it.

    Raises:
        ConfigurationError: it can't be read.
    """
    return _prefix(source.read(path).data)


def _credentials() -> Path | None:
    """Return the folder with the credentials of this service; None: it has none."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return Path(folder) if folder else None


def _prefix(data: dict[str, Any]) -> str:
    """Return how public keys begin, even in a file with mistakes."""
    chain = data.get("bitshares")
    chain = chain if isinstance(chain, dict) else {}
    prefix = chain.get("prefix")
    return prefix if isinstance(prefix, str) else schema.default_prefix(chain.get("chain_id"))


def _mistakes(error: ValidationError) -> Iterator[Mistake]:
    """Yield what the schema refuses; a key that is only misspelt isn't told as missing too."""
    meant = set()
    for each in error.errors():
        if each["type"] == "extra_forbidden":
            place = each["loc"]
            near = _near(place)
            meant.add((*place[:-1], near))
            yield Mistake(_unknown(place, near), place)
    for each in error.errors():
        if each["type"] != "extra_forbidden" and each["loc"] not in meant:
            yield Mistake(_wrong(each), each["loc"])


def _wrong(error: ErrorDetails) -> str:
    if error["type"] == "refused":
        return error["msg"]
    if error["type"] == "too_short":
        return "must have at least one item"
    right = right_at(error["loc"])
    return f"is missing; it must be {right}" if error["type"] == "missing" else f"must be {right}"


def _near(place: Place) -> str | None:
    names = get_close_matches(str(place[-1]), keys_at(place[:-1]), n=1, cutoff=0.5)
    return names[0] if names else None


_GONE = {
    ("peers", "allow"): "earlier versions had it: leave it out, peers.nodes may be anywhere",
}
"""What to do about keys that there are no more."""


def _unknown(place: Place, near: str | None) -> str:
    if place in _GONE:
        return f"unknown key; {_GONE[place]}"
    if near:
        return f"unknown key; did you mean {near}?"
    return f"unknown key; there are {', '.join(keys_at(place[:-1]))}"
