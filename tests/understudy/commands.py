"""Running the command line within the test's own process."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Protocol

import pytest

from understudy.cli import main

PRIVATE_KEY = "5KQwrPbwdL6PhXujxW37FSSQZ1JiwsST4cqQzDeyXtP79zkvFD3"
PUBLIC_KEY = "BTS6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5GDW5CV"


@dataclass(frozen=True)
class Result:
    status: int
    out: str
    err: str


class CommandLine(Protocol):
    def __call__(self, *words: str, typed: str = "") -> Result: ...


def command_line(capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> CommandLine:
    def run(*words: str, typed: str = "") -> Result:
        patch.setattr("sys.stdin", io.StringIO(typed))
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        captured = capsys.readouterr()
        status = ended.value.code
        assert isinstance(status, int)
        return Result(status, captured.out, captured.err)

    return run
