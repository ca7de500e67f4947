"""`understudy files`: the rules, dashboards, units and manifests that come along."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from understudy.commands.options import Json
from understudy.commands.output import answers, count, print_json
from understudy.errors import CommandError
from understudy.shipped import Folder, shipped_folder

_TOLD = 3
"""Files that are named where there are many."""

_NOT_IN_A_WHEEL = {".py", ".pyc", "tests", ".env", "secrets", "state"}
"""Parts of names: what writes and tests these files, and what is put beside them in a checkout."""


def files(
    directory: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Where to put copies of them.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace files that are there and differ.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Copy the files that come along into a folder, or tell where they are.

    That is: alertmanager/ with rules and routes, grafana/ with dashboards, deploy/ with units of
    systemd, the compose file, manifests for Kubernetes, and a sample understudy.yaml.
    """
    if directory is None:
        places = [shipped_folder(folder) for folder in Folder]
        if as_json:
            print_json({"folders": places})
            return
        for place in places:
            answers.print(str(place), markup=False)
        return
    copies = list(_copies(directory))
    differing = [target for source, target in copies if _differs(source, target)]
    if differing and not replace:
        named = ", ".join(str(path) for path in differing[:_TOLD])
        more = f" and {len(differing) - _TOLD} more" if len(differing) > _TOLD else ""
        raise CommandError(
            f"{named}{more} would be replaced by something else, so nothing was written; name "
            "another folder, or say --replace."
        )
    for source, target in copies:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_symlink():
            target.unlink()  # what it leads to is somebody else's
        shutil.copyfile(source, target)
    if as_json:
        print_json({"folder": directory, "files": [target for _, target in copies]})
        return
    answers.print(f"{directory}: {count(len(copies), 'file')}", markup=False)


def _copies(directory: Path) -> Iterator[tuple[Path, Path]]:
    """Yield each file that a wheel has, in a checkout too, and where its copy belongs."""
    for folder in Folder:
        here = shipped_folder(folder)
        for source in sorted(path for path in here.rglob("*") if path.is_file()):
            within = source.relative_to(here)
            if not _NOT_IN_A_WHEEL & {*within.parts, source.suffix}:
                yield source, directory / folder / within


def _differs(source: Path, target: Path) -> bool:
    if target.is_dir() or target.is_symlink():
        return True
    return target.exists() and target.read_bytes() != source.read_bytes()
