import pytest

from intentional_nb.bots.choosing import choose
from intentional_nb.clients.settings import SUGGESTED_MODEL
from intentional_nb.clients.voice_settings import SUGGESTED_VOICE_MODEL
from intentional_nb.errors import ConfigError

WRITTEN, SPOKEN = "text_messages", "audio_stream"


def chosen(file=None, file_modality=WRITTEN, modality=None, **given):
    choice = choose(file or {}, file_modality, given, modality)
    return choice.client, choice.llm.get("name"), choice.is_spoken


@pytest.mark.parametrize(("modality", "is_spoken"), [(WRITTEN, False), (SPOKEN, True)])
def test_with_nothing_named_and_no_key_the_local_model_is_used(modality, is_spoken):
    choice = choose({}, modality, {})

    assert (choice.client, choice.is_spoken) == ("local", is_spoken)
    assert choice.notices == (
        f"No model is named and no key is set: using the local {'voice' if is_spoken else 'model'}, "
        "which needs neither.",
    )


@pytest.mark.parametrize(
    ("modality", "client", "name"),
    [(WRITTEN, "openai", SUGGESTED_MODEL), (SPOKEN, "openai_realtime", SUGGESTED_VOICE_MODEL)],
)
def test_with_nothing_named_and_a_key_openai_is_asked(monkeypatch, modality, client, name):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")

    choice = choose({}, modality, {})

    assert (choice.client, choice.llm["name"], choice.is_spoken) == (client, name, modality == SPOKEN)
    assert name in choice.notices[0]


def test_a_realtime_model_points_to_its_client():
    assert chosen(name="gpt-realtime-mini") == ("openai_realtime", "gpt-realtime-mini", True)
    assert chosen(name="llama", base_url="http://127.0.0.1:9/v1") == ("openai", "llama", False)
    assert chosen(file_modality=SPOKEN, name="my-realtime") == ("openai_realtime", "my-realtime", True)


def test_a_client_that_speaks_is_spoken_with_whatever_the_file_says():
    file = {"client": "openai_realtime", "name": "gpt-4o-realtime-preview"}

    assert chosen(file) == chosen(file, SPOKEN) == ("openai_realtime", "gpt-4o-realtime-preview", True)


@pytest.mark.parametrize(
    ("file", "modality", "is_spoken"),
    [
        ({"client": "local"}, None, False),
        ({"client": "local"}, SPOKEN, True),
        ({"client": "local", "name": "local-chat"}, SPOKEN, True),
        ({"client": "local", "name": "local-realtime"}, None, True),
        ({"client": "local", "name": "local-realtime"}, WRITTEN, False),
    ],
)
def test_the_local_model_writes_and_speaks(file, modality, is_spoken):
    assert chosen(file, modality=modality)[::2] == ("local", is_spoken)


def test_the_call_wins_over_the_file():
    file = {"client": "local", "name": "local-realtime"}

    assert chosen(file, SPOKEN, WRITTEN)[2] is False
    assert chosen(file, SPOKEN, client="openai_realtime", name="gpt-realtime") == (
        "openai_realtime",
        "gpt-realtime",
        True,
    )


@pytest.mark.parametrize(
    ("file", "modality", "client", "name"),
    [
        ({"client": "openai", "name": "m"}, SPOKEN, "openai_realtime", SUGGESTED_VOICE_MODEL),
        ({"client": "openai_realtime", "name": "gpt-realtime"}, WRITTEN, "openai", SUGGESTED_MODEL),
    ],
)
def test_who_asks_for_the_other_way_of_talking_gets_the_other_client_and_is_told(file, modality, client, name):
    choice = choose({**file, "api_key_name": "MY_KEY", "temperature": 0}, WRITTEN, {}, modality)

    assert choice.llm == {"client": client, "name": name, "api_key_name": "MY_KEY"}
    assert choice.notices == (f"{file['name']!r} is not for modality {modality!r}: asking OpenAI's {name!r} instead.",)


def test_who_asks_for_the_other_way_of_talking_may_name_the_model():
    file = {"client": "openai", "name": "m", "api_key_name": "MY_KEY", "temperature": 0}

    choice = choose(file, WRITTEN, {"name": "gpt-realtime-mini", "voice": "cedar"}, SPOKEN)

    assert choice.llm == {
        "client": "openai_realtime",
        "name": "gpt-realtime-mini",
        "voice": "cedar",
        "api_key_name": "MY_KEY",
    }
    assert choice.notices == ()


def test_another_servers_models_are_not_guessed():
    file = {"client": "openai", "name": "llama", "base_url": "http://127.0.0.1:9/v1"}

    with pytest.raises(ConfigError, match="client='openai_realtime' and model="):
        chosen(file, modality=SPOKEN)


@pytest.mark.parametrize(
    ("file", "file_modality", "given", "modality", "right"),
    [
        ({"client": "openai", "name": "m"}, SPOKEN, {}, None, "openai_realtime"),
        ({}, WRITTEN, {"client": "openai", "name": "m"}, SPOKEN, "openai_realtime"),
        ({}, SPOKEN, {"client": "openai_realtime", "name": "gpt-realtime"}, WRITTEN, "openai"),
    ],
)
def test_a_client_for_the_other_way_of_talking_is_refused_with_the_right_one(
    file, file_modality, given, modality, right
):
    with pytest.raises(ConfigError, match=f"'client: {right}', or 'client: local'") as caught:
        choose(file, file_modality, given, modality)

    assert caught.value.field == "bot.llm.client"


def test_what_there_is_not_is_named():
    with pytest.raises(ConfigError, match="unknown client 'anthropic'; there are 'local', 'openai' and"):
        chosen({"client": "anthropic"})
    with pytest.raises(ConfigError, match="unknown modality 'smoke_signals'; there are 'text_messages' and"):
        chosen(modality="smoke_signals")
