from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.bots.spool import PAGE_BYTES, Spool

PAGE = PAGE_BYTES // 2
"""Samples."""


def samples(count: int, first: int = 0) -> bytes:
    return b"".join(((first + number) % 65_521).to_bytes(2, "little") for number in range(count))


def read(spool: Spool, start: int, count: int) -> bytes:
    return b"".join(spool.chunks(start, count))


@pytest.fixture
def small_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk on which one page has room."""

    class Small:
        def __init__(self, **_: Any) -> None:
            self._file = io.BytesIO()

        def __getattr__(self, name: str) -> Any:
            return getattr(self._file, name)

        def write(self, data: bytes) -> int:
            if self._file.tell() + len(data) > PAGE_BYTES:
                raise OSError(28, "No space left on device")
            return self._file.write(data)

    monkeypatch.setattr("intentional_nb.bots.spool.tempfile.TemporaryFile", Small)


@pytest.mark.parametrize("count", [1, 100, PAGE, PAGE + 1, 3 * PAGE])
def test_samples_come_back_as_they_were(count):
    spool = Spool()
    pcm = samples(count)

    assert spool.append(pcm) == 0
    assert spool.append(b"\x01\x02") == count
    assert read(spool, 0, count + 1) == pcm + b"\x01\x02"


def test_more_than_there_is_gives_what_there_is():
    spool = Spool()
    spool.append(samples(PAGE))
    spool.append(samples(10))

    assert read(spool, PAGE + 8, 100) == samples(2, first=8)
    assert read(spool, PAGE + 10, 100) == read(spool, 5 * PAGE, 1) == b""


@given(st.lists(st.integers(0, 3), max_size=6), st.integers(0, 12), st.integers(0, 12))
def test_any_part_can_be_read_wherever_the_pages_end(lengths, start, count):
    step = PAGE // 2 + 1
    spool = Spool()
    whole = b""
    for length in lengths:
        pcm = samples(length * step, first=len(whole) % 977)
        spool.append(pcm)
        whole += pcm

    assert read(spool, start * step, count * step) == whole[start * step * 2 : (start + count) * step * 2]


def test_what_came_before_the_disk_was_full_can_still_be_read(small_disk):
    spool = Spool()
    kept = samples(PAGE) + samples(100)
    spool.append(kept[: PAGE * 2])
    spool.append(kept[PAGE * 2 :])
    with pytest.raises(OSError, match="No space left"):
        spool.append(samples(PAGE))

    assert read(spool, 0, 3 * PAGE) == kept


def test_a_cleared_spool_begins_at_nothing():
    spool = Spool()
    spool.append(samples(2 * PAGE))
    spool.clear()

    assert (spool.samples, read(spool, 0, PAGE)) == (0, b"")
    assert spool.append(samples(3)) == 0
