"""A network that the contract is held against."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A running network of at least two nodes with the recorded genesis' accounts and keys.

    Witnesses 1.6.1..1.6.7 are accounts 1.2.6..1.2.12, init0..init6; every account of theirs but
    the last can pay fees. `url` is the first node, `others` are further ones, all reached by
    websocket. `signing_names` are the test keys that hosts of init0 hold, the first one from the
    genesis. `simulated` tells the devnet from the real node.
    """

    name: str
    url: str
    others: tuple[str, ...]
    chain_id: str
    signing_names: tuple[str, ...]
    simulated: bool = False
