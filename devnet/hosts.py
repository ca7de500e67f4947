"""Which nodes a devnet has, and which signing keys each of them holds."""

from __future__ import annotations

from devnet.keys import DevKey, signing_key
from devnet.settings import DevnetSettings

_API_NAMES = ("eu", "us", "asia")


def ring_keys(settings: DevnetSettings) -> dict[str, DevKey]:
    """Return the signing key of each host of the first `rings` witnesses, by the host's name."""
    return {
        settings.host_name(account, host): signing_key(account, host if index else None)
        for account in settings.accounts()[: settings.rings]
        for index, host in enumerate(settings.hosts)
    }


def host_keys(settings: DevnetSettings) -> dict[str, list[DevKey]]:
    """Return every node's name and the signing keys that it holds, in the order of the ports."""
    hosts = {name: [key] for name, key in ring_keys(settings).items()}
    backbone: list[list[DevKey]] = [[] for _ in range(settings.backbone)]
    for index, account in enumerate(settings.accounts()[settings.rings :]):
        backbone[index % settings.backbone].append(signing_key(account))
    hosts |= {f"backbone{index}": keys for index, keys in enumerate(backbone, start=1)}
    return hosts | {name: [] for name in api_names(settings)}


def api_names(settings: DevnetSettings) -> tuple[str, ...]:
    """Return the names of the API nodes that vote."""
    further = (f"api{index}" for index in range(len(_API_NAMES) + 1, settings.api_nodes + 1))
    return (*_API_NAMES, *further)[: settings.api_nodes]
