"""Where the time of each turn went: spans made from events and the moments at which they came.

`Stopwatch` takes each event with its moment; `TurnTimes` is what it knows of one turn, as plain data. All times are
milliseconds after the turn began; what came before that, such as the end of the user's speech, is negative.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from intentional_nb.events import (
    ConversationReset,
    ConversationRewound,
    Event,
    ModelConnected,
    ReplyAudio,
    ReplyEnded,
    ReplyHeard,
    ReplyInterrupted,
    ReplyText,
    RequestStarted,
    RouteDecision,
    SpeechEnded,
    ToolCallEnded,
    ToolCallStarted,
    TurnEnded,
    TurnStarted,
    UsageReported,
    UserTranscribed,
)

__all__ = ["OPENING", "Span", "Stopwatch", "Tokens", "TurnTimes"]

SpanKind = Literal["listening", "transcript", "request", "routing", "tool", "playing"]
"""Silence until the server was sure that the speech had ended; its recognition; a request that was answered with words
or tool calls; one that moved the conversation; a tool at work; the reply as it was heard."""

OPENING = "opening line"
"""The name of the span of a line that the bot says without asking a model."""

_SPEECHES = 8
"""Ends of speech remembered until their turn begins; more are never open."""


@dataclass(frozen=True, slots=True)
class Span:
    """Something that took time.

    Attributes:
        kind: What it was.
        name: What people call it: the tool's name, the choice of a routing request, else the kind.
        start_ms: When it began, after the turn began.
        end_ms: When it ended; None while it goes on.
        first_ms: When the first words or sound came, for a request that brought any.
        key: Tells it from others of its kind: the number of a request, the id of a call or an item.
    """

    kind: SpanKind
    name: str
    start_ms: float
    end_ms: float | None = None
    first_ms: float | None = None
    key: str = ""

    @property
    def duration_ms(self) -> float:
        """How long it took; 0 while it goes on."""
        return 0.0 if self.end_ms is None else self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a turn's requests took together, as far as the server told.

    Attributes:
        input: Tokens read, cached and audio ones included.
        output: Tokens made, reasoning and audio ones included.
    """

    input: int = 0
    output: int = 0
    cached: int = 0
    reasoning: int = 0
    input_audio: int = 0
    output_audio: int = 0
    cached_audio: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(*(getattr(self, name) + getattr(other, name) for name in Tokens.__dataclass_fields__))

    def __bool__(self) -> bool:
        return self.input + self.output > 0


@dataclass(frozen=True, slots=True)
class TurnTimes:
    """The times of one turn.

    Attributes:
        turn: The turn's number.
        spans: In the order in which they began.
        first_ms: When the first words or sound of the reply came; None when none did.
        duration_ms: When the turn ended; None while it runs.
        tokens: Of all its requests.
        usage: Model and tokens of each request of which the server told, for prices.
        address: Where the model was reached; empty when that is not known.
        transcriptions: As ``usage``, for the user's speech, which another model writes down: with the seconds of speech
            where the server counts those.
    """

    turn: int
    spans: tuple[Span, ...] = ()
    first_ms: float | None = None
    duration_ms: float | None = None
    usage: tuple[tuple[str, Tokens], ...] = ()
    address: str = ""
    transcriptions: tuple[tuple[str, Tokens, float], ...] = ()

    @property
    def requests(self) -> tuple[Span, ...]:
        """What the model was asked, whether it answered with words, with calls, or by moving the conversation."""
        return tuple(
            span for span in self.spans if span.kind == "routing" or (span.kind == "request" and span.name != OPENING)
        )

    @property
    def tokens(self) -> Tokens:
        """What all its requests took together."""
        return sum((tokens for _, tokens in self.usage), Tokens())

    def of(self, kind: SpanKind) -> tuple[Span, ...]:
        """The spans of one kind."""
        return tuple(span for span in self.spans if span.kind == kind)


@dataclass(slots=True)
class _Open:
    """A turn that events still come for."""

    times: TurnTimes
    start_s: float
    spans: list[Span] = field(default_factory=list)
    changes: int = 0  # counted after each, so that what was read in the midst of one is not taken for what is known
    known: tuple[int, TurnTimes] | None = None  # what was told last, and after how many changes

    def frozen(self) -> TurnTimes:
        """Its times; the very same object as long as nothing changes: panels ask for all turns again and again."""
        changes, known = self.changes, self.known
        if known is not None and known[0] == changes:
            return known[1]
        spans = tuple(self.spans)
        firsts = [span.first_ms for span in spans if span.first_ms is not None]
        times = replace(self.times, spans=spans, first_ms=min(firsts, default=None))
        self.known = changes, times
        return times

    def at(self, now_s: float) -> float:
        return (now_s - self.start_s) * 1000

    def begin(self, kind: SpanKind, name: str, now_s: float, key: str = "") -> None:
        self.spans.append(Span(kind, name, self.at(now_s), key=key))

    def change(self, kinds: tuple[SpanKind, ...], key: str | None, **changes: object) -> bool:
        """Change the latest span of these kinds that is open, or that has this key; whether there is one."""
        for index in range(len(self.spans) - 1, -1, -1):
            span = self.spans[index]
            if span.kind in kinds and (span.end_ms is None if key is None else span.key == key):
                self.spans[index] = replace(span, **changes)  # type: ignore[arg-type]  # names of fields
                return True
        return False


class Stopwatch:
    """Notes when things happen. Events are applied in one thread at a time; it can be read in any."""

    def __init__(self) -> None:
        self._address = ""  # where the model is that was reached last
        self._turns: dict[int, _Open] = {}
        self._speech_ends: dict[str, float] = {}  # by item, until its turn begins
        self._seen_part: tuple[int, int] | None = None  # the request whose first words were noted

    def __iter__(self) -> Iterator[TurnTimes]:
        return (self.of(number) for number in sorted(tuple(self._turns)))

    def of(self, turn: int) -> TurnTimes:
        """The times of this turn; with nothing in them when it is not known."""
        known = self._turns.get(turn)
        return TurnTimes(turn) if known is None else known.frozen()

    def now_ms(self, turn: int, now_s: float) -> float | None:
        """A moment as milliseconds after the turn began; None when the turn is not known."""
        known = self._turns.get(turn)
        return None if known is None else known.at(now_s)

    def copy(self) -> Stopwatch:
        """A stopwatch of its own, which knows the same turns."""
        twin = Stopwatch()
        twin._address = self._address
        twin._turns = {number: replace(turn, spans=list(turn.spans)) for number, turn in self._turns.items()}
        return twin

    def apply(self, event: Event, now_s: float) -> None:
        """Take note of an event.

        Args:
            event: What happened.
            now_s: When, in seconds, on any clock that only goes forward.
        """
        if isinstance(event, ReplyText | ReplyAudio):  # first: this is the hot path
            if (event.turn, event.part) != self._seen_part:
                self._note_first(event, now_s)
        elif isinstance(event, SpeechEnded):
            self._speech_ends[event.item_id] = now_s
            while len(self._speech_ends) > _SPEECHES:
                del self._speech_ends[next(iter(self._speech_ends))]
        elif isinstance(event, TurnStarted):
            self._begin(event, now_s)
        elif isinstance(event, ModelConnected):
            self._address = event.base_url
        elif isinstance(event, ConversationReset):
            self._turns.clear()
        elif isinstance(event, ConversationRewound):
            self._turns = {number: turn for number, turn in self._turns.items() if number < event.turn}
        elif (turn := self._turns.get(getattr(event, "turn", 0))) is not None:
            _within(turn, event, now_s, self._address)
            turn.changes += 1

    def _begin(self, event: TurnStarted, now_s: float) -> None:
        turn = self._turns[event.turn] = _Open(TurnTimes(event.turn), now_s)
        if event.item_id is not None:
            ended_s = self._speech_ends.pop(event.item_id, now_s)
            turn.spans.append(Span("listening", "listening", turn.at(ended_s), 0.0, key=event.item_id))
            turn.begin("transcript", "transcript", now_s, event.item_id)
        turn.changes += 1

    def _note_first(self, event: ReplyText | ReplyAudio, now_s: float) -> None:
        self._seen_part = (event.turn, event.part)
        turn = self._turns.get(event.turn)
        if turn is None:
            return
        if not turn.change(("request",), str(event.part), first_ms=turn.at(now_s)):
            # An opening line is said without a request.
            turn.spans.append(Span("request", OPENING, 0.0, None, turn.at(now_s), str(event.part)))
        turn.changes += 1


def _within(turn: _Open, event: Event, now_s: float, address: str) -> None:
    at_ms = turn.at(now_s)
    match event:
        case RequestStarted():
            turn.change(("request",), None, end_ms=at_ms)
            turn.begin("request", "request", now_s, str(event.part))
        case RouteDecision():
            turn.change(("request",), None, kind="routing", name=event.choice or event.kind, end_ms=at_ms)
        case ToolCallStarted():
            turn.change(("request",), None, end_ms=at_ms)
            turn.begin("tool", event.name, now_s, event.call_id)
        case ToolCallEnded():
            turn.change(("tool",), event.call_id, end_ms=at_ms)
        case UserTranscribed() if event.is_final:
            turn.change(("transcript",), event.item_id, end_ms=at_ms)
        case UsageReported():
            turn.times = _with_usage(turn.times, event, address)
        case ReplyEnded():
            turn.change(("request",), None, end_ms=at_ms)
        case ReplyHeard() | ReplyInterrupted():
            turn.spans.append(Span("playing", "heard", at_ms - event.heard_ms, at_ms, key=event.item_id))
        case TurnEnded():
            turn.times = replace(turn.times, duration_ms=at_ms)


def _with_usage(times: TurnTimes, event: UsageReported, address: str) -> TurnTimes:
    tokens = _tokens(event)
    if event.item_id is None:
        return replace(times, usage=(*times.usage, (event.model, tokens)), address=address)
    written = (event.model, tokens, event.audio_seconds)
    return replace(times, transcriptions=(*times.transcriptions, written), address=address)


def _tokens(event: UsageReported) -> Tokens:
    return Tokens(
        event.input_tokens,
        event.output_tokens,
        event.cached_tokens,
        event.reasoning_tokens,
        event.input_audio_tokens,
        event.output_audio_tokens,
        event.cached_audio_tokens,
    )
