from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.local.speech.turns import MIN_SPEECH_MS, PAUSE_MS, Edge, Turns

FRAME_MS = 32
frames = st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.4, 1.0]), max_size=120)
runs = st.lists(st.tuples(st.sampled_from([0.0, 0.4, 1.0]), st.integers(1, 30)), max_size=12)
"""Probabilities that stay for a while, as those of real speech do."""


def edges(probabilities, threshold=0.5, prefix_ms=300, silence_ms=500, at_ms=0):
    """What is found, each with the end of the frame in which it was."""
    turns = Turns(threshold, prefix_ms, silence_ms, at_ms=at_ms)
    ends = range(at_ms + FRAME_MS, at_ms + FRAME_MS * (len(probabilities) + 1), FRAME_MS)
    return [
        (end, edge)
        for probability, end in zip(probabilities, ends, strict=True)
        for edge in turns.hear(probability, end - FRAME_MS, end)
    ]


def kinds(probabilities, **settings):
    return [edge.kind for _, edge in edges(probabilities, **settings)]


def test_a_turn_starts_pauses_and_stops():
    found = [edge for _, edge in edges([0] * 20 + [1] * 30 + [0] * 20)]

    assert found == [Edge("started", 20 * 32 - 300), Edge("paused", 50 * 32 + 160), Edge("stopped", 50 * 32 + 500)]


def test_a_click_is_no_speech():
    assert kinds([0] * 5 + [1] * (MIN_SPEECH_MS // FRAME_MS - 1) + [0] * 30) == []


def test_a_pause_that_ends_is_resumed():
    assert kinds([1] * 10 + [0] * 8 + [1] * 5 + [0] * 30) == ["started", "paused", "resumed", "paused", "stopped"]


def test_a_hesitation_is_no_pause():
    assert kinds([1] * 10 + [0] * (PAUSE_MS // FRAME_MS - 1) + [1] * 5) == ["started"]


def test_a_click_in_the_silence_does_not_put_off_the_end():
    clean = edges([1] * 10 + [0] * 20)
    clicked = edges([1] * 10 + [0] * 7 + [1] + [0] * 12)

    assert clicked == clean


def test_between_the_thresholds_nothing_changes():
    assert kinds([0.4] * 50) == []
    assert kinds([1] * 5 + [0.4] * 50) == ["started"]


def test_a_turn_reaches_back_into_no_earlier_one():
    found = [edge for _, edge in edges([1] * 10 + [0] * 4 + [1] * 10, silence_ms=96)]

    assert [edge.kind for edge in found] == ["started", "paused", "stopped", "started"]
    assert found[3].at_ms == found[2].at_ms


def test_a_turn_reaches_back_to_the_beginning_at_most():
    assert edges([1] * 5, at_ms=41)[0][1] == Edge("started", 41)


def test_a_very_short_silence_may_end_a_turn():
    assert kinds([1] * 5 + [0], silence_ms=0) == ["started", "paused", "stopped"]


@given(frames | runs.map(lambda found: [level for level, count in found for _ in range(count)]), st.integers(0, 1200))
def test_edges_come_in_order(probabilities, silence_ms):
    found = edges(probabilities, silence_ms=silence_ms)
    allowed = {
        None: {"started"},
        "started": {"paused"},
        "paused": {"resumed", "stopped"},
        "resumed": {"paused"},
        "stopped": {"started"},
    }

    previous = None
    for _, edge in found:
        assert edge.kind in allowed[previous]
        previous = edge.kind
    assert [edge.at_ms for _, edge in found] == sorted(edge.at_ms for _, edge in found)
    assert all(edge.at_ms <= heard_ms for heard_ms, edge in found)


@given(frames, st.floats(0, 1))
def test_a_turn_is_open_from_its_start_to_its_stop(probabilities, threshold):
    turns = Turns(threshold, 300, 200)

    for number, probability in enumerate(probabilities):
        was_open = turns.is_open
        found = {edge.kind for edge in turns.hear(probability, number * FRAME_MS, (number + 1) * FRAME_MS)}
        assert turns.is_open == ((was_open or "started" in found) and "stopped" not in found)
