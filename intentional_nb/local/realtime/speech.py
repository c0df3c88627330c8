"""The ears and the voice of this machine, in threads of their own, made ready when somebody first wants them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, TypeVar

from intentional_nb.local.realtime.model import Detector, Edge
from intentional_nb.wire.realtime.server_response import Failure

__all__ = ["LocalSpeech", "detector_options"]

T = TypeVar("T")

_SEMANTIC_SILENCE_MS: Final = {"high": 500, "medium": 800, "auto": 800, "low": 1500}
"""How long a silence ends a turn where meaning should tell: nothing here knows a sentence's end, so eagerness does."""


class LocalSpeech:
    """Hears and speaks with the models of `intentional_nb.local.speech`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._loading: Future[bool] | None = None
        self._is_ready = False
        self._progress: str | None = None
        self._is_closed = False

    @property
    def is_installed(self) -> bool:
        """Whether there is anything to hear and speak with."""
        from intentional_nb.local import speech

        return speech.is_installed()

    @property
    def notice(self) -> str | None:
        """What is missing, or how far making ready has come; None when all is well, or nobody has asked yet."""
        from intentional_nb.local import speech

        return speech.notice() or self._progress

    def prepare(self) -> None:
        """Begin to load the models, once, without waiting for them."""
        if self.is_installed:
            self._load()

    async def detector(self, detection: Mapping[str, Any]) -> Detector:
        """Make a detector for a session's ``turn_detection``.

        Raises:
            Failure: It cannot hear.
        """
        await self._ready()
        return await self._run("ears", _make_detector, detector_options(detection))

    async def detect(self, detector: Detector, pcm: bytes) -> Sequence[Edge]:
        """Feed a detector."""
        return await self._run("ears", detector.feed, pcm)

    async def recognise(self, pcm: bytes, *, language: str = "en", prompt: str = "") -> str:
        """Find the words of speech; cancelled, it soon stops to look for them.

        Raises:
            Failure: It cannot hear.
        """
        await self._ready()
        unwanted = threading.Event()
        try:
            return await self._run("words", _recognise, pcm, language, prompt, unwanted)
        except asyncio.CancelledError:
            unwanted.set()
            raise

    async def synthesise(self, sentence: str, *, speed: float = 1.0) -> bytes:
        """Say a sentence.

        Raises:
            Failure: It has no voice.
        """
        await self._ready()
        return await self._run("voice", _synthesise, sentence, speed)

    def close(self) -> None:
        """Let the threads end after what they are at."""
        with self._lock:
            self._is_closed = True
            pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.shutdown(wait=False, cancel_futures=True)

    # ----

    async def _ready(self) -> None:
        from intentional_nb.local import speech

        if self._is_ready:
            return
        if not self.is_installed:
            raise Failure(speech.notice() or "speech is not installed", code="speech_not_installed")
        self._is_ready = await asyncio.wrap_future(self._load())
        if not self._is_ready:
            raise Failure(speech.notice() or "speech cannot be loaded", code="speech_not_usable")

    def _load(self) -> Future[bool]:
        with self._lock:
            if self._loading is None or (self._loading.done() and not self._loading.result()):
                pool = self._pool("words")
                self._progress = "the local voice is being made ready"
                self._loading = pool.submit(self._load_now)
            return self._loading

    def _load_now(self) -> bool:
        from intentional_nb.local import speech

        try:
            return speech.load(self._note)
        finally:
            self._progress = None

    def _note(self, what: str, share: float) -> None:
        self._progress = f"the local voice is being made ready: {what}, {share:.0%}"

    async def _run(self, pool: str, work: Callable[..., T], *arguments: Any) -> T:
        with self._lock:
            chosen = self._pool(pool)
        return await asyncio.get_running_loop().run_in_executor(chosen, work, *arguments)

    def _pool(self, name: str) -> ThreadPoolExecutor:
        """One thread for each sense: none of them would be faster with two, and none waits for another."""
        if self._is_closed:
            raise Failure("the local voice was closed", code="speech_not_usable")
        if name not in self._pools:
            self._pools[name] = ThreadPoolExecutor(1, thread_name_prefix=f"intentional-local-{name}")
        return self._pools[name]


def detector_options(detection: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a session's ``turn_detection`` into what a detector is made with."""
    if detection["type"] == "semantic_vad":
        return {"silence_duration_ms": _SEMANTIC_SILENCE_MS[detection["eagerness"]]}
    return {name: detection[name] for name in ("threshold", "prefix_padding_ms", "silence_duration_ms")}


def _make_detector(options: Mapping[str, Any]) -> Detector:
    from intentional_nb.local.speech.detection import SpeechDetector

    return SpeechDetector(**options)


def _recognise(pcm: bytes, language: str, prompt: str, unwanted: threading.Event) -> str:
    from intentional_nb.local.speech.recognition import recognise

    return recognise(pcm, prompt=prompt, language=language, is_wanted=lambda: not unwanted.is_set())


def _synthesise(sentence: str, speed: float) -> bytes:
    from intentional_nb.local.speech.synthesis import synthesise

    return synthesise(sentence, speed=speed)
