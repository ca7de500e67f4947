"""Files with secrets, each for its owner alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from serving import secret_file
from serving.secret_file import reason_of
from switcher.errors import SecretFileError

_OWNER_ONLY = stat.S_IRUSR | stat.S_IWUSR


def read_secret(path: Path) -> str:
    """Return a secret file's text without surrounding white space.

    Raises:
        SecretFileError: missing, unreadable, or accessible to others than its owner and this user.
    """
    try:
        return secret_file.read_secret(path)
    except secret_file.SecretError as error:
        raise SecretFileError(str(error)) from error


def write_new_secret(path: Path, secret: str) -> None:
    """Put a secret into a new file that only its owner can read, as a line of its own.

    Raises:
        SecretFileError: there is such a file already, or it can't be made or filled.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    except FileExistsError as error:
        raise SecretFileError(
            f"{path} exists already; choose another name, or remove it first."
        ) from error
    except OSError as error:
        raise SecretFileError(f"{path} can't be made: {reason_of(error)}.") from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{secret}\n")
    except OSError as error:
        path.unlink()
        raise SecretFileError(f"{path} can't be written: {reason_of(error)}.") from error
