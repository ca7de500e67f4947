"""A server's certificate and key: whether they can be used, and a client that trusts just them."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Never

_CERTIFICATE = re.compile(
    r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", flags=re.DOTALL
)
_HOSTS = ("DNS", "IP Address")
_NOT_YET, _EXPIRED = 9, 10
"""OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED."""

_STEPS = 4
"""More turns than any handshake takes."""


class TlsError(Exception):
    """A certificate or its key can't be used; the text is a sentence for people."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where a server's certificate (PEM, with those that vouch for it after it) and its key are."""

    certificate_file: Path
    key_file: Path


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says: the hosts it stands for, and when it expires (epoch seconds)."""

    names: tuple[str, ...]
    expires: float


def examine_pair(files: TlsFiles) -> Certificate:
    """Try a certificate and its key on each other, and return what the certificate says.

    Raises:
        TlsError: a file can't be read or holds something else, they don't belong together, or the
            certificate is not valid now.
    """
    client = trusting(files.certificate_file)
    try:
        server = server_context(files)
        told: dict[str, Any] = _shake_hands(client, server).getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        raise TlsError(_invalid(files.certificate_file, error)) from error
    except ssl.SSLError as error:
        raise TlsError(_unusable(files, error)) from error
    except OSError as error:
        raise TlsError(f"{files.key_file} can't be read: {error.strerror}.") from error
    names = (name for kind, name in told.get("subjectAltName", ()) if kind in _HOSTS)
    return Certificate(tuple(names), ssl.cert_time_to_seconds(told["notAfter"]))


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """Return what a server shows to its callers, of whom it asks for no certificate.

    Raises:
        OSError: a file can't be read, or holds something else.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate_file, files.key_file, lambda: _encrypted(files))
    return context


def trusting(certificate_file: Path) -> ssl.SSLContext:
    """Return a client's context that trusts the first certificate of a file, and nothing else.

    Whoever answers then holds its key, whatever name he was reached by, so that no name is
    compared. The certificates after the first, of those who vouch for it, are not trusted: they
    vouch for others as well.

    Raises:
        TlsError: the file can't be read or holds no certificate.
    """
    try:
        found = _CERTIFICATE.search(certificate_file.read_text(encoding="ascii"))
    except OSError as error:
        raise TlsError(f"{certificate_file} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        found = None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(cadata=found[0] if found else "")
    except (ValueError, ssl.SSLError) as error:
        raise TlsError(
            f"{certificate_file} holds no certificate; it must be a text that begins with "
            "-----BEGIN CERTIFICATE-----."
        ) from error
    return context


def _encrypted(files: TlsFiles) -> Never:
    raise TlsError(
        f"{files.key_file} is encrypted, and nobody can be asked for its passphrase; do: "
        f"(umask 077; openssl pkey -in {files.key_file} -out PLAIN), and name that file."
    )


def _shake_hands(client: ssl.SSLContext, server: ssl.SSLContext) -> ssl.SSLObject:
    """Have both talk to each other within this process, and return the client's side."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    caller = client.wrap_bio(to_client, to_server)
    for side in (caller, server.wrap_bio(to_server, to_client, server_side=True)) * _STEPS:
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return caller


def _invalid(path: Path, error: ssl.SSLCertVerificationError) -> str:
    reasons = {_EXPIRED: "has expired; renew it", _NOT_YET: "is not valid yet; is the clock right?"}
    reason = reasons.get(error.verify_code, f"is of no use to a server: {error.verify_message}")
    return f"The certificate in {path} {reason.rstrip('.')}."


def _unusable(files: TlsFiles, error: ssl.SSLError) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"The key in {files.key_file} is not that of {files.certificate_file}."
    reason = f" ({error.reason.lower().replace('_', ' ')})" if error.reason else ""
    return (
        f"{files.certificate_file} and {files.key_file} are no certificate with its key in PEM "
        f"form{reason}."
    )
