from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest
import yaml
from bitsharesbase.account import PrivateKey

from chains.bitshares.keys import decode_key, encode_wif
from devnet.keys import DevKey
from switcher import keypair
from tests.understudy.commands import PRIVATE_KEY, CommandLine


def pair_in(config_ini: str) -> tuple[str, str]:
    """Return the keys in a line of config.ini, which the node reads as JSON."""
    name, _, value = config_ini.strip().partition(" = ")
    assert name == "private-key"
    public, private = json.loads(value)
    return public, private


def test_the_private_key_in_the_nodes_line_is_that_of_the_public_one(run: CommandLine) -> None:
    told = run("keygen", "--name", "beta")
    config_ini, producer = told.out.splitlines()
    public, private = pair_in(config_ini)
    assert str(PrivateKey(private, prefix="BTS").pubkey) == public
    assert yaml.safe_load(producer) == [{"name": "beta", "signing_key": public}]
    assert re.fullmatch(r'private-key = \["BTS\w{50}","5\w{50}"\]', config_ini)


def test_no_two_keys_are_alike(run: CommandLine) -> None:
    made = {json.loads(run("keygen", "--json").out)["private_key"] for _ in range(3)}
    assert len(made) == 3


def test_private_keys_are_written_as_wallets_write_them() -> None:
    secret = bytes.fromhex(repr(PrivateKey(PRIVATE_KEY)))
    assert encode_wif(secret) == PRIVATE_KEY
    assert DevKey("nathan").wif == "5KQwrPbwdL6PhXujxW37FSSQZ1JiwsST4cqQzDeyXtP79zkvFD3"


def test_a_number_that_is_no_key_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([bytes(32), b"\xff" * 32, DevKey("beta").secret])
    monkeypatch.setattr("switcher.keypair.secrets.token_bytes", lambda _: next(drawn))
    assert keypair.new_key_pair("TEST").public == DevKey("beta").text("TEST")


def test_the_keys_begin_as_on_the_configured_chain(
    run: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # What else the file lacks is no matter: a key is needed to complete it.
    Path("understudy.yaml").write_text("bitshares: {prefix: XYZ}")
    public = json.loads(run("keygen", "--json").out)["public_key"]
    assert len(decode_key(public, "XYZ")) == 33
    public = json.loads(run("keygen", "--json", "--prefix", "TEST").out)["public_key"]
    assert len(decode_key(public, "TEST")) == 33


def test_a_key_for_a_file_is_shown_to_nobody(run: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "beta.ini"
    told = run("keygen", "--name", "beta", "--out", str(file))
    public, private = pair_in(file.read_text())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert private not in told.out + told.err
    assert public in told.out
    before = file.read_text()
    again = run("keygen", "--out", str(file))
    assert again.status == 1
    assert "exists already" in again.err
    assert file.read_text() == before


def test_a_program_gets_the_private_key_only_where_no_file_does(
    run: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "beta.ini"
    told = json.loads(run("keygen", "--json", "--out", str(file)).out)
    assert told.keys() == {"public_key", "out", "producer"}
    told = json.loads(run("keygen", "--json").out)
    assert pair_in(told["config_ini"]) == (told["public_key"], told["private_key"])


def test_names_and_prefixes_that_cannot_be_are_wrong_use(run: CommandLine) -> None:
    assert run("keygen", "--name", "a b").status == 2
    told = run("keygen", "--prefix", "bts")
    assert told.status == 2
    assert "a few capital letters" in told.err
