"""What the exporter is told, as typed values; the `understudy` package fills them in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from serving.exposure import is_loopback
from serving.tls import TlsFiles


@dataclass(frozen=True, slots=True)
class ExporterSettings:
    """Where `/metrics` is served, and to whom.

    With `tls` it is served over HTTPS only; with `users_file` (as `htpasswd -B` writes it) only to
    who names a user of it and his password.
    """

    host: str = "127.0.0.1"
    port: int = 9877
    tls: TlsFiles | None = None
    users_file: Path | None = None

    @property
    def scheme(self) -> str:
        """How it is to be spoken to: "http" or "https"."""
        return "https" if self.tls else "http"

    @property
    def passwords_in_the_clear(self) -> bool:
        """Whether passwords pass over a network unencrypted, unless a proxy speaks TLS there."""
        return bool(self.users_file) and not self.tls and not is_loopback(self.host)
