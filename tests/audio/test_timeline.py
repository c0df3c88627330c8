from __future__ import annotations

import io
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.audio import timeline as module
from intentional_nb.audio.pcm import from_array, to_array
from intentional_nb.audio.timeline import Piece, one_after_another, stereo, write_stereo
from intentional_nb.errors import AudioError
from tests.audio.sounds import noise, pcms


def tone(value: int, samples: int) -> bytes:
    return np.full(samples, value, "<i2").tobytes()


def in_chunks(pcm: bytes, size: int = 7) -> list[bytes]:
    return [pcm[start : start + size] for start in range(0, len(pcm), size)]


def sides(pieces, block_samples: int = 24_000) -> list[list[int]]:
    frames = np.frombuffer(b"".join(stereo(pieces, block_samples=block_samples)), "<i2").reshape(-1, 2)
    return [frames[:, 0].tolist(), frames[:, 1].tolist()]


KINDS = {
    "bytes": lambda pcm: pcm,
    "bytearray": bytearray,
    "array": to_array,
    "reader": io.BytesIO,
    "chunks": in_chunks,
    "generator": lambda pcm: iter(in_chunks(pcm)),
    "gives bytes": lambda pcm: lambda: pcm,
    "gives a reader": lambda pcm: lambda: io.BytesIO(pcm),
    "gives chunks": lambda pcm: lambda: in_chunks(pcm, 3),
}
PIECES = st.lists(
    st.tuples(
        st.integers(0, 300),
        st.sampled_from(["user", "bot"]),
        pcms(60),
        st.none() | st.integers(0, 80),
        st.sampled_from(sorted(KINDS)),
    ),
    max_size=6,
)


@settings(deadline=None)
@given(PIECES, st.integers(1, 100))
def test_the_timeline_is_the_sum_of_its_pieces_clipped_once(drawn, block_samples):
    heard = [(offset, side, to_array(pcm)[:samples]) for offset, side, pcm, samples, _ in drawn]
    expected = np.zeros((max((o + len(s) for o, _, s in heard if len(s)), default=0), 2), int)
    for offset, side, samples in heard:
        expected[offset : offset + len(samples), int(side == "bot")] += samples

    pieces = [Piece(offset, side, KINDS[kind](pcm), samples) for offset, side, pcm, samples, kind in drawn]

    assert sides(pieces, block_samples) == expected.clip(-32768, 32767).T.tolist()


@settings(deadline=None)
@given(PIECES)
def test_pieces_one_after_another_do_not_overlap_and_are_not_early(drawn):
    pieces = [Piece(offset, side, pcm, samples) for offset, side, pcm, samples, _ in drawn]

    moved = one_after_another(pieces)

    assert [piece._replace(offset=0) for piece in moved] == [piece._replace(offset=0) for piece in pieces]
    for side in ("user", "bot"):
        end = 0
        for before, after in zip(pieces, moved, strict=True):
            if after.channel == side:
                assert after.offset == max(before.offset, end)
                end = after.offset + after.length if after.length else end


def test_the_user_is_on_the_left_and_the_bot_on_the_right():
    pieces = [(0, "user", tone(1, 2)), (1, "bot", tone(2, 3))]

    assert sides(pieces) == [[1, 1, 0, 0], [0, 2, 2, 2]]


def test_both_may_speak_at_once_and_nobody_for_a_while():
    pieces = [(0, "user", tone(1, 3)), (2, "bot", tone(2, 2)), (6, "user", tone(3, 1))]

    assert sides(pieces, block_samples=2) == [[1, 1, 1, 0, 0, 0, 3], [0, 0, 2, 2, 0, 0, 0]]


def test_a_bots_piece_is_cut_to_what_was_heard_and_delays_nothing_after_that():
    reply, next_reply = Piece(0, "bot", tone(1, 100)).heard(3), Piece(2, "bot", tone(2, 2))

    assert sides(one_after_another([reply, next_reply]))[1] == [1, 1, 1, 2, 2]


def test_a_piece_of_which_nothing_was_heard_leaves_no_trace():
    unheard = Piece(500, "bot", tone(1, 100)).heard(0)

    assert sides(one_after_another([unheard, Piece(0, "bot", tone(2, 1))])) == [[0], [2]]


def test_what_was_heard_is_never_more_than_there_is_or_was_heard_before():
    piece = Piece(0, "bot", tone(1, 10))

    assert piece.length == 10
    assert piece.heard(4).length == piece.heard(4).heard(9).length == 4
    assert piece.heard(99).length == 10
    assert piece.heard(-1).length == 0
    assert Piece(0, "bot", io.BytesIO(), 5).heard(3).length == 3
    assert Piece(0, "bot", io.BytesIO()).length is None


def test_replies_that_arrive_faster_than_they_sound_wait_for_each_other():
    pieces = [Piece(10, "bot", tone(1, 5)), Piece(11, "bot", tone(2, 5)), Piece(12, "user", tone(3, 5))]

    assert [piece.offset for piece in one_after_another(pieces)] == [10, 15, 12]


def test_pieces_of_unknown_length_cannot_be_put_one_after_another():
    with pytest.raises(AudioError, match="pieces whose samples are given, got one without, at 7 on 'bot'"):
        one_after_another([Piece(7, "bot", io.BytesIO(b"abcd"))])


def test_an_hour_of_silence_before_a_word_is_written_block_by_block():
    blocks = list(stereo([(3_600 * 24_000, "bot", tone(1, 1))]))

    assert {len(block) for block in blocks} == {4 * 24_000, 4}
    assert len(blocks) == 3_601


def test_a_piece_is_read_no_further_than_the_timeline_has_come(monkeypatch):
    monkeypatch.setattr(module, "STEP_BYTES", 100)
    file = io.BytesIO(noise(10_000))

    next(stereo([(0, "user", file)], block_samples=200))

    assert file.tell() == 400


class Files:
    """Files that count how many of them are open."""

    def __init__(self) -> None:
        self.open = self.most = 0

    def opener(self, pcm: bytes):
        def give():
            self.open += 1
            self.most = max(self.most, self.open)
            file = io.BytesIO(pcm)
            close = file.close

            def closing() -> None:
                if not file.closed:
                    self.open -= 1
                close()

            file.close = closing  # type: ignore[method-assign]
            return file

        return give


def test_files_are_open_only_while_their_piece_sounds():
    files = Files()
    pieces = [Piece(200 * n, "bot", files.opener(tone(n, 100)), 90) for n in range(20)]

    assert len(sides(pieces, block_samples=50)[1]) == 200 * 19 + 90
    assert (files.open, files.most) == (0, 1)


def test_files_are_closed_when_the_reader_of_the_timeline_goes_away():
    files = Files()
    blocks = stereo([(0, "user", files.opener(noise(500)))], block_samples=10)
    next(blocks)
    assert files.open == 1

    blocks.close()

    assert files.open == 0


@pytest.mark.parametrize(
    ("piece", "words"),
    [
        ((0, "guest", b""), "a piece on one of user, bot, got one on 'guest'"),
        ((-1, "bot", b""), "begins at 0 samples or later, got one at -1"),
        ((0, "bot", b"", -1), "0 samples or more, got one of -1"),
        ((0, "bot", b"abc"), "got 3 bytes"),
        ((5, "bot", io.BytesIO(b"abc")), "half a sample at the end of the one at 5"),
        ((5, "bot", [b"ab", b"c"]), "half a sample at the end of the one at 5"),
        ((0, "bot", np.zeros(4)), "an array of format 'd'"),
        ((0, "bot", "file.pcm"), "PCM, a reader, or an iterable of chunks, got str"),
        ((0, "bot", None), "PCM, a reader, or an iterable of chunks, got NoneType"),
    ],
)
def test_what_is_no_piece_is_named(piece, words):
    with pytest.raises(AudioError) as caught:
        list(stereo([piece]))

    assert words in str(caught.value)


def test_a_stereo_file_is_written_that_others_can_read(tmp_path):
    path = tmp_path / "talk.wav"

    assert write_stereo(path, [(0, "user", tone(1, 2)), (1, "bot", tone(2, 30_000))]) == 30_001

    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 24_000)
        assert file.getnframes() == 30_001
        assert np.frombuffer(file.readframes(3), "<i2").tolist() == [1, 0, 1, 2, 0, 2]
    assert [entry.name for entry in tmp_path.iterdir()] == ["talk.wav"]


def test_a_conversation_in_which_nobody_spoke_is_a_file_too(tmp_path):
    assert write_stereo(str(tmp_path / "talk.wav"), []) == 0

    with wave.open(str(tmp_path / "talk.wav")) as file:
        assert file.getnframes() == 0


def test_an_open_file_is_written_from_where_it_stands():
    file = io.BytesIO()
    file.write(b"before")

    write_stereo(file, [(0, "user", noise(3))])
    file.write(b"after")

    stereo_pcm = from_array(to_array(noise(3)))
    assert file.getvalue()[:10] == b"beforeRIFF"
    assert file.getvalue()[-17:-5] == b"".join(stereo_pcm[i : i + 2] + b"\0\0" for i in (0, 2, 4))
    assert file.getvalue()[-5:] == b"after"


def test_a_failure_leaves_the_file_that_was_there_before(tmp_path):
    path = tmp_path / "talk.wav"
    path.write_bytes(b"old")

    with pytest.raises(AudioError):
        write_stereo(path, [(0, "user", noise(30_000)), (0, "bot", b"abc")])

    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["talk.wav"]


def test_a_timeline_is_not_written_under_the_name_of_another_kind_of_file(tmp_path):
    with pytest.raises(AudioError, match=r"\.wav"):
        write_stereo(tmp_path / "talk.mp3", [])
