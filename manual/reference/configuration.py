"""Every key of understudy.yaml: what it must be, what it is without being set, what it means."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from manual.reference.docstrings import meaning
from manual.reference.markdown import code, document, prose, table
from understudy.config.outline import model_at, model_within, right_at
from understudy.config.part import Part

_INTRODUCTION = """\
One file, `understudy.yaml`, tells every command what it needs. Unknown keys are refused with the
line and the nearest name that there is. Relative paths start at the file's own folder. Secrets
never stand in it: it names the files that hold them, and some of those are refused if others than
their owner can read them. `understudy check` tells every mistake at once, and then looks at what
the file points to.

A place like `bitshares.nodes[].name` means the key `name` of each item of the list
`bitshares.nodes`."""

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))
Place = tuple[str, ...]


def page() -> str:
    """Return the page of the configuration."""
    return document("Configuration", _INTRODUCTION, *_sections())


def _sections(place: Place = (), title: str = "") -> Iterator[str]:
    model = model_at(place)
    assert model
    if place:
        yield _section(model, place, title)
    for name, field in model.model_fields.items():
        if model_within(field.annotation):
            listed = "[]" if _is_list(field) else ""
            yield from _sections((*place, name), f"{title}.{name}{listed}".lstrip("."))


def _section(model: type[BaseModel], place: Place, title: str) -> str:
    parent = model_at(place[:-1])
    assert parent
    rows = [_row(model, (*place, name)) for name in model.model_fields]
    head = ("key", "must be", "without it", "what it means")
    needed = "Needed." if parent.model_fields[place[-1]].is_required() else "May be left out."
    told = f"{meaning(parent, place[-1])} {needed}"
    return f"## `{title}`\n\n{told}\n\n{table(head, rows)}"


def _row(model: type[BaseModel], place: Place) -> tuple[str, str, str, str]:
    name = place[-1]
    field = model.model_fields[name]
    what = prose(meaning(model, name))
    return code(name), prose(_right(place, field)), _without(model, name, field), what


def _right(place: Place, field: FieldInfo) -> str:
    if model_within(field.annotation):
        return "a list, see below" if _is_list(field) else "a section, see below"
    return f"a list, of: {right_at((*place, 0))}" if _is_list(field) else right_at(place)


def _without(model: type[BaseModel], name: str, field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    if model_within(field.annotation):
        return ""
    value = field.get_default(call_default_factory=True)
    value = _from_settings(model, name) if value is None else value
    return code(_written(value, field))


def _from_settings(model: type[BaseModel], name: str) -> Any:
    """Return the default that the settings of a package have for what the file leaves open."""
    kinds = _settings_of(model) if issubclass(model, Part) else ()
    for kind in kinds:
        defaults = {each.name: each.default for each in dataclasses.fields(kind)}
        if name == "listen" and {"host", "port"} <= defaults.keys():
            return (defaults["host"], defaults["port"])
        value = defaults.get(name, dataclasses.MISSING)
        if value is not dataclasses.MISSING:
            return value
    return None


def _settings_of(model: type[Part]) -> list[Any]:
    told = getattr(model, "settings", None)
    answer = get_type_hints(told)["return"] if told else None
    kinds = [answer, *get_args(answer)]
    return [kind for kind in kinds if isinstance(kind, type) and dataclasses.is_dataclass(kind)]


def _written(value: Any, field: FieldInfo) -> str:
    """Return a value as it would stand in the file; nothing for one that is none."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case (str(host), int(port)):
            return f"{host}:{port}"
        case list() | tuple():
            return f"[{', '.join(map(str, value))}]"
        case int() | float() if "duration" in _descriptions(field):
            return _duration(int(value))
        case Enum():
            return str(value.value)
        case int() | float() | str() | Path():
            return str(value)
    raise TypeError(f"{value!r} can't be written as a default.")


def _descriptions(field: FieldInfo) -> str:
    return f"{field.description} {field.annotation!r}"


def _duration(seconds: int) -> str:
    told = ""
    for size, unit in _UNITS:
        count, seconds = divmod(seconds, size)
        told += f"{count}{unit}" if count else ""
    return told or "0s"


def _is_list(field: FieldInfo) -> bool:
    return str(field.annotation).startswith("list[")
