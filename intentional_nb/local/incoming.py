"""Reading a chat request: from bytes to a checked dict, refusing what OpenAI would refuse, and looking things up in it.

The checks name the field to blame (``param``), as OpenAI's do, so that a client's mistakes show here and not on the
day it meets the real model: above all a history in which tool calls and their answers do not match.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NoReturn

import msgspec

from intentional_nb.local.reply import ErrorReply, RefusedRequest
from intentional_nb.local.request_shape import AssistantMessage, ChatRequest, FunctionTool, Message, ToolMessage

__all__ = [
    "last_user_text",
    "prompt_tokens",
    "read_chat_request",
    "system_text",
    "token_count",
    "tool_names",
    "tool_outputs",
]

Request = dict[str, Any]

_decode = msgspec.json.Decoder().decode
_AT_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_MISSING = re.compile(r"missing required field `(?P<field>\w+)`")


def read_chat_request(body: bytes) -> Request:
    """Decode and check the body of a chat request.

    Raises:
        RefusedRequest: The body is not JSON, or not a request that a model could answer.
    """
    try:
        request = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedRequest(ErrorReply(400, f"the request's body is not valid JSON: {error}")) from error
    try:
        shape = msgspec.convert(request, ChatRequest)
    except msgspec.ValidationError as error:
        raise RefusedRequest(_wrong_shape(str(error))) from error
    _check_history(shape.messages)
    _check_options(shape)
    return dict(request)


def last_user_text(request: Request) -> str | None:
    """Find the last thing that the user said; None when the user has said nothing."""
    said = [message for message in request["messages"] if message["role"] == "user"]
    return _text(said[-1]) if said else None


def system_text(request: Request) -> str:
    """Join all instructions, those of ``system`` and of ``developer`` messages."""
    instructions = [m for m in request["messages"] if m["role"] in ("system", "developer")]
    return "\n".join(_text(message) for message in instructions)


def tool_names(request: Request) -> tuple[str, ...]:
    """List the functions that the model may call."""
    tools = request.get("tools") or ()
    return tuple(tool["function"]["name"] for tool in tools if tool["type"] == "function")


def tool_outputs(request: Request) -> tuple[str, ...]:
    """List what tools answered since anybody last spoke: the messages at the end that are theirs."""
    outputs = []
    for message in reversed(request["messages"]):
        if message["role"] != "tool":
            break
        outputs.append(_text(message))
    return tuple(reversed(outputs))


def token_count(text: str) -> int:
    """Count words: the local model's idea of a token."""
    return len(text.split())


def prompt_tokens(request: Request) -> int:
    """Count the words of all messages."""
    return sum(token_count(_text(message)) for message in request["messages"])


def _text(message: dict[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part.get("text"))


def _wrong_shape(complaint: str) -> ErrorReply:
    at = _AT_PATH.search(complaint)
    param = at["path"].removesuffix("[...]") if at else ""
    if missing := _MISSING.search(complaint):
        param = f"{param}.{missing['field']}".lstrip(".")
        return ErrorReply(400, f"missing required parameter {param!r}", param=param, code="missing_required_parameter")
    what = _AT_PATH.sub("", complaint)
    where = f"invalid {param!r}: " if param else "the request's body: "
    return ErrorReply(
        400, f"{where}{what}", param=param or None, code="invalid_type" if "got" in what else "invalid_value"
    )


def _refuse(message: str, param: str, code: str = "invalid_value") -> NoReturn:
    raise RefusedRequest(ErrorReply(400, message, param=param, code=code))


def _check_history(messages: Sequence[Message]) -> None:
    """Hold the rule that each tool call is answered once, directly after the message that made it."""
    waiting: set[str] = set()
    for index, message in enumerate(messages):
        at = f"messages[{index}]"
        if isinstance(message, ToolMessage):
            if message.tool_call_id not in waiting:
                unknown = f"{at} has the role 'tool', but no tool call before it waits for {message.tool_call_id!r}"
                _refuse(unknown, f"{at}.tool_call_id")
            waiting.remove(message.tool_call_id)
            continue
        _check_answered(waiting, index)
        if isinstance(message, AssistantMessage):
            _check_assistant(message, at)
            waiting = {call.id for call in message.tool_calls or ()}
    _check_answered(waiting, len(messages))


def _check_answered(waiting: set[str], index: int) -> None:
    if waiting:
        ids = ", ".join(sorted(waiting))
        _refuse(
            "an assistant message with 'tool_calls' must be followed by a tool message for each of them; "
            f"no answer before messages[{index}] to: {ids}",
            "messages",
        )


def _check_assistant(message: AssistantMessage, at: str) -> None:
    if message.content is None and not (
        message.tool_calls or message.refusal or message.function_call or message.audio
    ):
        _refuse(f"invalid '{at}.content': expected a text, got null without any tool call", f"{at}.content")


def _check_options(shape: ChatRequest) -> None:
    if shape.stream_options is not None and not shape.stream:
        _refuse("'stream_options' is only allowed when 'stream' is true", "stream_options")
    if shape.modalities and "audio" in shape.modalities:
        _refuse("this model only writes; leave 'audio' out of 'modalities'", "modalities")
    if shape.tools is None:
        for param in ("tool_choice", "parallel_tool_calls"):
            if getattr(shape, param) not in (None, "none", "auto"):
                _refuse(f"{param!r} is only allowed when 'tools' are given", param)
        return
    _check_tool_choice(shape)


def _check_tool_choice(shape: ChatRequest) -> None:
    choice = shape.tool_choice
    if isinstance(choice, str) and choice not in ("none", "auto", "required"):
        _refuse(f"invalid 'tool_choice': {choice!r} is none of 'none', 'auto', 'required'", "tool_choice")
    if not isinstance(choice, dict) or choice.get("type") != "function":
        return
    function = choice.get("function")
    name = function.get("name") if isinstance(function, dict) else None
    names = {tool.function.name for tool in shape.tools or () if isinstance(tool, FunctionTool)}
    if name not in names:
        _refuse(f"invalid 'tool_choice': no function {name!r} among the 'tools'", "tool_choice")
