"""Values that a JSON Schema accepts, from what the user told where it fits, and as small as can be elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from intentional_nb.local.language.request import Function
from intentional_nb.local.language.slots import Said, fill

__all__ = ["instance"]

DEEPEST = 12
"""Levels after which a schema that refers to itself is left empty."""

_FORMATS = {
    "date": "2000-01-01",
    "time": "00:00:00Z",
    "date-time": "2000-01-01T00:00:00Z",
    "email": "nobody@example.com",
    "uri": "https://example.com",
    "uuid": "00000000-0000-0000-0000-000000000000",
    "ipv4": "127.0.0.1",
    "duration": "PT0S",
}


def instance(schema: Mapping[str, Any], said: Sequence[Said], today: date) -> Any:
    """A value for the schema.

    Args:
        schema: Any JSON Schema; ``$ref`` within it is followed.
        said: What the user said, newest first; properties that it tells are taken from there.
        today: What relative days are counted from.
    """
    whole = Function("answer", "", schema)
    told = fill(whole, said, today).arguments if said else {}
    return _value(schema, whole, told, 0)


def _value(schema: Any, whole: Function, told: Mapping[str, Any], depth: int) -> Any:
    if not isinstance(schema, Mapping) or depth > DEEPEST:
        return None
    schema = whole.resolve(schema)
    if "const" in schema:
        return schema["const"]
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return schema["enum"][0]
    if "default" in schema:
        return schema["default"]
    for key in ("anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(key), list) and schema[key]:
            return _value(schema[key][0], whole, told, depth + 1)
    return _typed(schema, whole, told, depth)


def _typed(schema: Mapping[str, Any], whole: Function, told: Mapping[str, Any], depth: int) -> Any:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = kind[0] if kind else None
    if kind == "object" or (kind is None and "properties" in schema):
        return _object(schema, whole, told, depth)
    if kind == "array":
        count = schema.get("minItems")
        items = range(count if isinstance(count, int) and 0 < count < 100 else 0)
        return [_value(schema.get("items", {}), whole, {}, depth + 1) for _ in items]
    if kind in ("integer", "number"):
        return _number(schema)
    if kind == "boolean":
        return False
    return _text(schema) if kind == "string" else None


def _object(schema: Mapping[str, Any], whole: Function, told: Mapping[str, Any], depth: int) -> dict[str, Any]:
    properties = schema.get("properties")
    required = schema.get("required")
    wanted = set(required) if isinstance(required, list) and all(isinstance(n, str) for n in required) else set()
    pairs = properties.items() if isinstance(properties, Mapping) else ()
    return {
        name: told[name] if name in told else _value(part, whole, {}, depth + 1)
        for name, part in pairs
        if name in wanted or name in told
    }


def _number(schema: Mapping[str, Any]) -> int | float:
    low, above, high = schema.get("minimum"), schema.get("exclusiveMinimum"), schema.get("maximum")
    if isinstance(above, int | float) and not isinstance(above, bool):
        return above + 1
    if isinstance(low, int | float) and low > 0:
        return low
    return high if isinstance(high, int | float) and high < 0 else 0


def _text(schema: Mapping[str, Any]) -> str:
    form = schema.get("format")
    if isinstance(form, str) and form in _FORMATS:
        return _FORMATS[form]
    shortest = schema.get("minLength")
    return "-" * shortest if isinstance(shortest, int) and 0 < shortest < 10_000 else ""
