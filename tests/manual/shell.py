"""A shell session in a checkout as somebody has it who follows a page."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.manual.pages import ROOT, Command, is_said

_SECONDS = 150.0
_TO_END = 30.0
_AGAIN, _LOOK = 0.5, 0.1
"""Seconds until a command is tried again, and until a file is looked into again."""

_OF_MAKE = ("setup", "develop", "tools", ".venv/ready", ".venv/developed", ".tools/ready")
"""What has been made already, or these tests would not run."""
_MADE = {"site", "build", "dist"}
_FILES = ("Makefile", "pyproject.toml", "mkdocs.yml", "README.md")


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
            start_new_session=True,
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
        pids = " ".join(self._staying)
        last = f"kill {pids}; wait {pids}\n" if pids else ""
        try:
            async with asyncio.timeout(_TO_END):
                await self._bash.communicate(last.encode())
        except TimeoutError:
            # A command of the page goes on, which had more time than it may take.
            os.killpg(self._bash.pid, signal.SIGKILL)
            await self._bash.wait()

    def write(self, name: str, text: str) -> None:
        """Write a file into the folder of the checkout."""
        (self._checkout / name).write_text(text, encoding="utf-8")

    async def follow(self, command: Command, typed: str = "") -> None:
        """Do what a page says, as it is marked.

        Raises:
            PageError: it failed, took too long, or did not say what the page shows.
        """
        self._count += 1
        said = self._folder / f"{self._count}.out"
        said.touch()
        try:
            async with asyncio.timeout(_SECONDS):
                done = await self._do(command, typed, said)
        except TimeoutError:
            done = False
        if not done:
            raise PageError(command, said.read_text(encoding="utf-8"))

    async def _do(self, command: Command, typed: str, said: Path) -> bool:
        """Tell whether a command did what its page says; what it says goes into a file."""
        if command.mark == "stays":
            return await self._stays(command, said)
        # What a page has its reader try until it succeeds tells nobody of that beforehand.
        while not (done := await self._succeeds(command, typed, said)) and command.mark == "until":
            await asyncio.sleep(_AGAIN)
        return done

    async def _succeeds(self, command: Command, typed: str, said: Path) -> bool:
        given = said.with_suffix(".in")
        given.write_text(typed)
        status = await self._ask(f"{{ {command.text}\n}} <{given} >{said} 2>&1; echo $?")
        return status == "0" and is_said(command.says, said.read_text(encoding="utf-8"))

    async def _stays(self, command: Command, said: Path) -> bool:
        pid = await self._ask(f"(exec {command.text}\n) </dev/null >{said} 2>&1 & echo $!")
        self._staying.append(pid)
        # Another process writes the file, whose growing nothing but looking tells.
        while not is_said(command.says, said.read_text(encoding="utf-8")):
            if await self._ask(f"kill -0 {pid} 2>/dev/null; echo $?") != "0":
                return False
            await asyncio.sleep(_LOOK)
        return True

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
    folders = [at for at in ROOT.iterdir() if at.is_dir() and not at.name.startswith(".")]
    for path in (*folders, *(ROOT / name for name in _FILES)):
        if path.name not in _MADE:
            (folder / path.name).symlink_to(path)
    (folder / ".venv").symlink_to(sys.prefix)
    if (tools := ROOT / ".tools").exists():
        (folder / ".tools").symlink_to(tools.resolve())
