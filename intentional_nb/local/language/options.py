"""The choices that a request offers: read from the routing tool's schema, and where that is silent, from the prompt."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from intentional_nb.local.language.request import Function, Request

__all__ = ["Option", "Router", "find_router", "human"]


@dataclass(frozen=True, slots=True)
class Option:
    """One legal choice.

    Attributes:
        name: What the routing tool is called with.
        description: When it holds; the name in words when nobody describes it.
        examples: Things a user might say that mean it.
        is_jump: Whether it leaves the subject; a choice within the subject is preferred when both fit.
    """

    name: str
    description: str
    examples: tuple[str, ...] = ()
    is_jump: bool = False


@dataclass(frozen=True, slots=True)
class Router:
    """The routing tool of a request.

    Attributes:
        name: The function to call.
        parameter: The argument that takes the choice.
        options: The legal choices, in the schema's order.
    """

    name: str
    parameter: str
    options: tuple[Option, ...]


_ROUTING_NAME = re.compile(r"classif|rout|intent|outcome|transition|next_stage|move_to|choose", re.IGNORECASE)
_EXAMPLES = re.compile(
    r"[\s,;.(\[]*(?:\b(?:for example|for instance|examples?|such as|like)\b|\be\.g\.?)[\s:,]*(?=[\"“'‘])", re.IGNORECASE
)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|“[^”]*”|(?<!\w)[\'‘](?:[^\'’]|(?<=\w)[\'’](?=\w))*[\'’](?!\w)')


def find_router(request: Request) -> Router | None:
    """The tool whose only business is to report one of a few names; None when the request has none."""
    candidates = [
        (_rank(function), function, parameter, names)
        for function in request.functions
        for parameter, names in [_choice(function)]
        if names and (_rank(function)[0] > 1 or _rank(function)[1] or len(function.properties) == 1)
    ]
    if not candidates:
        return None
    _, function, parameter, names = max(candidates, key=lambda candidate: candidate[0])
    return Router(function.name, parameter, _options(names, function, parameter, request))


def human(name: str) -> str:
    """A name in words: ``gave_their_name`` and ``gaveTheirName`` -> "gave their name"."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return " ".join(re.sub(r"[_\-./]+", " ", apart).lower().split())


def _rank(function: Function) -> tuple[int, int]:
    # The documented name first; then names that sound like routing; then whatever describes its names.
    if function.name == "classify_response":
        return 3, 0
    parameter, names = _choice(function)
    described = str(function.properties[parameter].get("description") or "") + "\n" + function.description
    return (2 if _ROUTING_NAME.search(function.name) else 1), len(_lines(described, names))


def _choice(function: Function) -> tuple[str, list[str]]:
    """The one required parameter and the names it may take; no names when the tool has another shape."""
    properties = function.properties
    required = [name for name in function.required if name in properties]
    if len(required) != 1 and not (len(properties) == 1 and not required):
        return "", []
    parameter = required[0] if required else next(iter(properties))
    return parameter, _names(function.resolve(properties[parameter]), function)


def _names(schema: Mapping[str, Any], function: Function) -> list[str]:
    listed = schema.get("enum")
    if isinstance(listed, list):
        return [name for name in listed if isinstance(name, str)]
    return [variant["const"] for variant in _variants(schema, function) if isinstance(variant.get("const"), str)]


def _variants(schema: Mapping[str, Any], function: Function) -> list[Mapping[str, Any]]:
    listed = [schema.get(key) for key in ("oneOf", "anyOf")]
    variants = [variant for one in listed if isinstance(one, list) for variant in one]
    return [function.resolve(variant) for variant in variants if isinstance(variant, Mapping)]


def _options(names: list[str], function: Function, parameter: str, request: Request) -> tuple[Option, ...]:
    schema = function.resolve(function.properties[parameter])
    variants = {
        variant["const"]: f"{variant['const']}: {variant['description']}"
        for variant in _variants(schema, function)
        if isinstance(variant.get("const"), str) and isinstance(variant.get("description"), str)
    }
    prompt = request.prompt
    jumps = prompt.section("stages you can jump to")
    sources = ["\n".join(variants.values()), str(schema.get("description") or ""), function.description]
    sources += [prompt.section("outcomes"), jumps, prompt.text]
    read = [_lines(source, names) for source in sources]
    jump_names = _lines(jumps, names)
    return tuple(_option(name, [lines[name] for lines in read if name in lines], name in jump_names) for name in names)


def _lines(text: str, names: Iterable[str]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Description and examples by name, from lines such as ``- NAME: DESCRIPTION (for example: "…"; "…")``."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for match in _line(tuple(names)).finditer(text):
        found.setdefault(match["name"], _description(match["rest"]))
    return found


@lru_cache(maxsize=512)
def _line(names: tuple[str, ...]) -> re.Pattern[str]:
    either = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) or r"(?!)"
    return re.compile(
        rf"^[ \t]*(?:[-*•]|\d+[.)])?[ \t]*[`\"'*]*(?P<name>{either})[`\"'*]*[ \t]*(?:(?::|–|—|=|->| - )[`*]*[ \t]*"
        rf"|(?=\(|$))(?P<rest>.*)$",
        re.MULTILINE,
    )


def _description(text: str) -> tuple[str, tuple[str, ...]]:
    parts = _EXAMPLES.split(f" {text}", maxsplit=1)
    examples = tuple(_unquoted(quoted) for quoted in _QUOTED.findall(parts[1])) if len(parts) > 1 else ()
    return parts[0].strip(" -–—"), tuple(example for example in examples if example)


def _unquoted(quoted: str) -> str:
    if quoted.startswith('"'):
        try:
            return str(json.loads(quoted)).strip()
        except ValueError:
            pass  # not written as JSON: take it as it stands
    return quoted[1:-1].strip()


def _option(name: str, found: list[tuple[str, tuple[str, ...]]], is_jump: bool) -> Option:
    description = next((text for text, _ in found if text), human(name))
    examples = next((examples for _, examples in found if examples), ())
    return Option(name, description, examples, is_jump)
