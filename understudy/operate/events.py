"""Server-sent events, as the switcher tells its news by them (HTML, "Server-sent events")."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """What was told: the event's name, and its data. A comment has no name."""

    name: str
    data: str = ""


def events_of(lines: Iterable[str]) -> Iterator[Event]:
    """Yield the events that lines (without their ends) tell; one that is cut off is none."""
    name, data = "", list[str]()
    for line in lines:
        field, _, value = line.partition(":")
        if not line:
            if data:
                yield Event(name or "message", "\n".join(data))
            name, data = "", []
        elif not field:
            yield Event("")
        elif field == "event":
            name = value.removeprefix(" ")
        elif field == "data":
            data.append(value.removeprefix(" "))
