"""What must hold before others than the programs on this machine may reach the switcher."""

from __future__ import annotations

from serving.exposure import is_loopback
from serving.tls import Certificate, TlsError, TlsFiles, examine_pair
from switcher.auth import Tokens
from switcher.errors import ExposureError, SecretFileError
from switcher.secret_file import read_secret
from switcher.settings import IN_THE_CLEAR, SwitcherSettings


def examine_tls(files: TlsFiles) -> Certificate:
    """Return what a certificate says that can be used with its key, which is its owner's alone.

    Raises:
        SecretFileError: it can't be used, or others can read the key.
    """
    read_secret(files.key_file)
    try:
        return examine_pair(files)
    except TlsError as error:
        raise SecretFileError(str(error)) from error


def refuse_plain(settings: SwitcherSettings, host: str) -> None:
    """Refuse an address (configured, or really listened on) to which tokens pass in the clear.

    Raises:
        ExposureError: it is reached from elsewhere, and neither TLS nor a proxy is configured.
    """
    if not (settings.tls or settings.behind_proxy or is_loopback(host)):
        raise ExposureError(f"The address {host} {IN_THE_CLEAR}.")


def refuse_open(settings: SwitcherSettings, tokens: Tokens) -> None:
    """Refuse to be reached from elsewhere where there is no token that anybody could present.

    Raises:
        ExposureError: there is none.
    """
    if settings.exposed and not tokens:
        raise ExposureError(
            f"The switcher may be reached from elsewhere, and {settings.token_file} holds no "
            "token; make one with: understudy token new --scope alerts --name NAME --out FILE"
        )
