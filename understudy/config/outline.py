"""What may stand at which place of the file: its keys, and what would be right there."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel

from understudy.config import schema
from understudy.config.mistakes import Place
from understudy.config.part import SECTION


def keys_at(place: Place) -> list[str]:
    """Return the keys that a section may have."""
    model = model_at(place)
    return list(model.model_fields) if model else []


def model_at(place: Place) -> type[BaseModel] | None:
    """Return the model of the section at a place."""
    model: type[BaseModel] | None = schema.File
    for part in place:
        if isinstance(part, str) and model:
            field = model.model_fields.get(part)
            model = model_within(field.annotation) if field else None
    return model


def model_within(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a field holds, itself, optional or in a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (model_within(inner) for inner in get_args(annotation))
    return next((model for model in found if model), None)


def right_at(place: Place) -> str:
    """Return what would be right at a place: the description of its field or item."""
    names = [part for part in place if isinstance(part, str)]
    model = model_at(tuple(names[:-1]))
    field = model.model_fields.get(names[-1]) if model else None
    if not field:
        return SECTION
    parts = [field] if isinstance(place[-1], str) else get_args(field.annotation)
    return _description(*parts, field.annotation) or SECTION


def _description(*parts: Any) -> str:
    """Return the first description in types and what annotates them, however nested."""
    for part in parts:
        inner = (*getattr(part, "__metadata__", ()), *get_args(part))
        if text := getattr(part, "description", None) or _description(*inner):
            return str(text)
    return ""
