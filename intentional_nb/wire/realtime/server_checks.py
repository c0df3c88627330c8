"""Kinds of values, for saying what an event may hold.

Each check takes a value and the path to it, and refuses what is wrong, naming the path:

    fields({"type": choice("realtime"), "speed": decimal(0.25, 1.5)}, required=("type",))

What is not required may be null, which is how clients that always send every field leave one out.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any

from intentional_nb.wire.realtime.server_errors import (
    Mistake,
    above,
    below,
    missing,
    not_base64,
    not_one_of,
    too_large,
    too_long,
    unknown,
    wrong_type,
)

__all__ = [
    "Check",
    "anything",
    "by_tag",
    "choice",
    "decimal",
    "decoded_audio",
    "either",
    "fields",
    "flag",
    "list_of",
    "map_of",
    "sound",
    "text",
    "whole",
]

Check = Callable[[Any, str], None]


def anything(value: Any, path: str) -> None:
    """Take it as it is."""


def text(most: int | None = None) -> Check:
    """Expect a string, of at most so many characters."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, str):
            raise wrong_type(path, "a string", value)
        if most is not None and len(value) > most:
            raise too_long(path, most, len(value))

    return check


def choice(*values: str) -> Check:
    """Expect one of these words."""

    def check(value: Any, path: str) -> None:
        text()(value, path)
        if value not in values:
            raise not_one_of(path, value, values)

    return check


def flag(value: Any, path: str) -> None:
    """Expect true or false."""
    if not isinstance(value, bool):
        raise wrong_type(path, "a boolean", value)


def whole(least: int, most: int | None = None) -> Check:
    """Expect an integer within bounds."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong_type(path, "an integer", value)
        _within(value, path, "integer", least, most)

    return check


def decimal(least: float, most: float) -> Check:
    """Expect a number within bounds."""

    def check(value: Any, path: str) -> None:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise wrong_type(path, "a decimal", value)
        _within(value, path, "decimal", least, most)

    return check


def sound(value: Any, path: str) -> None:
    """Expect base64 of whole 16-bit samples."""
    decoded_audio(value, path)


def decoded_audio(value: Any, path: str) -> bytes:
    """Decode base64 of whole 16-bit samples.

    Raises:
        Mistake: It is none.
    """
    text()(value, path)
    try:
        pcm = b64decode(value, validate=True)
    except ValueError:
        raise not_base64(path) from None
    if len(pcm) % 2:
        raise not_base64(path)
    return pcm


def list_of(check: Check) -> Check:
    """Expect an array of such values."""

    def check_all(value: Any, path: str) -> None:
        if not isinstance(value, list):
            raise wrong_type(path, "an array", value)
        for index, item in enumerate(value):
            check(item, f"{path}[{index}]")

    return check_all


def map_of(check: Check, *, most: int | None = None, longest_key: int | None = None) -> Check:
    """Expect an object with any names for such values; at most so many, and none longer than that."""

    def check_all(value: Any, path: str) -> None:
        _object(value, path)
        if most is not None and len(value) > most:
            raise too_large(path, most, len(value))
        for name, item in value.items():
            text(longest_key)(name, f"{path}.{name}")
            check(item, f"{path}.{name}")

    return check_all


def fields(known: Mapping[str, Check], *, required: tuple[str, ...] = ()) -> Check:
    """Expect an object with these fields and no other."""

    def check_all(value: Any, path: str) -> None:
        _object(value, path)
        at = f"{path}." if path else ""
        for name in required:
            if name not in value:
                raise missing(f"{at}{name}")
        for name, item in value.items():
            check = known.get(name)
            if check is None:
                raise unknown(f"{at}{name}")
            if item is not None or name in required:
                check(item, f"{at}{name}")

    return check_all


def by_tag(tag: str, kinds: Mapping[str, Check]) -> Check:
    """Expect an object whose shape depends on the word in one of its fields."""
    tagged = choice(*kinds)

    def check_all(value: Any, path: str) -> None:
        _object(value, path)
        at = f"{path}.{tag}" if path else tag
        if tag not in value:
            raise missing(at)
        tagged(value[tag], at)
        kinds[value[tag]](value, path)

    return check_all


def either(wanted: str, **checks: Check) -> Check:
    """Expect one of several kinds of JSON value, checked by its kind: ``text``, ``number``, ``object``."""

    def check_all(value: Any, path: str) -> None:
        check = checks.get(_kind(value))
        if check is None:
            raise wrong_type(path, wanted, value)
        check(value, path)

    return check_all


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    return "object" if isinstance(value, Mapping) else "other"


def _object(value: Any, path: str) -> None:
    if isinstance(value, Mapping):
        return
    if not path:
        raise Mistake("Invalid event: expected a JSON object.", "invalid_event")
    raise wrong_type(path, "an object", value)


def _within(value: float, path: str, kind: str, least: float, most: float | None) -> None:
    if value < least:
        raise below(path, kind, least, value)
    if most is not None and value > most:
        raise above(path, kind, most, value)
