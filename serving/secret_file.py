"""A file with a secret, which is for its owner alone."""

from __future__ import annotations

import os
from pathlib import Path

from serving.readers import open_to_others


class SecretError(Exception):
    """A file with a secret can't be used; the text is a sentence for people."""


def read_secret(path: Path) -> str:
    """Return a secret file's text without surrounding white space.

    Raises:
        SecretError: missing, unreadable, or accessible to others than its owner and this user.
    """
    try:
        with path.open(encoding="utf-8") as file:
            state = os.fstat(file.fileno())
            if open_to_others(file.fileno(), state):
                raise SecretError(
                    f"{path} is open to others than its owner (mode {state.st_mode & 0o777:04o}); "
                    f"do: chmod 600 {path}"
                )
            if state.st_uid not in (os.geteuid(), 0):
                raise SecretError(f"{path} belongs to another user (uid {state.st_uid}).")
            return file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretError(f"{path} can't be read: {reason_of(error)}.") from error


def reason_of(error: OSError | UnicodeDecodeError) -> str:
    """Return why a file can't be used, without the path, which the sentence around it names."""
    return str(error.strerror) if isinstance(error, OSError) else "it is no plain text"
