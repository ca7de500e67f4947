"""A shell session in a checkout as somebody has it who follows a page."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.manual.pages import ROOT, Command, is_said

_SECONDS = 150.0
_OF_MAKE = ("setup", "develop", "tools", ".venv/ready", ".venv/developed", ".tools/ready")
"""What has been made already, or these tests would not run."""
_LEFT_BEHIND = {"site", "build", "dist", "understudy.yaml"}


class PageError(AssertionError):
    """A command did not do what its page says."""

    def __init__(self, command: Command, output: str) -> None:
        super().__init__("\n".join((f"$ {command.text}", output, "but the page:", *command.says)))


class Shell:
    """Runs commands one after the other, each in the folder and with the variables left before."""

    def __init__(self, folder: Path) -> None:
        self._checkout = folder / "understudy"
        self._folder = folder
        self._count = 0
        self._staying: list[str] = []

    async def __aenter__(self) -> Self:
        _check_out(self._checkout)
        made = self._folder / "bin"
        made.mkdir()
        done = " ".join(f"-o {target}" for target in _OF_MAKE)
        (made / "make").write_text(f'#!/bin/sh\nexec {shutil.which("make")} {done} "$@"\n')
        (made / "make").chmod(0o755)
        path = os.pathsep.join((str(made), os.environ["PATH"]))
        self._bash = await asyncio.create_subprocess_exec(
            *("bash", "--noprofile", "--norc", "-s"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=self._checkout,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        )
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """End what stays up, and the shell after it."""
        async with asyncio.timeout(_SECONDS):
            pids = " ".join(self._staying)
            await self._bash.communicate(f"kill {pids}; wait {pids}\n".encode() if pids else b"")

    def write(self, name: str, text: str) -> None:
        """Write a file into the folder of the checkout."""
        (self._checkout / name).write_text(text, encoding="utf-8")

    async def follow(self, command: Command, typed: str = "") -> None:
        """Do what a page says, as it is marked.

        Raises:
            PageError: it failed, or did not say what the page shows.
        """
        async with asyncio.timeout(_SECONDS):
            match command.mark:
                case "stays":
                    await self._stay(command)
                case "until":
                    while not await self._succeeds(command):
                        await asyncio.sleep(0.5)
                case _:
                    status, output = await self._run(command, typed)
                    if status or not is_said(command.says, output):
                        raise PageError(command, output)

    async def _succeeds(self, command: Command) -> bool:
        status, output = await self._run(command, "")
        return not status and is_said(command.says, output)

    async def _run(self, command: Command, typed: str) -> tuple[int, str]:
        self._count += 1
        given, taken = self._folder / f"{self._count}.in", self._folder / f"{self._count}.out"
        given.write_text(typed)
        status = await self._ask(f"{{ {command.text}\n}} <{given} >{taken} 2>&1; echo $?")
        return int(status), taken.read_text(encoding="utf-8")

    async def _stay(self, command: Command) -> None:
        self._count += 1
        taken = self._folder / f"{self._count}.out"
        taken.touch()
        pid = await self._ask(f"(exec {command.text}\n) </dev/null >{taken} 2>&1 & echo $!")
        self._staying.append(pid)
        while not is_said(command.says, output := taken.read_text(encoding="utf-8")):
            if await self._ask(f"kill -0 {pid} 2>/dev/null; echo $?") != "0":
                raise PageError(command, output)
            await asyncio.sleep(0.1)

    async def _ask(self, line: str) -> str:
        assert self._bash.stdin and self._bash.stdout
        self._bash.stdin.write(f"{line}\n".encode())
        await self._bash.stdin.drain()
        answer = await self._bash.stdout.readline()
        assert answer, "The shell has ended."
        return answer.decode().strip()


def _check_out(folder: Path) -> None:
    """Make a folder that has what a checkout has, set up, and nothing that was made in one."""
    folder.mkdir()
    for path in ROOT.iterdir():
        if not path.name.startswith(".") and path.name not in _LEFT_BEHIND:
            (folder / path.name).symlink_to(path)
    (folder / ".venv").symlink_to(sys.prefix)
    if (tools := ROOT / ".tools").exists():
        (folder / ".tools").symlink_to(tools.resolve())
