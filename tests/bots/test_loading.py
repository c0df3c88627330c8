import pytest

from intentional_nb import examples
from intentional_nb.bots.loading import load_bot
from intentional_nb.bots.voice import VoiceBotStructure
from intentional_nb.clients.settings import SUGGESTED_MODEL
from intentional_nb.clients.voice_settings import SUGGESTED_VOICE_MODEL
from intentional_nb.conversation.loading import load_graph
from intentional_nb.errors import ConfigError, GraphError
from intentional_nb.tools.function import tool
from tests.clients.conftest import CONVERSATION
from tests.clients.test_faults import one_stage


def load(source=CONVERSATION, **options):
    return load_bot(source, **options)


def test_without_a_key_and_a_word_about_it_the_local_model_is_used_and_told(capsys):
    with load() as bot:
        assert bot.llm.model_name == "local-chat"
        assert "local model" in bot.notices[0]

    assert capsys.readouterr().out == bot.notices[0] + "\n"


def test_who_asks_for_the_local_model_is_not_told_so(capsys):
    with load(client="local") as bot:
        assert "127.0.0.1" in repr(bot.llm)

    assert "local model" not in capsys.readouterr().out


def test_two_bots_share_the_local_model():
    with load(client="local") as one, load(client="local") as other:
        assert repr(one.llm) == repr(other.llm)


def test_with_a_key_openai_is_used_and_the_model_named(monkeypatch, capsys):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")

    with load() as bot:
        assert bot.llm.model_name == SUGGESTED_MODEL
        assert "api.openai.com" in repr(bot.llm)

    assert SUGGESTED_MODEL in capsys.readouterr().out


def test_asking_for_openai_without_a_key_is_an_error_that_says_so():
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        load(client="openai", model="m")


def test_an_address_points_to_a_compatible_server():
    with load(model="llama", base_url="http://127.0.0.1:9/v1", temperature=0) as bot:
        assert (bot.llm.model_name, bot.llm.config["temperature"]) == ("llama", 0)


def test_the_file_says_which_client_and_the_call_can_say_otherwise():
    with load_bot(examples.path("interview")) as bot:
        assert bot.llm.model_name == "local-chat"
    with load_bot(examples.path("interview"), client="openai", model="m", base_url="http://127.0.0.1:9/v1") as bot:
        assert bot.llm.model_name == "m"


def test_the_config_is_not_changed():
    config = {"bot": {"type": "direct_to_llm", "llm": {"client": "local"}}, "conversation": CONVERSATION}
    before = repr(config)

    load(config).close()
    load(config).close()

    assert repr(config) == before


def test_a_graph_can_be_given():
    with load(load_graph(CONVERSATION), client="local") as bot:
        assert bot.stage == "order"


@pytest.mark.parametrize(
    ("bot", "field"), [({"type": "audio_to_text"}, "bot.type"), ({"llm": {"client": "anthropic"}}, "bot.llm.client")]
)
def test_what_there_is_not_is_named(bot, field):
    with pytest.raises(ConfigError) as caught:
        load({"bot": bot, "conversation": CONVERSATION})

    assert caught.value.field == field


def test_a_broken_graph_is_refused_with_everything_wrong():
    with pytest.raises(GraphError) as caught:
        load({"stages": {"a": {"accessible_from": "_start_", "outcomes": {"x": {"move_to": "b"}}}}}, client="local")

    assert len(caught.value.problems) >= 3


def test_tools_can_be_handed_over():
    @tool
    def look_up(word: str) -> str:
        """Look a word up."""
        return word

    with load(one_stage("look_up"), client="local", tools=[look_up]) as bot:
        assert list(bot.llm.tools) == ["look_up", "classify_response"]


def test_a_missing_plugin_is_told_and_does_no_harm(capsys):
    config = {"plugins": ["no_such_plugin_here"], "bot": {"llm": {"client": "local"}}, "conversation": CONVERSATION}

    with load(config) as bot:
        assert any("no_such_plugin_here" in notice for notice in bot.notices)

    assert "no_such_plugin_here" in capsys.readouterr().out


# ---- to speak with


def test_the_local_voice_needs_neither_key_nor_name(capsys):
    with load(modality="audio_stream") as bot:
        assert isinstance(bot, VoiceBotStructure)
        assert (bot.llm.model_name, bot.state) == ("local-realtime", "idle")

    assert "using the local voice" in capsys.readouterr().out


def test_a_spoken_file_gives_a_bot_that_speaks_and_the_call_can_say_otherwise():
    with load_bot(examples.path("interview_spoken")) as bot:
        assert isinstance(bot, VoiceBotStructure)
    with load_bot(examples.path("interview_spoken"), modality="text_messages") as bot:
        assert (type(bot).__name__, bot.llm.model_name) == ("DirectToLLMBotStructure", "local-chat")
    with load_bot(examples.path("interview"), modality="audio_stream") as bot:
        assert isinstance(bot, VoiceBotStructure)


def test_with_a_key_the_suggested_voice_of_openai_is_used(monkeypatch, capsys):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")

    with load(modality="audio_stream") as bot:
        assert bot.llm.model_name == SUGGESTED_VOICE_MODEL
        assert "api.openai.com" in repr(bot.llm)

    assert SUGGESTED_VOICE_MODEL in capsys.readouterr().out


def test_a_realtime_model_gives_a_bot_that_speaks():
    with load(model="my-realtime", base_url="http://127.0.0.1:9/v1", voice="marin") as bot:
        assert isinstance(bot, VoiceBotStructure)
        assert (bot.llm.model_name, bot.llm.voice) == ("my-realtime", "marin")


@pytest.mark.parametrize(
    ("client", "model", "right"),
    [("openai", "gpt-realtime", "openai_realtime"), ("openai_realtime", "gpt-6-luna", "client: openai'")],
)
def test_the_wrong_client_for_a_model_is_refused_with_the_right_one(monkeypatch, client, model, right):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")

    with pytest.raises(ConfigError, match=right):
        load(client=client, model=model)


@pytest.mark.parametrize("modality", ["text_messages", "audio_stream"])
@pytest.mark.parametrize("client", [None, "local"])
def test_a_key_among_the_settings_is_refused_and_not_repeated(client, modality):
    with pytest.raises(ConfigError, match="must not stand among the settings") as caught:
        load_bot(CONVERSATION, client=client, modality=modality, api_key="sk-of-somebody")

    assert (caught.value.field, "sk-of" in str(caught.value)) == ("bot.llm.api_key", False)
