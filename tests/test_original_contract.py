"""What users of Intentional's OpenAI plugin know, name by name: it is all here and means what it meant."""

import inspect

import pytest

import intentional_nb as inb
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
        "TurnBasedModelClient ContinuousStreamModelClient"
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
