"""What a spoken conversation is doing at this moment, worked out from what happened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from intentional_nb.events import (
    ConversationReset,
    ConversationRewound,
    Event,
    ModelConnected,
    ModelDisconnected,
    ReplyAudio,
    ReplyHeard,
    ReplyInterrupted,
    SessionReconnecting,
    SpeechEnded,
    SpeechStarted,
    ToolCallStarted,
    TurnEnded,
    TurnStarted,
)

__all__ = ["Phase", "Step", "VoiceState", "after"]

VoiceState = Literal["idle", "connecting", "listening", "thinking", "speaking", "reconnecting", "closed"]
"""``idle``: there is no session. ``connecting``: one is being opened. ``listening``: the user may speak, or does.
``thinking``: the model has to answer. ``speaking``: the bot is heard. ``reconnecting``: it was lost, and another is
being opened. ``closed``: the bot was closed."""

Step = Literal["connecting", "failed", "closed", "player attached", "player detached"]
"""What the bot itself does, which is no event."""


@dataclass(frozen=True, slots=True)
class Phase:
    """All that the state depends on.

    Attributes:
        session: What the session is doing; ``listening`` stands for one that is open.
        turn: The turn that runs.
        is_hearing: Whether the user is speaking.
        sounding: The bot's items that were sent and not heard to their end.
        has_player: Whether they are played; without a player they sound as long as the model makes them.
    """

    session: Literal["idle", "connecting", "listening", "reconnecting", "closed"] = "idle"
    turn: int | None = None
    is_hearing: bool = False
    sounding: frozenset[str] = frozenset()
    has_player: bool = False

    @property
    def state(self) -> VoiceState:
        """What people are shown."""
        if self.session != "listening":
            return self.session
        if self.is_hearing:
            return "listening"
        if self.sounding:
            return "speaking"
        return "listening" if self.turn is None else "thinking"


_SESSION_AFTER: dict[Step, Literal["idle", "connecting", "closed"]] = {
    "connecting": "connecting",
    "failed": "idle",
    "closed": "closed",
}


def after(phase: Phase, happening: Event | Step) -> Phase:
    """The phase after something has happened; the very same object where that changes nothing."""
    match happening:
        case ReplyAudio():  # first: there are many of them
            if happening.item_id in phase.sounding:
                return phase
            return replace(phase, sounding=phase.sounding | {happening.item_id})
        case str():
            return _after_step(phase, happening)
        case ModelConnected() | SessionReconnecting() | ModelDisconnected():
            return _after_session(phase, happening)
        case SpeechStarted():
            # Whoever speaks is listened to: what was still to be played is silent from here on.
            return replace(phase, is_hearing=True, sounding=frozenset())
        case SpeechEnded():
            return replace(phase, is_hearing=False)
        case ReplyHeard() | ReplyInterrupted():
            return replace(phase, sounding=phase.sounding - {happening.item_id})
        case ConversationReset() | ConversationRewound():
            return replace(phase, turn=None, sounding=frozenset())
    return _after_turn(phase, happening)


def _after_step(phase: Phase, step: Step) -> Phase:
    if step in ("player attached", "player detached"):
        return replace(phase, has_player=step == "player attached", sounding=frozenset())
    return phase if phase.session == "closed" else Phase(_SESSION_AFTER[step], has_player=phase.has_player)


def _after_session(phase: Phase, event: ModelConnected | SessionReconnecting | ModelDisconnected) -> Phase:
    if phase.session == "closed":
        return phase
    match event:
        case ModelConnected():
            return replace(phase, session="listening", is_hearing=False)
        case SessionReconnecting():
            return replace(phase, session="reconnecting", is_hearing=False)
    return Phase(has_player=phase.has_player)


def _after_turn(phase: Phase, event: Event) -> Phase:
    match event:
        case TurnStarted():
            return replace(phase, turn=event.turn, is_hearing=False, sounding=_still(phase))
        case TurnEnded():
            return replace(phase, turn=None, sounding=_still(phase))
        case ToolCallStarted():
            return replace(phase, sounding=_still(phase))
    return phase


def _still(phase: Phase) -> frozenset[str]:
    """What still sounds when the model makes no more of it: what a player has not played."""
    return phase.sounding if phase.has_player else frozenset()
