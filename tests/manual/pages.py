"""What pages have people type: the commands of their console blocks, and the files they show.

A comment that no reader sees may stand before a block:

    <!-- run: public-network -->    it needs the public network; its syntax alone is checked
    <!-- run: stays -->             it goes on while the rest of the page is done
    <!-- run: until -->             it is done again until it succeeds and says what is shown
    <!-- run: typed -->             a private key is typed into it
    <!-- run: docs/PAGE.md -->      that page has the same commands, and they are run there
    <!-- run: tests/TEST.py -->     that test runs the same command
    <!-- file: NAME -->             the block is what the file of this name is to hold

Lines of a block that begin with `$ ` are commands; the others are what they say, with `…` for
whatever it may be.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_BLOCK = re.compile(
    r"(?:^ *<!-- *(?P<kind>run|file): *(?P<mark>\S+) *-->\n\s*)?"
    r"^(?P<indent> *)```(?P<language>\w*)\n(?P<body>.*?)^(?P=indent)```",
    re.DOTALL | re.MULTILINE,
)
_HEREDOC = re.compile(r"<<-?'?(\w+)'?")


@dataclass(frozen=True)
class Command:
    """Something to type; `says` are the lines that are shown of its answer."""

    text: str
    says: tuple[str, ...] = ()
    mark: str = ""


@dataclass(frozen=True)
class Shown:
    """A file that a page shows."""

    name: str
    text: str


def steps(page: Path) -> list[Command | Shown]:
    """Return what a page has people do, in its order."""
    found: list[Command | Shown] = []
    for block in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        body = textwrap.dedent(block["body"])
        if block["kind"] == "file":
            found.append(Shown(block["mark"], body))
        elif block["language"] == "console":
            found += _commands(body, block["mark"] or "")
    return found


def commands(page: Path) -> list[Command]:
    """Return what a page has people type."""
    return [step for step in steps(page) if isinstance(step, Command)]


def _commands(body: str, mark: str) -> list[Command]:
    found: list[tuple[list[str], list[str]]] = []
    end = None
    for line in body.splitlines():
        if found and not found[-1][1] and (end or found[-1][0][-1].endswith("\\")):
            found[-1][0].append(line)
            end = None if line == end else end
        elif line.startswith("$ "):
            found.append(([line.removeprefix("$ ")], []))
            end = match[1] if (match := _HEREDOC.search(line)) else None
        else:
            assert found, f"Output before any command: {line}"
            found[-1][1].append(line)
    return [Command("\n".join(typed), tuple(says), mark) for typed, says in found]


def is_said(says: tuple[str, ...], output: str) -> bool:
    """Tell whether an output has lines in their order, `…` standing for anything."""
    wanted = [line.strip() for line in says if line.strip() not in ("", "…")]
    given = iter(output.splitlines())
    return all(any(_fits(line, each) for each in given) for line in wanted)


def _fits(line: str, given: str) -> bool:
    parts = (re.escape(" ".join(part.split())) for part in line.split("…"))
    return re.fullmatch(r".*".join(parts), " ".join(given.split())) is not None
