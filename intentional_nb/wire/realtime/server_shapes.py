"""What each event of a client may hold: the protocol as tables.

What only OpenAI's own servers can do is not in them, and is refused as what is not there: telephone formats of audio,
and MCP servers as tools.
"""

from __future__ import annotations

from typing import Final

from intentional_nb.wire.realtime.server_checks import (
    Check,
    anything,
    by_tag,
    choice,
    decimal,
    either,
    fields,
    flag,
    list_of,
    map_of,
    sound,
    text,
    whole,
)

__all__ = ["APPENDED_CHARACTERS", "CLIENT_EVENTS", "VOICES"]

VOICES: Final = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")

APPENDED_CHARACTERS: Final = 20 * 1024 * 1024
"""Of base64: the 15 MiB of audio that one event may bring."""

_name = text(64)
_item_id = text(32)

_FORMAT = by_tag("type", {"audio/pcm": fields({"type": anything, "rate": whole(24_000, 24_000)})})
_VOICE = either("a string or an object", text=choice(*VOICES), object=fields({"id": text()}, required=("id",)))
_OUTPUT_TOKENS = either("an integer or 'inf'", text=choice("inf"), number=whole(1, 4096))
_EFFORT = fields({"effort": choice("minimal", "low", "medium", "high", "xhigh")})
_INPUT_TEXT = fields({"type": anything, "text": text()}, required=("text",))
_VARIABLE = either("a string or an object", text=text(), object=by_tag("type", {"input_text": _INPUT_TEXT}))
_PROMPT = fields({"id": text(), "version": text(), "variables": map_of(_VARIABLE)}, required=("id",))
_MODALITIES = list_of(choice("text", "audio"))

_SERVER_VAD = {
    "type": anything,
    "threshold": decimal(0.0, 1.0),
    "prefix_padding_ms": whole(0, 5_000),
    "silence_duration_ms": whole(0, 10_000),
    "create_response": flag,
    "interrupt_response": flag,
    "idle_timeout_ms": whole(5_000, 30_000),
}
_SEMANTIC_VAD = {
    "type": anything,
    "eagerness": choice("low", "medium", "high", "auto"),
    "create_response": flag,
    "interrupt_response": flag,
}
_TURN_DETECTION = by_tag("type", {"server_vad": fields(_SERVER_VAD), "semantic_vad": fields(_SEMANTIC_VAD)})

_TRANSCRIPTION = fields(
    {
        "model": text(),
        "language": text(),
        "languages": list_of(text()),
        "prompt": text(),
        "keywords": list_of(text()),
        "delay": choice("minimal", "low", "medium", "high", "xhigh"),
    }
)
_NOISE_REDUCTION = fields({"type": choice("near_field", "far_field"), "strength": decimal(0.0, 1.0)})

_INPUT = fields(
    {
        "format": _FORMAT,
        "transcription": _TRANSCRIPTION,
        "noise_reduction": _NOISE_REDUCTION,
        "turn_detection": _TURN_DETECTION,
    }
)
_OUTPUT = fields({"format": _FORMAT, "voice": _VOICE, "speed": decimal(0.25, 1.5)})

_FUNCTION = {"type": anything, "name": _name, "description": text(), "parameters": anything}
_TOOLS = list_of(by_tag("type", {"function": fields(_FUNCTION, required=("name",))}))
_TOOL_CHOICE = either(
    "a string or an object",
    text=choice("none", "auto", "required"),
    object=by_tag("type", {"function": fields({"type": anything, "name": _name}, required=("name",))}),
)

_TRUNCATION = either(
    "a string or an object",
    text=choice("auto", "disabled"),
    object=by_tag(
        "type",
        {
            "retention_ratio": fields(
                {
                    "type": anything,
                    "retention_ratio": decimal(0.0, 1.0),
                    "token_limits": fields({"post_instructions": whole(0)}),
                },
                required=("retention_ratio",),
            )
        },
    ),
)
_TRACING = either(
    "a string or an object",
    text=choice("auto"),
    object=fields({"workflow_name": text(), "group_id": text(), "metadata": anything}),
)

_SESSION = {
    "type": anything,
    "model": text(),
    "instructions": text(),
    "output_modalities": _MODALITIES,
    "audio": fields({"input": _INPUT, "output": _OUTPUT}),
    "tools": _TOOLS,
    "tool_choice": _TOOL_CHOICE,
    "parallel_tool_calls": flag,
    "reasoning": _EFFORT,
    "max_output_tokens": _OUTPUT_TOKENS,
    "truncation": _TRUNCATION,
    "include": list_of(choice("item.input_audio_transcription.logprobs")),
    "tracing": _TRACING,
    "prompt": _PROMPT,
}

_MARKS: dict[str, Check] = {
    "id": _item_id,
    "type": anything,
    "object": choice("realtime.item"),
    "status": choice("completed", "incomplete", "in_progress"),
}
_INPUT_AUDIO = fields({"type": anything, "audio": sound, "transcript": text()}, required=("audio",))
_INPUT_IMAGE = fields({"type": anything, "image_url": text(), "detail": choice("auto", "low", "high")})
_OUTPUT_TEXT = fields({"type": anything, "text": text()}, required=("text",))


def _message(**contents: Check) -> Check:
    parts = list_of(by_tag("type", contents))
    return fields({**_MARKS, "role": anything, "content": parts}, required=("content",))


_MESSAGE = by_tag(
    "role",
    {
        "user": _message(input_text=_INPUT_TEXT, input_audio=_INPUT_AUDIO, input_image=_INPUT_IMAGE),
        # What the model spoke cannot be put into its mouth: an assistant's audio is the server's alone.
        "assistant": _message(output_text=_OUTPUT_TEXT),
        "system": _message(input_text=_INPUT_TEXT),
    },
)
_CALL = fields({**_MARKS, "name": _name, "arguments": text(), "call_id": text()}, required=("name", "arguments"))
_CALL_OUTPUT = fields({**_MARKS, "call_id": text(), "output": text()}, required=("call_id", "output"))
_ITEMS = {"message": _MESSAGE, "function_call": _CALL, "function_call_output": _CALL_OUTPUT}
_ITEM = by_tag("type", _ITEMS)
_REFERENCE = fields({"type": anything, "id": text()}, required=("id",))

_RESPONSE = fields(
    {
        "audio": fields({"output": fields({"format": _FORMAT, "voice": _VOICE})}),
        "conversation": choice("auto", "none"),
        "input": list_of(by_tag("type", {**_ITEMS, "item_reference": _REFERENCE})),
        "instructions": text(),
        "max_output_tokens": _OUTPUT_TOKENS,
        "metadata": map_of(text(512), most=16, longest_key=64),
        "output_modalities": _MODALITIES,
        "parallel_tool_calls": flag,
        "prompt": _PROMPT,
        "reasoning": _EFFORT,
        "tool_choice": _TOOL_CHOICE,
        "tools": _TOOLS,
    }
)


def _event(required: tuple[str, ...] = (), **known: Check) -> Check:
    return fields({"type": anything, "event_id": text(512), **known}, required=required)


CLIENT_EVENTS: Final[dict[str, Check]] = {
    "session.update": _event(("session",), session=by_tag("type", {"realtime": fields(_SESSION)})),
    "input_audio_buffer.append": _event(("audio",), audio=text(APPENDED_CHARACTERS)),
    "input_audio_buffer.commit": _event(),
    "input_audio_buffer.clear": _event(),
    "conversation.item.create": _event(("item",), item=_ITEM, previous_item_id=text()),
    "conversation.item.truncate": _event(
        ("item_id", "content_index", "audio_end_ms"), item_id=text(), content_index=whole(0), audio_end_ms=whole(0)
    ),
    "conversation.item.delete": _event(("item_id",), item_id=text()),
    "conversation.item.retrieve": _event(("item_id",), item_id=text()),
    "response.create": _event(response=_RESPONSE),
    "response.cancel": _event(response_id=text()),
}
"""Every event that a client may send over a WebSocket, with the check of what it holds."""
