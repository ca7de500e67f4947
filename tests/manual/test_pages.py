"""README and tutorial, followed word for word: every block of commands does what the page says."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.manual.pages import ROOT, Command, Shown, commands, is_said, steps
from tests.manual.shell import PageError, Shell
from tests.understudy.commands import PRIVATE_KEY
from understudy.stack import free_ports

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "tutorial").glob("*.md"))]
DONE_HERE = {"", "stays", "until", "typed"}
ADDRESS = re.compile(r"127\.0\.0\.1:(\d+)")
_FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_TYPED = re.compile(r"^ *(\$|make|understudy) ", re.MULTILINE)


def here(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def marked(mark: str) -> list[tuple[Path, Command]]:
    return [
        (page, command)
        for page in PAGES
        for command in commands(page)
        if command.mark.startswith(mark)
    ]


@pytest.mark.stack
@pytest.mark.parametrize("page", PAGES, ids=here)
async def test_every_block_of_a_page_does_what_the_page_says(page: Path, tmp_path: Path) -> None:
    used = sorted(set(ADDRESS.findall(page.read_text(encoding="utf-8"))))
    free = dict(zip(used, free_ports(len(used)), strict=True))

    def moved(text: str) -> str:
        """Return a text with its addresses of this machine at ports that are free."""
        return ADDRESS.sub(lambda address: f"127.0.0.1:{free[address[1]]}", text)

    async with Shell(tmp_path) as shell:
        for step in steps(page):
            match step:
                case Shown(name, text):
                    shell.write(name, moved(text))
                case Command(text, says, mark) if mark in DONE_HERE:
                    command = Command(moved(text), tuple(map(moved, says)), mark)
                    await shell.follow(command, PRIVATE_KEY if mark == "typed" else "")


@pytest.mark.parametrize("page", PAGES, ids=here)
def test_what_is_not_run_is_a_command_nevertheless(page: Path) -> None:
    for command in commands(page):
        checked = subprocess.run(
            ["bash", "-n"], input=command.text, capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, f"{command.text}\n{checked.stderr}"


@pytest.mark.parametrize(("page", "command"), marked("docs/"), ids=str)
def test_what_another_page_is_said_to_run_it_runs(page: Path, command: Command) -> None:
    other = ROOT / command.mark
    assert other in PAGES
    assert command.text.partition("  #")[0] in {
        each.text.partition("  #")[0] for each in commands(other) if each.mark in DONE_HERE
    }


@pytest.mark.parametrize(("page", "command"), marked("tests/"), ids=str)
def test_what_a_test_is_said_to_run_it_runs(page: Path, command: Command) -> None:
    """A target of make comes down to a command, whose words the test has."""
    words = command.text.partition("#")[0].split()
    assert words[0] == "make"
    plan = subprocess.run(
        [*("make", "-n", "-f", ROOT / "Makefile"), *("-o", "setup", "-o", "tools"), *words[1:]],
        capture_output=True,
        text=True,
        check=True,
    )
    named = {
        node.value
        for node in ast.walk(ast.parse((ROOT / command.mark).read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
    }
    assert set(plan.stdout.split()) <= named


@pytest.mark.parametrize("page", PAGES, ids=here)
def test_no_command_stands_in_a_block_that_nobody_runs(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for language, body in _FENCED.findall(text):
        assert language in {"", "console", "yaml"}, body
        assert language == "console" or not _TYPED.search(body), body
    assert not re.search(r"\n\n {4,}(\$|make|understudy) ", _FENCED.sub("", text))


@pytest.mark.parametrize("page", PAGES, ids=here)
def test_each_mark_is_one_that_means_something(page: Path) -> None:
    for command in commands(page):
        known = command.mark in {*DONE_HERE, "public-network"}
        assert known or (ROOT / command.mark).is_file(), command


def test_what_is_shown_is_looked_for_in_order() -> None:
    assert is_said(("a … c", "…", "e"), "a  b c\nd\ne\n")
    assert not is_said(("e", "a … c"), "a b c\nd\ne\n")
    assert not is_said(("a",), "a b c\n")


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
async def test_a_block_that_fails_or_says_something_else_is_told(tmp_path: Path) -> None:
    async with Shell(tmp_path) as shell:
        await shell.follow(Command("cd docs; WORD=kept"))
        await shell.follow(Command("ls; echo $WORD", ("how-to", "kept")))
        await shell.follow(Command("cat", ("typed",)), "typed\n")
        await shell.follow(Command("sleep 600", (), "stays"))
        for command in (Command("false"), Command("echo one", ("two",)), Command("false", ("x",))):
            with pytest.raises(PageError):
                await shell.follow(command)
