"""Run an `understudy` command one of whose functions fails at its first call.

python -m tests.support.crashing MODULE:NAME -- switcher …
"""

from __future__ import annotations

import importlib
import sys
from operator import attrgetter
from typing import Any


def main() -> None:
    """Prepare the failure, then run the command."""
    place, _, *command = sys.argv[1:]
    module, _, name = place.partition(":")
    holder, _, attribute = name.rpartition(".")
    owner = importlib.import_module(module)
    owner = attrgetter(holder)(owner) if holder else owner
    whole = getattr(owner, attribute)

    def failing(*arguments: Any, **named: Any) -> Any:
        setattr(owner, attribute, whole)
        raise LookupError("what no test had thought of")

    setattr(owner, attribute, failing)
    from understudy.cli import main as understudy  # noqa: PLC0415 - binds what was just wrapped

    sys.argv[1:] = command
    understudy()


if __name__ == "__main__":
    main()
