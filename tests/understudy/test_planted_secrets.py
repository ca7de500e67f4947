"""A real switcher is driven through all that can go wrong, and then its secrets are looked for."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import yaml

from bench.postgresql import Cluster
from chains.bitshares.keys import decode_base58
from devnet.configuration import configuration
from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from serving.tls import trusting
from switcher.auth import Scope, new_token
from switcher.signer import add_to_wallet, create_wallet
from tests.support import planted
from tests.support.certificates import self_signed
from tests.switcher.stage import alert, eventually, owner_only, webhook
from tests.understudy.commands import PRIVATE_KEY, CommandLine
from understudy.config import load
from understudy.stack.ports import free_ports

WITNESS = "init0"
PATIENCE = 120.0
"""Seconds; it takes a few where nothing else runs."""

PASSPHRASE, PASSWORD = "planted-passphrase-Xq7", "planted-password-Zw3"
CRASH = "switcher.signer:Signer._check"
"""Where the key is a local variable of a caller."""

PLACES = ("why", "witness", "to", "nonsense")
"""Where an order may hold a secret; the first is for any words, which the journal keeps."""


@dataclass
class House:
    """A switcher's files, what is secret in them, and all that was seen of it."""

    folder: Path
    net: Devnet
    wallet: bool
    secrets: dict[str, str] = field(default_factory=dict)
    seen: dict[str, bytes] = field(default_factory=dict)
    tokens: dict[Scope, str] = field(default_factory=dict)

    def furnish(self, database: str | None) -> None:
        wif = self.net.active_wif(WITNESS)
        self.secrets["active key"] = wif
        self.secrets["active key's number"] = decode_base58(wif)[1:33].hex()
        lines = []
        for scope in Scope:
            self.tokens[scope], line = new_token(scope, f"the-{scope}")
            self.secrets[f"{scope} token"] = self.tokens[scope]
            lines.append(line)
            owner_only(self.folder / f"{scope}-token", self.tokens[scope])
        owner_only(self.folder / "tokens", "".join(lines))
        tls = self_signed(self.folder, names="IP:127.0.0.1")
        body = tls.key_file.read_text().splitlines()[1:-1]
        self.secrets["key of the certificate"] = body[0]
        (self.port,) = free_ports(1)
        self.certificate = tls.certificate_file
        section: dict[str, Any] = {
            "listen": f"127.0.0.1:{self.port}",
            "tls": {name: str(path) for name, path in asdict(tls).items()},
            "behind_proxy": True,
            "token_file": "tokens",
            "client_token_file": "operate-token",
            "database": database or "sqlite:///understudy.db",
            "policy": {"arm": True, "missed_blocks": 1, "cool_down": "1s"},
        }
        if database:
            owner_only(self.folder / "database-password", PASSWORD)
            section["database_password_file"] = "database-password"
            self.secrets["password of the database"] = PASSWORD
        section["signer"] = self._signer(wif)
        self.document = {**configuration(self.net), "switcher": section}
        self.config = self.folder / "understudy.yaml"
        self.config.write_text(yaml.safe_dump(self.document))

    def _signer(self, wif: str) -> dict[str, Any]:
        if not self.wallet:
            owner_only(self.folder / "active.key", wif)
            return {"key_file": "active.key"}
        self.secrets["passphrase"] = PASSPHRASE
        owner_only(self.folder / "passphrase", PASSPHRASE)
        path = self.folder / "wallet.sqlite"
        create_wallet(path, PASSPHRASE)
        add_to_wallet(path, PASSPHRASE, wif, "BTS")
        return {"wallet": {"path": "wallet.sqlite", "passphrase_file": "passphrase"}}

    @contextlib.asynccontextmanager
    async def switcher(self, name: str, log_format: str) -> AsyncIterator[httpx.AsyncClient]:
        """Run the switcher, the first signature of which fails in the middle."""
        log = self.folder / f"{name}.log"
        command = (sys.executable, "-m", "tests.support.crashing", CRASH, "--", "switcher")
        options = ("--config", self.config, "--log-level", "debug", "--log-format", log_format)
        with log.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                *command, *options, stdout=file, stderr=file
            )
        client = httpx.AsyncClient(
            base_url=f"https://127.0.0.1:{self.port}",
            verify=trusting(self.certificate),
            event_hooks={"response": [self._keep]},
            timeout=PATIENCE,
            trust_env=False,
        )
        try:
            async with client:
                await eventually(lambda: self._ready(client, process), PATIENCE)
                for about in ("cmdline", "environ"):
                    content = Path(f"/proc/{process.pid}/{about}").read_bytes()
                    assert content
                    self.seen[f"{about} of {name}"] = content
                yield client
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
            self.seen[f"log of {name}"] = log.read_bytes()

    async def _ready(
        self, client: httpx.AsyncClient, process: asyncio.subprocess.Process
    ) -> bool | None:
        assert process.returncode is None
        with contextlib.suppress(httpx.HTTPError):
            return True if (await client.get("/readyz")).status_code == 200 else None
        return None

    async def _keep(self, response: httpx.Response) -> None:
        """Keep what was answered, with its headers."""
        content = await response.aread()
        head = "\n".join(f"{name}: {value}" for name, value in response.headers.items()).encode()
        request = response.request
        self.seen[f"answer {len(self.seen)} to {request.method}"] = head + b"\n" + content

    async def command(self, *words: str) -> None:
        """Run an `understudy` command and keep what it prints."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "understudy", *words, "--config", str(self.config)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        self.seen[f"output {len(self.seen)} of understudy {words[0]}"] = said

    def bearer(self, scope: Scope) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[scope]}"}

    def found(self) -> list[str]:
        return list(planted.found(self.secrets, self.seen))


@pytest.fixture(params=["key file, SQLite, JSON", "wallet, PostgreSQL, console"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    elaborate = str(request.param).startswith("wallet")
    async with Devnet(DevnetSettings(prehistory=60)) as net:
        made = House(tmp_path, net, wallet=elaborate)
        with contextlib.ExitStack() as stack:
            database = None
            if elaborate:
                cluster = Cluster(tmp_path / "postgresql", PASSWORD)
                stack.enter_context(cluster)
                database = cluster.create_database("journal")
            made.furnish(database)
            yield made


def recognisable(secret: str, house: House) -> bool:
    """Tell whether a secret shows that it is one: a password may be any word."""
    return secret == house.secrets["active key"] or secret in house.tokens.values()


async def misuse(house: House, client: httpx.AsyncClient) -> None:
    """Send secrets where they don't belong, in every way that comes to mind."""
    operator = house.bearer(Scope.OPERATE)
    for secret in house.secrets.values():
        encoded = base64.b64encode(secret.encode()).decode()
        for header in (secret, f"Basic {encoded}", f"Bearer {secret} {secret}", f"bearer{secret}"):
            await client.get("/api/status", headers={"Authorization": header})
        for path in (f"/{secret}", f"/api/{secret}", f"/api/status?token={secret}"):
            await client.get(path, headers=operator)
        await client.get(f"/api/journal?before={secret}&limit={secret}", headers=operator)
        for place in PLACES if recognisable(secret, house) else PLACES[1:]:
            body = {"witness": WITNESS, "to": "beta", "why": "a test", place: f"it is {secret}"}
            for path in ("/api/rotate", "/api/disarm"):
                await client.post(path, json=body, headers=operator)
        alerting = house.bearer(Scope.ALERTS)
        for content in (secret, json.dumps(secret), json.dumps({"version": secret})):
            await client.post("/alerts", content=content, headers=alerting)
        await client.post("/api/rotate", content=secret, headers=operator)
        for label in ("action", "severity"):
            body = webhook(alert(house.net.signing_key("beta"), **{label: secret}))
            await client.post("/alerts", json=body, headers=alerting)


async def rotate(house: House, client: httpx.AsyncClient) -> None:
    """Have the host on air die and be replaced; the first attempt to sign crashes."""
    killed = house.net.nodes["alpha"]
    await killed.kill()
    accused = house.net.signing_key("alpha")

    async def on_air() -> bool | None:
        body = webhook(alert(accused))
        await client.post("/alerts", json=body, headers=house.bearer(Scope.ALERTS))
        state = (await client.get("/api/status", headers=house.bearer(Scope.READ))).json()
        return True if state["witnesses"][0]["on_air"] == "beta" else None

    await eventually(on_air, PATIENCE)


async def test_nothing_secret_can_be_seen_anywhere(house: House) -> None:
    log_format = "console" if house.wallet else "json"
    async with house.switcher("switcher", log_format) as client:
        await rotate(house, client)
        await misuse(house, client)
        for path in ("/", "/metrics", "/docs", "/openapi.json", "/api/journal?limit=1000"):
            await client.get(path, headers=house.bearer(Scope.READ))
        for words in (("check",), ("check", "--json")):
            await house.command(*words)
        await house.command("rotate", WITNESS, "--to", "gamma", "--yes")
        house.seen["settings"] = repr(load(house.config)).encode()
        for file in house.folder.glob("understudy.db*"):
            house.seen[file.name] = file.read_bytes()
        if house.wallet:
            house.seen["tables"] = tables(house.document["switcher"]["database"])
    log = house.seen["log of switcher"]
    assert b"what no test had thought of" in log
    assert b"rotation begun" in log
    journal = "tables" if house.wallet else "understudy.db"
    for kind in ("answer", "output", "cmdline", "environ", "log", "settings", journal):
        assert any(name.startswith(kind) and what for name, what in house.seen.items()), kind
    assert house.found() == []


def tables(url: str) -> bytes:
    """Return all that a database holds."""
    address = url.replace("+psycopg", "").replace("://understudy@", f"://understudy:{PASSWORD}@")
    with psycopg.connect(address) as connection:
        listed = connection.execute("select tablename from pg_tables where schemaname = 'public'")
        names = [str(name) for (name,) in listed.fetchall()]
        assert "entries" in names
        return b"\n".join(
            repr(connection.execute(f'select * from "{name}"').fetchall()).encode()
            for name in names
        )


@pytest.mark.parametrize("place", ["token_file", "database", "signer", "listen", "nonsense"])
def test_a_key_in_the_configuration_is_refused_without_being_repeated(
    run: CommandLine, config: Path, place: str
) -> None:
    document = yaml.safe_load(config.read_text())
    held: tuple[Any, ...] = (
        {"key_file": PRIVATE_KEY},
        [PRIVATE_KEY],
        {PRIVATE_KEY: PRIVATE_KEY},
        {PRIVATE_KEY: {}},
    )
    for value in (PRIVATE_KEY, *held):
        document["switcher"] |= {place: value}
        config.write_text(yaml.safe_dump(document))
        for options in ((), ("--json",)):
            result = run("check", "--offline", "--config", str(config), *options)
            assert result.status == 2
            said = {"output": (result.out + result.err).encode()}
            assert list(planted.found({"key": PRIVATE_KEY}, said)) == []


def test_the_search_finds_what_is_there() -> None:
    secrets = {"token": new_token(Scope.READ, "x")[0]}
    for form, content in planted.forms(secrets["token"]).items():
        hit = list(planted.found(secrets, {"log": b"before " + content + b" after", "other": b""}))
        assert f"log: the token ({form})" in hit
    encoded = base64.b64encode(f"user:{secrets['token']}!".encode())
    assert [*planted.found(secrets, {"header": encoded})] != []
    assert list(planted.found(secrets, {"log": b"nothing"})) == []
