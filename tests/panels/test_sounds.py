from __future__ import annotations

import base64
import re

import pytest

from intentional_nb.audio.clip import Clip
from intentional_nb.panels.sounds import Sounds


def half_a_second(turn, side):
    return Clip(bytes([turn, 0]) * 12_000)


def test_a_recording_is_the_wav_of_its_clip():
    sounds = Sounds.of([3], half_a_second)

    data = re.search(r'base64,([^"]+)"', sounds.player(3, "user"))[1]

    assert Clip.read(base64.b64decode(data)) == half_a_second(3, "user")


def test_what_was_not_recorded_has_no_player():
    sounds = Sounds.of([1, 2], lambda turn, side: Clip(b"") if side == "bot" else None)

    assert sounds.player(1, "bot") == sounds.player(1, "user") == sounds.player(9, "bot") == ""
    assert sounds.note == "No recordings"


def test_no_more_than_there_is_room_for_is_kept_and_the_rest_counted():
    sounds = Sounds.of([1, 2, 3], half_a_second, most_bytes=100_000)

    assert [bool(sounds.player(turn, side)) for turn in (1, 2, 3) for side in ("user", "bot")] == [True] * 3 + [
        False
    ] * 3
    assert sounds.note == "3 recordings, 1.5 s, 96 kB of this notebook; 3 more would make it too large"


@pytest.mark.parametrize(("count", "words"), [(1, "1 recording, 500 ms"), (2, "2 recordings, 1.0 s")])
def test_the_note_counts(count, words):
    sides = iter([Clip.silence(500)] * count)

    assert Sounds.of([1], lambda turn, side: next(sides, None)).note.startswith(words)
