"""The types of the official package as the measure of a frame: strict, and with no field that they do not know."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


def unknown_fields(value: Any, path: str = "") -> list[str]:
    """Name every field that the official types do not know."""
    if isinstance(value, list):
        return [name for item in value for name in unknown_fields(item, f"{path}[]")]
    if not isinstance(value, BaseModel):
        return []
    known = [name for key, item in value for name in unknown_fields(item, f"{path}.{key}") if key not in extra(value)]
    return [f"{path}.{key}" for key in extra(value)] + known


def extra(model: BaseModel) -> dict[str, Any]:
    return model.model_extra or {}


def is_official(frame: Any, model: type[BaseModel]) -> bool:
    return unknown_fields(model.model_validate(frame, strict=True)) == []
