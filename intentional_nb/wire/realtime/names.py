"""The names on the wire: what a client and a server may say, and what the beta called it.

Only GA names go out. In come those of the beta as well, since some servers still speak it; `ga_name` turns them.
"""

from __future__ import annotations

__all__ = ["BETA_NAMES", "CLIENT_EVENTS", "KEPT", "SERVER_EVENTS", "ga_name"]

CLIENT_EVENTS = frozenset(
    {
        "conversation.item.create",
        "conversation.item.delete",
        "conversation.item.retrieve",
        "conversation.item.truncate",
        "input_audio_buffer.append",
        "input_audio_buffer.clear",
        "input_audio_buffer.commit",
        "output_audio_buffer.clear",
        "response.cancel",
        "response.create",
        "session.update",
    }
)
"""All that a client may say; ``output_audio_buffer.clear`` only over WebRTC and SIP, so it is never sent here."""

SERVER_EVENTS = frozenset(
    {
        "conversation.created",
        "conversation.item.added",
        "conversation.item.created",
        "conversation.item.deleted",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.completed",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.failed",
        "conversation.item.input_audio_transcription.segment",
        "conversation.item.retrieved",
        "conversation.item.truncated",
        "error",
        "input_audio_buffer.cleared",
        "input_audio_buffer.committed",
        "input_audio_buffer.dtmf_event_received",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.timeout_triggered",
        "mcp_list_tools.completed",
        "mcp_list_tools.failed",
        "mcp_list_tools.in_progress",
        "output_audio_buffer.cleared",
        "output_audio_buffer.started",
        "output_audio_buffer.stopped",
        "rate_limits.updated",
        "response.content_part.added",
        "response.content_part.done",
        "response.created",
        "response.done",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.mcp_call.completed",
        "response.mcp_call.failed",
        "response.mcp_call.in_progress",
        "response.mcp_call_arguments.delta",
        "response.mcp_call_arguments.done",
        "response.output_audio.delta",
        "response.output_audio.done",
        "response.output_audio_transcript.delta",
        "response.output_audio_transcript.done",
        "response.output_item.added",
        "response.output_item.done",
        "response.output_text.delta",
        "response.output_text.done",
        "session.created",
        "session.updated",
    }
)
"""All that a server may say."""

BETA_NAMES = {
    "response.audio.delta": "response.output_audio.delta",
    "response.audio.done": "response.output_audio.done",
    "response.audio_transcript.delta": "response.output_audio_transcript.delta",
    "response.audio_transcript.done": "response.output_audio_transcript.done",
    "response.text.delta": "response.output_text.delta",
    "response.text.done": "response.output_text.done",
    "transcription_session.updated": "session.updated",
}
"""What the beta called it, and what it is called now.

``conversation.item.created`` is not here: it kept its name, and stands for an added item, which is also done when it
says so.
"""

_MCP = "the server runs MCP tools by itself"
_OTHER_TRANSPORT = "only sent over WebRTC and SIP, where the server does the playing"

KEPT = {
    "conversation.item.input_audio_transcription.segment": "only sent where transcription tells speakers apart",
    "input_audio_buffer.dtmf_event_received": "only sent over SIP: a key of the telephone",
    "mcp_list_tools.completed": _MCP,
    "mcp_list_tools.failed": _MCP,
    "mcp_list_tools.in_progress": _MCP,
    "output_audio_buffer.cleared": _OTHER_TRANSPORT,
    "output_audio_buffer.started": _OTHER_TRANSPORT,
    "output_audio_buffer.stopped": _OTHER_TRANSPORT,
    "response.mcp_call.completed": _MCP,
    "response.mcp_call.failed": _MCP,
    "response.mcp_call.in_progress": _MCP,
    "response.mcp_call_arguments.delta": _MCP,
    "response.mcp_call_arguments.done": _MCP,
}
"""Server events that mean nothing here, and why: they come out as `Unrecognised`."""


def ga_name(name: str) -> str:
    """What an event is called since the beta ended.

    >>> ga_name("response.audio.delta")
    'response.output_audio.delta'
    """
    return BETA_NAMES.get(name, name)
