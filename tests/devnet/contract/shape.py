"""Whether a live reply has the form of a recorded one: same fields, types and error codes.

Figures, names and times may differ; their form may not. A node writes an integer above 2^32-1 as
a string and any smaller one as a number, so both are the one form "integer" here, as long as the
live value keeps that rule.
"""

from __future__ import annotations

import re
from typing import Any

LARGEST_NUMBER = 2**32 - 1
ALWAYS_TEXT = {"recent_slots_filled", "coin_seconds_earned"}
"""128-bit figures: strings however small they are."""
OPTIONAL = {"cashback_vb", "cashback_balance"}
"""An account has them only once a part of its fees was paid back, at a maintenance."""

_HEX_LENGTHS = {40, 64, 66, 130}
_FORMS = (
    ("time", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")),
    ("key", re.compile(r"BTS[1-9A-HJ-NP-Za-km-z]{47,53}")),
)
_OBJECT = re.compile(r"(\d+\.\d+)\.\d+")
_VOTE = re.compile(r"(\d+):\d+")
_DIGITS = re.compile(r"-?\d+")
_HEX = re.compile(r"[0-9a-f]+")
_LONG_HEX = re.compile(r"[0-9a-f]{40,}")


def form(value: Any) -> str:
    """Return the form of a JSON value: "null", "integer", "time", "id 1.6.x", "text", …"""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, str):
        return _form_of_text(value)
    return {float: "fraction", list: "list", dict: "object"}[type(value)]


def _form_of_text(text: str) -> str:
    for name, pattern in _FORMS:
        if pattern.fullmatch(text):
            return name
    if match := _OBJECT.fullmatch(text):
        return f"id {match[1]}.x"
    if match := _VOTE.fullmatch(text):
        return f"vote {match[1]}:x"
    if len(text) in _HEX_LENGTHS and _HEX.fullmatch(text):
        return f"{len(text)} hex digits"
    return "integer" if _DIGITS.fullmatch(text) else "text"


def differences(recorded: Any, live: Any, path: str = "") -> list[str]:
    """Return what is different in form, one sentence each; nothing if the forms agree."""
    if isinstance(recorded, dict) and isinstance(live, dict):
        return _object_differences(recorded, live, path)
    if isinstance(recorded, list) and isinstance(live, list):
        return _list_differences(recorded, live, path)
    expected, found = form(recorded), form(live)
    if expected != found and not (expected == "text" and isinstance(live, str)):
        return [f"{path or 'it'} is {found} ({live!r:.60}) instead of {expected}"]
    if found == "integer":
        return _integer_differences(live, path)
    return []


def _integer_differences(live: int | str, path: str) -> list[str]:
    if path.rsplit(".", 1)[-1] in ALWAYS_TEXT:
        return [] if isinstance(live, str) else [f"{path} is a number instead of a string"]
    if isinstance(live, str) is (abs(int(live)) > LARGEST_NUMBER):
        return []
    return [f"{path or 'it'}: {live!r} is a {type(live).__name__}, the other way round at 2^32"]


def _object_differences(recorded: dict[str, Any], live: dict[str, Any], path: str) -> list[str]:
    found = _key_differences(recorded, live, path)
    for key, value in recorded.items():
        if key in live:
            found += differences(value, live[key], f"{path}.{key}")
    return found


def _key_differences(recorded: dict[str, Any], live: dict[str, Any], path: str) -> list[str]:
    missing = [f"{path}.{key} is missing" for key in recorded.keys() - live.keys() - OPTIONAL]
    added = [f"{path}.{key} is not recorded" for key in live.keys() - recorded.keys() - OPTIONAL]
    return sorted(missing) + sorted(added)


def _list_differences(recorded: list[Any], live: list[Any], path: str) -> list[str]:
    if not recorded or not live:
        return [] if recorded == live else [f"{path} has {len(live)} instead of {len(recorded)}"]
    if len(recorded) == len(live):
        return [
            found
            for index, (old, new) in enumerate(zip(recorded, live, strict=True))
            for found in differences(old, new, f"{path}[{index}]")
        ]
    if len({form(item) for item in recorded}) > 1:
        return [f"{path} has {len(live)} elements instead of {len(recorded)}"]
    return [
        found
        for index, new in enumerate(live)
        for found in _unlike_all(recorded, new, f"{path}[{index}]")
    ]


def _unlike_all(recorded: list[Any], live: Any, path: str) -> list[str]:
    found = [differences(old, live, path) for old in recorded]
    return min(found, key=len)


def reply_differences(recorded: dict[str, Any], live: dict[str, Any]) -> list[str]:
    """Return what is different between two whole reply frames, the echoes of the request aside."""
    found = _key_differences(recorded, live, "reply")
    if found:
        return [*found, f"the live reply is {live!r:.400}"]
    if "error" in recorded:
        return error_differences(recorded["error"], live["error"])
    return differences(recorded["result"], live["result"])


def error_differences(recorded: dict[str, Any], live: dict[str, Any]) -> list[str]:
    """Return what is different between two errors: code, message and name count, figures don't.

    The stack holds source lines and times; of it only the form of its entries counts.
    """
    found = _key_differences(recorded, live, "error")
    found += _unequal("code", recorded, live) + _unequal("message", recorded, live)
    if "data" in recorded and "data" in live:
        old, new = recorded["data"], live["data"]
        for key in ("code", "name", "message"):
            found += _unequal(key, old, new)
        found += _stack_differences(old["stack"], new.get("stack"))
    return found


def _unequal(key: str, recorded: dict[str, Any], live: dict[str, Any]) -> list[str]:
    old, new = _stable(recorded[key]), _stable(live.get(key))
    return [] if old == new else [f"error {key} is {new!r} instead of {old!r}"]


def _stable(value: Any) -> Any:
    return _LONG_HEX.sub("…", value) if isinstance(value, str) else value


def _stack_differences(recorded: list[Any], live: Any) -> list[str]:
    if not isinstance(live, list) or not live:
        return [f"error stack is {live!r}"]
    model = {**recorded[0], "data": {}}
    return [
        f"stack: {found}"
        for index, entry in enumerate(live)
        for found in differences(model, {**entry, "data": {}}, f"[{index}]")
    ] + [f"stack[{i}].data is no object" for i, e in enumerate(live) if not _has_data(e)]


def _has_data(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("data"), dict)
