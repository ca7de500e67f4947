"""Readings of many nodes, of which those that answered alike share one. Pure."""

from __future__ import annotations

from chains.bitshares.alike import Alike
from chains.bitshares.objects import Names, Reading, parse_reading
from chains.bitshares.wire import parse_json

_KEPT = 4
"""Answers: of nodes that have the newest block and of those that don't yet, with what is pending
there or without."""


class Readings:
    """Takes the answers to the batched read apart, the same one of many nodes once."""

    def __init__(self) -> None:
        self._alike: Alike[tuple[Names, Reading]] = Alike(_KEPT)

    def of(self, names: Names, text: str) -> Reading:
        """Return the reading of an answer to `get_objects(names.object_ids())`.

        Raises:
            MalformedDataError: it is none.
        """

        def read(text: str) -> tuple[Names, Reading]:
            return names, parse_reading(names, parse_json(text))

        said, reading = self._alike.of(text, read)
        # Who calls things otherwise may have been asked for the same objects.
        return reading if said == names else read(text)[1]
