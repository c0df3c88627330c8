"""Real speech for tests: said by the local voice, so that a test needs no file, and skipped where there is none."""

from __future__ import annotations

from functools import cache

import pytest

from intentional_nb.local import speech

needs_speech = pytest.mark.skipif(not speech.is_installed(), reason=speech.notice() or "")


@cache
def spoken(text: str) -> bytes:
    """A sentence as somebody says it into a microphone."""
    from intentional_nb.local.speech.synthesis import synthesise

    return synthesise(text)


def recognised(pcm: bytes) -> str:
    from intentional_nb.local.speech.recognition import recognise

    return recognise(pcm)


def quiet(length_ms: int) -> bytes:
    return bytes(48 * length_ms)
