"""Values by their places in the file, whatever else is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from understudy.config.mistakes import Mistake, Place, written

_USUAL_PORTS = {"ws": 80, "wss": 443, "http": 80, "https": 443}


def found(data: Any, pattern: Place, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield the places and values that a pattern finds; "*" stands for every item of a list."""
    if not pattern:
        yield place, data
    elif pattern[0] == "*":
        for position, item in enumerate(data if isinstance(data, list) else ()):
            yield from found(item, pattern[1:], (*place, position))
    elif (isinstance(data, dict) and pattern[0] in data) or isinstance(pattern[0], int):
        yield from found(data[pattern[0]], pattern[1:], (*place, pattern[0]))


def repeated(
    data: Any,
    pattern: Place,
    what: str,
    why: str = "",
    same: Callable[[str], str] = str,
) -> Iterator[Mistake]:
    """Yield what is there twice; values are the same where `same` makes them equal."""
    first: dict[str, Place] = {}
    for place, value in found(data, pattern):
        if not isinstance(value, str):
            continue
        if same(value) in first:
            earlier = first[same(value)]
            holder = earlier if isinstance(place[-1], int) else earlier[:-1]
            yield Mistake(
                "; ".join(part for part in (f"is already {what} {written(holder)}", why) if part),
                place,
            )
        else:
            first[same(value)] = place


def same_address(url: str) -> str:
    """Return a URL without what makes no difference: case, the usual port, a slash at the end."""
    try:
        parts = urlsplit(url)
        port = parts.port or _USUAL_PORTS.get(parts.scheme.lower())
    except ValueError:
        return url
    host = (parts.hostname or "").lower()
    return f"{parts.scheme.lower()}://{host}:{port}{parts.path.rstrip('/')}?{parts.query}"
