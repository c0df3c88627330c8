"""The voice model of a script: it waits for what the next step waits for, and plays its actions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from intentional_nb.local.realtime.acting import Stage
from intentional_nb.local.realtime.beta import to_beta
from intentional_nb.local.realtime.model import Detector, Edge
from intentional_nb.local.realtime.moments import Moment, audio_ms, moment_request
from intentional_nb.local.realtime.script import RESPONSE, VoiceScript, VoiceStep
from intentional_nb.local.realtime.sounds import LevelDetector
from intentional_nb.local.realtime.speech import detector_options
from intentional_nb.wire.realtime.server_errors import Mistake
from intentional_nb.wire.realtime.server_items import ServerItem
from intentional_nb.wire.realtime.server_requests import ResponseAsked
from intentional_nb.wire.realtime.server_response import Failure
from intentional_nb.wire.realtime.server_settings import ResponseSettings

if TYPE_CHECKING:
    from intentional_nb.local.realtime.session import VoiceSession

__all__ = ["ScriptedVoice"]

Event = Mapping[str, Any]


class _Client:
    """What is known of one session."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        """What came since the last step, audio aside."""
        self.audio_ms = 0.0
        self.stages: list[Stage] = []


class ScriptedVoice:
    """Does what a script tells it, under whatever name it is asked for.

    Args:
        script: The script.
    """

    speaks = True
    notice: str | None = None

    def __init__(self, script: VoiceScript) -> None:
        self._script = script
        self._clients: WeakKeyDictionary[VoiceSession, _Client] = WeakKeyDictionary()

    @property
    def dialect(self) -> Any:
        """How the script's server names things."""
        return to_beta if self._script.dialect == "beta" else None

    def knows(self, name: str) -> bool:
        """Any name will do: the code under test keeps the one it uses in earnest."""
        return True

    def prepare(self) -> None:
        """Nothing has to be made ready."""

    async def greet(self, session: VoiceSession) -> None:
        """Play what comes before the session's first event."""
        self._script.connected()
        self._clients[session] = _Client()
        step = self._take(session, "connect", self._settings(session), ())
        if step is not None:
            stage = Stage(session)
            self._clients[session].stages.append(stage)
            await self._play(step, stage)

    def received(self, session: VoiceSession, frame: str) -> None:
        """Record what the client sent; what is no event is left to the protocol."""
        event = _event(frame)
        if event is None:
            return
        self._script.record(event)
        client = self._clients[session]
        for stage in client.stages:
            stage.note(event)
        heard_ms = audio_ms(event)
        if heard_ms is None:
            client.events.append(event)
        else:
            client.audio_ms += heard_ms

    def obeyed(self, session: VoiceSession, frame: str) -> None:
        """Play a step that waits for an event of this type."""
        event = _event(frame)
        if event is None:
            return
        step = self._take(session, str(event.get("type")), self._settings(session), tuple(session.half.conversation))
        if step is not None:
            self._start(step, Stage(session, event=event))

    def committed(self, session: VoiceSession, item: ServerItem) -> None:
        """Play a step that waits for the user's speech."""
        step = self._take(session, "committed", self._settings(session), tuple(session.half.conversation))
        if step is not None:
            self._start(step, Stage(session))

    async def detector(self, detection: Mapping[str, Any]) -> Detector:
        """Make an ear that tells loud from quiet, or one that hears nothing."""
        options = detector_options(detection)
        options.pop("threshold", None)
        return LevelDetector(**options) if self._script.hears else _Deaf()

    async def detect(self, detector: Detector, pcm: bytes) -> Sequence[Edge]:
        """Feed the ear, and let others have their turn."""
        await asyncio.sleep(0)
        return detector.feed(pcm)

    async def recognise(self, pcm: bytes, transcription: Mapping[str, Any]) -> str | None:
        """The script tells what was said."""
        return None

    def ask(self, session: VoiceSession, asked: ResponseAsked) -> None:
        """Play the next step, if it waits for a response and the moment fits."""
        request = self._request(session, asked.settings, asked.context)
        step = self._take(session, RESPONSE, asked.settings, asked.context)
        if step is None:
            session.half.refuse(Mistake(self._script.complain(request), "unexpected_request"), asked.event_id)
            return
        stage = Stage(session, asked)
        if step.actions and step.actions[0].begins:
            stage.response()  # at once, so that a cancel finds what it is to cancel
        self._start(step, stage)

    def close(self) -> None:
        """Leave the script to its owner."""

    # ----

    def _start(self, step: VoiceStep, stage: Stage) -> None:
        self._clients[stage.session].stages.append(stage)
        stage.played_by(stage.session.start(self._play(step, stage)))

    async def _play(self, step: VoiceStep, stage: Stage) -> None:
        try:
            for action in step.actions:
                await action.play(stage)
            stage.finish()
        except Failure as failure:
            self._script.fail(f"{failure.message}, in the step {step}")
            raise
        finally:
            self._clients[stage.session].stages.remove(stage)

    def _take(
        self, session: VoiceSession, due: str, settings: ResponseSettings, items: tuple[ServerItem, ...]
    ) -> VoiceStep | None:
        step = self._script.take(due, self._request(session, settings, items))
        if step is not None:
            client = self._clients[session]
            client.events, client.audio_ms = [], 0.0
        return step

    def _request(
        self, session: VoiceSession, settings: ResponseSettings, items: tuple[ServerItem, ...]
    ) -> dict[str, Any]:
        client = self._clients[session]
        moment = Moment(tuple(client.events), items, client.audio_ms)
        return moment_request(session.half.settings["model"], settings, moment)

    def _settings(self, session: VoiceSession) -> ResponseSettings:
        return ResponseSettings.of(session.half.settings, {})


class _Deaf:
    """An ear that hears nothing."""

    def feed(self, pcm: bytes) -> Sequence[Edge]:
        return ()


def _event(frame: str) -> Event | None:
    try:
        event = json.loads(frame)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None
