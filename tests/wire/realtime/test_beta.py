import pytest

from intentional_nb.wire.realtime.beta import ga_item, ga_session

BETA = {
    "id": "sess_1",
    "model": "m",
    "instructions": "Be kind.",
    "modalities": ["text", "audio"],
    "voice": "sage",
    "speed": 1.2,
    "input_audio_format": "pcm16",
    "output_audio_format": "g711_ulaw",
    "input_audio_transcription": {"model": "whisper-1"},
    "input_audio_noise_reduction": None,
    "turn_detection": {"type": "server_vad", "threshold": 0.5},
    "max_response_output_tokens": "inf",
    "temperature": 0.8,
}
GA = {
    "id": "sess_1",
    "model": "m",
    "instructions": "Be kind.",
    "output_modalities": ["audio"],
    "max_output_tokens": "inf",
    "temperature": 0.8,
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24_000},
            "transcription": {"model": "whisper-1"},
            "noise_reduction": None,
            "turn_detection": {"type": "server_vad", "threshold": 0.5},
        },
        "output": {"format": {"type": "audio/pcmu"}, "voice": "sage", "speed": 1.2},
    },
}


def test_a_flat_session_gets_the_shape_of_ga():
    assert ga_session(BETA) == GA


def test_a_session_of_ga_stays_as_it_is():
    assert ga_session(GA) == GA


def test_a_session_that_is_half_of_each_loses_nothing():
    told = ga_session({"turn_detection": None, "audio": {"output": {"voice": "marin"}}})

    assert told == {"audio": {"input": {"turn_detection": None}, "output": {"voice": "marin"}}}


@pytest.mark.parametrize(
    ("told", "turned"),
    [
        ({"modalities": ["text"]}, ["text"]),
        ({"modalities": ["audio", "text"]}, ["audio"]),
        ({"modalities": "odd"}, "odd"),
    ],
)
def test_speech_brings_its_text_without_being_asked(told, turned):
    assert ga_session(told)["output_modalities"] == turned


def test_a_format_of_its_own_is_kept():
    told = ga_session({"input_audio_format": "opus", "output_audio_format": {"type": "audio/pcm", "rate": 16_000}})

    assert told["audio"]["input"]["format"] == "opus"
    assert told["audio"]["output"]["format"] == {"type": "audio/pcm", "rate": 16_000}


def test_the_parts_of_what_the_assistant_says_are_called_as_in_ga():
    parts = [{"type": "text", "text": "a"}, {"type": "audio", "transcript": "b"}, {"type": "output_text"}, None]

    told = ga_item({"role": "assistant", "content": parts})

    assert told["content"] == [
        {"type": "output_text", "text": "a"},
        {"type": "output_audio", "transcript": "b"},
        {"type": "output_text"},
        None,
    ]
    assert parts[0]["type"] == "text"


@pytest.mark.parametrize(
    "item",
    [
        {"role": "user", "content": [{"type": "input_text"}]},
        {"role": "assistant", "content": [{"type": "output_text"}]},
        {"role": "assistant", "content": None},
        {"type": "function_call"},
    ],
)
def test_an_item_of_ga_stays_as_it_is(item):
    assert ga_item(item) is item
