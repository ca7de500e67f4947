"""The whole stack, on a devnet: real programs, ready to be used, gone afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import stat
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import bcrypt
import httpx
import pytest
import yaml

from devnet.configuration import configuration
from devnet.launch import Devnet
from devnet.settings import DevnetSettings
from serving.tls import trusting
from tests.alertmanager.tools import run as promtool
from tests.support.certificates import self_signed
from understudy.config import load
from understudy.doctor.examine import examine
from understudy.doctor.finding import Level
from understudy.errors import StackError
from understudy.stack import (
    Replicas,
    Stack,
    StackSettings,
    Tools,
    document_of,
    free_ports,
)
from understudy.stack.on_devnet import devnet_stack

pytestmark = pytest.mark.stack


@pytest.fixture
async def net() -> AsyncIterator[Devnet]:
    async with Devnet(DevnetSettings()) as running:
        yield running


def _remarks(exposed: str) -> str:
    return promtool("promtool", "check", "metrics", stdin=exposed)


async def targets_up(stack: Stack, jobs: set[str]) -> set[str]:
    """Wait until Prometheus has scraped all jobs, and return those that are up."""
    async with httpx.AsyncClient(base_url=stack.prometheus.url) as client, asyncio.timeout(20):
        while True:
            answer = await client.get("/api/v1/query", params={"query": "up"})
            samples: Any = answer.json()["data"]["result"]
            up = {each["metric"]["job"] for each in samples if each["value"][1] == "1"}
            if jobs <= up:
                return up
            await asyncio.sleep(0.2)


async def test_every_program_is_ready_and_sees_the_others(net: Devnet, tmp_path: Path) -> None:
    settings = StackSettings(configuration(net), net.active_wif("init0"))
    jobs = {"understudy-exporter", "understudy-switcher", "alertmanager", "prometheus"}
    async with Stack(settings, Tools.find(), tmp_path) as stack:
        assert jobs <= await targets_up(stack, jobs)
        async with httpx.AsyncClient() as client:
            token = {"Authorization": f"Bearer {stack.written.client_token}"}
            answer = await client.get(f"{stack.switcher.url}/api/status", headers=token)
            assert answer.status_code == httpx.codes.OK
            loaded = await client.get(f"{stack.prometheus.url}/api/v1/alertmanagers")
            (found,) = loaded.json()["data"]["activeAlertmanagers"]
            assert found["url"].startswith(stack.alertmanager.url)
    assert not any(program.running for program in stack.programs)


async def test_the_heartbeat_arrives_and_a_check_finds_nothing_wrong_with_peers_either(
    tmp_path: Path,
) -> None:
    async with Devnet(DevnetSettings(peers=2)) as net:
        settings = StackSettings(configuration(net), net.active_wif("init0"))
        async with (
            Stack(settings, Tools.find(), tmp_path) as stack,
            httpx.AsyncClient(base_url=stack.switcher.url) as client,
            asyncio.timeout(30),
        ):
            while "alerts come through" not in (await client.get("/readyz")).text:
                await asyncio.sleep(0.2)
            findings = await examine(load(stack.written.configuration))
    assert [each for each in findings if each.level is not Level.OK] == []
    told = {each.what for each in findings}
    assert {"peer p1", "peer p2", f"replica http://{stack.written.replica}"} <= told
    assert {"rule PeerChainBehind", f"Prometheus {stack.prometheus.url}"} <= told


async def test_several_of_each_see_each_other_and_a_check_finds_nothing_wrong(
    net: Devnet, tmp_path: Path
) -> None:
    several = Replicas(exporter=2, switcher=2, prometheus=2, alertmanager=3)
    settings = StackSettings(configuration(net), net.active_wif("init0"), replicas=several)
    async with (
        Stack(settings, Tools.find(), tmp_path) as stack,
        httpx.AsyncClient() as client,
        asyncio.timeout(40),
    ):
        for switcher in stack.switchers:
            while "alerts come through" not in (await client.get(switcher.ready_url)).text:
                await asyncio.sleep(0.2)
        for alertmanager in stack.alertmanagers:
            status = await client.get(f"{alertmanager.url}/api/v2/status")
            assert len(status.json()["cluster"]["peers"]) == 3
        for written in stack.documents:
            findings = await examine(load(written.configuration))
            assert [each for each in findings if each.level is not Level.OK] == []
    journals = {load(each.configuration).needed_switcher().database for each in stack.documents}
    assert len(journals) == 2


async def test_over_tls_the_real_alertmanager_and_prometheus_come_through_as_well(
    net: Devnet, tmp_path: Path
) -> None:
    files = self_signed(tmp_path, names="DNS:watcher.lan")
    document = configuration(net)
    tls = {name: str(path) for name, path in asdict(files).items()}
    users = tmp_path / "users"
    users.write_text(f"me:{bcrypt.hashpw(b'secret', bcrypt.gensalt(4)).decode()}\n")
    users.chmod(0o600)
    document["switcher"] = {"tls": tls}
    document["exporter"] = {"tls": dict(tls), "users_file": str(users)}
    settings = StackSettings(document, net.active_wif("init0"))
    context = trusting(files.certificate_file)
    async with (
        Stack(settings, Tools.find(), tmp_path / "stack") as stack,
        httpx.AsyncClient(base_url=stack.switcher.url, verify=context) as client,
        asyncio.timeout(30),
    ):
        assert stack.switcher.url.startswith("https://")
        while "alerts come through" not in (await client.get("/readyz")).text:
            await asyncio.sleep(0.2)
        ours = {"understudy-exporter", "understudy-switcher"}
        assert ours <= await targets_up(stack, ours)
        metrics = f"{stack.exporter.url}/metrics"
        assert (await client.get(metrics)).status_code == 401
        for url in (metrics, f"{stack.switcher.url}/metrics"):
            exposed = await client.get(url, auth=("me", "secret"))
            assert exposed.status_code == 200
            assert await asyncio.to_thread(_remarks, exposed.text) == ""
        findings = await examine(load(stack.written.configuration))
    assert [each for each in findings if each.level is not Level.OK] == []


async def test_a_certificate_that_cannot_be_used_is_told_before_anything_starts(
    net: Devnet, tmp_path: Path
) -> None:
    files, other = self_signed(tmp_path), self_signed(tmp_path, "other")
    document = configuration(net)
    tls = {"certificate_file": str(files.certificate_file), "key_file": str(other.key_file)}
    document["switcher"] = {"tls": tls}
    settings = StackSettings(document, net.active_wif("init0"))
    with pytest.raises(StackError, match="is not that of"):
        async with Stack(settings, Tools.find(), tmp_path / "stack"):
            pass


async def test_secrets_are_for_their_owner_alone(net: Devnet, tmp_path: Path) -> None:
    settings = StackSettings(configuration(net), net.active_wif("init0"))
    async with Stack(settings, Tools.find(), tmp_path):
        tokens = ("client-token", "alertmanager-token", "prometheus-token")
        for name in ("active.key", "tokens", *tokens):
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


async def test_a_program_that_dies_is_noticed(net: Devnet, tmp_path: Path) -> None:
    settings = StackSettings(configuration(net), net.active_wif("init0"))
    async with Stack(settings, Tools.find(), tmp_path) as stack:
        ended = asyncio.create_task(stack.ended())
        assert stack.exporter.pid
        os.kill(stack.exporter.pid, signal.SIGKILL)
        with pytest.raises(StackError, match="exporter ended by itself"):
            await ended


async def test_a_program_that_does_not_start_stops_the_others(net: Devnet, tmp_path: Path) -> None:
    settings = StackSettings(configuration(net), "no key at all")
    stack = Stack(settings, Tools.find(), tmp_path)
    with pytest.raises(StackError, match=r"switcher ended with status 1(.|\n)*private key"):
        await stack.__aenter__()
    assert not any(program.running for program in stack.programs)


async def test_two_stacks_do_not_share_a_folder(net: Devnet, tmp_path: Path) -> None:
    settings = StackSettings(configuration(net), net.active_wif("init0"))
    async with Stack(settings, Tools.find(), tmp_path) as stack:
        with pytest.raises(StackError, match=f"Another stack runs in {tmp_path}"):
            await Stack(settings, Tools.find(), tmp_path).__aenter__()
        token = stack.written.alertmanager_token.read_text()
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as client:
            answer = await client.post(f"{stack.switcher.url}/alerts", content="x")
        assert answer.status_code == httpx.codes.BAD_REQUEST


@pytest.mark.parametrize("service", ["exporter", "switcher"])
async def test_the_answers_of_another_program_do_not_pass_for_ours(
    net: Devnet, tmp_path: Path, service: str
) -> None:
    taken = net.control_url.removeprefix("http://")
    document = {**configuration(net), service: {"listen": taken}}
    stack = Stack(StackSettings(document, net.active_wif("init0")), Tools.find(), tmp_path)
    told = f"Another program listens on {taken}; stop it, or change {service}.listen"
    with pytest.raises(StackError, match=told):
        await stack.__aenter__()


async def test_a_new_devnet_knows_nothing_of_an_earlier_one(tmp_path: Path) -> None:
    (tmp_path / "understudy.db").write_text("the journal of another chain")
    async with devnet_stack(DevnetSettings(), tmp_path) as (_, stack):
        assert stack.switcher.running


async def test_ones_own_configuration_is_used_as_it_is(
    net: Devnet, config: Path, tmp_path: Path
) -> None:
    document = yaml.safe_load(config.read_text())
    document["bitshares"] = configuration(net)["bitshares"]
    document["switcher"]["policy"] = {"missed_blocks": 5, "head_lag": 4}
    exporter, switcher = (f"127.0.0.1:{port}" for port in free_ports(2))
    document["exporter"] = {"listen": exporter}
    document["switcher"]["listen"] = switcher
    config.write_text(yaml.safe_dump(document))
    (config.parent / "active.key").write_text(net.active_wif("init0"))
    folder = tmp_path / "stack"
    settings = StackSettings(document_of(config), interval=None)
    async with Stack(settings, Tools.find(), folder) as stack:
        assert stack.exporter.url == f"http://{exporter}"
        assert stack.switcher.url == f"http://{switcher}"
        used = load(stack.written.configuration).needed_switcher()
        given = load(config).needed_switcher()
        assert (used.signer, used.database, used.policy) == (
            given.signer,
            given.database,
            given.policy,
        )
        assert (config.parent / "understudy.db").exists()
        rules = (folder / "rules" / "actions.yml").read_text()
        assert "bitshares_witness_recent_missed_blocks) >= 5" in " ".join(rules.split())
    assert (config.parent / "tokens").read_text() == ""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_run_tells_where_everything_is_and_cleans_up_when_stopped(
    tmp_path: Path, repository: Path, end: signal.Signals
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "understudy", "run", "--json", "--directory", str(tmp_path)),
        stdout=asyncio.subprocess.PIPE,
        cwd=repository,
        # Where the tests run under nohup, it would rightly leave a hang-up alone.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    assert process.stdout
    ready = {"prometheus": "/-/ready", "alertmanager": "/-/ready", "switcher": "/readyz"}
    try:
        async with asyncio.timeout(60), httpx.AsyncClient() as client:
            told = json.loads(await process.stdout.readline())
            for name, path in (ready | {"devnet": "/"}).items():
                assert (await client.get(told[name] + path)).status_code == httpx.codes.OK
            process.send_signal(end)
            assert await process.wait() == 0
            for name in (*ready, "exporter", "devnet"):
                with pytest.raises(httpx.ConnectError):
                    await client.get(told[name])
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def test_a_configuration_means_the_same_from_the_stacks_folder(config: Path) -> None:
    document = yaml.safe_load(config.read_text())
    document["switcher"]["database"] = "postgresql+psycopg://understudy@db.example.org/understudy"
    document["switcher"]["database_password_file"] = "database-password"
    config.write_text(yaml.safe_dump(document))
    section = document_of(config)["switcher"]
    assert section["database_password_file"] == str(config.parent / "database-password")
