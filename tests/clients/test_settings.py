import pytest

from intentional_nb.clients.settings import ChatSettings
from intentional_nb.errors import ConfigError


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")


def test_the_defaults_are_openais():
    settings = ChatSettings.read({"name": "m"})

    assert (settings.base_url, settings.api_key, settings.api_key_name) == (
        "https://api.openai.com/v1",
        "sk-secret",
        "OPENAI_API_KEY",
    )


def test_the_key_is_not_shown():
    assert "sk-secret" not in repr(ChatSettings.read({"name": "m"}))


@pytest.mark.parametrize("config", [{}, {"name": ""}, {"name": None}])
def test_a_model_must_be_named(config):
    with pytest.raises(ConfigError, match="'name'") as caught:
        ChatSettings.read(config)

    assert caught.value.field == "bot.llm.name"


def test_a_realtime_model_is_refused_with_the_right_client():
    with pytest.raises(ConfigError, match=r"openai_realtime.*RealtimeAPIClient"):
        ChatSettings.read({"name": "gpt-realtime-2.1"})


@pytest.mark.parametrize(("value", "state"), [(None, "is not set"), ("", "is empty"), ("  ", "is empty")])
def test_a_missing_key_is_explained_with_the_way_out(monkeypatch, value, state):
    monkeypatch.delenv("OPENAI_API_KEY")
    if value is not None:
        monkeypatch.setenv("OPENAI_API_KEY", value)

    with pytest.raises(ConfigError, match=f"'OPENAI_API_KEY'.*{state}.*client: local"):
        ChatSettings.read({"name": "m"})


def test_another_variable_can_hold_the_key(monkeypatch):
    monkeypatch.setenv("MINE", "k")

    assert ChatSettings.read({"name": "m", "api_key_name": "MINE"}).api_key == "k"


def test_a_server_of_ones_own_needs_no_key_unless_one_is_named(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    config = {"name": "m", "base_url": "http://127.0.0.1:1/v1/"}

    assert ChatSettings.read(config).base_url == "http://127.0.0.1:1/v1"
    with pytest.raises(ConfigError, match="'MINE'"):
        ChatSettings.read({**config, "api_key_name": "MINE"})


def test_an_empty_base_url_in_the_environment_counts_as_unset(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "")

    assert ChatSettings.read({"name": "m"}).base_url == "https://api.openai.com/v1"


def test_the_environment_can_name_the_server(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:2/v1")

    assert ChatSettings.read({"name": "m"}).base_url == "http://127.0.0.1:2/v1"


@pytest.mark.parametrize(
    "wrong", [{"timeout": "long"}, {"timeout": -1}, {"max_retries": True}, {"base_url": 3}, {"api_key_name": ["a"]}]
)
def test_values_of_the_wrong_kind_are_named(wrong):
    [(key, value)] = wrong.items()

    with pytest.raises(ConfigError) as caught:
        ChatSettings.read({"name": "m", **wrong})

    assert (caught.value.field, caught.value.value) == (f"bot.llm.{key}", value)


def test_everything_else_goes_into_each_request():
    config = {"client": "openai", "name": "m", "timeout": 3, "temperature": 0.2, "seed": 1}

    assert ChatSettings.read(config).request_options == {"temperature": 0.2, "seed": 1}
