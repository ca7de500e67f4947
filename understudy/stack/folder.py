"""The folder of a running stack: one stack in it at a time, and what earlier ones left there."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from understudy.errors import StackError


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Keep other stacks out of a folder, which is made if it isn't there.

    A second one would overwrite the tokens that the first one's programs present.

    Raises:
        StackError: another one has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StackError(
                f"Another stack runs in {folder}; stop it first, or take another folder "
                "(understudy run --directory)."
            ) from error
        yield


def forget(folder: Path) -> None:
    """Remove what earlier stacks remembered: the journals, and all samples and silences."""
    for database in folder.glob("understudy*.db*"):
        database.unlink()
    for pattern in ("prometheus*", "alertmanager*"):
        for path in folder.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
