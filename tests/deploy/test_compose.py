"""The compose file: its shape, the files that it mounts, and the commands that it runs."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
import yaml

from tests.deploy.stranger import ROOT
from understudy.cli import app
from understudy.stack.ports import free_ports
from understudy.stack.program import Program
from understudy.stack.tools import Tools

FOLDER = ROOT / "deploy" / "compose"
FILE = yaml.safe_load((FOLDER / "compose.yaml").read_text())
SERVICES: dict[str, Any] = FILE["services"]
OURS = [name for name, each in SERVICES.items() if each["image"].startswith("understudy:")]
OWN = re.compile(r"\./(understudy\.yaml|state/[a-z]+)")
"""What its user makes, by the page that tells how."""

every_service = pytest.mark.parametrize("name", SERVICES)


def mounted(name: str, folder: Path) -> Path:
    """Put what a container would have from this project where it would have it."""
    for each in SERVICES[name]["volumes"]:
        if OWN.fullmatch(each["source"]):
            continue
        source, target = FOLDER / each["source"], folder / each["target"].lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    return folder


def test_it_has_the_shape_that_the_specification_gives_it() -> None:
    schema = json.loads((Path(__file__).parent / "compose-schema.json").read_text())
    jsonschema.validate(FILE, schema)


def test_the_whole_watch_is_started_and_nothing_beside_it() -> None:
    always = {name for name, each in SERVICES.items() if "profiles" not in each}
    assert always == {"exporter", "switcher", "prometheus", "alertmanager", "grafana"}
    for name in ("exporter", "switcher"):
        assert SERVICES[name]["command"][0] == name


@every_service
def test_everything_that_is_mounted_is_there_or_told_to_be_made(name: str) -> None:
    page = (ROOT / "docs" / "how-to" / "install-container.md").read_text()
    for each in SERVICES[name]["volumes"]:
        if OWN.fullmatch(each["source"]):
            assert each["source"].removeprefix("./").split("/")[-1] in page
        else:
            assert (FOLDER / each["source"]).exists()
            assert each["read_only"]
    for each in SERVICES[name].get("secrets", []):
        source = each if isinstance(each, str) else each["source"]
        assert Path(FILE["secrets"][source]["file"]).name in page


@every_service
def test_a_container_may_do_little(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service["user"].startswith("0")
    assert service["mem_limit"]


@every_service
def test_a_container_is_of_one_version_and_its_health_is_asked(name: str) -> None:
    service = SERVICES[name]
    if name not in OURS:
        assert re.search(r":v?\d+\.\d+(\.\d+)?(-[a-z]+)?$", service["image"])
    if name != "cli":
        assert service["restart"] == "always"
        assert service["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", [name for name in OURS if name != "cli"])
def test_our_commands_are_what_the_command_line_takes(name: str) -> None:
    command: Any = typer.main.get_command(app)
    word, *options = SERVICES[name]["command"]
    command.commands[word].make_context(word, options)
    _, program, check, *url = SERVICES[name]["healthcheck"]["test"]
    assert program == "understudy"
    command.commands[check].make_context(check, url)


def test_the_switcher_gets_what_the_sample_names() -> None:
    sample = (ROOT / "deploy" / "understudy.yaml").read_text()
    targets = {each["target"] for each in SERVICES["cli"]["secrets"]}
    assert targets == {
        f"/etc/understudy/{name}" for name in ("active.key", "tokens", "operator-token")
    }
    for target in targets:
        assert Path(target).name in sample
    assert any(each["target"] == "/var/lib/understudy" for each in SERVICES["switcher"]["volumes"])


def test_alertmanager_finds_its_token_where_the_shipped_file_says() -> None:
    (secret,) = SERVICES["alertmanager"]["secrets"]
    shipped = (ROOT / "alertmanager" / "alertmanager.yml").read_text()
    assert f"credentials_file: {secret['target']}" in shipped


def test_grafana_finds_prometheus_where_its_provisioning_says() -> None:
    file = mounted_source("grafana", "/etc/grafana/provisioning") / "datasources" / "understudy.yml"
    (source,) = yaml.safe_load(file.read_text())["datasources"]
    (host,) = SERVICES["grafana"]["extra_hosts"]
    name, _, address = host.partition(":")
    assert source["url"] == f"http://{name}:9090"
    assert f"--web.listen-address={address}:9090" in SERVICES["prometheus"]["command"]


def mounted_source(name: str, target: str) -> Path:
    (found,) = (each["source"] for each in SERVICES[name]["volumes"] if each["target"] == target)
    return FOLDER / str(found)


@pytest.mark.stack
def test_prometheus_and_alertmanager_start_with_these_files_and_options(tmp_path: Path) -> None:
    tools = Tools.find()
    ports = dict(zip(("prometheus", "alertmanager"), free_ports(2), strict=True))

    async def started(name: str, program: Path) -> None:
        folder = mounted(name, tmp_path / name)
        words = [
            re.sub(
                r"127\.0\.0\.1:\d+", f"127.0.0.1:{ports[name]}", word.replace("=/", f"={folder}/")
            )
            for word in SERVICES[name]["command"]
        ]
        ready = f"http://127.0.0.1:{ports[name]}/-/ready"
        running = Program(name, (program, *words), log=tmp_path / f"{name}.log", ready_url=ready)
        await running.start()
        await running.stop()

    async def both() -> None:
        await started("prometheus", tools.prometheus)
        await started("alertmanager", tools.alertmanager)

    asyncio.run(both())


@pytest.mark.stack
def test_the_mounted_rules_are_found(tmp_path: Path) -> None:
    folder = mounted("prometheus", tmp_path) / "etc" / "prometheus"
    promtool = Tools.find().prometheus.with_name("promtool")
    done = subprocess.run(
        [promtool, "check", "config", folder / "prometheus.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"SUCCESS: \d+ rule files found", done.stdout)
