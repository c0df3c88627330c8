"""What users of Intentional's OpenAI plugin know, name by name: it is all here and means what it meant."""

import asyncio
import contextlib
import inspect

import pytest

import intentional_nb as inb
from intentional_nb import VoiceScript, VoiceStep
from intentional_nb import voice_script as voice
from intentional_nb.events import event_name, handler_names
from intentional_nb.local.script import Script, calls, text
from intentional_nb.local.server import LocalServer
from intentional_nb.tools.registry import known_ids

CONVERSATION = {
    "background": "You are a receptionist.",
    "initial_message": "Hello!",
    "stages": {
        "greet": {
            "goal": "Greet.",
            "accessible_from": "_start_",
            "outcomes": {"greeted": {"description": "the user greets", "move_to": "help"}},
        },
        "help": {
            "goal": "Help.",
            "outcomes": {"done": {"description": "the user is done", "move_to": "_end_"}},
        },
        "pause": {
            "goal": "Wait.",
            "description": "the user wants a break",
            "accessible_from": ["greet", "help"],
            "outcomes": {"back": {"description": "the user is back", "move_to": "_backtrack_"}},
        },
    },
}


class Parent:
    def __init__(self):
        self.events = []

    def emit(self, event):
        self.events.append(event)


@pytest.fixture
def router():
    return inb.IntentRouter(CONVERSATION)


def test_the_names_are_public():
    names = (
        "ChatCompletionAPIClient IntentRouter Tool ToolParameter to_openai_tool BotStructure DirectToLLMBotStructure "
        "TurnBasedModelClient ContinuousStreamModelClient RealtimeAPIClient"
    )
    assert set(names.split()) <= set(inb.__all__)
    assert all(getattr(inb, name) for name in names.split())


def test_the_client_goes_by_its_name_and_takes_what_it_took():
    assert inb.ChatCompletionAPIClient.name == "openai"
    assert issubclass(inb.ChatCompletionAPIClient, inb.TurnBasedModelClient)
    parameters = list(inspect.signature(inb.ChatCompletionAPIClient).parameters)
    assert parameters[:3] == ["parent", "intent_router", "config"]


def test_the_abstract_clients_cannot_be_made(router):
    for kind in (inb.TurnBasedModelClient, inb.ContinuousStreamModelClient, inb.BotStructure):
        with pytest.raises(TypeError):
            kind(None, router, {})


def test_the_clients_attributes_are_there(router, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hidden")
    client = inb.ChatCompletionAPIClient(None, router, {"name": "m"})

    assert (client.model_name, client.api_key_name) == ("m", "OPENAI_API_KEY")
    assert client.system_prompt == router.get_prompt()
    assert list(client.tools) == ["classify_response"]
    assert client.conversation == [{"role": "system", "content": client.system_prompt}]
    assert type(client.client).__name__ == "AsyncOpenAI"
    assert "sk-hidden" not in repr(client)


async def test_send_streams_and_routes_as_it_did(router):
    parent = Parent()
    with LocalServer(Script(calls(("classify_response", {"outcome": "greeted"})), text("How can I help?"))) as server:
        config = {"name": "local-chat", "base_url": server.base_url}
        client = inb.ChatCompletionAPIClient(parent, router, config, api_key=server.api_key)
        await client.run()
        await client.send({"text_message": {"role": "user", "content": "hello"}})
        await client.close()

    names = [event.handler_name for event in parent.events]
    assert names.count("on_model_starts_generating_response") == 1
    assert names.count("on_model_stops_generating_response") == 1
    said = [event["delta"] for event in parent.events if event.handler_name == "on_text_message_from_model"]
    assert "".join(said) == "How can I help?"
    [prompt] = [event["prompt"] for event in parent.events if event.handler_name == "on_system_prompt_updated"]
    assert prompt == client.system_prompt == client.conversation[0]["content"]
    assert [message["role"] for message in client.conversation] == ["system", "user", "assistant"]


async def test_the_router_is_run_as_it_was(router):
    assert (router.name, [parameter.name for parameter in router.parameters]) == ("classify_response", ["outcome"])
    assert (router.initial_stage, router.current_stage_name, router.backtracking_stack) == ("greet", "greet", [])
    assert {"greet", "help", "pause", "_end_"} == set(router.stages)
    assert router.get_external_transitions() == ["pause"]

    prompt, tools = await router.run({"outcome": "pause"})

    assert prompt == router.get_prompt()
    assert "classify_response" in tools
    assert (router.current_stage_name, router.current_stage.goal, router.backtracking_stack) == (
        "pause",
        "Wait.",
        ["greet"],
    )
    await router.run({"outcome": "back"})
    assert (router.current_stage_name, router.backtracking_stack) == ("greet", [])


async def test_the_end_offers_one_tool_that_resets_position_and_trail(router):
    for outcome in ("pause", "back", "greeted", "done"):
        _, tools = await router.run({"outcome": outcome})

    assert list(tools) == ["end_conversation"]
    assert router.get_external_transitions() == []
    await tools["end_conversation"].run({})
    assert (router.current_stage_name, router.backtracking_stack) == ("greet", [])


async def test_an_unknown_outcome_is_a_value_error_with_the_known_sentence(router):
    with pytest.raises(ValueError, match="Unknown outcome 'x' for stage 'greet'"):
        await router.run({"outcome": "x"})


def stage(**fields):
    return {
        "accessible_from": "_start_",
        "goal": "g",
        "outcomes": {"x": {"description": "d", "move_to": "_end_"}},
    } | fields


SENTENCES = {
    "The conversation must have at least one stage": {"stages": {}},
    "No start stage found!": {
        "stages": {"a": stage(accessible_from="b", description="d"), "b": stage(accessible_from=[])}
    },
    "Multiple start stages found!": {"stages": {"a": stage(), "b": stage()}},
    "Stage 'a' has an outcome leading to an unknown stage 'b'": {
        "stages": {"a": stage(outcomes={"x": {"description": "d", "move_to": "b"}})}
    },
    "Stage 'a' is missing a goal": {"stages": {"a": {"accessible_from": "_start_", "outcomes": stage()["outcomes"]}}},
    "Outcome 'x' in stage 'a' is missing a description": {"stages": {"a": stage(outcomes={"x": {"move_to": "_end_"}})}},
    "is missing a 'move_to' field": {"stages": {"a": stage(outcomes={"x": {"description": "d"}})}},
}


@pytest.mark.parametrize(("sentence", "conversation"), SENTENCES.items(), ids=SENTENCES)
def test_the_sentences_that_people_search_for_are_there(sentence, conversation):
    with pytest.raises(ValueError) as caught:
        inb.IntentRouter(conversation)

    assert sentence in str(caught.value)


def test_placeholders_of_a_template_are_filled_and_other_braces_stay():
    template = (
        'Say {"ok": true}. {intent_router_tool} {stage_name} {background} {current_goal} {outcomes} {transitions}'
    )
    conversation = {**CONVERSATION, "stages": {**CONVERSATION["stages"]}}
    conversation["stages"]["greet"] = {**conversation["stages"]["greet"], "custom_template": template}

    prompt = inb.IntentRouter(conversation).get_prompt()

    assert prompt.startswith('Say {"ok": true}. classify_response greet You are a receptionist. Greet.')
    assert "greeted" in prompt
    assert "pause" in prompt


def test_a_conversation_can_be_built_twice_from_one_config():
    before = repr(CONVERSATION)

    inb.IntentRouter(CONVERSATION)
    inb.IntentRouter(CONVERSATION)

    assert repr(CONVERSATION) == before


HANDLERS = (
    "on_error on_model_connection on_model_disconnection on_system_prompt_updated "
    "on_model_starts_generating_response on_model_stops_generating_response on_text_message_from_model "
    "on_conversation_ended on_tool_invoked on_audio_message_from_model on_vad_detects_user_speech_started "
    "on_vad_detects_user_speech_ended *"
)


@pytest.mark.parametrize("name", HANDLERS.split())
def test_the_handler_names_are_known(name):
    assert name in handler_names()


@pytest.mark.parametrize(
    ("other", "name"),
    [
        ("on_llm_connection", "on_model_connection"),
        ("on_text_message_from_llm", "on_text_message_from_model"),
        ("on_vad_detects_user_speech_started_ended", "on_vad_detects_user_speech_ended"),
    ],
)
def test_names_of_other_versions_are_aliases(other, name):
    assert event_name(other) == name


def test_a_tool_is_told_with_name_and_args():
    from intentional_nb.events import ToolCallStarted

    event = ToolCallStarted(turn=1, call_id="c", name="book", arguments={"day": "Monday"})

    assert (event["name"], event["args"]) == ("book", {"day": "Monday"})


def test_the_sample_tools_are_there():
    assert {"get_current_date_and_time", "reschedule_interview"} <= set(known_ids())


FILE = """
interface: textual_ui
modality: text_messages
plugins:
  - intentional_textual_ui
  - intentional_openai
bot:
  type: direct_to_llm
  llm:
    client: openai
    name: gpt-4o
conversation:
  background: "You are a receptionist."
  stages:
    greet:
      accessible_from: _start_
      goal: "Greet the user."
      outcomes:
        done:
          description: "the user is done"
          move_to: _end_
"""


def test_its_files_load_unchanged(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")

    with inb.load_bot(FILE) as bot:
        assert isinstance(bot, inb.DirectToLLMBotStructure)
        assert bot.llm.model_name == "gpt-4o"
        assert bot.stage == "greet"


# ---- the voice


@pytest.fixture
def spoken_client(router, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hidden")
    return inb.RealtimeAPIClient(None, router, {"name": "gpt-4o-realtime-preview"})


def test_the_voice_client_goes_by_its_name_and_takes_what_it_took(spoken_client, router):
    assert inb.RealtimeAPIClient.name == "openai_realtime"
    assert issubclass(inb.RealtimeAPIClient, inb.ContinuousStreamModelClient)
    assert list(inspect.signature(inb.RealtimeAPIClient).parameters)[:3] == ["parent", "intent_router", "config"]
    assert (spoken_client.model_name, spoken_client.api_key_name) == ("gpt-4o-realtime-preview", "OPENAI_API_KEY")
    assert (spoken_client.voice, spoken_client.system_prompt) == ("alloy", router.get_prompt())
    assert list(spoken_client.tools) == ["classify_response"]
    assert "sk-hidden" not in repr(spoken_client)


def test_the_voice_client_takes_a_voice_and_a_prompt(router, monkeypatch):
    monkeypatch.setenv("MY_KEY", "sk-hidden")
    config = {"name": "gpt-realtime", "api_key_name": "MY_KEY", "voice": "cedar", "system_prompt": "Be kind."}

    client = inb.RealtimeAPIClient(None, router, config)

    assert (client.api_key_name, client.voice, client.system_prompt) == ("MY_KEY", "cedar", "Be kind.")


def test_each_client_refuses_the_others_models_and_names_the_other(router, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")

    with pytest.raises(ValueError, match="openai_realtime"):
        inb.ChatCompletionAPIClient(None, router, {"name": "gpt-4o-realtime-preview"})
    with pytest.raises(ValueError, match="client: openai'"):
        inb.RealtimeAPIClient(None, router, {"name": "gpt-4o"})


async def test_a_disconnect_without_a_connection_is_harmless(spoken_client):
    await spoken_client.disconnect()

    with pytest.raises(inb.SessionClosedError):
        await spoken_client.send({"audio_stream": b""})


class SpokenParent(Parent):
    """Waits for handlers' names."""

    def __init__(self):
        super().__init__()
        self.news = asyncio.Event()

    def emit(self, event):
        super().emit(event)
        self.news.set()

    def all(self, name):
        return [event for event in self.events if event.handler_name == name]

    async def told(self, name, count=1):
        async with asyncio.timeout(20):
            while len(self.all(name)) < count:
                self.news.clear()
                await self.news.wait()
        return self.all(name)


@pytest.fixture
async def spoken_with(router):
    """Make a client in front of a scripted voice, with a session that is served."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(*steps, tools=(), **config):
            server = stack.enter_context(LocalServer(VoiceScript(*steps), times_real_time=None))
            parent, settings = SpokenParent(), {"name": "local-realtime", "base_url": server.base_url, **config}
            router = inb.IntentRouter(CONVERSATION, tools=tools)
            client = inb.RealtimeAPIClient(parent, router, settings, api_key=server.api_key)
            await client.connect()
            stack.push_async_callback(client.disconnect)
            return client, parent

        yield make


SPEECH = voice.tone(600) + bytes(48 * 800)


async def test_a_spoken_message_is_told_by_the_names_that_are_known(spoken_with):
    client, parent = await spoken_with(VoiceStep([voice.transcript("Hello."), voice.say("How can I help?")]))

    for start in range(0, len(SPEECH), 1920):
        await client.send({"audio_stream": SPEECH[start : start + 1920]})
    await parent.told("on_model_stops_generating_response")

    names = [event.handler_name for event in parent.events]
    assert names[0] == "on_model_connection"
    assert names.index("on_vad_detects_user_speech_started") < names.index("on_vad_detects_user_speech_ended")
    assert names.count("on_model_starts_generating_response") == 1
    assert names.count("on_model_stops_generating_response") == 1
    assert "".join(event["delta"] for event in parent.all("on_text_message_from_model")) == "How can I help?"
    pcm = b"".join(event["delta"] for event in parent.all("on_audio_message_from_model"))
    assert len(pcm) == 48 * 60 * len("How can I help?")
    [heard] = [event for event in await parent.told("on_user_speech_transcribed") if event["is_final"]]
    [said] = parent.all("on_model_speech_transcribed")
    assert (heard["transcript"], said["transcript"]) == ("Hello.", "How can I help?")


async def test_a_whole_clip_and_a_typed_message_are_sent_as_well(spoken_with):
    client, parent = await spoken_with(voice.say("One."), voice.say("Two."))

    await client.send({"audio_message": inb.Clip(voice.tone(600)).to_wav()})
    await parent.told("on_model_stops_generating_response")
    await client.send({"text_message": {"role": "user", "content": "and now?"}})
    ended = await parent.told("on_model_stops_generating_response", 2)

    assert [event["text"] for event in ended] == ["One.", "Two."]


async def test_routing_by_voice_updates_prompt_and_tools(spoken_with):
    route = voice.calls(("classify_response", {"outcome": "greeted"}))
    client, parent = await spoken_with(route, voice.say("How can I help?"))

    await client.send({"text_message": {"role": "user", "content": "hello"}})
    await parent.told("on_model_stops_generating_response")

    assert client.intent_router.current_stage_name == "help"
    assert parent.all("on_system_prompt_updated")[-1]["prompt"] == client.system_prompt
    assert "classify_response" in client.tools
    assert [item["role"] for item in client.conversation] == ["user", "assistant"]


async def test_update_system_prompt_waits_for_the_server(spoken_with):
    client, parent = await spoken_with()
    await client.intent_router.run({"outcome": "greeted"})

    await client.update_system_prompt()

    [told] = parent.all("on_system_prompt_updated")
    assert (told["stage"], told["prompt"]) == ("help", client.system_prompt)


async def test_an_interruption_cancels_and_truncates_to_what_was_played(spoken_with):
    client, parent = await spoken_with(
        voice.say("One two three four five six.", breaks_off_after_ms=1000),
        VoiceStep(expect=voice.truncated(400, 400), on="conversation.item.truncate"),
    )
    await client.send({"text_message": {"role": "user", "content": "count"}})
    await parent.told("on_audio_message_from_model", 5)

    await client.handle_interruption(400)
    [told] = await parent.told("on_reply_interrupted")

    assert told["heard_ms"] == 400
    assert "One two three four five six.".startswith(told["heard_text"])
    [ended] = parent.all("on_model_stops_generating_response")
    assert ended["status"] == "cancelled"


async def test_a_disconnection_is_told_and_ends_run(spoken_with):
    client, parent = await spoken_with()
    running = asyncio.create_task(client.run())
    await asyncio.sleep(0)

    await client.disconnect()
    await running

    assert parent.events[-1].handler_name == "on_model_disconnection"


SPOKEN_FILE = FILE.replace("text_messages", "audio_stream").replace(
    "client: openai\n    name: gpt-4o\n", "client: openai_realtime\n    name: gpt-4o-realtime-preview-2024-12-17\n"
)


def test_its_spoken_files_load_unchanged(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")

    with inb.load_bot(SPOKEN_FILE) as bot:
        assert isinstance(bot, inb.VoiceBotStructure)
        assert bot.llm.model_name == "gpt-4o-realtime-preview-2024-12-17"
        assert bot.stage == "greet"


@pytest.mark.parametrize(
    ("other", "name"),
    [
        ("on_llm_starts_generating_response", "on_model_starts_generating_response"),
        ("on_audio_message_from_llm", "on_audio_message_from_model"),
        ("on_user_speech_started", "on_vad_detects_user_speech_started"),
        ("on_user_speech_ended", "on_vad_detects_user_speech_ended"),
        ("on_user_speech_transcribed", "on_user_speech_transcribed"),
        ("on_llm_speech_transcribed", "on_model_speech_transcribed"),
    ],
)
def test_names_of_later_versions_are_aliases_for_the_voice_too(other, name):
    assert event_name(other) == name
    assert name in handler_names()
