"""What a caller may be refused with, as the description of the API tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import status


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


def refusals(**why: str) -> Answers:
    """Return the description of refusals: `_404="There is no such witness."`."""
    return {
        int(code.removeprefix("_")): {"model": Refusal, "description": sentence}
        for code, sentence in why.items()
    }


def beside_a_stream(answers: Answers) -> Answers:
    """Return refusals for an address whose answer is no JSON, unlike them."""
    return {
        code: {
            "description": each["description"],
            "content": {_JSON: {"schema": {"$ref": f"{_SHAPES}/{each['model'].__name__}"}}},
        }
        for code, each in answers.items()
    }


_JSON, _SHAPES = "application/json", "#/components/schemas"

MISTAKES: Answers = {
    status.HTTP_422_UNPROCESSABLE_CONTENT: {
        "model": Mistakes,
        "description": "The request is not of the form that is described here.",
    }
}
MISTAKES_OR_SECRETS: Answers = {
    status.HTTP_422_UNPROCESSABLE_CONTENT: {
        "model": Mistakes | Refusal,
        "description": "The order is not of this form, or holds a private key or a token.",
    }
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
