"""Who may do what with which token."""

from __future__ import annotations

import hmac
import os
from pathlib import Path

import pytest

from switcher.auth import Bearer, Scope, Tokens, new_token
from switcher.errors import TokenFileError


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "tokens"
    path.touch(mode=0o600)
    return path


def test_new_token_is_known_by_its_name_and_kept_only_as_a_hash(token_file: Path) -> None:
    token, line = new_token(Scope.ALERTS, "alertmanager")
    token_file.write_text(f"# made by hand\n\n{line}")
    assert token not in line
    assert Tokens.load(token_file).bearer(token) == Bearer("alertmanager", Scope.ALERTS)


def test_unknown_token_is_nobody_s(token_file: Path) -> None:
    token_file.write_text(new_token(Scope.READ, "grafana")[1])
    tokens = Tokens.load(token_file)
    assert tokens.bearer("") is None
    assert tokens.bearer(new_token(Scope.READ, "grafana")[0]) is None


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        (Scope.ALERTS, {Scope.ALERTS}),
        (Scope.READ, {Scope.READ}),
        (Scope.OPERATE, {Scope.OPERATE, Scope.READ}),
    ],
)
def test_scopes_go_no_further(scope: Scope, allowed: set[Scope]) -> None:
    assert {wanted for wanted in Scope if Bearer("x", scope).may(wanted)} == allowed


@pytest.mark.parametrize("line", ["only-a-name", "x admin " + "0" * 64, "x read 123", "a read b c"])
def test_mistake_in_the_file_is_named_with_its_line(token_file: Path, line: str) -> None:
    token_file.write_text(new_token(Scope.READ, "ok")[1] + line + "\n")
    with pytest.raises(TokenFileError, match=r"tokens:2 "):
        Tokens.load(token_file)


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_file_that_others_can_write_is_refused(token_file: Path, mode: int) -> None:
    token_file.chmod(mode)
    with pytest.raises(TokenFileError, match="chmod go-w"):
        Tokens.load(token_file)


def test_file_of_another_user_is_refused(token_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: token_file.stat().st_uid + 1)
    if token_file.stat().st_uid == 0:
        os.chown(token_file, 12345, -1)
    with pytest.raises(TokenFileError, match="belongs to another user"):
        Tokens.load(token_file)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TokenFileError, match="nowhere"):
        Tokens.load(tmp_path / "nowhere")


def test_token_is_found_wherever_it_stands_in_a_text(token_file: Path) -> None:
    token, line = new_token(Scope.READ, "maria")
    token_file.write_text(line)
    tokens = Tokens.load(token_file)
    assert all(tokens.stands_in(text) for text in (token, f"use {token}, please", f"x={token}"))
    assert not tokens.stands_in(f"use {token[1:]}, please")


@pytest.mark.parametrize("name", ["", "two words", "a\nb read", "x" * 64])
def test_name_that_would_break_the_file_is_refused(name: str) -> None:
    with pytest.raises(TokenFileError):
        new_token(Scope.READ, name)


def test_every_known_hash_is_compared_whoever_asks(
    token_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [new_token(Scope.READ, f"tv{number}") for number in range(5)]
    token_file.write_text("".join(line for _, line in made))
    tokens = Tokens.load(token_file)
    compared: list[tuple[str, str]] = []

    def compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", compare)
    for presented in (made[0][0], made[-1][0], "", "unknown", "\udcff\u20ac"):
        compared.clear()
        tokens.bearer(presented)
        assert len(compared) == len(made)
        assert {len(text) for pair in compared for text in pair} == {64}
