"""Certificates as people make them: with the openssl program."""

from __future__ import annotations

import subprocess
from pathlib import Path

from serving.tls import TlsFiles

_CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def self_signed(folder: Path, name: str = "switcher", *, names: str = "IP:127.0.0.1") -> TlsFiles:
    """Make a certificate that vouches for itself, with a key that only its owner can read."""
    files = TlsFiles(folder / f"{name}.crt", folder / f"{name}.key")
    alternatives = ("-addext", f"subjectAltName={names}") if names else ()
    what = ("-x509", *_CURVE, "-days", "30", "-subj", f"/CN={name}", *alternatives)
    _openssl("req", *what, "-keyout", files.key_file, "-out", files.certificate_file)
    files.key_file.chmod(0o600)
    return files


def signed_by(authority: TlsFiles, folder: Path, name: str, *, days: int = 30) -> TlsFiles:
    """Make a certificate that another one vouches for, which follows it in the file."""
    files = TlsFiles(folder / f"{name}.crt", folder / f"{name}.key")
    request = folder / f"{name}.csr"
    _openssl(
        "req", "-new", *_CURVE, "-subj", f"/CN={name}", "-keyout", files.key_file, "-out", request
    )
    by = ("-CA", authority.certificate_file, "-CAkey", authority.key_file, "-CAcreateserial")
    _openssl(
        "x509", "-req", "-in", request, *by, "-days", str(days), "-out", files.certificate_file
    )
    with files.certificate_file.open("a") as chain:
        chain.write(authority.certificate_file.read_text())
    files.key_file.chmod(0o600)
    return files


def encrypted(key_file: Path, passphrase: str) -> Path:
    """Return a copy of a key that needs a passphrase."""
    path = key_file.with_suffix(".encrypted")
    how = ("-aes256", "-passout", f"pass:{passphrase}")
    _openssl("pkey", "-in", key_file, *how, "-out", path)
    path.chmod(0o600)
    return path


def _openssl(*words: str | Path) -> None:
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
