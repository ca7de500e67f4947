"""From five answers to files that work."""

from __future__ import annotations

import json
import stat
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from chains.bitshares.inquiry import WitnessSeen, look_for_witness
from chains.settings import NodeSettings
from devnet.keys import DevKey, owner_key
from tests.support.terminal import Screen, in_terminal
from tests.understudy.commands import CommandLine
from tests.understudy.running_devnet import ACCOUNT, RunningDevnet
from understudy.config import load
from understudy.stack.tools import Tools


def given_key(folder: Path, devnet: RunningDevnet) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "active.key").touch(mode=0o600)
    (folder / "active.key").write_text(devnet.active_key)


def test_what_it_writes_passes_the_check(
    run: CommandLine, devnet: RunningDevnet, tmp_path: Path
) -> None:
    folder = tmp_path / "new"
    given_key(folder, devnet)
    made = run("init", str(folder), "--yes", *devnet.told())
    assert made.status == 0, made.err
    checked = run("check", "--offline", "--config", str(folder / "understudy.yaml"))
    assert checked.status == 0, checked.out
    assert checked.out.endswith("All is well.\n")


def test_what_it_writes_is_what_was_said(
    run: CommandLine, devnet: RunningDevnet, tmp_path: Path
) -> None:
    words = ("--prometheus", "http://10.0.0.7:9090/", "--alertmanager", "-", "--key-file", "a.key")
    made = run("init", str(tmp_path), "--yes", *devnet.told(), *words)
    assert made.status == 0, made.err
    read = load(tmp_path / "understudy.yaml")
    assert read.chain.chain_id == devnet.bitshares["chain_id"]
    assert (read.chain.prefix, read.chain.core_symbol) == ("BTS", "BTS")
    assert [node.url for node in read.chain.nodes] == devnet.nodes
    [witness] = read.chain.witnesses
    assert witness.account == ACCOUNT
    ring = [
        {"name": p.name, "signing_key": p.signing_key, "node": p.node} for p in witness.producers
    ]
    assert ring == devnet.hosts
    settings = read.needed_switcher()
    assert settings.signer.path == tmp_path / "a.key"
    assert settings.policy.arm is False
    assert [each.url for each in read.monitoring.prometheus] == ["http://10.0.0.7:9090"]
    assert read.monitoring.alertmanager == ()


def test_it_says_what_it_saw_and_what_is_left_to_do(
    run: CommandLine, devnet: RunningDevnet, tmp_path: Path
) -> None:
    made = run("init", str(tmp_path), "--yes", *devnet.told())
    key = devnet.hosts[0]["signing_key"]
    assert f"{ACCOUNT} is witness 1.6.1, active, with " in made.err
    assert f"its signing key is {key}" in made.err
    assert (
        f"Put the active key of {ACCOUNT} in: (umask 077; cat > {tmp_path}/active.key)" in made.out
    )
    assert f"understudy check -c {tmp_path}/understudy.yaml" in made.out
    assert "witness init0: the key on the chain is that of alpha" in made.out


def test_a_key_that_one_node_made_up_gets_into_no_ring(
    run: CommandLine, devnet: RunningDevnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lied(node: NodeSettings, account: str, timeout: float) -> Any:
        seen = await look_for_witness(node, account, timeout)
        assert isinstance(seen, WitnessSeen)
        if node.url != devnet.nodes[0]:
            return seen
        shown = replace(seen.shown, signing_key=owner_key(ACCOUNT).text("BTS"))
        return replace(seen, shown=shown)

    monkeypatch.setattr("understudy.commands.interview.look_for_witness", lied)
    made = run("init", str(tmp_path), "--yes", *devnet.told())
    assert made.status == 2
    assert "has not one signing key on all nodes" in made.err
    assert list(tmp_path.iterdir()) == []


def test_secrets_are_for_their_owner_alone_and_stay_as_they_are(
    run: CommandLine, devnet: RunningDevnet, tmp_path: Path
) -> None:
    first = json.loads(run("init", str(tmp_path), "--yes", "--json", *devnet.told()).out)
    files = [tmp_path / name for name in ("tokens", "operator-token", "alertmanager-token")]
    before = [(stat.S_IMODE(file.stat().st_mode), file.read_text()) for file in files]
    assert [mode for mode, _ in before] == [0o600] * 3
    assert sorted(first["secrets"]) == sorted(map(str, files[1:]))
    again = json.loads(run("init", str(tmp_path), "--yes", "--json", *devnet.told()).out)
    assert again["secrets"] == []
    assert [(stat.S_IMODE(file.stat().st_mode), file.read_text()) for file in files] == before


def test_nothing_is_replaced_unasked(
    run: CommandLine, devnet: RunningDevnet, tmp_path: Path
) -> None:
    file = tmp_path / "understudy.yaml"
    file.write_text("mine")
    refused = run("init", str(tmp_path), "--yes", *devnet.told())
    assert refused.status == 1
    assert f"{file} is there and differs, so nothing was written; --replace" in refused.err
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_text() == "mine"
    assert run("init", str(tmp_path), "--yes", "--replace", *devnet.told()).status == 0
    assert load(file).chain.witnesses


def test_what_goes_into_prometheus_and_alertmanager_is_right_to_them(
    run: CommandLine, devnet: RunningDevnet, tmp_path: Path
) -> None:
    run("init", str(tmp_path), "--yes", *devnet.told())
    tools, monitoring = Tools.find(), tmp_path / "monitoring"
    for program, word, name in (
        (tools.prometheus.with_name("promtool"), "check config", "prometheus.yml"),
        (tools.alertmanager.with_name("amtool"), "check-config", "alertmanager.yml"),
    ):
        asked = [str(program), *word.split(), str(monitoring / name)]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stderr
    made = yaml.safe_load((monitoring / "prometheus.yml").read_text())
    jobs = [job["job_name"] for job in made["scrape_configs"]]
    assert jobs == ["understudy-exporter", "understudy-switcher"]
    routed = yaml.safe_load((monitoring / "alertmanager.yml").read_text())
    [switcher, notices, _] = routed["receivers"]
    assert notices["name"] == "notices"
    credentials = switcher["webhook_configs"][0]["http_config"]["authorization"]
    assert credentials["credentials_file"] == str(tmp_path / "alertmanager-token")
    assert [each["receiver"] for each in routed["route"]["routes"]] == [
        *("switcher", "switcher", "notices", "notices"),
        routed["route"]["receiver"],
    ]


def without(option: str, words: list[str]) -> list[str]:
    pairs = zip(words[::2], words[1::2], strict=True)
    return [word for pair in pairs if pair[0] != option for word in pair]


@pytest.mark.parametrize("option", ["--node", "--witness"])
def test_without_a_terminal_it_says_which_option_is_missing(
    run: CommandLine, devnet: RunningDevnet, tmp_path: Path, option: str
) -> None:
    told = run("init", str(tmp_path), *without(option, devnet.told()))
    assert told.status == 2
    assert f"{option} …" in told.err
    assert list(tmp_path.iterdir()) == []


def test_the_host_on_air_is_taken_where_none_is_named(
    run: CommandLine, devnet: RunningDevnet, tmp_path: Path
) -> None:
    told = run("init", str(tmp_path), "--yes", *without("--host", devnet.told()))
    assert told.status == 0
    [only] = load(tmp_path / "understudy.yaml").chain.witnesses[0].producers
    assert (only.name, only.signing_key) == ("alpha", devnet.hosts[0]["signing_key"])
    assert "nobody can take over; understudy keygen makes" in told.err


KEY = DevKey("another").text("BTS")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--node", "http://127.0.0.1:1"), "must be a websocket URL with a host"),
        (("--witness", "nobody"), "there is no account 'nobody' on this chain"),
        (("--witness", "UPPER"), "must be a BitShares account name"),
        (("--host", f"alpha={KEY}"), "the name alpha is taken already"),
        (("--host", "delta=BTS5"), "public key 'BTS5' has"),
        (("--host", "delta"), "hosts that share a key sign twice"),
        (("--prometheus", "10.0.0.1"), "must be an HTTP URL"),
        (("--wallet", "w.sqlite"), "needs a --passphrase-file"),
    ],
)
def test_an_option_that_cannot_be_is_wrong_use(
    run: CommandLine, devnet: RunningDevnet, tmp_path: Path, words: tuple[str, ...], why: str
) -> None:
    told = run("init", str(tmp_path), "--yes", *devnet.told(), *words)
    assert told.status == 2
    assert why in " ".join(told.err.replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "before"), [("--host", "delta="), ("--key-file", ""), ("--witness", "")]
)
def test_a_private_key_where_none_belongs_is_neither_repeated_nor_written(
    run: CommandLine, devnet: RunningDevnet, tmp_path: Path, option: str, before: str
) -> None:
    wrong = f"{before}{devnet.active_key}"
    told = run("init", str(tmp_path), "--yes", *devnet.told(), option, wrong)
    assert told.status == 2
    assert f"{option}: that looks like a private key" in told.err
    assert devnet.active_key not in told.out + told.err
    assert list(tmp_path.iterdir()) == []


def test_a_node_that_is_down_is_told_and_taken_and_one_twice_is_not(
    run: CommandLine, devnet: RunningDevnet, tmp_path: Path
) -> None:
    told = run("init", str(tmp_path), "--yes", *devnet.told(), "--node", "us=ws://127.0.0.1:9")
    assert told.status == 0
    assert "us does not answer as it should: can't connect" in told.err
    assert load(tmp_path / "understudy.yaml").chain.nodes[-1].name == "us"
    told = run("init", str(tmp_path), "--yes", *devnet.told(), "--node", devnet.nodes[0])
    assert told.status == 2
    assert "one node, one vote" in told.err


def test_where_no_node_answers_nothing_is_written(run: CommandLine, tmp_path: Path) -> None:
    told = run("init", str(tmp_path), "--yes", "--node", "ws://127.0.0.1:9", "--witness", "init0")
    assert told.status == 1
    assert "No node answers" in told.err
    assert list(tmp_path.iterdir()) == []


async def say(screen: Screen, question: str, answer: str) -> None:
    """Wait for a question, and answer it."""
    await screen.asks(question)
    screen.type(f"{answer}\n")


async def test_a_person_is_asked_five_questions(devnet: RunningDevnet, tmp_path: Path) -> None:
    beta: Any = devnet.hosts[1]
    owner = owner_key(ACCOUNT).wif
    async with in_terminal("init", str(tmp_path)) as screen:
        for url in devnet.nodes:
            await say(screen, "URL, or NAME=URL", url)
            await screen.shows(lambda row: ": the chain " in row)
        await say(screen, "URL, or NAME=URL", "")
        await say(screen, "Witness account:", "nobody")
        await screen.shows(lambda row: "there is no account 'nobody'" in row)
        await say(screen, "Witness account:", ACCOUNT)
        await say(screen, "Name [alpha]", "")
        await say(screen, f"[{devnet.hosts[0]['signing_key']}]", "")
        await say(screen, "Its own API", "")
        await say(screen, "Is there a host after alpha? [Y/n]", "y")
        await say(screen, "Name [beta]", "")
        await say(screen, "Its public signing key", beta["signing_key"])
        await say(screen, "Its own API", beta["node"])
        await say(screen, "Is there a host after beta? [y/N]", "")
        await say(screen, "Key file [active.key]", DevKey("mistaken").wif)
        await screen.shows(lambda row: "that looks like a private key" in row)
        await say(screen, "Key file [active.key]", "")
        await say(screen, "Prometheus: its address", "-")
        await say(screen, "Alertmanager: its address", "")
        await say(screen, "The active private key of init0", owner)
        await screen.shows(lambda row: "is an owner key, with which a thief" in row)
        await say(screen, "The active private key of init0", devnet.active_key)
        assert await screen.ended() == 0
        assert not any(devnet.active_key in row or owner in row for row in screen.rows)
        asked = [row for row in screen.rows if row.startswith(("Which ", "Where "))]
        assert len(asked) == 5, asked
    assert (tmp_path / "active.key").read_text().strip() == devnet.active_key
    assert stat.S_IMODE((tmp_path / "active.key").stat().st_mode) == 0o600
    read = load(tmp_path / "understudy.yaml")
    assert [p.node for p in read.chain.witnesses[0].producers] == [None, beta["node"]]
    assert [each.url for each in read.monitoring.alertmanager] == ["http://127.0.0.1:9093"]


async def test_who_does_not_want_a_file_replaced_keeps_it(
    devnet: RunningDevnet, tmp_path: Path
) -> None:
    (tmp_path / "understudy.yaml").write_text("mine")
    words = ["--key-file", "a.key", "--prometheus", "-", "--alertmanager", "-"]
    async with in_terminal("init", str(tmp_path), *devnet.told(), *words) as screen:
        await say(screen, "understudy.yaml? [y/N]", "n")
        assert await screen.ended() == 1
        await screen.shows(lambda row: row == "understudy: Nothing was written.")
    assert (tmp_path / "understudy.yaml").read_text() == "mine"
