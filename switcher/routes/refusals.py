"""What a caller may be refused with, as the description of the API tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import status
from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Refusal:
    """A sentence that says why not."""

    detail: str


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong at a place of a request; what was sent there is not repeated."""

    type: str
    loc: list[str | int]
    msg: str


@dataclass(frozen=True, slots=True)
class Mistakes:
    """All that is wrong with a request."""

    detail: list[Mistake]


Answers = dict[int | str, dict[str, Any]]

_SHAPES = "#/components/schemas"
_REFUSAL, _MISTAKES = ({"$ref": f"{_SHAPES}/{each.__name__}"} for each in (Refusal, Mistakes))


def refusals(**why: str) -> Answers:
    """Return the description of refusals: `_404="There is no such witness."`."""
    return {int(code.removeprefix("_")): _told(why[code], _REFUSAL) for code in why}


def with_shapes(described: dict[str, Any]) -> dict[str, Any]:
    """Return a description of the API with the shapes of refusals, to which its parts refer.

    They are told by name and once: worked out anew for each place that names them, they would take
    a part of every start.
    """
    shapes = TypeAdapter(Refusal | Mistakes).json_schema(ref_template=f"{_SHAPES}/{{model}}")
    parts = described["components"]
    schemas = dict(sorted({**parts["schemas"], **shapes["$defs"]}.items()))
    return {**described, "components": {**parts, "schemas": schemas}}


def _told(sentence: str, shape: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": sentence, "content": {"application/json": {"schema": shape}}}


MISTAKES: Answers = {
    status.HTTP_422_UNPROCESSABLE_CONTENT: _told(
        "The request is not of the form that is described here.", _MISTAKES
    )
}
MISTAKES_OR_SECRETS: Answers = {
    status.HTTP_422_UNPROCESSABLE_CONTENT: _told(
        "The order is not of this form, or holds a private key or a token.",
        {"anyOf": [_MISTAKES, _REFUSAL]},
    )
}
NO_TOKEN = refusals(_401="No token was shown, or an unknown one.")
WRONG_SCOPE = refusals(_403="The token is not good for that.")
NO_JOURNAL = refusals(_503="The journal can't be used at present.")
READING: Answers = {**NO_TOKEN, **WRONG_SCOPE}
OPERATING: Answers = {
    **refusals(
        _400="The body is not JSON.",
        _404="The configuration has none of this name.",
        _413="The body is too large.",
    ),
    **NO_TOKEN,
    **WRONG_SCOPE,
    **MISTAKES_OR_SECRETS,
    **NO_JOURNAL,
}
ORDERING = refusals(_409="The order can't be given, or not now.")
