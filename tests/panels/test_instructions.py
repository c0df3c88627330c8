from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from intentional_nb.clients.base import TurnBasedModelClient
from intentional_nb.conversation.graph import END
from intentional_nb.conversation.prompt import JUST_ENTERED
from intentional_nb.errors import ToolError
from intentional_nb.events import ConversationReset, ConversationRewound, GraphSwapped, RequestStarted
from intentional_nb.panels.instructions import Instructions
from intentional_nb.tools.tool import to_openai_tool
from tests.panels.conftest import PlayedBot


class ToldBot(PlayedBot):
    """A played bot whose model is told what its router says, as real clients do."""

    def __init__(self, api="chat"):
        super().__init__()
        self.llm = SilentClient() if api == "chat" else SimpleNamespace()
        self.refresh()

    def refresh(self):
        self.llm.system_prompt = self.intent_router.get_prompt()
        self.llm.tools = self.intent_router.current_tools()

    def ask(self, turn, *, choice=None, just_entered=False):
        """A request, after a move where there is a choice."""
        if not just_entered:
            self.intent_router.begin_turn("…", turn=turn)
        if choice is not None:
            self.intent_router.route({"outcome": choice})
        self.refresh()
        self.emit(RequestStarted(turn=turn, part=0))


class SilentClient(TurnBasedModelClient):
    def __init__(self):
        self.system_prompt, self.tools = "", {}

    async def run(self):
        raise NotImplementedError

    async def send(self, data):
        raise NotImplementedError

    async def update_system_prompt(self):
        raise NotImplementedError

    async def handle_interruption(self, length_to_interruption=None):
        raise NotImplementedError


@pytest.fixture
def bot():
    return ToldBot()


@pytest.fixture
def instructions(bot):
    made = Instructions(bot)
    bot.subscribe(made.note)
    return made


def enum(view):
    schema = json.loads(view["tools"][-1]["schema"])
    return schema.get("function", schema)["parameters"]["properties"]["outcome"]["enum"]


def test_before_any_request_the_current_stage_is_told_as_the_model_has_it(bot, instructions):
    view = instructions.view("order")

    assert (view["how"], view["turn"], view["prompt"]) == ("now", None, bot.llm.system_prompt)
    assert enum(view) == ["ordered"]


def test_another_stage_is_a_preview(bot, instructions):
    view = instructions.view("pay")

    assert (view["how"], view["prompt"]) == ("preview", bot.intent_router.preview("pay")[0])
    assert enum(view) == ["paid"]


def test_where_the_model_was_asked_it_is_what_it_was_sent(bot, instructions):
    bot.ask(1)
    bot.ask(2, choice="ordered", just_entered=True)
    sent = bot.llm.system_prompt
    assert JUST_ENTERED in sent
    bot.intent_router.begin_turn("…", turn=3)
    bot.refresh()

    view = instructions.view("pay")

    assert (view["how"], view["turn"], view["prompt"]) == ("sent", 2, sent)
    assert (instructions.view("order")["how"], instructions.view("order")["turn"]) == ("sent", 1)


def test_the_latest_request_in_a_stage_counts(bot, instructions):
    bot.ask(1)
    bot.ask(2)

    assert instructions.view("order")["turn"] == 2


@pytest.mark.parametrize("event", [ConversationReset(), GraphSwapped(changes=(), stage="order")])
def test_what_was_sent_is_forgotten_when_it_holds_no_more(bot, instructions, event):
    bot.ask(1)

    bot.emit(event)

    assert instructions.view("order")["how"] == "now"


def test_what_was_sent_in_turns_taken_back_is_forgotten(bot, instructions):
    bot.begin("one")
    bot.ask(1)
    bot.ask(2, choice="ordered")

    bot.emit(ConversationRewound(turn=2))

    assert instructions.view("order")["turn"] == 1
    assert instructions.view("pay")["how"] == "now"


def test_the_last_words_of_a_conversation_are_not_taken_for_its_beginning(bot, instructions):
    bot.intent_router.reset()
    bot.llm.system_prompt = bot.intent_router.preview(END)[0]

    bot.emit(RequestStarted(turn=4, part=1))

    assert (instructions.view("order")["how"], instructions.view(END)["how"]) == ("now", "preview")


def test_definitions_have_the_form_that_the_client_sends():
    bot = ToldBot()
    router = bot.intent_router
    chat = json.loads(Instructions(bot).view("order")["tools"][0]["schema"])
    realtime = json.loads(Instructions(ToldBot("realtime")).view("order")["tools"][0]["schema"])

    assert chat == to_openai_tool(router, api="chat")
    assert realtime == to_openai_tool(router, api="realtime")


def test_a_bot_without_a_client_is_told_of_by_its_router():
    bot = PlayedBot()

    view = Instructions(bot).view("order")

    assert (view["how"], view["prompt"]) == ("now", bot.intent_router.get_prompt())
    assert [tool["name"] for tool in view["tools"]] == ["classify_response"]


def test_a_stage_that_there_is_not_is_told_nothing_of(instructions):
    assert instructions.view("nowhere") is None


def test_a_tool_that_cannot_be_defined_is_told_and_harms_nothing(bot, instructions):
    class Broken(type(bot.intent_router)):
        name = "broken"

        def parameters_schema(self):
            raise ToolError("no schema")

    bot.llm.tools = {"broken": object.__new__(Broken)}
    bot.emit(RequestStarted(turn=1, part=0))

    (tool,) = instructions.view("order")["tools"]

    assert (tool["name"], tool["description"]) == ("broken", "cannot be defined: ToolError: no schema")


def test_hidden_characters_of_a_prompt_are_shown_and_not_copied(bot, instructions):
    bot.llm.system_prompt = "pay\u200bpal \ud800"

    view = instructions.view("order")

    assert (view["prompt"], view["shown"]) == ("pay\u200bpal ?", "pay[U+200B]pal ?")


def test_a_prompt_without_them_is_sent_once(bot, instructions):
    assert "shown" not in instructions.view("order")
