"""The official packages, unchanged, against the server in a process of its own: scripted, and by itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import openai
import pytest
from agents import Agent, ModelSettings, OpenAIChatCompletionsModel, RunConfig, Runner, function_tool
from openai import AsyncOpenAI, OpenAI

PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL: Any = {
    "type": "function",
    "function": {"name": "get_weather", "description": "Tell the weather of a city.", "parameters": PARAMETERS},
}
QUESTION: Any = {"role": "user", "content": "What is the weather in Turin?"}


class Served(NamedTuple):
    base_url: str
    api_key: str

    @property
    def options(self) -> dict[str, str]:
        return self._asdict()


@contextmanager
def program(*arguments: str) -> Iterator[Served]:
    process = subprocess.Popen([sys.executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield Served(process.stdout.readline().strip(), process.stdout.readline().strip())
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def scripted() -> Iterator[Served]:
    """A server that calls a tool, then tells its answer; used up after that."""
    with program("-m", "tests.loopback.scripted") as served:
        yield served


@pytest.fixture(params=[("tests.loopback.scripted",), ("intentional_nb", "serve")], ids=["scripted", "serve"])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    """A server that calls a tool when asked about the weather, and tells what it answered."""
    with program("-m", *request.param) as served:
        yield served


def answer_of(call: Any) -> Any:
    return {"role": "tool", "tool_call_id": call["id"], "content": "sunny, 24 degrees"}


def test_a_streamed_chat_with_a_tool_completes(served):
    client = OpenAI(**served.options)
    options: Any = {"model": "local-chat", "tools": [TOOL], "stream": True, "stream_options": {"include_usage": True}}

    with client.chat.completions.create(messages=[QUESTION], **options) as stream:
        chunks = list(stream)
    pieces = [made for chunk in chunks for choice in chunk.choices for made in choice.delta.tool_calls or ()]
    call = {
        "id": pieces[0].id,
        "type": "function",
        "function": {
            "name": pieces[0].function.name,
            "arguments": "".join(piece.function.arguments for piece in pieces),
        },
    }
    said: Any = {"role": "assistant", "content": None, "tool_calls": [call]}
    with client.chat.completions.create(messages=[QUESTION, said, answer_of(call)], **options) as stream:
        told = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)

    assert call["function"] == {"name": "get_weather", "arguments": '{"city": "Turin"}'}
    assert chunks[-1].usage.total_tokens > 0
    assert "sunny" in told.lower()


async def test_an_asynchronous_chat_without_a_stream_completes(served):
    async with AsyncOpenAI(**served.options) as client:
        options: Any = {"model": "local-chat", "tools": [TOOL]}
        first = await client.chat.completions.create(messages=[QUESTION], **options)
        said = first.choices[0].message.model_dump(exclude_none=True)
        messages = [QUESTION, said, answer_of(said["tool_calls"][0])]
        second = await client.chat.completions.create(messages=messages, **options)

    assert first.choices[0].finish_reason == "tool_calls"
    assert "sunny" in second.choices[0].message.content.lower()


async def test_the_stream_helper_puts_the_reply_together(served):
    async with (
        AsyncOpenAI(**served.options) as client,
        client.chat.completions.stream(model="local-chat", messages=[QUESTION], tools=[TOOL]) as stream,
    ):
        kinds = {event.type async for event in stream}
        whole = await stream.get_final_completion()

    assert {"chunk", "tool_calls.function.arguments.delta", "tool_calls.function.arguments.done"} <= kinds
    assert whole.choices[0].message.tool_calls[0].function.arguments == '{"city": "Turin"}'


async def test_the_raw_stream_can_be_read_line_by_line(served):
    async with (
        AsyncOpenAI(**served.options) as client,
        client.chat.completions.with_streaming_response.create(
            model="local-chat", messages=[QUESTION], tools=[TOOL], stream=True
        ) as response,
    ):
        lines = [line async for line in response.iter_lines() if line]

    assert response.headers["x-request-id"].startswith("req_")
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"


def test_the_models_are_found(served):
    client = OpenAI(**served.options)

    assert [model.id for model in client.models.list()] == ["local-chat", "local-realtime"]
    assert client.models.retrieve("local-chat").owned_by == "intentional_nb"


def test_refusals_become_the_clients_own_errors(scripted):
    options: Any = {"model": "local-chat", "messages": [QUESTION]}

    with pytest.raises(openai.AuthenticationError):
        OpenAI(base_url=scripted.base_url, api_key="wrong").chat.completions.create(**options)
    with pytest.raises(openai.NotFoundError) as missing:
        OpenAI(**scripted.options).models.retrieve("gpt-x")
    with pytest.raises(openai.BadRequestError) as wrong:
        OpenAI(**scripted.options).chat.completions.create(**options, n=0)
    with pytest.raises(openai.InternalServerError) as unexpected:
        OpenAI(**scripted.options).chat.completions.create(**options)

    assert missing.value.code == "model_not_found"
    assert wrong.value.param == "n"
    assert wrong.value.request_id.startswith("req_")
    assert "- it offers 'get_weather'\n+ it offers no tools" in unexpected.value.message
    assert "request 1 " in unexpected.value.message


async def test_an_agent_runs_its_tool_over_a_stream(served):
    asked: list[str] = []

    @function_tool
    def get_weather(city: str) -> str:
        """Tell the weather of a city."""
        asked.append(city)
        return "sunny, 24 degrees"

    async with AsyncOpenAI(**served.options) as client:
        model = OpenAIChatCompletionsModel("local-chat", openai_client=client)
        settings = ModelSettings(include_usage=True)
        agent = Agent("guide", instructions="Be brief.", model=model, tools=[get_weather], model_settings=settings)
        run = Runner.run_streamed(agent, QUESTION["content"], run_config=RunConfig(tracing_disabled=True))
        kinds = [event.type async for event in run.stream_events()]

    assert asked == ["Turin"]
    assert "sunny" in run.final_output.lower()
    assert "raw_response_event" in kinds
    assert run.context_wrapper.usage.requests == 2
