from __future__ import annotations

import threading

import pytest

from intentional_nb.panels.voice_loading import LoadingWatch, loading_view


@pytest.mark.parametrize(
    ("sentence", "view"),
    [
        (None, None),
        ("", None),
        ("speech needs one more package: pip install it", None),
        (
            "the local voice is being made ready: ears, 0%",
            {"text": "The local voice is being made ready: ears", "share": 0},
        ),
        ("ready 250%", {"text": "Ready", "share": 1}),
        ("hid\u200bden 5%", {"text": "Hid[U+200B]den", "share": 0.05}),
    ],
)
def test_only_a_sentence_that_ends_in_a_percentage_is_progress(sentence, view):
    assert loading_view(sentence) == view


def follow(*sentences, patience_s=1.0):
    """What is shown when these sentences come one after the other, a look a second."""
    shown, left, now, ended = [], list(sentences), [0.0], threading.Event()

    def ask():
        return left.pop(0) if left else None

    def sleep(_):
        now[0] += 1

    def note():
        shown.append(watch.value and watch.value["share"])

    watch = LoadingWatch(ask, note, patience_s=patience_s, clock=lambda: now[0], sleep=sleep)
    watch.look()
    watch._worker.submit(ended.set)
    assert ended.wait(5)
    return shown


def test_it_is_followed_to_its_end_and_then_forgotten():
    assert follow("a, 10%", "a, 10%", "b, 90%") == [0.1, 0.9, None]


def test_it_may_take_a_moment_to_begin():
    assert follow(None, None, "a, 10%", patience_s=5) == [0.1, None]


def test_nothing_is_waited_for_for_ever():
    assert follow(None, None, None, "a, 10%", patience_s=2) == []
