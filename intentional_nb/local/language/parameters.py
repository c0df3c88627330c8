"""The parameters of a tool, and the kind of value that each takes.

The kind comes from the schema (``format``, ``enum``, ``type``) or else from name and description: most schemas say
"string" of a date, a city and a name alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from intentional_nb.local.language.kinds import asked
from intentional_nb.local.language.options import human
from intentional_nb.local.language.request import Function

__all__ = ["Parameter", "parameters", "typed_kind"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a tool.

    Attributes:
        name: As the schema names it.
        schema: References resolved, the null variant of an optional one left out.
        is_required: Whether the call is refused without it.
    """

    name: str
    schema: Mapping[str, Any]
    is_required: bool

    @property
    def told(self) -> str:
        """Name and description together."""
        return f"{human(self.name)}: {self.schema.get('description') or ''}"

    @property
    def kind(self) -> str:
        """What sort of value it takes: a JSON type, or a finer kind such as ``date`` or ``place``."""
        found = typed_kind(self.schema)
        if found in ("integer", "number"):
            kinds = asked(human(self.name)) or asked(self.told)
            return next((kind for kind in ("duration", "age", "money") if kind in kinds), "number")
        if found != "string":
            return found
        name = human(self.name)
        kinds = _named_kinds(name) or (asked(self.told) if not _FREE.search(name) else frozenset())
        return next((kind for kind in _BY_PRECEDENCE if kind in kinds), "text")


_BY_PRECEDENCE_TEXT = "datetime email phone url date time age duration number code place name"
_BY_PRECEDENCE = _BY_PRECEDENCE_TEXT.split()
_FREE = re.compile(
    r"reason|note|message|query|question|text|topic|title|subject|description|comment|content|keyword|task|summary"
    r"|item|product|body|feedback|search|prompt|detail"
)


def _named_kinds(name: str) -> frozenset[str]:
    if re.search(r"\b(?:date ?time|timestamp|when|date and time)\b", name):
        return frozenset({"datetime"})
    if re.search(r"\b(?:day|date)\b", name):
        return frozenset({"date"})
    if re.search(
        r"\b(?:file|product|item|tool|company|pet|project|event|list|song|movie|book|team|brand) name\b", name
    ):
        return frozenset({"text"})
    if re.search(r"\b(?:origin|destination|departure|arrival|place|where|venue)\b", name) and "time" not in name:
        return frozenset({"place"})
    return asked(name)


def typed_kind(schema: Mapping[str, Any]) -> str:
    """The kind that the schema alone tells: a JSON type, ``enum``, or what a format stands for."""
    if isinstance(schema.get("enum"), list) or "const" in schema:
        return "enum"
    form = schema.get("format")
    if isinstance(form, str) and form in _FORMATS:
        return _FORMATS[form]
    found = schema.get("type")
    if isinstance(found, list):
        found = next((one for one in found if isinstance(one, str) and one != "null"), None)
    return found if isinstance(found, str) else "object" if "properties" in schema else "string"


_FORMATS = {
    "date": "date",
    "time": "time",
    "date-time": "datetime",
    "email": "email",
    "idn-email": "email",
    "uri": "url",
    "duration": "span",
}


def parameters(function: Function) -> list[Parameter]:
    """The function's parameters, in the schema's order."""
    return [
        Parameter(name, _plain(schema, function), name in function.required)
        for name, schema in function.properties.items()
    ]


def _plain(schema: Mapping[str, Any], function: Function) -> Mapping[str, Any]:
    schema = function.resolve(schema)
    for key in ("anyOf", "oneOf", "allOf"):
        variants = schema.get(key)
        if isinstance(variants, list):
            resolved = [function.resolve(one) for one in variants if isinstance(one, Mapping)]
            telling = [one for one in resolved if one.get("type") != "null"]
            if telling:
                return {**telling[0], **{k: v for k, v in schema.items() if k not in (key, "default")}}
    return schema
