"""What is said below names: the docstrings of fields and of the members of an enumeration."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Mapping
from functools import cache
from itertools import pairwise


class UndocumentedError(Exception):
    """A name that people meet has no meaning written below it."""

    def __init__(self, owner: type, name: str) -> None:
        super().__init__(f"{owner.__module__}.{owner.__name__}.{name} needs a docstring below it.")


def meaning(owner: type, name: str) -> str:
    """Return what is said below a name in a class, or in one that it is made of.

    Raises:
        UndocumentedError: nothing is.
    """
    for each in owner.__mro__:
        if each.__module__ != "builtins" and (text := _told(each).get(name)):
            return text
    raise UndocumentedError(owner, name)


@cache
def _told(owner: type) -> Mapping[str, str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]
    except (OSError, TypeError):
        return {}  # one of the interpreter's own
    found: dict[str, str] = {}
    for statement, after in pairwise(tree.body if isinstance(tree, ast.ClassDef) else ()):
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        target = statement.target if isinstance(statement, ast.AnnAssign) else target
        match target, after:
            case ast.Name(id=name), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = inspect.cleandoc(text)
    return found
