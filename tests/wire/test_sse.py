from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.wire.sse import SseDecoder, encode_event


def decode(*pieces: bytes) -> list[bytes]:
    decoder = SseDecoder()
    payloads = [payload for piece in pieces for payload in decoder.feed(piece)]
    return payloads + decoder.flush()


@pytest.mark.parametrize(
    ("stream", "payloads"),
    [
        (b"", []),
        (b"data: one\n\ndata: two\n\n", [b"one", b"two"]),
        (b"data: one\r\n\r\ndata: two\r\n\r\n", [b"one", b"two"]),
        (b"data: one\r\rdata: two\r\r", [b"one", b"two"]),
        (b"data: one\r\n\ndata: two\n\r\n", [b"one", b"two"]),
        (b"data:one\n\ndata:  two\n\n", [b"one", b" two"]),
        (b": keep-alive\n\ndata: one\n\n:\n\n", [b"one"]),
        (b": why\ndata: one\n\n", [b"one"]),
        (b"event: error\nid: 7\nretry: 100\ndata: one\n\n", [b"one"]),
        (b"data: one\ndata: more\n\n", [b"one\nmore"]),
        (b"data: one\ndata\ndata: more\n\n", [b"one\n\nmore"]),
        (b"data: one\n\n\n\n\ndata: two\n\n", [b"one", b"two"]),
        (b"\n\ndata: one\n\n", [b"one"]),
        (b"data: one\n\ndata: two", [b"one", b"two"]),
        (b"data: one\n\ndata: two\n", [b"one", b"two"]),
        (b"data: one\n\ndata: two\r", [b"one", b"two"]),
        (b"\xef\xbb\xbfdata: one\n\n", [b"one"]),
        (b"\xef\xbb\xbf", []),
        (b"\xef\xbb", []),
        (b"data: \xef\xbb\xbfone\n\n", [b"\xef\xbb\xbfone"]),
        (b"data:\n\ndata: \n\ndata\n\n", []),
        (b"event: ping\n\n", []),
        (b"database: one\n\n data: two\n\n", []),
        (b'data: {"a": ": data: b"}\n\n', [b'{"a": ": data: b"}']),
        ("data: größer 😀\n\n".encode(), ["größer 😀".encode()]),
    ],
)
def test_every_shape_of_stream_gives_its_payloads_whole_or_byte_by_byte(stream, payloads):
    assert decode(stream) == payloads
    assert decode(*(stream[i : i + 1] for i in range(len(stream)))) == payloads


def test_a_payload_is_given_as_soon_as_its_blank_line_is_complete():
    decoder = SseDecoder()

    assert decoder.feed(b"data: one\n") == []
    assert decoder.feed(b"\ndata: t") == [b"one"]
    assert decoder.feed(b"wo\r\n") == []
    assert decoder.feed(b"\r") == [b"two"]
    assert decoder.feed(b"\n") == []


def test_an_empty_piece_does_not_part_a_carriage_return_from_its_line_feed():
    assert decode(b"data: one\r", b"", b"\ndata: more\n\n") == [b"one\nmore"]


def test_after_a_flush_the_decoder_reads_a_new_stream():
    decoder = SseDecoder()
    decoder.feed(b"data: one\r")
    decoder.flush()

    assert decoder.feed(b"\xef\xbb\xbfdata: two\n\n") == [b"two"]


def test_a_payload_in_several_lines_is_framed_in_several_data_lines():
    assert encode_event(b"one\ntwo") == b"data: one\ndata: two\n\n"
    assert decode(encode_event(b"one\r\ntwo\rthree")) == [b"one\ntwo\nthree"]


payloads_without_carriage_returns = st.binary(min_size=1).filter(lambda payload: b"\r" not in payload)


@given(st.lists(payloads_without_carriage_returns))
def test_what_is_encoded_is_decoded(payloads):
    assert decode(b"".join(encode_event(payload) for payload in payloads)) == payloads


fragments = st.sampled_from(
    [
        b"data",
        b":",
        b" ",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"x",
        b"\xef\xbb\xbf",
        b": note",
        b"event: e",
        b"data: {}",
    ]
)


@given(st.lists(fragments, max_size=30), st.data())
def test_any_split_of_any_stream_gives_the_same_payloads(parts, data):
    stream = b"".join(parts)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=10))
    edges = [0, *sorted(cuts), len(stream)]

    assert decode(*(stream[a:b] for a, b in itertools.pairwise(edges))) == decode(stream)
