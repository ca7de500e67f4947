"""A devnet with one switcher on it, and what Alertmanager would post to it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from chains.settings import ChainSettings, NodeSettings, ProducerSettings, WitnessSettings
from devnet.configuration import Described, configuration
from devnet.launch import Devnet
from peernode.settings import ReplicaSettings
from switcher.app import create_app
from switcher.auth import Scope, new_token
from switcher.running import Switcher, open_switcher
from switcher.settings import KeyFileSigner, Policy, SwitcherSettings

WITNESS = "init0"
_T = TypeVar("_T")


def chain_settings(net: Described, **changes: Any) -> ChainSettings:
    """Return the settings that watch a network."""
    told = configuration(net)["bitshares"]
    witnesses = tuple(
        WitnessSettings(
            account=witness["account"],
            producers=tuple(ProducerSettings(**producer) for producer in witness["producers"]),
        )
        for witness in told["witnesses"]
    )
    values = {
        "nodes": tuple(NodeSettings(**node) for node in told["nodes"]),
        "witnesses": witnesses,
        "chain_id": told["chain_id"],
        "prefix": told["prefix"],
        "core_symbol": told["core_symbol"],
        **changes,
    }
    return ChainSettings(**values)


def owner_only(path: Path, text: str) -> Path:
    """Write a file that only its owner can read."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text)
    return path


@dataclass
class Home:
    """A switcher's files: journal, key, tokens (by scope)."""

    folder: Path
    wif: str
    tokens: dict[Scope, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lines = []
        for scope in Scope:
            self.tokens[scope], line = new_token(scope, f"the-{scope}")
            lines.append(line)
        owner_only(self.folder / "tokens", "".join(lines))
        owner_only(self.folder / "active.key", self.wif + "\n")

    def settings(self, policy: Policy | None = None, **changes: Any) -> SwitcherSettings:
        """Return the switcher's settings; it is armed unless a policy says otherwise."""
        values = {
            "token_file": self.folder / "tokens",
            "database": f"sqlite:///{self.folder / 'understudy.db'}",
            "signer": KeyFileSigner(self.folder / "active.key"),
            "port": 0,
            "policy": policy or Policy(arm=True),
            **changes,
        }
        return SwitcherSettings(**values)

    def bearer(self, scope: Scope) -> dict[str, str]:
        """Return the header that presents a token."""
        return {"Authorization": f"Bearer {self.tokens[scope]}"}


@dataclass
class Called:
    """A running switcher with its HTTP client."""

    home: Home
    switcher: Switcher
    client: httpx.AsyncClient

    async def post(self, *alerts: dict[str, Any]) -> httpx.Response:
        """Post alerts as Alertmanager does."""
        return await self.client.post(
            "/alerts", json=webhook(*alerts), headers=self.home.bearer(Scope.ALERTS)
        )

    async def status(self) -> dict[str, Any]:
        """Return the status answer."""
        reply = await self.client.get("/api/status", headers=self.home.bearer(Scope.READ))
        assert reply.status_code == 200, reply.text
        answer: dict[str, Any] = reply.json()
        return answer

    async def journal(self) -> list[dict[str, Any]]:
        """Return the journal, oldest entry first."""
        reply = await self.client.get(
            "/api/journal?limit=1000", headers=self.home.bearer(Scope.READ)
        )
        assert reply.status_code == 200, reply.text
        entries: list[dict[str, Any]] = reply.json()["entries"]
        return entries[::-1]

    async def words(self) -> list[str]:
        """Return what the journal tells, without armings, oldest first."""
        return [entry["value"] for entry in await self.journal() if entry["kind"] != "arming"]

    async def until(self, *words: str, timeout: float = 60.0) -> list[str]:
        """Wait until the journal holds all of these words, and return what it tells."""

        async def enough() -> list[str] | None:
            told = await self.words()
            return told if set(words) <= set(told) else None

        return await eventually(enough, timeout)

    async def metric(self, line: str) -> float:
        """Return the value of a sample by its full name with labels."""
        text = (await self.client.get("/metrics")).text
        found = [row for row in text.splitlines() if row.rpartition(" ")[0] == line]
        assert len(found) == 1, f"{line} is not in the exposition once:\n{text}"
        return float(found[0].rpartition(" ")[2])


@dataclass
class Stage(Called):
    """A running switcher on a devnet."""

    net: Devnet


async def eventually(look: Callable[[], Awaitable[_T | None]], timeout: float = 60.0) -> _T:
    """Look again and again until there is something to see."""
    async with asyncio.timeout(timeout):
        while True:
            if (seen := await look()) is not None:
                return seen
            await asyncio.sleep(0.05)


@asynccontextmanager
async def on_stage(
    net: Devnet,
    home: Home,
    *,
    settings: SwitcherSettings | None = None,
    chain: ChainSettings | None = None,
    replica: ReplicaSettings | None = None,
) -> AsyncIterator[Stage]:
    """Run a switcher on a devnet, ready to be called."""
    told = settings or home.settings()
    async with called(home, told, chain or chain_settings(net), replica) as stage:
        yield Stage(home, stage.switcher, stage.client, net)


@asynccontextmanager
async def called(
    home: Home,
    settings: SwitcherSettings,
    chain: ChainSettings,
    replica: ReplicaSettings | None = None,
) -> AsyncIterator[Called]:
    """Run a switcher on whatever network, ready to be called."""
    async with open_switcher(chain, settings, replica) as switcher:
        transport = httpx.ASGITransport(app=create_app(switcher))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            stage = Called(home, switcher, client)
            await ready(stage)
            yield stage


async def ready(stage: Called) -> None:
    """Wait until the switcher says that it is."""

    async def look() -> bool | None:
        return True if (await stage.client.get("/readyz")).status_code == 200 else None

    await eventually(look)


def alert(
    signing_key: str,
    *,
    witness: str = WITNESS,
    status: str = "firing",
    starts_at: str = "2026-11-21T08:26:05.123Z",
    name: str = "WitnessMissingBlocks",
    **labels: str,
) -> dict[str, Any]:
    """Return an alert that accuses a key."""
    return {
        "status": status,
        "labels": {
            "alertname": name,
            "action": "rotate_signing_key",
            "severity": "critical",
            "witness": witness,
            "signing_key": signing_key,
            **labels,
        },
        "annotations": {"summary": "A witness misses blocks."},
        "startsAt": starts_at,
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph",
        "fingerprint": hashlib.sha256(
            f"{name} {witness} {signing_key}".encode(errors="replace")
        ).hexdigest()[:16],
    }


def doubt(
    *,
    status: str = "firing",
    starts_at: str = "2026-11-21T08:26:05.123Z",
    name: str = "PeerChainBehind",
    **labels: str,
) -> dict[str, Any]:
    """Return an alert about the chain of a node or a peer, as its labels say."""
    labels = {"alertname": name, "action": "resolve_chain", "severity": "warning", **labels}
    told = json.dumps(labels, sort_keys=True)
    return {
        "status": status,
        "labels": labels,
        "annotations": {"summary": "A chain was left."},
        "startsAt": starts_at,
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph",
        "fingerprint": hashlib.sha256(told.encode()).hexdigest()[:16],
    }


def webhook(*alerts: dict[str, Any], version: str = "4") -> dict[str, Any]:
    """Return a notification of Alertmanager."""
    return {
        "version": version,
        "groupKey": "{}:{}",
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "switcher",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager",
        "alerts": list(alerts),
    }


def webhook_bytes(*alerts: dict[str, Any]) -> bytes:
    """Return a notification as it comes over the wire."""
    return json.dumps(webhook(*alerts)).encode()
