"""What `understudy check` tells of tokens that nobody could use."""

from __future__ import annotations

from pathlib import Path

import pytest

from switcher.auth import Scope, new_token
from tests.understudy.doctor.made import failures, warnings
from understudy.config import load
from understudy.doctor.secrets import secrets_of


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
    found = list(secrets_of(load(config)))
    assert (failures(found), warnings(found)) == ([], [])


def test_token_of_another_scope_is_told(config: Path, client: Path) -> None:
    client.write_text(known(config, Scope.ALERTS))
    (failed,) = failures(secrets_of(load(config)))
    assert failed.startswith(f"client token file {client}: holds the token the-alerts, which may ")


def test_token_that_the_switcher_does_not_know_is_told(config: Path, client: Path) -> None:
    client.write_text(new_token(Scope.OPERATE, "other")[0])
    (failed,) = failures(secrets_of(load(config)))
    assert f"holds a token that is not in {config.parent / 'tokens'}" in failed


def test_empty_client_token_file_is_told(config: Path, client: Path) -> None:
    (failed,) = failures(secrets_of(load(config)))
    assert "holds no token" in failed


def test_token_file_without_a_token_for_alertmanager_is_told(config: Path) -> None:
    known(config, Scope.OPERATE)
    (told,) = warnings(secrets_of(load(config)))
    assert told.startswith(f"token file {config.parent / 'tokens'}: has no token of scope alerts")


def test_client_token_is_not_held_against_a_token_file_that_is_missing(
    config: Path, client: Path
) -> None:
    client.write_text(new_token(Scope.OPERATE, "other")[0])
    (config.parent / "tokens").unlink()
    (failed,) = failures(secrets_of(load(config)))
    assert failed.startswith("token file ")
