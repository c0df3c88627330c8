"""A bot whose conversation can be listened to again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from intentional_nb.audio.clip import Clip
from intentional_nb.bots import runtime
from intentional_nb.bots.one_model import OneModelBotStructure
from intentional_nb.bots.tape import Tape
from intentional_nb.bots.transcript import Turn
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.events import ErrorOccurred, Event

__all__ = ["RecordedBotStructure"]


class RecordedBotStructure(OneModelBotStructure):
    """Keeps the sound of a conversation until it is closed, in temporary files."""

    def __init__(self, config: Mapping[str, Any], intent_router: IntentRouter) -> None:
        super().__init__(config, intent_router)
        self._tape = Tape(on_failure=self._tell_of_tape)

    def emit(self, event: Event) -> None:
        """Take note of an event and tell everybody."""
        with self._telling:
            self._tape.note(event)
            super().emit(event)

    def _tell_of_tape(self, error: OSError) -> None:
        text = f"the sound of the conversation is not kept any more: {error}"
        # Later, since the tape is in use now.
        runtime.call_soon(lambda: self.emit(ErrorOccurred(error=text, where="recording", exception=error)))

    def audio(self, turn: int | Turn, who: Literal["bot", "user"] = "bot", *, as_heard: bool = True) -> Clip:
        """The sound of a turn.

        Args:
            turn: The turn, or its number.
            who: ``bot``, or ``user`` for what the user said; empty for what was typed.
            as_heard: Of the bot, only what the user heard, rather than all that the model made.

        Raises:
            KeyError: There is no such turn.
            ValueError: ``who`` is somebody else.
        """
        number = turn.number if isinstance(turn, Turn) else turn
        self.transcript.turn(number)  # a KeyError that says which turns there are
        if who == "user":
            return self._tape.user_audio(number)
        if who == "bot":
            return self._tape.bot_audio(number, as_heard=as_heard)
        raise ValueError(f"'who' is 'bot' or 'user', not {who!r}")

    def export_audio(self, path: str | os.PathLike[str]) -> Path:
        """Write the whole conversation as a stereo WAV, as it was heard: the user on the left, the bot on the right.

        Returns:
            The path.

        Raises:
            AudioError: The path ends like that of another kind of file.
            OSError: The file cannot be written.
        """
        self._tape.export(path)
        return Path(path)
