"""What may stand in a conversation file: every key, with the kind of its value and a sentence about it.

The reader and the JSON Schema are both driven by these tables, so neither can know a key that the other does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "BOT_FIELDS",
    "CONVERSATION_FIELDS",
    "FILE_FIELDS",
    "INTERFACES",
    "LLM_FIELDS",
    "MODALITIES",
    "OUTCOME_FIELDS",
    "STAGE_FIELDS",
    "TOOL_FIELDS",
    "Field",
]

Kind = Literal["text", "texts", "bot", "llm", "conversation", "stages", "outcomes", "tools"]
"""What a value is; ``texts`` is a list of texts, or one text on its own."""

MODALITIES = ("text_messages", "audio_stream")
"""What passes between the user and the bot."""

INTERFACES = ("notebook",)
"""The interfaces that this package has; a file made for another one loads with a warning."""


@dataclass(frozen=True, slots=True)
class Field:
    """One key.

    Attributes:
        kind: What its value is.
        description: Tells the author what to put there.
        choices: The legal texts, where only some are.
        is_required: Whether the schema asks for it.
    """

    kind: Kind
    description: str
    choices: tuple[str, ...] = ()
    is_required: bool = False


FILE_FIELDS: Mapping[str, Field] = {
    "interface": Field("text", "Where people meet the bot; `notebook` unless set."),
    "modality": Field(
        "text",
        "How people talk to the bot: `text_messages` unless set, `audio_stream` to speak with it.",
        choices=MODALITIES,
    ),
    "plugins": Field("texts", "Python modules to import, for their tools and clients."),
    "bot": Field("bot", "Who runs the conversation, and with which model."),
    "conversation": Field("conversation", "What may be said.", is_required=True),
}

BOT_FIELDS: Mapping[str, Field] = {
    "type": Field("text", "The bot structure; `direct_to_llm` unless set."),
    "llm": Field("llm", "The model and how to reach it."),
}
"""A bot may have further settings; the bot structure knows them."""

LLM_FIELDS: Mapping[str, Field] = {
    "client": Field(
        "text",
        "Which client reaches the model: `openai`, `openai_realtime` to speak with it, or `local` for the model that "
        "needs no key.",
    ),
    "name": Field("text", "The model's name, such as the server lists it."),
    "api_key_name": Field("text", "The environment variable that holds the key; never the key itself."),
    "base_url": Field("text", "Address of an OpenAI-compatible server."),
}
"""A model may have further settings; the client knows them."""

CONVERSATION_FIELDS: Mapping[str, Field] = {
    "background": Field("text", "What the model is told in every stage: who it is, whom it talks to, how."),
    "initial_message": Field("text", "The bot's opening line; without it the user speaks first."),
    "stages": Field("stages", "The stages of the conversation, by name.", is_required=True),
}

STAGE_FIELDS: Mapping[str, Field] = {
    "goal": Field("text", "What the bot tries to achieve here."),
    "description": Field("text", "When to jump here; needed where `accessible_from` lets other stages do so."),
    "accessible_from": Field(
        "texts", "Who may enter: `_start_` begins the conversation here; stage names, or `_all_`, may jump here."
    ),
    "not_accessible_from": Field("texts", "Stages that may not jump here although `accessible_from` says so."),
    "outcomes": Field("outcomes", "The ways in which this stage can end, by name."),
    "tools": Field("tools", "What the model may call here: tool ids, or mappings with `id` and the tool's options."),
    "custom_template": Field(
        "text",
        "A prompt that replaces the usual one. Placeholders: {intent_router_tool} {stage_name} {background} "
        "{current_goal} {outcomes} {transitions}.",
    ),
    "say": Field("texts", "Lines that show how the bot may sound here."),
    "examples": Field("texts", "Things a user might say that should lead to a jump here."),
}

OUTCOME_FIELDS: Mapping[str, Field] = {
    "description": Field("text", "When this outcome holds.", is_required=True),
    "move_to": Field(
        "text",
        "The stage to go to, `_end_`, or `_backtrack_` for the stage from which this one was jumped to.",
        is_required=True,
    ),
    "examples": Field("texts", "Things a user might say that mean this outcome."),
}

TOOL_FIELDS: Mapping[str, Field] = {
    "id": Field("text", "The id under which the tool is registered.", is_required=True),
}
"""All other keys are the tool's options."""
