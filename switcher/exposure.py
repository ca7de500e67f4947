"""What must hold before others than the programs on this machine may reach the switcher."""

from __future__ import annotations

from serving.exposure import is_loopback
from serving.own_certificate import examine_own
from serving.tls import TlsError, TlsFiles
from switcher.auth import Tokens
from switcher.errors import ExposureError, SecretFileError
from switcher.settings import IN_THE_CLEAR, SwitcherSettings


def refuse_unusable(files: TlsFiles) -> None:
    """Refuse a certificate that can't be used with its key, or whose key others can read.

    Raises:
        SecretFileError: that is so.
    """
    try:
        examine_own(files)
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
