"""Errors as one sentence each, and the exit status that they deserve."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from typing import Any

import typer

from chains.errors import ChainError
from exporter.errors import ExporterError
from peernode.errors import PeerNodeError
from switcher.errors import SwitcherError
from understudy.config.mistakes import ConfigurationError
from understudy.errors import UnderstudyError

_FAILED, _WRONG_USE = 1, 2
_EXPECTED = (ChainError, ExporterError, PeerNodeError, SwitcherError, UnderstudyError)
"""Errors whose text is a sentence for people; anything else is a fault of ours."""

_OTHER_PLACE = "name another place, or move what is there"
_REMEDIES = {
    errno.EACCES: "run it as a user who may, or give this one leave",
    errno.EPERM: "run it as a user who may, or give this one leave",
    errno.ENOENT: "correct the name, or make what it names",
    errno.ENOSPC: "make room there, and do it again",
    errno.EROFS: "name a place that can be written",
    errno.EEXIST: _OTHER_PLACE,
    errno.EISDIR: _OTHER_PLACE,
    errno.ENOTDIR: _OTHER_PLACE,
    errno.EADDRINUSE: "end what listens there, or choose another address",
    errno.EADDRNOTAVAIL: "name an address of this machine, which `ip address` shows",
}
"""What to do about what the system refuses."""

_ASKS_FOR_HELP = "NoArgsIsHelpError"
"""What a group says that was given no command; its text is the help."""


def tell(error: Exception) -> int:
    """Print an error as sentences, and return the exit status that it deserves."""
    status = _FAILED
    for leaf in _leaves(error):
        if isinstance(leaf, ConfigurationError):
            status = _WRONG_USE
            print(leaf, file=sys.stderr)
        elif _is_wrong_use(leaf):
            status = _WRONG_USE
            _tell_use(leaf)
        elif isinstance(leaf, typer.Abort):
            print("understudy: Interrupted; nothing more was done.", file=sys.stderr)
        elif isinstance(leaf, OSError) and leaf.strerror:
            where = f"{leaf.filename}: " if leaf.filename else ""
            remedy = _REMEDIES.get(leaf.errno or 0, "--debug shows where")
            print(f"understudy: {where}{leaf.strerror}; {remedy}.", file=sys.stderr)
        elif isinstance(leaf, _EXPECTED):
            print(f"understudy: {leaf}", file=sys.stderr)
        else:
            kind = type(leaf).__name__
            text = f"unexpected {kind}: {leaf}; --debug shows where, please report it"
            print(f"understudy: {text}", file=sys.stderr)
    return status


def _is_wrong_use(error: BaseException) -> bool:
    """Tell whether an error is the command line library's, which hides the class of these."""
    return hasattr(error, "format_message") and hasattr(error, "exit_code")


def _tell_use(error: Any) -> None:
    if type(error).__name__ == _ASKS_FOR_HELP:
        error.show()
        return
    said = error.format_message()
    context = getattr(error, "ctx", None)
    way = f" Look at: {context.command_path} --help" if context else ""
    print(f"understudy: {said if said.endswith(('.', '?')) else said + '.'}{way}", file=sys.stderr)


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error
