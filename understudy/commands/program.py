"""What shells call the command line, and how they ask it to complete a word."""

from __future__ import annotations

NAME = "understudy"
COMPLETING = "_UNDERSTUDY_COMPLETE"
"""A variable of the environment, as typer's scripts for shells set it."""
