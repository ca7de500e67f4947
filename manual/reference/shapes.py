"""The shapes of JSON objects, told from their JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from manual.reference.markdown import code, prose, table

Schema = Mapping[str, Any]
_PLAIN = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
}


def shapes(schemas: Mapping[str, Schema]) -> Iterator[str]:
    """Yield a section for each named shape."""
    for name, schema in sorted(schemas.items()):
        yield f"### {name}"
        yield "\n\n".join(prose(each) for each in schema.get("description", "").split("\n\n"))
        if "enum" in schema:
            yield f"One of: {', '.join(code(str(each)) for each in schema['enum'])}."
        elif fields := schema.get("properties"):
            needed = schema.get("required", ())
            rows = [_row(key, each, key in needed) for key, each in fields.items()]
            yield table(("field", "is", ""), rows)


def shape_of(schema: Schema) -> str:
    """Return what a schema lets pass, as Markdown; nothing for one that says nothing."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(filter(None, map(shape_of, schema["anyOf"]))))
    match schema.get("type"):
        case "null":
            return "`null`"
        case "array":
            return f"list of {shape_of(schema['items']) or 'anything'}"
        case "object":
            return "object"
        case str(plain):
            return _PLAIN[plain] + _limits(schema)
    return ""


def _limits(schema: Schema) -> str:
    named = (("minimum", "from"), ("maximum", "to"), ("minLength", "of"), ("maxLength", "to"))
    told = [f"{word} {schema[key]}" for key, word in named if key in schema]
    letters = " letters" if "maxLength" in schema else ""
    return f" {' '.join(told)}{letters}" if told else ""


def _row(name: str, schema: Schema, needed: bool) -> tuple[str, str, str]:
    default = schema.get("default")
    without = "" if needed else "may be left out"
    if default is not None:
        without = f"{without}: {code(str(default))}"
    return code(name), shape_of(schema) or "anything", without
