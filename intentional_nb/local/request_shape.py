"""The body of a chat request, as types that msgspec checks: what is required, of which type, within which bounds.

Fields that are not named here are accepted and ignored, as compatible servers do.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

__all__ = ["AssistantMessage", "ChatRequest", "FunctionTool", "Message", "ToolMessage"]

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
FunctionName = Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
Object = dict[str, Any]


class Part(Struct):
    """One piece of a message's content; only text is read."""

    type: str
    text: str | None = None


Content = str | list[Part]


class DeveloperMessage(Struct, tag_field="role", tag="developer"):
    """Instructions, in the words of newer models."""

    content: Content


class SystemMessage(Struct, tag_field="role", tag="system"):
    """Instructions."""

    content: Content


class UserMessage(Struct, tag_field="role", tag="user"):
    """What the person said."""

    content: Content


class CalledFunction(Struct):
    """Name and JSON text."""

    name: str
    arguments: str


class CalledTool(Struct):
    """A call that the model made earlier."""

    id: str
    type: Literal["function", "custom"]
    function: CalledFunction | None = None
    custom: Object | None = None


class AssistantMessage(Struct, tag_field="role", tag="assistant"):
    """What the model said and called earlier."""

    content: Content | None = None
    refusal: str | None = None
    tool_calls: Annotated[list[CalledTool], Meta(min_length=1)] | None = None
    function_call: CalledFunction | None = None
    audio: Object | None = None


class ToolMessage(Struct, tag_field="role", tag="tool"):
    """What a tool answered."""

    content: Content
    tool_call_id: str


class FunctionMessage(Struct, tag_field="role", tag="function"):
    """What a function answered, before there were tools."""

    name: str
    content: str | None = None


Message = DeveloperMessage | SystemMessage | UserMessage | AssistantMessage | ToolMessage | FunctionMessage


class Function(Struct):
    """What the model may call."""

    name: FunctionName
    description: str | None = None
    parameters: Object | None = None
    strict: bool | None = None


class FunctionTool(Struct, tag_field="type", tag="function"):
    """A function among the tools."""

    function: Function


class CustomTool(Struct, tag_field="type", tag="custom"):
    """A tool that takes free text."""

    custom: Object


class StreamOptions(Struct):
    """What the stream tells beside the reply."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class ResponseFormat(Struct):
    """The shape the text should have."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: Object | None = None


class ChatRequest(Struct):
    """Everything of a request that OpenAI checks before a model sees it."""

    model: str
    messages: Annotated[list[Message], Meta(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int, Meta(ge=1, le=128)] | None = None
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Meta(ge=1)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    frequency_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    stop: str | Annotated[list[str], Meta(max_length=4)] | None = None
    seed: int | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    logit_bias: dict[str, float] | None = None
    user: str | None = None
    store: bool | None = None
    metadata: dict[str, str] | None = None
    tools: Annotated[list[FunctionTool | CustomTool], Meta(min_length=1)] | None = None
    tool_choice: str | Object | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    reasoning_effort: Effort | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    service_tier: str | None = None
    modalities: list[Literal["text", "audio"]] | None = None
