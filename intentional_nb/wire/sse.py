"""Server-sent events, as far as a stream of replies needs them: bytes in, payloads out, and back.

A payload is what stands behind ``data:``. Names, ids and retry times of events are read over, because no chat
server says anything with them that its JSON does not say too. Nothing here does I/O.
"""

from __future__ import annotations

__all__ = ["SseDecoder", "encode_event"]

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def encode_event(payload: bytes) -> bytes:
    r"""Frame one payload, which is usually one line of JSON.

    A payload of several lines becomes several ``data:`` lines. Carriage returns cannot be carried: they come
    out as line feeds.

    >>> encode_event(b'{"n": 1}')
    b'data: {"n": 1}\n\n'
    """
    if b"\n" in payload or b"\r" in payload:
        lines = payload.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        payload = b"\ndata: ".join(lines)
    return b"data: " + payload + b"\n\n"


class SseDecoder:
    r"""Collect the payloads of a stream that arrives in pieces of any size.

    How the stream was cut never changes the result. Line ends may be ``\n``, ``\r\n`` or ``\r``; comments,
    other fields and events without a payload are passed over.

    >>> decoder = SseDecoder()
    >>> decoder.feed(b": hello\n\ndata: one\n\nda")
    [b'one']
    >>> decoder.feed(b"ta: two")
    []
    >>> decoder.flush()
    [b'two']
    """

    def __init__(self) -> None:
        # Pieces of the event that is not complete yet; joined only when a line ends, so that a long
        # payload in many pieces costs no more than its length.
        self._pieces: list[bytes] = []
        # The last piece ended in "\r": a "\n" that comes next belongs to the same line end.
        self._after_carriage_return = False
        # The stream's first bytes while they could still be a byte order mark; None once that is settled.
        self._opening: bytes | None = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take the next piece of the stream and return the payloads that it completes."""
        if self._opening is not None:
            chunk = self._without_mark(chunk)
        if self._after_carriage_return or b"\r" in chunk:
            chunk = self._with_line_feeds(chunk)
        if b"\n" not in chunk:
            self._pieces.append(chunk)
            return []
        if self._pieces:
            self._pieces.append(chunk)
            chunk = b"".join(self._pieces)
        blocks = chunk.split(b"\n\n")
        rest = blocks.pop()
        self._pieces = [rest] if rest else []
        payloads = []
        for block in blocks:
            # Nearly every block is one data line: only the others are taken apart line by line.
            single = block.startswith(b"data: ") and b"\n" not in block
            if payload := block[6:] if single else _payload(block):
                payloads.append(payload)
        return payloads

    def flush(self) -> list[bytes]:
        """Return the payload of a last event that no blank line has ended, and start afresh.

        To be called when the stream has ended well: after a broken connection the last payload is a fragment.
        """
        payload = _payload(b"".join((self._opening or b"", *self._pieces)))
        self._pieces, self._after_carriage_return, self._opening = [], False, b""
        return [payload] if payload else []

    def _without_mark(self, chunk: bytes) -> bytes:
        opening = (self._opening or b"") + chunk
        if len(opening) < len(_BYTE_ORDER_MARK) and _BYTE_ORDER_MARK.startswith(opening):
            self._opening = opening
            return b""
        self._opening = None
        return opening.removeprefix(_BYTE_ORDER_MARK)

    def _with_line_feeds(self, chunk: bytes) -> bytes:
        if not chunk:
            return chunk
        if self._after_carriage_return and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._after_carriage_return = chunk.endswith(b"\r")
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _payload(block: bytes) -> bytes:
    """Join the data lines of one event; empty when it has none."""
    lines = []
    for line in block.split(b"\n"):
        name, _, value = line.partition(b":")
        if name == b"data":
            lines.append(value.removeprefix(b" "))
    return b"\n".join(lines)
