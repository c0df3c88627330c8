"""Who hears, thinks and speaks in a session: what the session asks of it, and what may go wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from intentional_nb.wire.realtime.server_items import ServerItem
from intentional_nb.wire.realtime.server_requests import ResponseAsked

if TYPE_CHECKING:
    from intentional_nb.local.realtime.session import VoiceSession

__all__ = ["REALTIME_MODEL", "Detector", "Edge", "VoiceModel"]

REALTIME_MODEL: Final = "local-realtime"
"""The id of the one voice model that the server lists."""


class Edge(Protocol):
    """A change in whether somebody speaks."""

    @property
    def kind(self) -> str:
        """``started``, ``paused`` (it may be over), ``resumed`` (it was not) or ``stopped``."""

    @property
    def at_ms(self) -> float:
        """When, counted in all audio that the detector was fed."""


class Detector(Protocol):
    """Finds speech in a stream of audio."""

    def feed(self, pcm: bytes) -> Sequence[Edge]:
        """Take the next piece; it may compute for a while, and is never given two pieces at once."""


class VoiceModel(Protocol):
    """What a session asks for."""

    @property
    def speaks(self) -> bool:
        """Whether it has a voice; without one it writes."""

    @property
    def notice(self) -> str | None:
        """One sentence for people about what is missing, or is still being made ready; None when all is well."""

    def knows(self, name: str) -> bool:
        """Say whether a session may name this model."""

    def prepare(self) -> None:
        """Begin to make everything ready, without waiting for it."""

    async def greet(self, session: VoiceSession) -> None:
        """Do what comes before the session's first event."""

    def received(self, session: VoiceSession, frame: str) -> None:
        """Take note of what the client sent, before the session obeys it."""

    def obeyed(self, session: VoiceSession, frame: str) -> None:
        """Take note of what the client sent, after the session has obeyed or refused it."""

    def committed(self, session: VoiceSession, item: ServerItem) -> None:
        """Take note of the user's speech, which now is an item."""

    async def detector(self, detection: Mapping[str, Any]) -> Detector:
        """Make a detector for a session's ``turn_detection``.

        Raises:
            Failure: It cannot hear.
        """

    async def detect(self, detector: Detector, pcm: bytes) -> Sequence[Edge]:
        """Feed a detector, away from the loop."""

    async def recognise(self, pcm: bytes, transcription: Mapping[str, Any]) -> str | None:
        """Find the words of speech; None when that is left to somebody else.

        Raises:
            Failure: It cannot hear.
        """

    def ask(self, session: VoiceSession, asked: ResponseAsked) -> None:
        """Respond, without waiting for it."""

    def close(self) -> None:
        """Give back what the model holds."""
