"""What a response costs: its tokens, counted as OpenAI counts audio, and in words where there is text."""

from __future__ import annotations

from collections.abc import Iterable

from intentional_nb.wire.realtime.server_frames import Frame
from intentional_nb.wire.realtime.server_items import ServerItem

__all__ = ["TOKEN_LIMIT", "limits_frame", "transcription_usage", "usage_frame"]

USER_TOKEN_MS = 100
"""Of the user's speech in one token."""

ASSISTANT_TOKEN_MS = 50
"""Of the model's speech in one token."""

TOKEN_LIMIT = 1_000_000
"""Tokens a minute, as far as the rate limits tell; nothing is ever refused because of them."""


def usage_frame(instructions: str, context: Iterable[ServerItem], output: Iterable[ServerItem]) -> Frame:
    """Count what a response took in and gave out."""
    context, output = list(context), list(output)
    text_in = _words(instructions) + sum(_text_tokens(item) for item in context)
    audio_in = sum(_audio_tokens(item) for item in context)
    text_out, audio_out = sum(map(_text_tokens, output)), sum(map(_audio_tokens, output))
    return {
        "total_tokens": text_in + audio_in + text_out + audio_out,
        "input_tokens": text_in + audio_in,
        "output_tokens": text_out + audio_out,
        "input_token_details": {
            "text_tokens": text_in,
            "audio_tokens": audio_in,
            "image_tokens": 0,
            "cached_tokens": 0,
            "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0},
        },
        "output_token_details": {"text_tokens": text_out, "audio_tokens": audio_out},
    }


def transcription_usage(item: ServerItem, transcript: str) -> Frame:
    """Count what understanding an item's speech took."""
    audio, words = _audio_tokens(item), _words(transcript)
    return {
        "type": "tokens",
        "total_tokens": audio + words,
        "input_tokens": audio,
        "input_token_details": {"text_tokens": 0, "audio_tokens": audio},
        "output_tokens": words,
    }


def limits_frame(used_tokens: int) -> list[Frame]:
    """Tell what is left of the limit after a response."""
    remaining = max(TOKEN_LIMIT - used_tokens, 0)
    reset_s = round((TOKEN_LIMIT - remaining) * 60 / TOKEN_LIMIT, 3)
    return [{"name": "tokens", "limit": TOKEN_LIMIT, "remaining": remaining, "reset_seconds": reset_s}]


def _words(text: str) -> int:
    return len(text.split())


def _text_tokens(item: ServerItem) -> int:
    # A user's speech counts as audio alone: its words are what the model makes of it.
    spoken = 0 if item.role == "user" and item.speech else _words(item.text)
    return spoken + _words(item.name) + _words(item.arguments) + _words(item.output)


def _audio_tokens(item: ServerItem) -> int:
    token_ms = USER_TOKEN_MS if item.role == "user" else ASSISTANT_TOKEN_MS
    return sum(round(part.audio_ms / token_ms) for part in item.parts)
