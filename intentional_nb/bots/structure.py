"""What every bot offers, whatever stands behind it: messages in, events out, from any thread."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import time
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from intentional_nb.bots import runtime
from intentional_nb.bots.changing import ChangeableBot
from intentional_nb.bots.listeners import Handler, Listeners
from intentional_nb.bots.timing import Stopwatch
from intentional_nb.bots.transcript import Transcript, Turn
from intentional_nb.bots.turns import Turns, turns_of
from intentional_nb.conversation.graph import ConversationGraph
from intentional_nb.conversation.position import Position
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.errors import BotClosedError
from intentional_nb.events import Event, Notice

if TYPE_CHECKING:
    from intentional_nb import Studio

__all__ = ["BotStructure"]

DRAIN_S = 5.0
"""How long the end of a turn waits for users' handlers, so that what they print lands in the cell that waits."""


class BotStructure(ChangeableBot):
    """A bot: it takes messages, gives events, and keeps a transcript.

    Every method may be called from any thread. What can take time comes in two forms: one to await, which works in
    any event loop, and a plain one, which works in a notebook cell too.

    Attributes:
        config: The ``bot`` section of the conversation file, as it was given; never changed.
        intent_router: Knows the graph and where the conversation stands.
        transcript: What was said and done so far.
        stopwatch: When it happened.
        notices: Sentences that people should read, such as that the local model is used.
        is_closed: Whether `close` was called.
    """

    registered: ClassVar[dict[str, type[BotStructure]]] = {}
    """Every subclass that has a `name`, by that name: the ``bot.type`` of a conversation file."""

    name: ClassVar[str] = ""

    def __init__(self, config: Mapping[str, Any], intent_router: IntentRouter) -> None:
        self.config = dict(config)
        self.intent_router = intent_router
        self.transcript = Transcript()
        self.stopwatch = Stopwatch()
        self.notices: tuple[str, ...] = ()
        self.is_closed = False
        self._listeners = Listeners(self.emit)
        self._telling = threading.RLock()  # events of all threads go out in one order, transcript first

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.__dict__.get("name"):
            BotStructure.registered[cls.name] = cls

    # -- where the conversation stands

    @property
    def graph(self) -> ConversationGraph:
        """The conversation graph."""
        return self.intent_router.graph

    @property
    def position(self) -> Position:
        """The current stage and the trail."""
        return self.intent_router.position

    @property
    def stage(self) -> str:
        """Name of the current stage."""
        return self.position.stage

    @property
    def trail(self) -> tuple[str, ...]:
        """The stages to return to, oldest first."""
        return self.position.trail

    @property
    def turns(self) -> Turns:
        """Each turn so far as a plain record: moves, tools, tokens, times and cost; it displays itself as a table."""
        return turns_of(self.transcript, self.stopwatch)

    @property
    @abstractmethod
    def is_busy(self) -> bool:
        """Whether a turn is running or waiting."""

    # -- talking

    @abstractmethod
    async def _take_turn(self, text: str, on_number: Callable[[int], None] = lambda _: None) -> Turn:
        """Take a turn on the background loop; ``on_number`` is told its number before it begins."""

    @abstractmethod
    async def _open(self) -> Turn | None:
        """Say the opening line, once; runs on the background loop."""

    def submit(self, text: str) -> concurrent.futures.Future[Turn]:
        """Send a message and return at once; messages wait for each other.

        Returns:
            A future of the turn; cancelling it interrupts the turn. It raises what `say` raises.

        Raises:
            TypeError: ``text`` is not text.
            ValueError: It has half a surrogate pair, which could never be sent.
            BotClosedError: The bot was closed.
        """
        _check_text(text)
        self._check_open()
        return runtime.submit(self._take_turn(text))

    def say(self, text: str) -> Turn:
        """Send a message and wait until the bot falls silent; interrupting the cell cancels the turn.

        Returns:
            The turn, with the bot's text, tool calls and route decisions.

        Raises:
            ClientError: The model gave no usable answer; the message stays in the transcript and the history.
            BotClosedError: The bot was closed.
        """
        turn = runtime.wait(self.submit(text))
        self._listeners.drain(DRAIN_S)
        return turn

    async def send_text(self, text: str) -> Turn:
        """Like `say`, to await."""
        turn = await runtime.wait_async(self.submit(text))
        if self._listeners.handlers:
            await asyncio.to_thread(self._listeners.drain, DRAIN_S)
        return turn

    def start(self) -> Turn | None:
        """Let the bot open the conversation; the first message does it too.

        Returns:
            The turn with the opening line; None when the graph has none, or it was said before.
        """
        self._check_open()
        turn = runtime.wait(runtime.submit(self._open()))
        self._listeners.drain(DRAIN_S)
        return turn

    async def astart(self) -> Turn | None:
        """Like `start`, to await."""
        self._check_open()
        return await runtime.wait_async(runtime.submit(self._open()))

    @abstractmethod
    def interrupt(self) -> None:
        """Stop the reply that is being given; returns at once, harmless when there is none."""

    @abstractmethod
    def reset(self) -> None:
        """Forget the conversation and go back to the first stage; a running turn is stopped first.

        Raises:
            BotClosedError: The bot was closed; its transcript stays.
        """

    @abstractmethod
    def rewind(self, turn: int, *, stages: Mapping[str, str | None] | None = None) -> None:
        """Take back a turn and all after it: history, position, trail and transcript are as they were before it.

        The graph stays as it is today. A stage of then that has another name now is found.

        Args:
            turn: The turn's number.
            stages: Where to stand instead, for stages of then that are gone, as for `update`.

        Raises:
            KeyError: There is no such turn.
            GraphError: A stage of then is gone, and nothing says what is in its place; nothing has changed.
            BotClosedError: The bot was closed; its transcript stays.
        """

    def _check_open(self) -> None:
        if self.is_closed:
            raise BotClosedError("the bot was closed; load it again to go on")

    # -- events

    def emit(self, event: Event) -> None:
        """Take note of an event and tell everybody; called by the client and by the bot itself."""
        with self._telling:
            if isinstance(event, Notice):
                self.notices = (*self.notices, event.text)
            self.stopwatch.apply(event, time.perf_counter())
            self.transcript.apply(event)
            self._listeners.tell(event)

    def on(self, name: str, handler: Handler | None = None) -> Any:
        """Call ``handler`` for each event of this name, in order, on a thread of its own.

        Args:
            name: A handler name such as ``on_text_message_from_model``, or ``*`` for all events.
            handler: Takes the event; may be async. Without it, ``on`` is a decorator.

        Returns:
            The handler, or the decorator.

        Raises:
            ValueError: No event has this name.
        """
        if handler is None:
            return lambda decorated: self.on(name, decorated)
        self._listeners.add(name, handler)
        return handler

    def add_event_handler(self, name: str, handler: Handler) -> None:
        """Like `on`, under the name that Intentional gave it."""
        self._listeners.add(name, handler)

    def off(self, name: str, handler: Handler) -> None:
        """Undo `on`; harmless when the handler was never added."""
        self._listeners.remove(name, handler)

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call ``callback`` for every event at once, in the thread where it happens.

        For panels and recorders: it must be quick and must not raise.

        Returns:
            A function that ends the subscription.
        """
        return self._listeners.subscribe(callback)

    async def events(self) -> AsyncIterator[Event]:
        """All events from now on, until the bot is closed."""
        loop = asyncio.get_running_loop()
        arrived: asyncio.Queue[Event | None] = asyncio.Queue()

        def put(event: Event) -> None:
            # A loop that is gone has nobody reading.
            if not loop.is_closed():
                loop.call_soon_threadsafe(arrived.put_nowait, event)

        unsubscribe = self.subscribe(put)
        try:
            while not self.is_closed or not arrived.empty():
                try:
                    async with asyncio.timeout(runtime.POLL_S):
                        event = await arrived.get()
                except TimeoutError:
                    continue
                if event is not None:
                    yield event
        finally:
            unsubscribe()

    async def stream(self, text: str) -> AsyncIterator[Event]:
        """Send a message and give the events of its turn as they come; leaving the loop early interrupts the turn.

        Raises:
            ClientError: The model gave no usable answer; all events were given before.
            TypeError: ``text`` is not text.
            ValueError: It has half a surrogate pair, which could never be sent.
            BotClosedError: The bot was closed.
        """
        _check_text(text)
        self._check_open()
        loop = asyncio.get_running_loop()
        arrived: asyncio.Queue[Event | None] = asyncio.Queue()
        mine: list[int] = []

        def put(event: Event) -> None:
            if event.get("turn") in mine:
                loop.call_soon_threadsafe(arrived.put_nowait, event)

        unsubscribe = self.subscribe(put)
        future = runtime.submit(self._take_turn(text, mine.append))
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(arrived.put_nowait, None))
        try:
            while (event := await arrived.get()) is not None:
                yield event
            future.result()
        finally:
            unsubscribe()
            future.cancel()

    def studio(self, *, title: str | None = None, height: int | str = 760) -> Studio:
        """Chat or voice, stage graph, tool calls and timeline in one place, as the last expression of a cell.

        Args:
            title: Stands above the conversation; by default the name of the conversation's file.
            height: Of the whole: pixels, or a CSS length such as ``"90vh"``.

        Raises:
            ValueError: ``height`` is not a length.
        """
        from intentional_nb import Studio  # the front door, so that a bot needs no panels until one is wanted

        return Studio(self, title=title, height=height)

    # -- the end

    @abstractmethod
    async def _shut_down(self) -> None:
        """Stop what runs and let go of the model; runs on the background loop."""

    def close(self) -> None:
        """Stop what runs and let go of the model; harmless when closed before.

        Raises:
            RuntimeError: Called on the background loop, by an async tool; `aclose` can be awaited there.
        """
        if not self.is_closed:
            runtime.check_can_wait()  # before anything is changed
            self.is_closed = True
            runtime.wait(runtime.submit(self._shut_down()))
            self._listeners.drain(DRAIN_S)
            self._listeners.close()

    async def aclose(self) -> None:
        """Like `close`, to await."""
        await asyncio.to_thread(self.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def _check_text(text: str) -> None:
    if not isinstance(text, str):
        raise TypeError(f"a message must be text, got {text!r:.100}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        place = f"character {error.start + 1} is half a surrogate pair"
        raise ValueError(f"a message must be text that can be sent, but {place}: {text!r:.100}") from error
