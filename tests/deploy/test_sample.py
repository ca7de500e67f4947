"""The sample for the public network needs nothing but its owner's names and keys."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chains.settings import MAIN_CHAIN_ID
from tests.understudy.commands import PRIVATE_KEY, CommandLine, command_line
from understudy.config import ConfigurationError, load

SAMPLE = (Path(__file__).parents[2] / "deploy" / "understudy.yaml").read_text()
OWN = {
    "YOUR-WITNESS": "your-witness",
    "YOUR-KEY-OF-ALPHA": "BTS5zBtsGpAzNjMnsCuZEX7c5N996pbiZ7VNds9SZrJse71qaBwAj",
    "YOUR-KEY-OF-BETA": "BTS8Tg1ksDDxrKPcq5RrY3HwWCfoTGyBot7bGyHVktQWufeKeZsh4",
}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    return command_line(capsys, monkeypatch)


@pytest.fixture
def filled_in(tmp_path: Path) -> Path:
    text = SAMPLE
    for placeholder, own in OWN.items():
        assert text.count(placeholder) == 1
        text = text.replace(placeholder, own)
    path = tmp_path / "understudy.yaml"
    path.write_text(text)
    return path


def test_what_is_to_be_filled_in_is_told_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "understudy.yaml"
    path.write_text(SAMPLE)
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    lines = SAMPLE.splitlines()
    told = [lines[each.line - 1] for each in caught.value.mistakes if each.line]
    assert len(told) == len(caught.value.mistakes) == len(OWN)
    assert all("YOUR-" in line for line in told)


def test_it_watches_the_main_network_through_several_operators_and_begins_disarmed(
    filled_in: Path,
) -> None:
    read = load(filled_in)
    assert read.chain.chain_id == MAIN_CHAIN_ID
    hosts = [node.url.split("/")[2].split(".")[-2] for node in read.chain.nodes]
    assert len(set(hosts)) == len(hosts) >= 3
    assert all(node.url.startswith("wss://") for node in read.chain.nodes)
    assert read.needed_switcher().policy.arm is False


def with_the_other_ways(text: str) -> str:
    """Take the # from what the sample offers, in place of what it says by itself."""
    lines: list[str] = []
    for line in text.splitlines():
        offered = re.fullmatch(r"( +)# (?!chain_id)(- \{.*|([a-z_]+): .*)", line)
        if offered is None:
            lines.append(line)
            continue
        indent, said, key = offered.groups()
        if key:
            start = max(n for n, each in enumerate(lines) if not each.startswith(indent))
            lines[start:] = [each for each in lines[start:] if not each.startswith(indent + key)]
        lines.append(indent + said)
    return "\n".join(lines)


def test_what_it_offers_beside_can_be_used_as_it_stands(filled_in: Path) -> None:
    filled_in.write_text(with_the_other_ways(filled_in.read_text()))
    read = load(filled_in)
    switcher = read.needed_switcher()
    assert switcher.exposed
    assert switcher.database.startswith("postgresql")
    assert switcher.database_password_file
    assert switcher.policy.return_after == 3600
    assert read.exporter.tls
    assert read.exporter.users_file
    assert read.chain.witnesses[0].feeds
    assert "home" in {node.name for node in read.chain.nodes}


def test_with_its_files_beside_it_the_doctor_has_nothing_against_it(
    filled_in: Path, run: CommandLine
) -> None:
    folder = filled_in.parent
    journal = "/var/lib/understudy"
    filled_in.write_text(filled_in.read_text().replace(journal, str(folder)))
    (folder / "active.key").touch(0o600)
    (folder / "active.key").write_text(PRIVATE_KEY)
    for scope, name in (("alerts", "alertmanager-token"), ("operate", "operator-token")):
        out = ("--name", scope, "--out", str(folder / name))
        made = run("token", "new", "--scope", scope, *out, "--config", str(filled_in))
        assert made.status == 0, made.err
    checked = run("check", "--offline", "--config", str(filled_in))
    assert (checked.status, checked.err) == (0, "")
