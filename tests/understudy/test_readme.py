"""What README and the pages beside it tell people to do can be done."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from exporter.catalogue import all_metrics
from switcher.app import ROOMS
from understudy.cli import app
from understudy.config import load

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
LAST = ROOT / "docs" / "tutorial" / "3-your-witness.md"
"""Where the tutorial ends, at one's own witness."""
FOLDERS = [ROOT / "alertmanager", ROOT / "grafana", ROOT / "deploy"]
PAGES = [
    README,
    *(folder / "README.md" for folder in FOLDERS),
    *sorted((ROOT / "docs").rglob("*.md")),
]
GUIDES = [page for page in PAGES if page.parent.name not in ("decisions", "reference")]
"""What tells people to do something; the reference is written from the code anyway."""

BLOCK = re.compile(r"^ *```\w*\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
COMMAND = re.compile(r"(?<![\w./-])(?:\.venv/bin/)?understudy +([a-z][^>;)#|&\n]*)")
MAKE = re.compile(r"(?<![\w-])make +([a-z]+)")
METRIC = re.compile(r"\b(?:bitshares|understudy|peer_chain)_[a-z_]+[a-z]\b")
SWITCHER_PATH = re.compile(r"127\.0\.0\.1:9878(/[\w/]*)")


def code(page: Path) -> list[str]:
    """Return what a page sets as code: blocks, with continued lines joined, and words."""
    text = page.read_text(encoding="utf-8")
    blocks = [block.replace("\\\n", " ") for block in BLOCK.findall(text)]
    return blocks + SPAN.findall(BLOCK.sub("", text))


def found(pattern: re.Pattern[str], pages: list[Path]) -> list[tuple[Path, str]]:
    return sorted(
        {
            (page, each.strip())
            for page in pages
            for text in code(page)
            for each in pattern.findall(text)
        }
    )


def ids(value: Any) -> str:
    return value.name if isinstance(value, Path) else str(value)


@pytest.mark.parametrize(("page", "words"), found(COMMAND, GUIDES), ids=ids)
def test_every_command_exists_with_its_options(page: Path, words: str) -> None:
    command: Any = typer.main.get_command(app)
    arguments = shlex.split(words)
    name = "understudy"
    while arguments and not arguments[0].startswith("-") and hasattr(command, "commands"):
        name = arguments.pop(0)
        assert name in command.commands, f"{page.name} names `understudy {words}`"
        command = command.commands[name]
    if arguments:
        command.make_context(name, arguments)


def test_some_commands_are_found() -> None:
    named = {words.split()[0] for _, words in found(COMMAND, [README, LAST])}
    assert {"check", "token", "wallet", "exporter", "switcher", "rotate", "arm"} <= named


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_linked_file_exists(page: Path) -> None:
    links = LINK.findall(BLOCK.sub("", page.read_text(encoding="utf-8")))
    missing = [
        link for link in links if "://" not in link and not (page.parent / link).resolve().exists()
    ]
    assert missing == []


def test_every_decision_is_listed_once() -> None:
    folder = ROOT / "docs" / "decisions"
    index = folder / "README.md"
    pages = sorted(page.name for page in folder.glob("*.md") if page != index)
    assert sorted(LINK.findall(index.read_text(encoding="utf-8"))) == pages


def test_every_target_of_make_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for _, target in found(MAKE, GUIDES)}
    assert {"demo", "run", "setup", "test"} <= named <= targets


def test_every_metric_exists() -> None:
    written = [*(ROOT / "switcher").rglob("*.py"), ROOT / "exporter" / "catalogue.py"]
    known = {metric.name for metric in all_metrics()}
    known |= {name for path in written for name in METRIC.findall(path.read_text())}
    known |= {f"{name}_{part}" for name in known for part in ("total", "count", "sum", "bucket")}
    named = {metric for _, metric in found(METRIC, GUIDES)}
    assert named
    assert named <= known


def test_every_address_of_the_switcher_exists() -> None:
    routers = (room.router for room in ROOMS)
    known = {route.path for router in routers for route in router.routes if hasattr(route, "path")}
    named = {path for _, path in found(SWITCHER_PATH, GUIDES)}
    assert "/api/status" in named
    assert named <= known


def test_the_configuration_can_be_used_as_it_stands(tmp_path: Path) -> None:
    (block,) = re.findall(r"^```yaml\n(.*?)^```", LAST.read_text(), re.DOTALL | re.MULTILINE)
    path = tmp_path / "understudy.yaml"
    path.write_text(block)
    configuration = load(path)
    assert len(configuration.chain.nodes) == 3
    assert configuration.needed_switcher().policy.arm is False
    assert configuration.needed_switcher().client_token_file == tmp_path / "operator-token"
