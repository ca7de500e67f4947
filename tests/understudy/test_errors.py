"""What somebody reads when something goes wrong: a sentence with the remedy, and no trace."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.terminal import in_terminal
from tests.understudy.commands import CommandLine
from tests.understudy.orders.change import change
from understudy.telling import tell

BROKEN = ("check", "--offline", "--config", "absent.yaml")


def ran(*words: str | bytes, **how: object) -> subprocess.CompletedProcess[bytes]:
    line = [sys.executable, "-m", "understudy", *words]
    return subprocess.run(line, check=False, stderr=subprocess.PIPE, **how)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("rotat",),
            "No such command 'rotat'. Did you mean 'rotate'? Look at: understudy --help",
        ),
        (("wallet", "ad"), "No such command 'ad'. Did you mean 'add'?"),
        (("rotate",), "Missing argument 'WITNESS'. Look at: understudy rotate --help"),
        (("status", "--events", "x"), "Invalid value for '--events': "),
        (("status", "--wach"), "No such option: --wach (Possible options: --watch)."),
        (("completion", "csh"), "is not one of 'bash', 'zsh', 'fish'."),
    ],
)
def test_wrong_use_is_one_line_with_what_would_be_right(
    run: CommandLine, words: tuple[str, ...], sentence: str
) -> None:
    told = run(*words)
    assert told.status == 2
    assert told.out == ""
    [line] = told.err.splitlines()
    assert line.startswith("understudy: ")
    assert sentence in line


def test_a_group_without_a_command_tells_of_its_commands(run: CommandLine) -> None:
    told = run("wallet")
    assert told.status == 2
    assert "Take a key out of the wallet." in told.out + told.err


@pytest.mark.parametrize("words", [("--debug", *BROKEN), (*BROKEN, "--debug")])
def test_debug_shows_the_traceback_wherever_it_stands(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    told = ran(*words, cwd=tmp_path)
    assert b"Traceback" in told.stderr
    told = ran(*BROKEN, cwd=tmp_path)
    assert told.returncode == 2
    assert b"Traceback" not in told.stderr
    assert told.stderr.startswith(b"absent.yaml: no such file")


def test_what_nobody_expected_is_told_without_a_trace(
    run: CommandLine, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ExceptionGroup("several", [ZeroDivisionError("of 1"), OSError(errno.EIO, "Worn out")])

    monkeypatch.setattr("understudy.doctor.examine.examine", broken)
    told = run("check", "--config", str(config))
    assert told.status == 1
    assert told.err.splitlines() == [
        "understudy: unexpected ZeroDivisionError: of 1; --debug shows where, please report it",
        "understudy: Worn out; --debug shows where.",
    ]


def test_who_reads_no_further_is_not_bothered() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        told = ran("--help", stdout=writing)
    finally:
        os.close(writing)
    assert (told.returncode, told.stderr) == (1, b"")


@pytest.mark.parametrize("words", [("--version",), ("keygen", "--json"), ("--help",)])
def test_a_full_disk_is_told(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        told = ran(*words, stdout=full)
    assert told.returncode == 1
    said = b"understudy: No space left on device; make room there, and do it again.\n"
    assert told.stderr.endswith(said)


def test_what_the_system_refuses_is_told_with_what_to_do(run: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "deploy").touch()
    told = run("files", str(tmp_path))
    assert told.status == 1
    assert told.err.startswith(f"understudy: {tmp_path}/deploy")
    assert told.err.endswith(": File exists; name another place, or move what is there.\n")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EACCES, "Permission denied; run it as a user who may, or give this one leave."),
        (errno.ENOENT, "No such file or directory; correct the name, or make what it names."),
        (errno.EIO, "Input/output error; --debug shows where."),
    ],
)
def test_each_error_of_the_system_has_a_remedy(
    capsys: pytest.CaptureFixture[str], number: int, said: str
) -> None:
    assert tell(OSError(number, os.strerror(number), "here")) == 1
    assert capsys.readouterr().err == f"understudy: here: {said}\n"


def test_a_name_that_is_no_text_is_shown_all_the_same(tmp_path: Path) -> None:
    told = ran("check", "--json", "--config", b"\xff.yaml", cwd=tmp_path, stdout=subprocess.PIPE)
    assert (told.returncode, told.stderr) == (2, b"")
    assert b'"file": "\\udcff.yaml"' in told.stdout


async def test_ctrl_c_at_a_question_ends_it(tmp_path: Path) -> None:
    wallet = tmp_path / "wallet.sqlite"
    async with in_terminal("wallet", "init", "--wallet", str(wallet)) as screen:
        await screen.asks("Passphrase")
        await screen.interrupt()
        assert await screen.ended() == 1
        await screen.shows(lambda row: row == "understudy: Interrupted; nothing more was done.")
    assert not wallet.exists()


@pytest.mark.parametrize("color", [{"NO_COLOR": "1"}, {}])
def test_there_are_no_colours_but_on_a_terminal(color: dict[str, str], config: Path) -> None:
    environment = {name: os.environ[name] for name in os.environ if name != "FORCE_COLOR"}
    told = ran(
        *("check", "--offline", "--config", str(config)),
        env={**environment, **color},
        stdout=subprocess.PIPE,
    )
    assert b"warning" in told.stdout
    assert b"\x1b" not in told.stdout + told.stderr


async def test_no_colour_is_respected_on_a_terminal(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("check", "--offline", "--config", str(config))
    async with in_terminal(*words) as screen:
        await screen.ended()
        await screen.shows(lambda row: "warning" in row)
        assert "\x1b[33m" in screen.raw
    async with in_terminal(*words, NO_COLOR="1") as screen:
        await screen.ended()
        await screen.shows(lambda row: "warning" in row)
        assert "\x1b[33m" not in screen.raw


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


@pytest.mark.parametrize(
    ("words", "waits"),
    [
        (("status",), "asking the switcher"),
        (("rotate", "init0"), "asking what that would come to"),
        (("arm", "init0", "--why", "x"), "asking the switcher"),
        (("disarm", "init0", "--why", "x"), "telling the switcher"),
    ],
)
async def test_a_switcher_that_does_not_answer_is_seen_to_be_waited_for(
    config: Path, words: tuple[str, ...], waits: str
) -> None:
    token = config.with_name("operator-token")
    token.touch(mode=0o600)
    token.write_text("a-token\n")
    server = await asyncio.start_server(_silent, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        change(config, listen=f"{host}:{port}", client_token_file=token.name)
        async with in_terminal(*words, "--config", str(config)) as screen:
            await screen.shows(lambda row: row.startswith(waits))


async def test_what_takes_long_is_seen_meanwhile_and_leaves_no_trace(config: Path) -> None:
    server = await asyncio.start_server(_silent, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        lines = config.read_text().splitlines()
        lines[1] = f"  nodes: [{{name: eu, url: 'ws://{host}:{port}'}}]"
        config.write_text("\n".join(lines))
        words = ("check", "--config", str(config))
        async with in_terminal(*words) as screen:
            await screen.shows(lambda row: row.startswith("asking nodes, peers, database"))
            await screen.ended()
            await screen.shows(lambda row: row.startswith("warning node eu"))
            assert not any(row.startswith("asking") for row in screen.rows)
