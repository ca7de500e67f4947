"""A server's own certificate: one that can be used, with a key that is its owner's alone."""

from __future__ import annotations

from serving.secret_file import SecretError, read_secret
from serving.tls import Certificate, TlsError, TlsFiles, examine_pair


def examine_own(files: TlsFiles) -> Certificate:
    """Return what a certificate says that can be used with its key.

    Raises:
        TlsError: it can't be used, or others can read the key.
    """
    try:
        read_secret(files.key_file)
    except SecretError as error:
        raise TlsError(str(error)) from error
    return examine_pair(files)
