"""Which errors end a session, which lose nothing, and which only tell.

Servers put the word for what went wrong into ``code`` or, some of them, into ``type``; a few only into the message.
"""

from __future__ import annotations

import re

__all__ = ["COLLISION", "FATAL", "HARMLESS", "is_collision", "is_fatal", "is_harmless", "named_response"]

COLLISION = "conversation_already_has_active_response"
"""A response was asked for while one was active, perhaps one that the server made by itself."""

FATAL = frozenset(
    {
        "account_deactivated",
        "authentication_error",
        "beta_api_shape_disabled",
        "billing_hard_limit_reached",
        "insufficient_quota",
        "invalid_api_key",
        "invalid_authentication",
        "invalid_model",
        "model_not_found",
        "permission_error",
        "session_expired",
    }
)
"""Codes and types after which the session is of no more use: key, quota, model, shape, time."""

HARMLESS = {
    "response_cancel_not_active": "the response ended before the cancel arrived",
    "response_cancel_no_active_response": "the same, in another server's words",
    "response_not_active": "the same, in another server's words",
}
"""Codes that tell of nothing lost, and why; they can always come, since a cancel races the end of a response."""

_HARMLESS_MESSAGES = (
    re.compile(r"^Cancellation failed", re.IGNORECASE),
    # "Audio content of 3700ms is already shorter than 3760ms": what was to be forgotten was never made.
    re.compile(r"^Audio content of \d+ ?ms is already shorter than", re.IGNORECASE),
    # A truncation that came before the item had any audio: there was nothing to forget.
    re.compile(r"^Only model output audio messages can be truncated", re.IGNORECASE),
)
_TIDYING = {"conversation.item.truncate", "conversation.item.delete"}
_NO_SUCH_ITEM = re.compile(r"invalid_item_id|item_not_found")
_NAMED = re.compile(r"in progress: ([\w-]+)")


def is_fatal(kind: str, code: str) -> bool:
    """Whether the session is of no more use after an error with this ``type`` and ``code``."""
    return code in FATAL or kind in FATAL


def is_collision(kind: str, code: str) -> bool:
    """Whether a ``response.create`` met a response that was still active."""
    return COLLISION in (code, kind)


def is_harmless(kind: str, code: str, message: str, command: str = "", *, listens: bool = False) -> bool:
    """Whether an error tells of nothing lost.

    Args:
        kind: The error's ``type``.
        code: Its ``code``.
        message: Its words.
        command: The type of our event that it answers, or empty.
        listens: Whether the server ends the user's turns by itself: then it may have emptied the buffer before a
            commit came.
    """
    if code in HARMLESS or kind in HARMLESS or any(pattern.match(message) for pattern in _HARMLESS_MESSAGES):
        return True
    if code == "input_audio_buffer_commit_empty":
        return listens
    return command in _TIDYING and bool(_NO_SUCH_ITEM.search(code))


def named_response(message: str) -> str:
    """The id of the response that a collision's message names, or empty.

    >>> named_response("Conversation already has an active response in progress: resp_42. Wait until …")
    'resp_42'
    """
    found = _NAMED.search(message)
    return found.group(1) if found else ""
