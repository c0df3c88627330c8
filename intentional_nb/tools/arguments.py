"""Arguments of a tool: one pydantic model gives both the JSON Schema for the model and the check of what it sends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from intentional_nb.errors import ToolError

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["Argument", "arguments_model", "json_schema", "python_type", "validated"]

_JSON_TYPES: dict[str, type] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "array": list,
    "object": dict,
}


class Argument(NamedTuple):
    """One argument: ``default`` is ``...`` where the model must give it."""

    name: str
    annotation: Any
    description: str
    default: Any


def python_type(declared: Any) -> Any:
    """The Python type for a JSON type name such as ``"string"``; a Python type stays what it is.

    Raises:
        TypeError: The name is not one of JSON Schema's.
    """
    if not isinstance(declared, str):
        return declared
    if declared in _JSON_TYPES:
        return _JSON_TYPES[declared]
    raise TypeError(f"unknown parameter type {declared!r}; use a Python type or one of {', '.join(_JSON_TYPES)}")


def arguments_model(name: str, arguments: Iterable[Argument]) -> type[BaseModel]:
    """A pydantic model with one field for each argument, refusing others."""
    from pydantic import ConfigDict, Field, create_model

    # Aliases keep names that pydantic reserves, such as `schema` or `_x`, usable as argument names.
    fields: dict[str, Any] = {
        f"argument_{index}": (
            argument.annotation,
            Field(default=argument.default, alias=argument.name, description=argument.description or None),
        )
        for index, argument in enumerate(arguments)
    }
    config = ConfigDict(extra="forbid", arbitrary_types_allowed=False)
    return create_model(name, __config__=config, **fields)


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The model's JSON Schema as both OpenAI APIs take it: no titles, and no ``default: null``."""
    schema = _cleaned(model.model_json_schema(by_alias=True))
    schema.setdefault("properties", {})
    return {
        "type": "object",
        **{key: value for key, value in schema.items() if key not in ("type", "description")},
    }


def _cleaned(node: Any, *, names: bool = False) -> Any:
    """Without ``title`` and ``default: null``; ``names`` says that the keys are names, not schema words."""
    if isinstance(node, list):
        return [_cleaned(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _cleaned(value, names=key in ("properties", "$defs"))
        for key, value in node.items()
        if names or not (key == "title" or (key == "default" and value is None))
    }


def validated(model: type[BaseModel], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments, checked, converted and completed with defaults.

    Raises:
        ToolError: They do not fit; the text names each argument and what is wrong with it, for the model to mend.
    """
    from pydantic import ValidationError

    try:
        filled = model.model_validate(dict(arguments))
    except ValidationError as error:
        raise ToolError(_explained(error)) from error
    return {field.alias or name: getattr(filled, name) for name, field in model.model_fields.items()}


def _explained(error: Any) -> str:
    lines = []
    for item in error.errors(include_url=False, include_context=False):
        place = ".".join(str(part) for part in item["loc"])
        value = "" if item["type"] == "missing" else f" (got {item['input']!r})"
        lines.append(f"- {place}: {item['msg']}{value}"[:300])
    return "the arguments do not fit:\n" + "\n".join(lines)
