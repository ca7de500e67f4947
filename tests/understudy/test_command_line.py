"""What someone at the command line sees: answers, exit status, and sentences instead of traces."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

import understudy
from switcher.auth import Scope, Tokens
from tests.understudy.commands import PRIVATE_KEY, CommandLine

BAD = Path(__file__).parent.parent / "fixtures" / "config" / "bad" / "many.yaml"
NEW_TOKEN = ("token", "new", "--scope", "operate", "--name", "me")


def test_version(run: CommandLine) -> None:
    assert run("--version").out == f"understudy {understudy.__version__}\n"


def test_help_fills_its_lines(run: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = [line.strip() for line in run("resolve", "--help").out.splitlines()]
    [first] = [line for line in lines if line.startswith("Shows what would be done")]
    assert first.endswith("until the peer has")
    assert lines[lines.index(first) + 1].startswith("that chain. A peer adopts it by its own")


def test_an_unknown_command_is_wrong_use(run: CommandLine) -> None:
    result = run("swicher")
    assert result.status == 2
    assert "No such command 'swicher'" in result.err


@pytest.mark.parametrize("command", ["exporter", "switcher", "check"])
def test_a_bad_configuration_stops_the_start_with_all_of_its_mistakes(
    run: CommandLine, command: str
) -> None:
    result = run(command, "--config", str(BAD))
    assert result.status == 2
    expected = [
        line.replace("# expect ", f"{BAD}:")
        for line in BAD.read_text().splitlines()
        if line.startswith("# expect ")
    ]
    assert result.err.splitlines() == expected
    assert result.out == ""


def test_a_program_can_read_the_mistakes(run: CommandLine) -> None:
    result = run("check", "--json", "--config", str(BAD))
    answer = json.loads(result.out)
    assert result.status == 2
    assert answer["ok"] is False
    assert answer["mistakes"][0]["line"] == 9
    assert answer["mistakes"][0]["place"] == "bitshares.nodes[0].url"


def test_a_configuration_without_a_switcher_cannot_start_one(
    run: CommandLine, config: Path
) -> None:
    config.write_text(config.read_text().partition("switcher:")[0])
    result = run("switcher", "--config", str(config))
    assert result.status == 2
    assert "switcher: is missing" in result.err


def test_check_counts_the_peers_where_there_are_any(run: CommandLine, config: Path) -> None:
    nodes = "[{name: p1, url: 'http://10.0.0.5:5000'}, {name: p2, url: 'http://10.0.0.6:5000'}]"
    config.write_text(f"{config.read_text()}\npeers: {{nodes: {nodes}}}\n")
    result = run("check", "--offline", "--config", str(config))
    assert f"ok      {config}: 1 node, 1 witness, 2 producers, 2 peers\n" in result.out, result.err


def test_check_is_content_with_secrets_that_only_their_owner_can_read(
    run: CommandLine, config: Path
) -> None:
    result = run("check", "--offline", "--config", str(config))
    assert result.status == 0, result.err
    assert f"ok      {config}: 1 node, 1 witness, 2 producers\n" in result.out
    assert f"ok      key file {config.parent / 'active.key'}\n" in result.out


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["eu"], "warning voting nodes: One node is configured: nothing contradicts it."),
        (
            ["eu", "us"],
            "warning voting nodes: Two nodes are configured: both must agree, so that either",
        ),
        (["eu", "us", "asia"], "ok voting nodes: 3 configured"),
    ],
)
def test_check_warns_of_too_few_nodes_to_vote(
    run: CommandLine, config: Path, names: list[str], told: str
) -> None:
    nodes = ", ".join(f'{{name: {name}, url: "wss://{name}.example.org/ws"}}' for name in names)
    lines = config.read_text().splitlines()
    lines[1] = f"  nodes: [{nodes}]"
    config.write_text("\n".join(lines))
    result = run("check", "--offline", "--config", str(config))
    assert result.status == 0, result.err
    assert told in " ".join(result.out.split())
    assert ("Configure three." in result.out) == (len(names) < 3)


def test_check_tells_of_a_key_file_that_others_can_read(run: CommandLine, config: Path) -> None:
    key_file = config.parent / "active.key"
    key_file.chmod(0o644)
    result = run("check", "--offline", "--config", str(config))
    assert result.status == 1
    assert f"chmod 600 {key_file}" in result.out
    assert result.out.endswith("1 failure, 2 warnings.\n")


def test_check_tells_of_secret_files_that_are_not_there(run: CommandLine, config: Path) -> None:
    (config.parent / "active.key").unlink()
    (config.parent / "tokens").unlink()
    result = run("check", "--json", "--offline", "--config", str(config))
    answer = json.loads(result.out)
    assert result.status == 1
    assert answer["ok"] is False
    tokens, key = (each["text"] for each in answer["findings"] if each["level"] == "failure")
    assert tokens.startswith("there is no such file; make it with: understudy token new ")
    assert key.startswith("there is no such file; put the key in with: (umask 077; cat > ")


def test_run_refuses_bad_secrets_before_it_starts_anything(
    run: CommandLine, config: Path, tmp_path: Path
) -> None:
    (config.parent / "active.key").chmod(0o640)
    (config.parent / "tokens").unlink()
    folder = tmp_path / "stack"
    result = run("run", "--config", str(config), "--directory", str(folder))
    assert result.status == 1
    assert "there is no such file; make it with: understudy token new" in result.err
    assert "chmod 600" in result.err
    assert not folder.exists()


def test_check_never_shows_a_key(run: CommandLine, config: Path) -> None:
    (config.parent / "active.key").write_text(PRIVATE_KEY[:-1] + "1")
    result = run("check", "--offline", "--config", str(config))
    assert result.status == 1
    assert PRIVATE_KEY[:20] not in result.out + result.err


def test_a_new_token_is_printed_once_and_kept_as_a_hash(run: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    result = run("token", "new", "--scope", "alerts", "--name", "am", "--file", str(file))
    token = result.out.strip()
    assert result.status == 0
    assert token not in result.err
    assert token not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    bearer = Tokens.load(file).bearer(token)
    assert bearer is not None
    assert (bearer.name, bearer.scope) == ("am", Scope.ALERTS)


def test_tokens_add_up(run: CommandLine, config: Path) -> None:
    tokens = [
        json.loads(run("token", "new", *words, "--json", "--config", str(config)).out)["token"]
        for words in (("--scope", "operate", "--name", "me"), ("--scope", "read", "--name", "tv"))
    ]
    known = Tokens.load(config.parent / "tokens")
    bearers = [known.bearer(token) for token in tokens]
    assert [bearer and bearer.name for bearer in bearers] == ["me", "tv"]


def test_a_tokens_name_is_taken_only_once(run: CommandLine, tmp_path: Path) -> None:
    words = ("token", "new", "--scope", "read", "--name", "tv", "--file", str(tmp_path / "tokens"))
    run(*words)
    before = (tmp_path / "tokens").read_text()
    result = run(*words)
    assert result.status == 1
    assert "has a token named tv already" in result.err
    assert (tmp_path / "tokens").read_text() == before


def test_a_token_file_that_cannot_be_written_is_told(run: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "tokens"
    result = run("token", "new", "--scope", "read", "--name", "tv", "--file", str(file))
    assert result.status == 1
    assert (
        result.err
        == f"understudy: The token file {file} can't be written: No such file or directory.\n"
    )


def test_a_new_token_goes_into_a_file_for_its_owner_alone(run: CommandLine, tmp_path: Path) -> None:
    file, out = tmp_path / "tokens", tmp_path / "operator-token"
    result = run(*NEW_TOKEN, "--file", str(file), "--out", str(out))
    assert (result.status, result.out) == (0, "")
    assert result.err == f"me may operate: the token is in {out}, its hash in {file}.\n"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    bearer = Tokens.load(file).bearer(out.read_text().strip())
    assert bearer is not None
    assert (bearer.name, bearer.scope) == ("me", Scope.OPERATE)


def test_a_program_is_told_where_a_new_token_is_and_not_the_token(
    run: CommandLine, tmp_path: Path
) -> None:
    file, out = tmp_path / "tokens", tmp_path / "operator-token"
    result = run(*NEW_TOKEN, "--file", str(file), "--out", str(out), "--json")
    assert json.loads(result.out) == {
        "name": "me",
        "scope": "operate",
        "out": str(out),
        "file": str(file),
    }


def test_making_a_token_again_leaves_the_first_one_alone(run: CommandLine, tmp_path: Path) -> None:
    file, out = tmp_path / "tokens", tmp_path / "operator-token"
    words = (*NEW_TOKEN, "--file", str(file), "--out", str(out))
    run(*words)
    before = (file.read_text(), out.read_text())
    again = run(*words)
    assert again.status == 1
    assert "has a token named me already" in again.err
    assert (file.read_text(), out.read_text()) == before


@pytest.mark.parametrize(
    ("out", "why"),
    [
        ("taken", "exists already; choose another name, or remove it first."),
        ("nowhere/token", "can't be made: No such file or directory."),
    ],
)
def test_no_token_is_added_when_the_file_for_it_cannot_be_made(
    run: CommandLine, tmp_path: Path, out: str, why: str
) -> None:
    file = tmp_path / "tokens"
    (tmp_path / "taken").write_text("something else")
    result = run(*NEW_TOKEN, "--file", str(file), "--out", str(tmp_path / out))
    assert result.status == 1
    assert result.err == f"understudy: {tmp_path / out} {why}\n"
    assert not file.exists()
    assert (tmp_path / "taken").read_text() == "something else"


def test_no_token_is_left_behind_when_its_hash_cannot_be_kept(
    run: CommandLine, tmp_path: Path
) -> None:
    out = tmp_path / "operator-token"
    result = run(*NEW_TOKEN, "--file", str(tmp_path / "nowhere" / "tokens"), "--out", str(out))
    assert result.status == 1
    assert "can't be written" in result.err
    assert not out.exists()


@pytest.mark.parametrize(
    ("scope", "name", "why"),
    [
        ("operator", "me", "'operator' is none of alerts, operate, read."),
        ("read", "a b", "letters, digits and -_.@"),
    ],
)
def test_a_scope_or_name_that_no_token_can_have_is_wrong_use(
    run: CommandLine, tmp_path: Path, scope: str, name: str, why: str
) -> None:
    file = tmp_path / "tokens"
    result = run("token", "new", "--scope", scope, "--name", name, "--file", str(file))
    assert result.status == 2
    assert why in result.err
    assert "Value error" not in result.err
    assert not file.exists()


def test_a_token_never_goes_into_the_file_of_hashes(
    run: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*NEW_TOKEN, "--file", "tokens", "--out", str(tmp_path / "tokens"))
    assert result.status == 2
    assert "which has hashes only" in " ".join(result.err.replace("│", "").split())
    assert not Path("tokens").exists()


def test_a_devnet_that_cannot_be(run: CommandLine) -> None:
    result = run("devnet", "--witnesses", "0")
    assert result.status == 2
    assert "witnesses is 0" in result.err


@pytest.mark.parametrize("port", ["-1", "65535", "65536"])
def test_a_port_that_no_system_has(run: CommandLine, port: str) -> None:
    result = run("devnet", "--port", port)
    assert result.status == 2
    assert "Invalid value" in result.err


def test_an_interruption_ends_without_a_trace(
    run: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("understudy.cli.app", interrupted)
    assert run("demo").status == 130


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "127.0.0.1:9"])
def test_a_devnet_that_is_not_there(run: CommandLine, address: str) -> None:
    result = run("devnet", "kill", "alpha", "--control", address)
    assert result.status == 1
    assert result.err.startswith("understudy: no devnet answers at http://127.0.0.1:9")
