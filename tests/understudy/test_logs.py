"""What ends up in the logs, and in which form."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from understudy.logging import LogFormat, LogLevel, set_up_logging


def lines_of(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_away_from_a_terminal_every_line_is_json() -> None:
    stream = io.StringIO()
    set_up_logging(stream=stream)
    structlog.get_logger("switcher").info("rotated", witness="init0", incident=7)
    logging.getLogger("uvicorn.error").warning("slow %s", "client")
    ours, theirs = lines_of(stream)
    assert (ours["event"], ours["witness"], ours["incident"]) == ("rotated", "init0", 7)
    assert (ours["logger"], ours["level"]) == ("switcher", "info")
    assert (theirs["event"], theirs["logger"], theirs["level"]) == (
        "slow client",
        "uvicorn.error",
        "warning",
    )
    assert "timestamp" in ours


def test_people_can_have_columns() -> None:
    stream = io.StringIO()
    set_up_logging(LogLevel.INFO, LogFormat.CONSOLE, stream)
    structlog.get_logger("switcher").info("rotated", witness="init0")
    assert "rotated" in stream.getvalue()
    assert "witness=init0" in stream.getvalue()


def test_less_important_lines_stay_out() -> None:
    stream = io.StringIO()
    set_up_logging(LogLevel.WARNING, LogFormat.JSON, stream)
    structlog.get_logger("switcher").info("routine")
    logging.getLogger("httpx").info("GET /")
    structlog.get_logger("switcher").warning("attention")
    assert [line["event"] for line in lines_of(stream)] == ["attention"]


@pytest.mark.parametrize("form", LogFormat)
def test_a_traceback_shows_no_local_variables(form: LogFormat) -> None:
    stream = io.StringIO()
    set_up_logging(LogLevel.INFO, form, stream)

    def fail() -> None:
        secret = "planted-" + "secret"
        raise ValueError(len(secret))

    try:
        fail()
    except ValueError:
        structlog.get_logger("switcher").exception("failed")
        logging.getLogger("library").exception("failed, too")
    assert stream.getvalue().count("in fail") == 2
    assert "planted-secret" not in stream.getvalue()


def test_libraries_that_tell_of_each_of_their_plugins_are_not_heard() -> None:
    stream = io.StringIO()
    set_up_logging(stream=stream)
    logging.getLogger("alembic.runtime.plugins").info("setup plugin %s", "schemas")
    logging.getLogger("alembic.runtime.migration").info("Running upgrade 0001 -> 0002")
    assert [line["event"] for line in lines_of(stream)] == ["Running upgrade 0001 -> 0002"]
