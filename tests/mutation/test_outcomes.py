from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.mutation.__main__ import tell
from tests.mutation.outcomes import Outcomes

STATUSES = {"a.x_1": 37, "a.x_2": 1, "a.x_3": 36, "a.y_4": 0, "a.y_5": 33, "a.y_6": 37}


def test_each_break_is_counted_once() -> None:
    told = Outcomes.of_statuses("a.py", STATUSES)
    assert told == Outcomes("a.py", 2, 2, ("a.y_4", "a.y_5"), ())
    assert told.made == len(STATUSES)


def test_only_breaks_that_were_asked_for_are_counted() -> None:
    told = Outcomes.of_statuses("a.py", {**STATUSES, "b.z_7": None}, ["a.y*"])
    assert told == Outcomes("a.py", 1, 0, ("a.y_4", "a.y_5"), ())


@pytest.mark.parametrize("status", [None, 2, 34, 35, -9, -11, 77])
def test_a_break_that_was_not_tried_is_not_taken_for_noticed(
    status: int | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noted = {"exit_code_by_key": {"a.x_1": 1, "a.x_2": status}}
    (tmp_path / "a.py.meta").write_text(json.dumps(noted))
    assert tell(tmp_path, {}, []) == 1
    assert "a.x_2 (a.py): not tried to its end" in capsys.readouterr().out


def test_a_run_in_which_all_was_noticed_passes(tmp_path: Path) -> None:
    (tmp_path / "a.py.meta").write_text(json.dumps({"exit_code_by_key": {"a.x_1": 1, "a.x_2": 37}}))
    assert tell(tmp_path, {}, []) == 0


def test_a_mistyped_name_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.py.meta").write_text(json.dumps({"exit_code_by_key": {"a.x_1": 1}}))
    assert tell(tmp_path, {}, ["switcher.gards*"]) == 1
    assert "no break" in capsys.readouterr().out
