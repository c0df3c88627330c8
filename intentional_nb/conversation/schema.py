"""JSON Schema of conversation files, for editors that complete and check YAML; made from the tables in `fields`.

It says what a file may contain. Whether the stages fit together is for `checks`, which an editor cannot run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from intentional_nb.conversation.fields import (
    BOT_FIELDS,
    CONVERSATION_FIELDS,
    FILE_FIELDS,
    LLM_FIELDS,
    OUTCOME_FIELDS,
    STAGE_FIELDS,
    TOOL_FIELDS,
    Field,
)

__all__ = ["SHIPPED", "conversation_schema", "schema_text"]

SHIPPED = Path(__file__).with_name("schema.json")
"""The schema as a file of the package, for editors."""

_TEXT: dict[str, Any] = {"type": "string"}
_KINDS: Mapping[str, dict[str, Any]] = {
    "text": _TEXT,
    "texts": {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]},
    "bot": {"$ref": "#/$defs/bot"},
    "llm": {"$ref": "#/$defs/llm"},
    "conversation": {"$ref": "#/$defs/conversation"},
    "stages": {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"not": {"enum": ["_start_", "_all_", "_end_", "_backtrack_"]}},
        "additionalProperties": {"$ref": "#/$defs/stage"},
    },
    "outcomes": {"type": "object", "additionalProperties": {"$ref": "#/$defs/outcome"}},
    "tools": {"type": "array", "items": {"anyOf": [_TEXT, {"$ref": "#/$defs/tool"}]}},
}


def conversation_schema() -> dict[str, Any]:
    """The schema of a whole file, or of its ``conversation`` section on its own."""
    stage = _mapping(STAGE_FIELDS, "One part of the conversation, with one goal.")
    # A stage with a template of its own needs nothing else, nor do its outcomes need descriptions.
    stage["anyOf"] = [{"required": ["goal"]}, {"required": ["custom_template"]}]
    outcome = _mapping(OUTCOME_FIELDS, "One way in which a stage can end.")
    outcome["required"] = ["move_to"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Conversation file of intentional_nb",
        "if": {"required": ["stages"], "not": {"required": ["conversation"]}},
        "then": {"$ref": "#/$defs/conversation"},
        "else": {"$ref": "#/$defs/file"},
        "$defs": {
            "file": _mapping(FILE_FIELDS, "A bot and its conversation."),
            "bot": _mapping(BOT_FIELDS, "Who runs the conversation, and with which model.", is_open=True),
            "llm": _mapping(LLM_FIELDS, "The model and how to reach it.", is_open=True),
            "conversation": _mapping(CONVERSATION_FIELDS, "What may be said."),
            "stage": stage,
            "outcome": outcome,
            "tool": _mapping(TOOL_FIELDS, "A tool, with its options.", is_open=True),
        },
    }


def schema_text() -> str:
    """The schema as it stands in `SHIPPED`."""
    return json.dumps(conversation_schema(), indent=2, ensure_ascii=False) + "\n"


def _mapping(fields: Mapping[str, Field], description: str, *, is_open: bool = False) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "description": description,
        "properties": {name: _property(item) for name, item in fields.items()},
    }
    required = [name for name, item in fields.items() if item.is_required]
    return {
        **schema,
        **({"required": required} if required else {}),
        **({} if is_open else {"additionalProperties": False}),
    }


def _property(item: Field) -> dict[str, Any]:
    choices = {"enum": list(item.choices)} if item.choices else {}
    return {"description": item.description, **_KINDS[item.kind], **choices}
