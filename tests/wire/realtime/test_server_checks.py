from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.wire.realtime.server_checks import (
    by_tag,
    choice,
    decimal,
    decoded_audio,
    either,
    fields,
    flag,
    list_of,
    map_of,
    text,
    whole,
)
from intentional_nb.wire.realtime.server_errors import Mistake

SHAPE = fields(
    {
        "name": text(5),
        "mood": choice("glad", "sad", "mad"),
        "tone": choice("low", "high"),
        "count": whole(1, 3),
        "speed": decimal(0.5, 1.5),
        "loud": flag,
        "tags": list_of(choice("a")),
        "notes": map_of(text(3), most=1, longest_key=2),
        "any": either("a string or an integer", text=text(), number=whole(0)),
        "kind": by_tag("type", {"x": fields({"type": text(), "deep": whole(0)}, required=("deep",))}),
    },
    required=("name",),
)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "Missing required parameter: 'at.name'."),
        ({"name": None}, "Invalid type for 'at.name': expected a string, but got null instead."),
        (
            {"name": "longer"},
            "Invalid 'at.name': string too long. Expected a string with maximum length 5, "
            "but got a string with length 6 instead.",
        ),
        ({"name": "x", "age": 3}, "Unknown parameter: 'at.age'."),
        ({"name": "x", "mood": "bad"}, "Invalid value: 'bad'. Supported values are: 'glad', 'sad', and 'mad'."),
        ({"name": "x", "tone": "mid"}, "Invalid value: 'mid'. Supported values are: 'low' and 'high'."),
        ({"name": "x", "tags": ["a", "b"]}, "Invalid value: 'b'. Value must be 'a'."),
        ({"name": "x", "tags": {}}, "Invalid type for 'at.tags': expected an array, but got an object instead."),
        (
            {"name": "x", "count": 0},
            "Invalid 'at.count': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        ),
        (
            {"name": "x", "count": 4},
            "Invalid 'at.count': integer above maximum value. Expected a value <= 3, but got 4 instead.",
        ),
        ({"name": "x", "count": True}, "Invalid type for 'at.count': expected an integer, but got a boolean instead."),
        ({"name": "x", "count": 1.5}, "Invalid type for 'at.count': expected an integer, but got a decimal instead."),
        (
            {"name": "x", "speed": 2},
            "Invalid 'at.speed': decimal above maximum value. Expected a value <= 1.5, but got 2 instead.",
        ),
        ({"name": "x", "speed": "1"}, "Invalid type for 'at.speed': expected a decimal, but got a string instead."),
        ({"name": "x", "loud": 1}, "Invalid type for 'at.loud': expected a boolean, but got an integer instead."),
        (
            {"name": "x", "notes": {"a": "", "b": ""}},
            "Invalid 'at.notes': too many properties. Expected an object with at most 1 properties, "
            "but got an object with 2 properties instead.",
        ),
        (
            {"name": "x", "any": []},
            "Invalid type for 'at.any': expected a string or an integer, but got an array instead.",
        ),
        ({"name": "x", "kind": {}}, "Missing required parameter: 'at.kind.type'."),
        ({"name": "x", "kind": {"type": "y"}}, "Invalid value: 'y'. Value must be 'x'."),
        ({"name": "x", "kind": {"type": "x"}}, "Missing required parameter: 'at.kind.deep'."),
        ([], "Invalid type for 'at': expected an object, but got an array instead."),
    ],
)
def test_what_is_wrong_is_named_with_what_would_be_right(value, message):
    with pytest.raises(Mistake) as refused:
        SHAPE(value, "at")

    assert refused.value.message == message


def test_what_is_right_passes_and_what_is_not_required_may_be_null():
    SHAPE({"name": "x", "count": 2, "speed": 1, "loud": False, "any": 7, "notes": {"a": "b"}}, "at")
    SHAPE({"name": "x", "count": None, "kind": None}, "at")

    with pytest.raises(Mistake):
        SHAPE({"name": None, "count": 2}, "at")


@settings(deadline=None)
@given(st.binary())
def test_audio_is_whole_samples_or_refused(data):
    encoded = b64encode(data).decode()

    if len(data) % 2:
        with pytest.raises(Mistake):
            decoded_audio(encoded, "audio")
    else:
        assert decoded_audio(encoded, "audio") == data
