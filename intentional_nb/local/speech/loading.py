"""The one loading of speech in this process: what hears, what understands and what speaks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from intentional_nb.errors import ServerError
from intentional_nb.local.speech import weights

if TYPE_CHECKING:
    from intentional_nb.local.speech.silero import Silero
    from intentional_nb.local.speech.voice import Voice
    from intentional_nb.local.speech.whisper import Whisper

__all__ = ["Engines", "Progress", "engines", "is_installed", "load", "notice"]

Progress = Callable[[str, float], None]
"""Told what is being done, in words, and how much of it all is done, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Engines:
    """Everything that is loaded; all of it may be used by any number of threads."""

    silero: Silero
    whisper: Whisper
    voice: Voice


class _Once:
    """The engines of this process, or the reason why there are none."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.engines: Engines | None = None
        self.trouble: str | None = None
        self._listening: list[Progress] = []
        self._told: tuple[str, float] | None = None

    def load(self, on_progress: Progress | None) -> Engines | None:
        if on_progress is not None:
            self._listening.append(on_progress)
            if self._told is not None:  # another thread is at it
                on_progress(*self._told)
        try:
            with self.lock:
                if self.engines is None:
                    self._open()
        finally:
            if on_progress is not None:
                self._listening.remove(on_progress)
        if on_progress is not None and self.engines is not None:
            on_progress("ready", 1.0)
        return self.engines

    def _open(self) -> None:
        self.trouble = weights.missing()
        if self.trouble is not None:
            return
        try:
            self.engines = _engines(self._tell)
        except ServerError as error:
            self.trouble = str(error)
        except Exception as error:  # three native libraries have their own error classes, and typing must go on
            self.trouble = f"it cannot be loaded: {error}"
        finally:
            self._told = None

    def _tell(self, what: str, done: float) -> None:
        self._told = (what, done)
        for listener in tuple(self._listening):
            listener(what, done)


_once = _Once()


def load(on_progress: Progress | None = None) -> bool:
    """Get everything ready, at the first call of this process; takes a second or two. Any thread may call it.

    Args:
        on_progress: Told of each step, in the thread that loads; threads that wait for another one are told too.

    Returns:
        Whether speech is there; if not, `notice` says why.
    """
    return _once.load(on_progress) is not None


def engines() -> Engines:
    """What `load` has loaded, loading it now if need be.

    Raises:
        ServerError: It cannot be had; the message says what to do.
    """
    found = _once.engines or _once.load(None)
    if found is None:
        raise ServerError(str(notice()))
    return found


def is_installed() -> bool:
    """Whether every package that speech needs is there. Looks only, loads nothing."""
    return weights.missing() is None


def notice() -> str | None:
    """One sentence for people when the local model can neither hear nor speak; None when it can.

    Cheap before `load` was called: then it only looks whether the packages are there.
    """
    trouble = None if _once.engines else (_once.trouble or weights.missing())
    if trouble is None:
        return None
    return f"The local model can neither hear nor speak, because {trouble}; to add what it needs: {weights.INSTALL}"


def _engines(tell: Progress) -> Engines:
    """Load one after the other; the shares are what they took when they were measured."""
    tell("loading what hears that somebody speaks", 0.0)
    from intentional_nb.local.speech.silero import Silero

    silero = Silero(weights.silero())
    tell("checking what recognises words", 0.1)
    from intentional_nb.local.speech.whisper import Whisper

    with weights.whisper(lambda done: tell("checking what recognises words", 0.1 + 0.3 * done)) as folder:
        tell("loading what recognises words", 0.4)
        whisper = Whisper(folder)
    tell("loading the voice", 0.65)
    from intentional_nb.local.speech.voice import Voice

    voice = Voice(weights.voice())
    tell("hearing a first word", 0.9)
    whisper.hear(voice.speak("Hello."))  # everything is slower the first time
    return Engines(silero, whisper, voice)
