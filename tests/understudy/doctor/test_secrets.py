"""What `understudy check` tells of tokens that nobody could use."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from serving.tls import TlsFiles
from switcher.auth import Scope, new_token
from tests.support.certificates import self_signed
from tests.understudy.doctor.made import failures, warnings
from understudy.config import load
from understudy.doctor.secrets import secrets_of

NOW = time.time()


@pytest.fixture
def client(config: Path) -> Path:
    text = config.read_text()
    config.write_text(text.replace("switcher:\n", "switcher:\n  client_token_file: client\n"))
    path = config.parent / "client"
    path.touch(mode=0o600)
    return path


def known(config: Path, scope: Scope) -> str:
    token, line = new_token(scope, f"the-{scope}")
    with (config.parent / "tokens").open("a") as file:
        file.write(line)
    return token


def test_token_that_can_operate_is_fine(config: Path, client: Path) -> None:
    known(config, Scope.ALERTS)
    client.write_text(known(config, Scope.OPERATE) + "\n")
    found = list(secrets_of(load(config), NOW))
    assert (failures(found), warnings(found)) == ([], [])


def test_token_of_another_scope_is_told(config: Path, client: Path) -> None:
    client.write_text(known(config, Scope.ALERTS))
    (failed,) = failures(secrets_of(load(config), NOW))
    assert failed.startswith(f"client token file {client}: holds the token the-alerts, which may ")


def test_token_that_the_switcher_does_not_know_is_told(config: Path, client: Path) -> None:
    client.write_text(new_token(Scope.OPERATE, "other")[0])
    (failed,) = failures(secrets_of(load(config), NOW))
    assert f"holds a token that is not in {config.parent / 'tokens'}" in failed


def test_empty_client_token_file_is_told(config: Path, client: Path) -> None:
    (failed,) = failures(secrets_of(load(config), NOW))
    assert "holds no token" in failed


def test_token_file_without_a_token_for_alertmanager_is_told(config: Path) -> None:
    known(config, Scope.OPERATE)
    (told,) = warnings(secrets_of(load(config), NOW))
    assert told.startswith(f"token file {config.parent / 'tokens'}: has no token of scope alerts")


def test_client_token_is_not_held_against_a_token_file_that_is_missing(
    config: Path, client: Path
) -> None:
    client.write_text(new_token(Scope.OPERATE, "other")[0])
    (config.parent / "tokens").unlink()
    (failed,) = failures(secrets_of(load(config), NOW))
    assert failed.startswith("token file ")


def certified(config: Path, files: TlsFiles) -> Path:
    known(config, Scope.ALERTS)
    said = f"  tls: {{certificate_file: {files.certificate_file}, key_file: {files.key_file}}}\n"
    config.write_text(config.read_text().replace("switcher:\n", f"switcher:\n{said}"))
    return config


def test_certificate_that_can_be_used_tells_its_hosts(config: Path, tmp_path: Path) -> None:
    files = self_signed(tmp_path, names="DNS:watcher.lan,IP:127.0.0.1")
    found = list(secrets_of(load(certified(config, files)), NOW))
    assert (failures(found), warnings(found)) == ([], [])
    (told,) = (each.text for each in found if each.what == f"certificate {files.certificate_file}")
    assert told == "stands for watcher.lan, 127.0.0.1; 30 days"


def test_certificate_that_will_soon_expire_is_told(config: Path, tmp_path: Path) -> None:
    read = load(certified(config, self_signed(tmp_path)))
    (told,) = warnings(secrets_of(read, NOW + 20 * 86_400))
    assert told.endswith("expires in 10 days; renew it, and restart the switcher")


def test_certificate_that_names_no_host_is_told(config: Path, tmp_path: Path) -> None:
    read = load(certified(config, self_signed(tmp_path, names="")))
    (told,) = failures(secrets_of(read, NOW))
    assert "names no host (subjectAltName), so that Alertmanager and Prometheus refuse it" in told


def test_certificate_with_a_key_for_everybody_is_told(config: Path, tmp_path: Path) -> None:
    files = self_signed(tmp_path)
    files.key_file.chmod(0o644)
    (told,) = failures(secrets_of(load(certified(config, files)), NOW))
    assert f"{files.key_file} is open to others than its owner (mode 0644)" in told


@pytest.fixture
def password(config: Path) -> Path:
    text = config.read_text().replace(
        "switcher:\n", "switcher:\n  database_password_file: password\n"
    )
    config.write_text(
        text.replace("sqlite:///understudy.db", "postgresql+psycopg://me@db.example.org/journal")
    )
    known(config, Scope.ALERTS)
    return config.parent / "password"


def test_password_file_for_the_database_is_looked_at(config: Path, password: Path) -> None:
    what = f"database password file {password}"
    assert failures(secrets_of(load(config), NOW))[0].startswith(f"{what}: there is no such file")
    password.touch(mode=0o600)
    assert failures(secrets_of(load(config), NOW))[0].startswith(f"{what}: holds no password")
    password.write_text("secret")
    assert failures(secrets_of(load(config), NOW)) == []
    password.chmod(0o640)
    assert "chmod 600" in failures(secrets_of(load(config), NOW))[0]


def exporting(config: Path, more: str) -> Path:
    known(config, Scope.ALERTS)
    config.write_text(f"{config.read_text()}\nexporter: {{{more}}}\n")
    return config


def test_exporters_certificate_and_users_are_looked_at(config: Path, tmp_path: Path) -> None:
    files, users = self_signed(tmp_path), tmp_path / "users"
    users.write_text("one:secret\n")
    users.chmod(0o600)
    tls = f"tls: {{certificate_file: {files.certificate_file}, key_file: {files.key_file}}}"
    read = load(exporting(config, f"{tls}, users_file: {users}"))
    (told,) = failures(secrets_of(read, NOW))
    assert told.startswith(f"users file {users}: {users}, line 1, is no NAME:HASH")
    (soon,) = warnings(secrets_of(read, NOW + 20 * 86_400))
    assert soon.endswith("renew it, and restart the exporter")


def test_passwords_for_the_exporter_in_the_clear_are_told(config: Path, tmp_path: Path) -> None:
    users = tmp_path / "users"
    users.write_text(f"one:$2b$04${'a' * 53}\n")
    users.chmod(0o600)
    read = load(exporting(config, f'listen: "10.0.0.1:9877", users_file: {users}'))
    (told,) = warnings(secrets_of(read, NOW))
    assert told.startswith("exporter: passwords would pass over the network in the clear; give")


def test_metrics_for_everybody_who_reaches_them_need_no_remark(config: Path) -> None:
    read = load(exporting(config, 'listen: "0.0.0.0:9877"'))
    assert warnings(secrets_of(read, NOW)) == []


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("readers: anyone, behind_proxy: true", True),
        ("readers: anyone", False),
        ("readers: loopback, behind_proxy: true", False),
        ("behind_proxy: true", False),
    ],
)
def test_page_that_anybody_elsewhere_may_read_is_told(config: Path, more: str, told: bool) -> None:
    document = yaml.safe_load(config.read_text())
    document["switcher"] |= yaml.safe_load(f"{{{more}}}")
    config.write_text(yaml.safe_dump(document))
    found = [each for each in secrets_of(load(config), 0.0) if each.what == "readers"]
    assert bool(found) == told
