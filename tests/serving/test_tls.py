"""What is told of a certificate, and whom a client trusts."""

from __future__ import annotations

import ssl
import time
from pathlib import Path

import pytest

from serving.tls import TlsError, TlsFiles, examine_pair, trusting
from tests.support.certificates import encrypted, self_signed, signed_by


def refusal(certificate: Path, key: Path) -> str:
    with pytest.raises(TlsError) as caught:
        examine_pair(TlsFiles(certificate, key))
    text = str(caught.value)
    assert text.endswith(".")
    assert "\n" not in text
    return text


def test_a_pair_that_fits_tells_its_names_and_its_end(tmp_path: Path) -> None:
    files = self_signed(tmp_path, names="DNS:watcher.lan,IP:127.0.0.1")
    certificate = examine_pair(files)
    assert certificate.names == ("watcher.lan", "127.0.0.1")
    assert certificate.expires - time.time() == pytest.approx(30 * 86_400, abs=60)


def test_a_certificate_of_an_authority_is_as_good(tmp_path: Path) -> None:
    files = signed_by(self_signed(tmp_path, "authority"), tmp_path, "switcher")
    assert examine_pair(files).names == ()


def test_a_key_of_another_certificate_is_told(tmp_path: Path) -> None:
    ours, other = self_signed(tmp_path), self_signed(tmp_path, "other")
    text = refusal(ours.certificate_file, other.key_file)
    assert text == f"The key in {other.key_file} is not that of {ours.certificate_file}."


def test_an_expired_certificate_is_told(tmp_path: Path) -> None:
    authority = self_signed(tmp_path, "authority")
    old = signed_by(authority, tmp_path, "old", days=-1)
    text = refusal(old.certificate_file, old.key_file)
    assert text == f"The certificate in {old.certificate_file} has expired; renew it."


def test_an_encrypted_key_is_told_and_nobody_is_asked(tmp_path: Path) -> None:
    files = self_signed(tmp_path)
    text = refusal(files.certificate_file, encrypted(files.key_file, "hello"))
    assert "is encrypted, and nobody can be asked for its passphrase; do: (umask 077; " in text


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"-----BEGIN CERTIFICATE-----\nMII"])
def test_a_file_without_a_certificate_is_told(tmp_path: Path, content: bytes) -> None:
    files = self_signed(tmp_path)
    files.certificate_file.write_bytes(content)
    assert "holds no certificate" in refusal(files.certificate_file, files.key_file)


def test_broken_base64_is_told(tmp_path: Path) -> None:
    files = self_signed(tmp_path)
    text = files.certificate_file.read_text()
    files.certificate_file.write_text(text[:60] + "%%%%" + text[64:])
    assert "holds no certificate" in refusal(files.certificate_file, files.key_file)


def test_a_file_without_a_key_is_told(tmp_path: Path) -> None:
    files = self_signed(tmp_path)
    text = refusal(files.certificate_file, files.certificate_file)
    assert "are no certificate with its key in PEM form" in text


@pytest.mark.parametrize("missing", ["certificate_file", "key_file"])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, missing: str) -> None:
    files = self_signed(tmp_path)
    path: Path = getattr(files, missing)
    path.unlink()
    text = refusal(files.certificate_file, files.key_file)
    assert text == f"{path} can't be read: No such file or directory."


def test_those_who_vouch_for_a_certificate_are_not_trusted_for_others(tmp_path: Path) -> None:
    authority = self_signed(tmp_path, "authority")
    ours = signed_by(authority, tmp_path, "switcher")
    stranger = signed_by(authority, tmp_path, "stranger")
    assert trusted(ours, by=ours)
    assert not trusted(stranger, by=ours)


def trusted(files: TlsFiles, *, by: TlsFiles) -> bool:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(files.certificate_file, files.key_file)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    caller = trusting(by.certificate_file).wrap_bio(to_client, to_server)
    answerer = server.wrap_bio(to_server, to_client, server_side=True)
    for side in (caller, answerer, caller):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError:
            return False
    return True
