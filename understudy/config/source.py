"""A YAML file as plain values, with the line of every one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from understudy.config.mistakes import ConfigurationError, Mistake, Place
from understudy.yamls import Loader, aliases


@dataclass(frozen=True, slots=True)
class Source:
    """What a file says: plain values, the line (from 1) of each place, and what YAML lets pass.

    `mistakes` are keys that are there twice, have no value or are no words; `data` lacks these.
    """

    path: Path
    data: Any
    lines: dict[Place, int]
    mistakes: tuple[Mistake, ...] = ()

    def line_of(self, place: Place) -> int | None:
        """Return the line of a place, or of the nearest one around it that the file has."""
        for length in range(len(place), -1, -1):
            if line := self.lines.get(place[:length]):
                return line
        return None


def read(path: Path) -> Source:
    """Read a configuration file.

    Raises:
        ConfigurationError: there is no such file, it can't be read, or it isn't plain YAML.
    """
    text = _text(path)
    try:
        data, lines, mistakes = _parsed(text)
    except yaml.MarkedYAMLError as error:
        raise ConfigurationError(path, [_syntax(error)]) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        found = Mistake(f"holds a character that YAML forbids (#x{error.character:04x})", (), line)
        raise ConfigurationError(path, [found]) from error
    except RecursionError as error:
        raise ConfigurationError(path, [Mistake("is nested too deeply")]) from error
    if data is None and not mistakes:
        raise ConfigurationError(path, [Mistake("is empty; it must at least name the nodes")])
    if not isinstance(data, dict):
        mistakes = mistakes or [Mistake("must hold keys and values, such as `bitshares:`", (), 1)]
        raise ConfigurationError(path, mistakes)
    return Source(path, data, lines, tuple(mistakes))


def _parsed(text: str) -> tuple[Any, dict[Place, int], list[Mistake]]:
    told = "an alias (*); these are not read here: write the value out"
    mistakes = [Mistake(told, line=line) for line in aliases(text)]
    if mistakes:
        return None, {}, mistakes
    loader = Loader(text)
    root = loader.get_single_node()
    if root is None:
        return None, {}, []
    lines: dict[Place, int] = {}
    mistakes = list(_walk(root, (), lines))
    return loader.construct_document(root), lines, mistakes


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        text = "no such file; name an existing one with --config"
        raise ConfigurationError(path, [Mistake(text)]) from error
    except UnicodeDecodeError as error:
        text = f"is not UTF-8 text (byte {error.start}); save it as UTF-8"
        raise ConfigurationError(path, [Mistake(text)]) from error
    except OSError as error:
        text = f"can't be read: {error.strerror}"
        raise ConfigurationError(path, [Mistake(text)]) from error


def _walk(node: yaml.Node, place: Place, lines: dict[Place, int]) -> Iterator[Mistake]:
    """Fill in the lines; take out of every mapping what can't stand there, and yield why."""
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            yield from _walk(item, (*place, position), lines)
    elif isinstance(node, yaml.MappingNode):
        kept = []
        for key, value in node.value:
            mistake = _misplaced(key, value, place, lines)
            if mistake:
                yield mistake
            else:
                inner = (*place, key.value)
                lines[inner] = key.start_mark.line + 1
                kept.append((key, value))
                yield from _walk(value, inner, lines)
        node.value = kept


def _misplaced(
    key: yaml.Node, value: yaml.Node, place: Place, lines: dict[Place, int]
) -> Mistake | None:
    line = key.start_mark.line + 1
    if key.tag != "tag:yaml.org,2002:str":
        return Mistake("a key here must be a plain word", place, line)
    inner = (*place, str(key.value))
    if inner in lines:
        return Mistake(f"is there twice; the first one is in line {lines[inner]}", inner, line)
    if value.tag == "tag:yaml.org,2002:null":
        return Mistake("has no value; give it one, or remove the key", inner, line)
    return None


def _syntax(error: yaml.MarkedYAMLError) -> Mistake:
    mark = error.problem_mark or error.context_mark
    problem = ", ".join(part for part in (error.context, error.problem) if part)
    if "'\\t'" in problem:
        problem = "a tab; YAML is indented with spaces"
    return Mistake(f"is not valid YAML: {problem}", line=mark.line + 1 if mark else None)
