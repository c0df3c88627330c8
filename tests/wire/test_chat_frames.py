from __future__ import annotations

import pytest
from openai.types import CompletionUsage, Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.shared import ErrorObject
from pydantic import ValidationError

from intentional_nb.wire.chat_frames import (
    ReplyFrames,
    arguments_delta,
    assistant_message,
    call_delta,
    error_frame,
    model_frame,
    models_frame,
    reasoning_delta,
    refusal_delta,
    role_delta,
    text_delta,
    tool_call,
    usage_frame,
)
from tests.official import is_official, unknown_fields

FRAMES = ReplyFrames("chatcmpl-1", "local-chat", 1_700_000_000)
CALL = tool_call("call_1", "book", '{"day": 3}')


@pytest.mark.parametrize("usage_asked", [False, True])
@pytest.mark.parametrize(
    "delta",
    [
        role_delta(has_text=True),
        role_delta(has_text=False),
        text_delta("Hi"),
        refusal_delta("No"),
        call_delta(0, "call_1", "book"),
        call_delta(1, "call_2", "book", "{}"),
        arguments_delta(0, '{"day'),
        {},
    ],
)
def test_every_chunk_is_one_of_the_official_type_with_no_field_of_its_own(delta, usage_asked):
    frames = ReplyFrames("chatcmpl-1", "local-chat", 1_700_000_000, usage_asked=usage_asked)

    assert is_official(frames.chunk(delta), ChatCompletionChunk)
    assert ("usage" in frames.chunk(delta)) is usage_asked


@pytest.mark.parametrize("reason", ["stop", "length", "tool_calls", "content_filter", "function_call"])
def test_a_finished_choice_is_of_the_official_type(reason):
    assert is_official(FRAMES.chunk({}, choice=2, finish_reason=reason), ChatCompletionChunk)


def test_the_usage_chunk_has_no_choices():
    frame = FRAMES.usage_chunk(usage_frame(12, 5, reasoning_tokens=2))

    assert is_official(frame, ChatCompletionChunk)
    assert frame["choices"] == []
    assert frame["usage"]["total_tokens"] == 17


@pytest.mark.parametrize(
    "message",
    [
        assistant_message("Hi"),
        assistant_message(None, tool_calls=[CALL]),
        assistant_message("One moment.", tool_calls=[CALL, CALL]),
        assistant_message(None, refusal="No"),
    ],
)
def test_every_completion_is_of_the_official_type(message):
    frame = FRAMES.completion(message, finish_reason="stop", usage=usage_frame(1, 2), choices=2)

    assert is_official(frame, ChatCompletion)
    assert [choice["index"] for choice in frame["choices"]] == [0, 1]


def test_the_only_field_that_the_official_types_do_not_know_is_the_reasoning_of_other_servers():
    chunk = FRAMES.chunk(reasoning_delta("hm"))
    message = assistant_message("Hi", reasoning="hm")
    completion = FRAMES.completion(message, finish_reason="stop", usage=usage_frame(1, 2))

    assert unknown_fields(ChatCompletionChunk.model_validate(chunk)) == [".choices[].delta.reasoning_content"]
    assert unknown_fields(ChatCompletion.model_validate(completion)) == [".choices[].message.reasoning_content"]


def test_errors_models_and_usage_are_of_the_official_types():
    error = error_frame("too much", type="tokens", param="messages", code="rate_limit_exceeded")
    models = models_frame([model_frame("local-chat", created=1, owner="intentional_nb")])

    assert list(error) == ["error"]
    assert is_official(error["error"], ErrorObject)
    assert models["object"] == "list"
    assert is_official(models["data"][0], Model)
    assert is_official(usage_frame(1, 2), CompletionUsage)


def test_the_check_of_these_tests_notices_wrong_types_and_foreign_fields():
    frame = FRAMES.chunk({"content": "Hi", "mood": "glad"}) | {"weather": "fine"}

    assert unknown_fields(ChatCompletionChunk.model_validate(frame)) == [".weather", ".choices[].delta.mood"]
    with pytest.raises(ValidationError):
        is_official(FRAMES.chunk({"content": 3}), ChatCompletionChunk)
