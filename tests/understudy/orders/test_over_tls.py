"""Commands towards a switcher that speaks HTTPS only: whom they show the token to."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from serving.tls import TlsFiles
from tests.support.certificates import self_signed
from tests.understudy.canned import Canned, canned
from tests.understudy.commands import CommandLine
from tests.understudy.orders.answers import (
    COURSE,
    JOURNAL_AT,
    ORDER_AT,
    ORDERED,
    PLAN,
    PLAN_AT,
    page,
)
from tests.understudy.orders.change import change

ROTATE = ("rotate", "init0", "--yes")


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    return self_signed(tmp_path, names="DNS:elsewhere.example.org")


@pytest.fixture
def switcher(files: TlsFiles) -> Iterator[Canned]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate_file, files.key_file)
    with canned(context) as can:
        can.answers = {
            PLAN_AT: [(200, PLAN)],
            ORDER_AT: [(202, ORDERED)],
            JOURNAL_AT: [page(*COURSE)],
        }
        yield can


@pytest.fixture
def config(config: Path, files: TlsFiles) -> Path:
    change(config, tls={name: str(path) for name, path in asdict(files).items()})
    return config


def test_a_switcher_with_the_configured_certificate_is_believed(
    run: CommandLine, config: Path, switcher: Canned
) -> None:
    result = run(*ROTATE, "--config", str(config))
    assert result.status == 0, result.err
    assert PLAN_AT in [path for path, _ in switcher.asked]


def test_another_certificate_gets_no_token(
    run: CommandLine, config: Path, switcher: Canned, tmp_path: Path
) -> None:
    other = self_signed(tmp_path, "other")
    change(config, tls={name: str(path) for name, path in asdict(other).items()})
    result = run(*ROTATE, "--config", str(config))
    assert result.status == 1
    assert "has another certificate than the one in switcher.tls.certificate_file" in result.err
    assert "it reads its certificate when it starts: restart it." in result.err
    assert switcher.asked == []


def test_a_certificate_that_is_missing_is_told(
    run: CommandLine, config: Path, files: TlsFiles, switcher: Canned
) -> None:
    files.certificate_file.unlink()
    result = run(*ROTATE, "--config", str(config))
    assert result.status == 1
    assert f"{files.certificate_file} can't be read: No such file or directory." in result.err


def test_a_redirect_to_plain_http_is_not_followed(
    run: CommandLine, config: Path, switcher: Canned
) -> None:
    with canned() as plain:
        switcher.answers[PLAN_AT] = [(307, f"http://{plain.address}{PLAN_AT}")]
        result = run(*ROTATE, "--config", str(config))
        assert plain.asked == []
    assert result.status == 1
