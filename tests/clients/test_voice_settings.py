import pytest

from intentional_nb.clients.voice_settings import VoiceSettings, read_turn_detection
from intentional_nb.errors import ConfigError


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")


def read(**config):
    return VoiceSettings.read({"name": "gpt-realtime", **config})


def test_the_defaults_are_openais():
    settings = read()

    assert (settings.url, settings.api_key) == ("wss://api.openai.com/v1/realtime?model=gpt-realtime", "sk-secret")
    assert settings.api_key_name == "OPENAI_API_KEY"
    assert settings.voice == "alloy"
    assert settings.server_answers
    assert not settings.is_near


def test_the_key_is_not_shown():
    assert "sk-secret" not in repr(read())


@pytest.mark.parametrize("config", [{}, {"name": ""}, {"name": None}])
def test_a_model_must_be_named(config):
    with pytest.raises(ConfigError, match="'name'") as caught:
        VoiceSettings.read(config)

    assert caught.value.field == "bot.llm.name"


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_base_url_in_the_environment_counts_as_unset(monkeypatch, value):
    monkeypatch.setenv("OPENAI_BASE_URL", value)

    assert read().url.startswith("wss://api.openai.com/v1/realtime")


def test_the_environment_can_name_the_server(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:2/v1")

    assert read().url == "ws://127.0.0.1:2/v1/realtime?model=gpt-realtime"


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("https://host/v1/", "wss://host/v1/realtime?model=gpt-realtime"),
        ("ws://host:8000/v1", "ws://host:8000/v1/realtime?model=gpt-realtime"),
        ("wss://host/openai/v1/realtime", "wss://host/openai/v1/realtime?model=gpt-realtime"),
        ("https://host/v1?api-version=3", "wss://host/v1/realtime?api-version=3&model=gpt-realtime"),
        ("http://[::1]:9/v1", "ws://[::1]:9/v1/realtime?model=gpt-realtime"),
    ],
)
def test_the_address_is_turned_into_a_websockets(base_url, url):
    assert read(base_url=base_url).url == url


@pytest.mark.parametrize("near", ["http://127.0.0.1:1/v1", "ws://localhost/v1", "http://[::1]/v1"])
def test_a_server_on_this_machine_needs_no_proxy(near):
    assert read(base_url=near).is_near


@pytest.mark.parametrize(
    "wrong", ["api.openai.com/v1", "ftp://host/v1", "http://", "http://host:x/v1", "http://[::1/v1"]
)
def test_what_is_no_address_is_named(wrong):
    with pytest.raises(ConfigError, match="base_url") as caught:
        read(base_url=wrong)

    assert caught.value.field == "bot.llm.base_url"


def test_a_password_in_the_address_is_refused_and_not_repeated():
    with pytest.raises(ConfigError, match="without a user name") as caught:
        read(base_url="https://user:hunter2@host/v1")

    assert "hunter2" not in f"{caught.value} {caught.value.value}"


@pytest.mark.parametrize("key", ["sk-two words", "sk-line\nbreak", "sk-Ã¼"])
def test_a_key_that_cannot_be_sent_is_explained_and_not_shown(key):
    with pytest.raises(ConfigError, match="copied whole") as caught:
        VoiceSettings.read({"name": "gpt-realtime"}, api_key=key)

    assert key not in f"{caught.value!r} {vars(caught.value)}"


@pytest.mark.parametrize(
    ("value", "read_as"),
    [
        ("server_vad", {"type": "server_vad"}),
        ("semantic_vad", {"type": "semantic_vad"}),
        ("none", None),
        (None, None),
        ({"type": "server_vad", "threshold": 0.7}, {"type": "server_vad", "threshold": 0.7}),
    ],
)
def test_turn_detection_has_many_forms(value, read_as):
    assert read(turn_detection=value).turn_detection == read_as == read_turn_detection(value)


@pytest.mark.parametrize(
    ("detection", "silence_ms", "server_answers"),
    [
        ("none", 0, False),
        ("server_vad", 1000, True),
        ({"type": "server_vad", "silence_duration_ms": 1200}, 1700, True),
        ({"type": "server_vad", "create_response": False}, 1000, False),
        ("semantic_vad", 4500, True),
        ({"type": "semantic_vad", "eagerness": "low"}, 8500, True),
        ({"type": "semantic_vad", "eagerness": "high"}, 2500, True),
    ],
)
def test_how_a_clip_ends_depends_on_who_listens(detection, silence_ms, server_answers):
    settings = read(turn_detection=detection)

    assert (settings.closing_silence_ms, settings.server_answers) == (silence_ms, server_answers)
    assert read().with_turn_detection(detection).turn_detection == settings.turn_detection


@pytest.mark.parametrize(
    "wrong",
    [
        {"turn_detection": "loud"},
        {"turn_detection": {"threshold": 1}},
        {"turn_detection": True},
        {"output_modalities": ["audio", "text"]},
        {"output_modalities": "video"},
        {"output_modalities": 3},
        {"speed": 3},
        {"speed": "fast"},
        {"noise_reduction": "always"},
        {"timeout": -1},
        {"max_retries": "many"},
        {"voice": 5},
        {"transcription_model": 5},
        {"language": ["en"]},
    ],
)
def test_values_that_cannot_be_used_are_named(wrong):
    [(key, value)] = wrong.items()

    with pytest.raises(ConfigError, match=key) as caught:
        read(**wrong)

    assert (caught.value.field, caught.value.value) == (f"bot.llm.{key}", value)


def test_the_session_says_what_was_set_and_leaves_out_what_was_not():
    session = read().session("Be kind.", [{"name": "tool"}])

    assert session == {
        "type": "realtime",
        "instructions": "Be kind.",
        "output_modalities": ["audio"],
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24_000},
                "transcription": {"model": "gpt-transcribe"},
                "turn_detection": {"type": "server_vad"},
            },
            "output": {"format": {"type": "audio/pcm", "rate": 24_000}, "voice": "alloy"},
        },
        "tools": [{"name": "tool"}],
        "tool_choice": "auto",
    }


@pytest.mark.parametrize(
    ("config", "place", "value"),
    [
        ({"turn_detection": "none"}, ("audio", "input", "turn_detection"), None),
        ({"transcription_model": None}, ("audio", "input", "transcription"), None),
        (
            {"transcription_model": "m", "language": "de"},
            ("audio", "input", "transcription"),
            {"model": "m", "language": "de"},
        ),
        ({"noise_reduction": "none"}, ("audio", "input", "noise_reduction"), None),
        ({"noise_reduction": "far_field"}, ("audio", "input", "noise_reduction"), {"type": "far_field"}),
        ({"speed": 1.25}, ("audio", "output", "speed"), 1.25),
        ({"output_modalities": ["text"]}, ("output_modalities",), ["text"]),
        ({"max_output_tokens": 99}, ("max_output_tokens",), 99),
        ({"audio": {"output": {"speed": 0.5}}}, ("audio", "output", "speed"), 0.5),
    ],
)
def test_each_setting_has_its_place_in_the_session(config, place, value):
    found = read(**config).session("", [])
    for key in place:
        found = found[key]

    assert found == value
