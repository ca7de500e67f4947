"""A wallet from making to destroying it."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import yaml

from tests.support.terminal import in_terminal
from tests.understudy.commands import PRIVATE_KEY, PUBLIC_KEY, CommandLine
from tests.understudy.running_devnet import RunningDevnet


@pytest.fixture
def wallet(tmp_path: Path) -> Path:
    return tmp_path / "wallet.sqlite"


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    file = tmp_path / "passphrase"
    file.touch(mode=0o600)
    file.write_text("an open secret")
    return file


def test_a_wallet_from_making_to_destroying_it(
    run: CommandLine, wallet: Path, passphrase: Path
) -> None:
    where = ("--wallet", str(wallet))
    unlocked = (*where, "--passphrase-file", str(passphrase))

    assert run("wallet", "init", *unlocked).status == 0
    assert stat.S_IMODE(wallet.stat().st_mode) == 0o600
    assert run("wallet", "add", *unlocked, typed=PRIVATE_KEY).out == f"{PUBLIC_KEY}\n"
    listed = run("wallet", "list", "--json", *where)
    assert json.loads(listed.out) == {"public_keys": [PUBLIC_KEY]}
    assert run("wallet", "remove", PUBLIC_KEY, "--yes", *where).status == 0
    assert run("wallet", "list", *where).out == ""
    assert run("wallet", "destroy", "--yes", *where).status == 0
    assert not wallet.exists()


def test_a_wallet_is_destroyed_where_its_name_is_a_link(
    run: CommandLine, tmp_path: Path, passphrase: Path
) -> None:
    wallet, link = tmp_path / "elsewhere" / "wallet.sqlite", tmp_path / "link.sqlite"
    wallet.parent.mkdir()
    assert (
        run("wallet", "init", "--wallet", str(wallet), "--passphrase-file", str(passphrase)).status
        == 0
    )
    link.symlink_to(wallet)
    told = run("wallet", "destroy", "--yes", "--json", "--wallet", str(link))
    assert json.loads(told.out)["deleted"] == [str(link), str(wallet)]
    assert not wallet.exists() and not link.is_symlink()


def test_a_key_comes_from_a_file_that_others_cannot_read(
    run: CommandLine, wallet: Path, passphrase: Path
) -> None:
    unlocked = ("--wallet", str(wallet), "--passphrase-file", str(passphrase))
    run("wallet", "init", *unlocked)
    key = wallet.with_name("key")
    key.touch(mode=0o644)
    key.write_text(f"{PRIVATE_KEY}\n")
    refused = run("wallet", "add", "--from", str(key), *unlocked)
    assert refused.status == 1
    assert f"chmod 600 {key}" in refused.err
    assert PRIVATE_KEY[:20] not in refused.out + refused.err
    key.chmod(0o600)
    odd = run("wallet", "add", "--from", str(key), "--prefix", "bts", *unlocked)
    assert (odd.status, odd.out) == (2, "")
    assert "--prefix must be a few capital letters" in odd.err
    assert run("wallet", "list", *unlocked[:2]).out == ""
    assert run("wallet", "add", "--from", str(key), *unlocked).out == f"{PUBLIC_KEY}\n"


def of_devnet(devnet: RunningDevnet, wallet: Path, passphrase: Path) -> Path:
    """Write a configuration that names the wallet and the devnet's nodes."""
    path = wallet.with_name("understudy.yaml")
    signer = {"wallet": {"path": str(wallet), "passphrase_file": str(passphrase)}}
    switcher = {"token_file": "tokens", "database": "sqlite:///u.db", "signer": signer}
    path.write_text(yaml.safe_dump({"bitshares": devnet.bitshares, "switcher": switcher}))
    return path


def test_making_one_ends_with_what_the_chain_says(
    run: CommandLine, devnet: RunningDevnet, wallet: Path, passphrase: Path
) -> None:
    made = run("wallet", "init", "--config", str(of_devnet(devnet, wallet, passphrase)))
    assert made.status == 0
    assert f"The wallet {wallet} is made; put a key in: understudy wallet add" in made.err
    told = dict(line.split() for line in made.out.splitlines())
    chain = devnet.ask("get_dynamic_global_properties", [])
    assert int(told["recently_missed_count"]) == chain["recently_missed_count"]
    assert told["next_maintenance_time"] == chain["next_maintenance_time"]
    assert int(told["head_block_number"]) <= chain["head_block_number"]


def test_a_program_is_told_the_same(
    run: CommandLine, devnet: RunningDevnet, wallet: Path, passphrase: Path
) -> None:
    config = of_devnet(devnet, wallet, passphrase)
    told = json.loads(run("wallet", "init", "--json", "--config", str(config)).out)
    assert told["wallet"] == str(wallet)
    assert told["node"] == "eu"
    assert told["chain"].keys() >= {"recently_missed_count", "next_maintenance_time"}


def test_where_no_node_answers_the_wallet_is_made_and_that_is_said(
    run: CommandLine, devnet: RunningDevnet, wallet: Path, passphrase: Path
) -> None:
    config = of_devnet(devnet, wallet, passphrase)
    document = yaml.safe_load(config.read_text())
    document["bitshares"]["nodes"] = [
        {"name": "eu", "url": "ws://127.0.0.1:9"},
        {"name": "us", "url": devnet.nodes[0]},
    ]
    document["bitshares"]["chain_id"] = "ab" * 32
    config.write_text(yaml.safe_dump(document))
    made = run("wallet", "init", "--config", str(config))
    assert (made.status, made.out) == (0, "")
    assert "No node answers (eu: can't connect to ws://127.0.0.1:9" in made.err
    assert "; us: is on chain" in made.err
    assert wallet.exists()


def test_without_a_configuration_the_wallet_is_made_and_that_is_said(
    run: CommandLine, wallet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(wallet.parent)
    made = run("wallet", "init", "--wallet", str(wallet), typed="an open secret")
    assert made.status == 0
    assert "There is no understudy.yaml that names nodes, so the chain was not asked" in made.err
    Path("understudy.yaml").write_text("nonsense: true")
    other = wallet.with_name("other.sqlite")
    made = run("wallet", "init", "--wallet", str(other), typed="an open secret")
    assert made.status == 0
    assert "understudy.yaml has mistakes, so the chain was not asked" in made.err


def test_a_wallet_is_not_destroyed_without_a_yes(run: CommandLine, wallet: Path) -> None:
    run("wallet", "init", "--wallet", str(wallet), typed="an open secret")
    result = run("wallet", "destroy", "--wallet", str(wallet), typed="n")
    assert result.status == 1
    assert wallet.exists()


def test_all_files_of_a_wallet_are_named_and_go_and_no_others(
    run: CommandLine, wallet: Path
) -> None:
    run("wallet", "init", "--wallet", str(wallet), typed="an open secret")
    backups = wallet.parent / "backups"
    backups.mkdir()
    gone = [wallet, wallet.with_name("wallet.sqlite-journal")]
    gone.append(backups / "wallet.sqlite-20210502-101112")
    kept = [backups / "other.sqlite-20210502-101112", backups / "wallet.sqlite-mine"]
    for file in (*gone[1:], *kept):
        file.touch()
    asked = run("wallet", "destroy", "--wallet", str(wallet), typed="n")
    assert all(str(file) in asked.err for file in gone)
    assert not any(str(file) in asked.err for file in kept)
    told = run("wallet", "destroy", "--yes", "--json", "--wallet", str(wallet))
    assert sorted(json.loads(told.out)["deleted"]) == sorted(map(str, gone))
    assert not any(file.exists() for file in gone)
    assert all(file.exists() for file in kept)


def test_a_configuration_with_a_key_file_has_no_wallet(run: CommandLine, config: Path) -> None:
    result = run("wallet", "list", "--config", str(config))
    assert result.status == 1
    assert "names a key file and no wallet" in result.err


async def test_passphrase_and_key_are_asked_for_unseen(wallet: Path) -> None:
    async with in_terminal("wallet", "init", "--wallet", str(wallet)) as screen:
        await screen.asks("Passphrase")
        screen.type("an open secret\n")
        await screen.asks("Repeat for confirmation")
        screen.type("an open secret\n")
        assert await screen.ended() == 0
        assert "an open secret" not in screen.raw
    async with in_terminal("wallet", "add", "--wallet", str(wallet)) as screen:
        await screen.asks("Passphrase")
        screen.type("an open secret\n")
        await screen.asks("Private key (WIF)")
        screen.type(f"{PRIVATE_KEY}\n")
        assert await screen.ended() == 0
        await screen.shows(lambda row: row == PUBLIC_KEY)
        assert PRIVATE_KEY not in screen.raw


def test_it_is_said_what_a_wallet_protects_and_what_not(run: CommandLine) -> None:
    told = " ".join(run("wallet", "--help").out.split())
    assert "keeps the keys from who gets its file and not the passphrase" in told
    assert "It does not keep them from who can read the passphrase's file" in told
    assert "or the switcher's memory" in told
