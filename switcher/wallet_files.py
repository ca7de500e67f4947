"""The files of a wallet: made for their owner alone, and gone as a whole.

The library makes the wallet readable to everybody. What it keeps in there is `switcher.signer`'s.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from serving.secret_file import reason_of
from switcher.errors import SecretFileError

_OWNER_ONLY = 0o600
_SUFFIX = ".sqlite"
_BESIDE = ("-journal", "-wal", "-shm")
"""What SQLite leaves beside a file when it was interrupted (sqlite.org/tempfiles.html)."""

_BACKUPS = "backups"
_STAMP = re.compile(r"-\d{8}-\d{6}")
"""How earlier versions of the library call their copies (graphenestorage, `sqlite.py`)."""


def make_wallet_file(path: Path) -> None:
    """Make an empty file for a wallet.

    Raises:
        SecretFileError: there is one already, or it can't be made there.
    """
    _check_suffix(path)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ONLY))
    except FileExistsError as error:
        raise SecretFileError(
            f"There is a wallet {path} already; put a key in: understudy wallet add"
        ) from error
    except OSError as error:
        raise SecretFileError(f"The wallet {path} can't be made: {reason_of(error)}.") from error


def close_wallet_file(path: Path) -> None:
    """Have nobody but the owner read a wallet.

    Raises:
        SecretFileError: there is none, or it can't be closed to others.
    """
    _check_suffix(path)
    if not path.is_file():
        raise SecretFileError(f"There is no wallet {path}; do: understudy wallet init")
    try:
        path.chmod(_OWNER_ONLY)
    except OSError as error:
        raise SecretFileError(
            f"The wallet {path} can't be closed to others: {reason_of(error)}."
        ) from error


def wallet_files(path: Path) -> list[Path]:
    """Return the files that belong to a wallet: copies, what SQLite left, and at last itself.

    Where `path` is a link they are those of the file that it leads to as well.

    Raises:
        SecretFileError: there is none.
    """
    close_wallet_file(path)
    names = [path, path.resolve()] if path.is_symlink() else [path]
    return [*(each for name in names for each in _around(name)), *names]


def _around(path: Path) -> Iterator[Path]:
    folder = path.parent / _BACKUPS
    for each in sorted(folder.iterdir() if folder.is_dir() else ()):
        stamp = each.name.removeprefix(path.name)
        if each.name.startswith(path.name) and _STAMP.fullmatch(stamp):
            yield each
    beside = (path.with_name(path.name + ending) for ending in _BESIDE)
    yield from (each for each in beside if each.exists())


def destroy_wallet(path: Path) -> list[Path]:
    """Delete a wallet with all of its keys and all of its files, and return these.

    Raises:
        SecretFileError: there is none, or a file can't be deleted; the wallet itself goes last.
    """
    files = wallet_files(path)
    for each in files:
        try:
            each.unlink()
        except OSError as error:
            raise SecretFileError(f"{each} can't be deleted: {reason_of(error)}.") from error
    return files


def _check_suffix(path: Path) -> None:
    if path.suffix != _SUFFIX:
        raise SecretFileError(f"A wallet's name ends in {_SUFFIX}, {path.name} does not.")
