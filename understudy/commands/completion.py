"""`understudy completion`: what makes a shell complete our words."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from understudy.commands.output import answers
from understudy.commands.program import COMPLETING, NAME


class Shell(StrEnum):
    """The shells that can."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Annotated[Shell, typer.Argument(help="Your shell.")]) -> None:
    """Print a script that completes commands, options, and names from understudy.yaml.

    For bash, into ~/.bashrc: `eval "$(understudy completion bash)"`. For zsh, the same with zsh
    into ~/.zshrc, behind compinit. For fish, into its own folder:
    `understudy completion fish > ~/.config/fish/completions/understudy.fish`
    """
    # Where all versions have it, though it is declared elsewhere.
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    script = get_completion_script(prog_name=NAME, complete_var=COMPLETING, shell=shell)  # nosec B604 # the name of a shell
    answers.print(script, markup=False)
