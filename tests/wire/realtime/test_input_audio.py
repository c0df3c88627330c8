import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.errors import AudioError
from intentional_nb.wire.realtime.input_audio import InputAudio

MS = 48


@pytest.fixture
def audio():
    return InputAudio()


def test_what_was_sent_is_counted(audio):
    audio.append(bytes(30 * MS))
    audio.append(bytes(10 * MS))

    assert (audio.sent_ms, audio.buffered_ms) == (40, 40)


@pytest.mark.parametrize(("ms", "is_enough"), [(99, False), (100, True)])
def test_a_commit_needs_100_ms(audio, ms, is_enough):
    audio.append(bytes(ms * MS))

    assert audio.commit() is is_enough
    assert audio.buffered_ms == (0 if is_enough else ms)


def test_what_was_cleared_cannot_be_committed(audio):
    audio.append(bytes(200 * MS))
    audio.clear()

    assert not audio.commit()
    assert audio.sent_ms == 200


def test_the_servers_own_commit_takes_what_was_sent_up_to_the_end_of_the_speech(audio):
    audio.append(bytes(1_000 * MS))
    audio.speech_ended(700)

    audio.committed()

    assert audio.buffered_ms == 300


def test_a_confirmed_commit_of_ours_takes_nothing_twice(audio):
    audio.append(bytes(500 * MS))
    audio.speech_ended(100)
    audio.commit()
    audio.append(bytes(200 * MS))

    audio.committed()

    assert audio.buffered_ms == 200


def test_a_refused_commit_leaves_the_next_one_to_the_server(audio):
    audio.append(bytes(500 * MS))
    audio.commit()
    audio.refused()
    audio.append(bytes(500 * MS))
    audio.speech_ended(900)

    audio.committed()

    assert audio.buffered_ms == 100


def test_a_speech_end_beyond_what_was_sent_is_its_end(audio):
    audio.append(bytes(500 * MS))
    audio.speech_ended(9_000)

    audio.committed()

    assert audio.buffered_ms == 0


def test_half_a_sample_is_refused(audio):
    with pytest.raises(AudioError, match="3 bytes are no whole number of 16-bit samples") as raised:
        audio.append(b"abc")

    assert (raised.value.expected, raised.value.found) == ("an even number of bytes", "3 bytes")
    assert audio.sent_bytes == 0


def test_a_byte_of_a_telephones_format_is_a_sample(audio):
    audio.bytes_per_ms = 8

    audio.append(bytes(801))

    assert audio.commit()


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("append"), st.integers(0, 400)),
            st.tuples(st.sampled_from(["commit", "clear", "committed", "refused"])),
            st.tuples(st.just("speech_ended"), st.integers(0, 3_000)),
        )
    )
)
def test_the_buffer_never_holds_less_than_nothing_or_more_than_was_sent(steps):
    audio = InputAudio()

    for kind, *args in steps:
        getattr(audio, kind)(*([bytes(args[0] * MS)] if kind == "append" else args))

        assert 0 <= audio.buffered_ms <= audio.sent_ms
