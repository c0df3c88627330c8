"""A second bot with the same past: what the model remembers, where the conversation stands, and the transcript."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from intentional_nb.bots.choosing import Choice, choose
from intentional_nb.bots.timing import Stopwatch
from intentional_nb.bots.transcript import Transcript
from intentional_nb.clients.memory import Chapter
from intentional_nb.conversation.fields import MODALITIES
from intentional_nb.conversation.graph import ConversationGraph
from intentional_nb.conversation.position import Position
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.events import ConversationRewound, Notice

if TYPE_CHECKING:
    from intentional_nb.bots.one_model import OneModelBotStructure

__all__ = ["Moment", "Past", "recorded", "twin"]


@dataclass(frozen=True, slots=True)
class Moment:
    """What a turn can be taken back to.

    Attributes:
        memory: A mark of what the model remembered, as its bot makes it.
        graph: The graph of then.
        position: Where the conversation stood in it.
        is_open: Whether the conversation had been opened.
    """

    memory: Any
    graph: ConversationGraph
    position: Position
    is_open: bool


@dataclass(frozen=True, slots=True)
class Past:
    """All that a bot has behind it.

    Attributes:
        chapters: What the model remembers.
        moments: The moment before each turn, by its number; the memory in them is the first bot's.
        ends: The turns that ended a conversation.
        position: Where the conversation stands, in the graph in which it goes on.
        is_open: Whether it has been opened.
        transcript: What was said and done.
        stopwatch: When.
    """

    chapters: Sequence[Chapter]
    moments: Mapping[int, Moment]
    ends: tuple[int, ...]
    position: Position
    is_open: bool
    transcript: Transcript
    stopwatch: Stopwatch

    @property
    def turn(self) -> int:
        """Number of the latest turn; 0 when there was none."""
        return max(self.moments, default=0)


def recorded(transcript: Transcript, stopwatch: Stopwatch, before: int | None) -> tuple[Transcript, Stopwatch]:
    """What was said and when, before a turn or until now, as two of their own."""
    said, timed = transcript.copy(), stopwatch.copy()
    if before is not None:
        said.apply(ConversationRewound(turn=before))
        timed.apply(ConversationRewound(turn=before), 0.0)
    return said, timed


def twin(
    bot: OneModelBotStructure, router: IntentRouter, model: Mapping[str, Any], modality: str | None
) -> tuple[OneModelBotStructure, list[str]]:
    """A new bot over ``router``, with the model of ``bot`` where nothing else is said.

    Args:
        bot: The first bot.
        router: Knows the graph.
        model: What is said about the model, as `load_bot` takes it; entries that are None say nothing.
        modality: ``text_messages`` or ``audio_stream``; None for that of ``bot``.

    Returns:
        The bot, and what people should be told of it.

    Raises:
        ConfigError: The model's settings cannot be used; says which.
    """
    from intentional_nb.bots.loading import make_bot  # loads the bots themselves, this module among others

    section: Mapping[str, Any] = bot.config.get("llm") or {}
    said = {key: value for key, value in model.items() if value is not None}
    own = MODALITIES[bot.is_spoken]
    if not said and modality in (None, own):
        choice = Choice(section.get("client", "openai"), dict(section), bot.is_spoken)
        notices: list[str] = []
    else:
        if section.get("client") == "local" and said.get("name") and "client" not in said:
            section = {}  # another model than the local one: its client and address are not the local one's
        choice = choose(section, own, said, modality)
        notices = list(choice.notices)
    key = None if "api_key_name" in said else bot.llm.key_at(choice.llm)
    made = make_bot(bot.config, choice, router, notices, api_key=key)
    for text in notices:
        made.emit(Notice(text=text))
    return made, notices
