"""Audio that only grows, in a temporary file: an hour of it takes 173 MB of disk and no memory."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from typing import IO

from intentional_nb.audio.pcm import BYTES_PER_SAMPLE

__all__ = ["Spool"]

STEP_SAMPLES = 1 << 15
"""Samples read at a time."""
PAGE_BYTES = 1 << 16
"""What is gathered before it is written: chunks come fifty times a second."""


class Spool:
    """Samples in a file that nobody else sees, and that is gone when it is closed or the process ends.

    Positions are counted in samples. It may be used from any thread.

    Attributes:
        samples: How many there are.
    """

    def __init__(self) -> None:
        self.samples = 0
        self._page = bytearray()  # the last samples, not written yet
        self._file: IO[bytes] | None = None
        self._lock = threading.Lock()

    def append(self, pcm: bytes) -> int:
        """Add samples at the end.

        Returns:
            Where they begin.

        Raises:
            OSError: The disk is full, or there is no place for temporary files.
        """
        with self._lock:
            start = self.samples
            if len(self._page) + len(pcm) > PAGE_BYTES:
                self._turn_page()
            if len(pcm) > PAGE_BYTES:
                self._write(pcm, start)
            else:
                self._page += pcm
            self.samples = start + len(pcm) // BYTES_PER_SAMPLE
            return start

    def _turn_page(self) -> None:
        if self._page:
            self._write(bytes(self._page), self.samples - len(self._page) // BYTES_PER_SAMPLE)
            self._page.clear()

    def _write(self, pcm: bytes, start: int) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="intentional-nb-", buffering=0)  # noqa: SIM115
        self._file.seek(start * BYTES_PER_SAMPLE)
        left = memoryview(pcm)
        while left:
            left = left[self._file.write(left) :]

    def chunks(self, start: int, samples: int) -> Iterator[bytes]:
        """The samples from ``start`` on, in pieces; fewer when there are not so many.

        Nothing is written for it, so that what is there can be read when the disk is full.
        """
        end = start + samples
        while start < end:
            chunk = self._read(start, min(STEP_SAMPLES, end - start))
            if not chunk:
                return
            start += len(chunk) // BYTES_PER_SAMPLE
            yield chunk

    def _read(self, start: int, samples: int) -> bytes:
        with self._lock:
            first, last = (position * BYTES_PER_SAMPLE for position in (start, min(start + samples, self.samples)))
            written = self.samples * BYTES_PER_SAMPLE - len(self._page)
            if self._file is None or first >= written:
                return bytes(self._page[first - written : max(last, first) - written])
            self._file.seek(first)
            chunk = self._file.read(min(last, written) - first)
            return chunk[: len(chunk) // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE]

    def clear(self) -> None:
        """Forget everything; the file is gone."""
        with self._lock:
            if self._file is not None:
                self._file.close()
            self._page.clear()
            self._file, self.samples = None, 0
