"""YAML from people and programs: whatever is wrong with it is one kind of error. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

_SENSELESS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class Loader(yaml.SafeLoader):
    """Reads plain values; the library's own lets whatever a senseless one comes to through."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Return the value of a node.

        Raises:
            ConstructorError: it has none, such as the 99th of a month.
        """
        try:
            return super().construct_object(node, deep)
        except _SENSELESS as error:
            kind = str(node.tag).rpartition(":")[2]
            told = f"what is there is no {kind}; if it is meant as text, put it in quotes"
            raise yaml.constructor.ConstructorError(None, None, told, node.start_mark) from error


def aliases(text: str) -> Iterator[int]:
    """Yield the line (from 1) of each alias, of which a short text may make an endless value.

    Raises:
        YAMLError: it is none.
    """
    for event in yaml.parse(text, Loader=Loader):
        if isinstance(event, yaml.AliasEvent):
            assert event.start_mark is not None
            yield event.start_mark.line + 1


def plain_value(text: str) -> Any:
    """Return the value of a text.

    Raises:
        YAMLError: it is no YAML, or has aliases.
        RecursionError: it is nested too deeply.
    """
    for line in aliases(text):
        raise yaml.YAMLError(f"an alias (*) in line {line}")
    return yaml.load(text, Loader=Loader)  # noqa: S506  # nosec B506 # a SafeLoader
