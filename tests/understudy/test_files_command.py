"""Whoever installed a wheel gets at the rules, dashboards and units in it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.understudy.commands import CommandLine

EDITED = "# mine"


def test_the_files_are_copied_to_where_one_wants_them(
    run: CommandLine, tmp_path: Path, repository: Path
) -> None:
    result = run("files", str(tmp_path / "mine"))
    assert result.status == 0
    copied = tmp_path / "mine" / "alertmanager" / "rules" / "actions.yml"
    assert copied.read_text() == (repository / "alertmanager/rules/actions.yml").read_text()
    assert (tmp_path / "mine" / "deploy" / "README.md").is_file()
    assert not list((tmp_path / "mine").rglob("*.py"))
    assert not (tmp_path / "mine" / "alertmanager" / "tests").exists()


def test_a_file_that_was_edited_is_not_replaced_unless_asked(
    run: CommandLine, tmp_path: Path
) -> None:
    run("files", str(tmp_path))
    edited, lost = tmp_path / "alertmanager" / "alertmanager.yml", tmp_path / "deploy" / "README.md"
    edited.write_text(EDITED)
    lost.unlink()
    result = run("files", str(tmp_path))
    assert result.status == 1
    assert f"{edited} would be replaced" in result.err
    assert (edited.read_text(), lost.exists()) == (EDITED, False)
    assert run("files", str(tmp_path), "--replace").status == 0
    assert lost.exists()
    assert edited.read_text() != EDITED


def test_nothing_is_written_through_a_link(run: CommandLine, tmp_path: Path) -> None:
    elsewhere, mine = tmp_path / "elsewhere", tmp_path / "mine"
    link = mine / "deploy" / "README.md"
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere)
    result = run("files", str(mine))
    assert f"{link} would be replaced" in result.err
    assert run("files", str(mine), "--replace").status == 0
    assert (link.is_symlink(), elsewhere.exists()) == (False, False)


def test_copying_them_again_changes_nothing(run: CommandLine, tmp_path: Path) -> None:
    run("files", str(tmp_path))
    assert run("files", str(tmp_path)).status == 0


def test_a_folder_in_the_way_is_told(run: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "deploy" / "README.md").mkdir(parents=True)
    result = run("files", str(tmp_path))
    assert result.status == 1
    assert "README.md would be replaced" in result.err


def test_where_they_are_is_told(run: CommandLine, repository: Path) -> None:
    assert str(repository / "grafana") in run("files").out.splitlines()


def test_a_program_is_told_where_they_are_and_what_was_copied(
    run: CommandLine, repository: Path, tmp_path: Path
) -> None:
    told = json.loads(run("files", "--json").out)
    assert str(repository / "grafana") in told["folders"]
    copied = json.loads(run("files", str(tmp_path), "--json").out)
    assert copied["folder"] == str(tmp_path)
    assert {str(path) for path in tmp_path.rglob("*") if path.is_file()} == set(copied["files"])
