"""When a response may be asked for: the sequencer of ``response.create``.

A conversation has one active response at a time, and two writers: this client, and the server, which answers speech by
itself. So a create is sent only when no response is active as far as is known, at most one more waits, and whoever asks
meanwhile joins it. When the server was quicker, the create is refused as a collision, and is sent again once the other
response is over. Nothing is latched for ever: whatever was lost, the next response or the next ask goes on.

Each create carries an id in its metadata, which the response brings back, so whose a response is need not be guessed.
Some servers drop the metadata: there, what begins while a create is on its way counts as its response, until a
collision says otherwise.

Two tables say all of it, `CREATES` for what we have sent, `RESPONSES` for what is being made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from intentional_nb.wire.realtime import client_frames as say
from intentional_nb.wire.realtime.faults import named_response

__all__ = ["CREATES", "MAX_COLLISIONS", "RESPONSES", "Ask", "CreateState", "ResponseState", "Sequencer"]

CreateState = Literal["idle", "sent", "doomed", "blocked"]
"""Where our create stands.

``sent``: it is on its way. ``doomed``: it is, and its response will be cancelled as soon as it has an id. ``blocked``:
it was refused because of a response that was never seen, and waits for whatever comes next.
"""

CREATES: Mapping[CreateState, Mapping[str, CreateState]] = {
    "idle": {"sent": "sent"},
    "sent": {"answered": "idle", "refused": "idle", "collided": "idle", "stuck": "blocked", "cancel": "doomed"},
    "doomed": {"answered": "idle", "refused": "idle", "collided": "idle"},
    "blocked": {"sent": "sent", "moved": "idle", "cancel": "idle"},
}
"""``answered``: its response began. ``collided``: it met another response, ``stuck``: one that was never seen.
``moved``: any response began or ended. What is not listed changes nothing."""

ResponseState = Literal["idle", "active", "cancelling"]
"""Where the conversation's response stands; ``cancelling``: a cancel is on its way."""

RESPONSES: Mapping[ResponseState, Mapping[str, ResponseState]] = {
    "idle": {"began": "active"},
    "active": {"began": "active", "ended": "idle", "cancel": "cancelling"},
    "cancelling": {"began": "active", "ended": "idle", "not_active": "idle"},
}
"""``not_active``: the server knows of no response to cancel. What is not listed changes nothing."""

MAX_COLLISIONS = 8
"""How often in a row a create may collide with a response that is over, before it is given up."""

_REMEMBERED = 64
_TAG = "ask"
_MAX_METADATA = 16


@dataclass(slots=True)
class Ask:
    """A create, and all the asks that it stands for.

    Attributes:
        ask_ids: What `Sequencer.ask` returned; the first is the event's id on the wire, and in the metadata.
        params: Of the ``response.create``; those of a later ask win.
    """

    ask_ids: tuple[str, ...]
    params: dict[str, Any] = field(default_factory=dict)

    def joined(self, later: Ask | None) -> Ask:
        """This one and a later one in one."""
        if later is None:
            return self
        return Ask(self.ask_ids + later.ask_ids, {**self.params, **later.params})

    @property
    def metadata(self) -> dict[str, Any]:
        """Those asked for and our id, if there is room for it."""
        metadata = dict(self.params.get("metadata") or {})
        if len(metadata) < _MAX_METADATA:
            metadata.setdefault(_TAG, self.ask_ids[0])
        return metadata

    @property
    def tag(self) -> str:
        """By what the response to it will be known; empty when it carries nothing to know it by."""
        return str(self.metadata.get(_TAG, ""))

    def to_frame(self) -> say.Frame:
        """The ``response.create``."""
        return say.create_response(self.ask_ids[0], {**self.params, "metadata": self.metadata})


@dataclass(slots=True)
class _Live:
    """A response that has begun and not ended."""

    ask_ids: tuple[str, ...] = ()
    is_out_of_band: bool = False


@dataclass(slots=True)
class _Guess:
    """A response that was taken to answer a create, although it did not say so.

    Attributes:
        is_wanted: Whether the create is to be sent again should it turn out that the response was the server's own.
    """

    response_id: str
    ask: Ask
    is_wanted: bool


class Sequencer:
    """The responses of one session.

    Attributes:
        create: Where our create stands.
        response: Where the conversation's response stands.
        response_id: The active response's id; empty when none is.
    """

    def __init__(self, send: Callable[[say.Frame], object], new_id: Callable[[], str]) -> None:
        self.create: CreateState = "idle"
        self.response: ResponseState = "idle"
        self.response_id = ""
        self._send = send
        self._new_id = new_id
        self._in_flight: Ask | None = None  # sent, and neither answered nor refused yet
        self._pending: Ask | None = None  # to be sent when nothing is active
        self._guess: _Guess | None = None  # the latest
        self._aside: dict[str, Ask] = {}  # out-of-band creates on their way, by tag
        self._live: dict[str, _Live] = {}  # responses that have begun and not ended
        self._over: dict[str, bool] = {}  # the last ones that have ended, or whose rest is not wanted: is it cut?
        self._brings_back = False  # whether the server has been seen to bring our tag back
        self._collisions = 0

    @property
    def is_busy(self) -> bool:
        """Whether a response of the conversation is active or asked for."""
        return self.create != "idle" or self.response != "idle" or self._pending is not None

    def is_live(self, response_id: str) -> bool:
        """Whether a response has begun and not ended."""
        return response_id in self._live

    def is_out_of_band(self, response_id: str) -> bool:
        """Whether a response stands beside the conversation."""
        live = self._live.get(response_id)
        return live is not None and live.is_out_of_band

    def is_cut(self, response_id: str) -> bool:
        """Whether what still comes of a response is not wanted."""
        return self._over.get(response_id, False)

    def _step_create(self, trigger: str) -> None:
        self.create = CREATES[self.create].get(trigger, self.create)

    def _step_response(self, trigger: str) -> bool:
        """Go where the trigger leads; False when it leads nowhere."""
        leads_to = RESPONSES[self.response].get(trigger)
        self.response = leads_to or self.response
        if self.response == "idle":
            self.response_id = ""
        return leads_to is not None

    # Our side: asking and cancelling.

    def ask(self, params: Mapping[str, Any]) -> str:
        """Ask for a response: now, when nothing is active, else as soon as nothing is.

        One outside the conversation (``conversation: "none"``) needs no place in the order and goes out at once.
        """
        ask = Ask((self._new_id(),), dict(params))
        if params.get("conversation") == "none":
            self._aside[ask.tag or ask.ask_ids[0]] = ask
            self._send(ask.to_frame())
        else:
            self._pending = self._pending.joined(ask) if self._pending else ask
            self._release()
        return ask.ask_ids[0]

    def _release(self) -> None:
        """Send the create that waits, when it need not wait."""
        if self._pending is None or self.response != "idle" or "sent" not in CREATES[self.create]:
            return
        self._step_create("sent")
        self._in_flight, self._pending = self._pending, None
        self._send(self._in_flight.to_frame())

    def cancel(self) -> tuple[str, ...]:
        """Want silence: the active response ends, one on its way will, and one that waits is not asked for.

        Returns:
            The asks for which no response will come, or one that is cancelled at once.
        """
        dropped = self._pending.ask_ids if self._pending else ()
        self._pending = None
        if self.create == "sent" and self._in_flight is not None:
            dropped = self._in_flight.ask_ids + dropped
        self._step_create("cancel")
        if self._guess is not None:
            self._guess.is_wanted = False
        if self.response == "active":
            self._step_response("cancel")
            self.withdraw(self.response_id)
        return dropped

    def withdraw(self, response_id: str) -> None:
        """Cancel a response by its id; nothing that still comes of it is wanted."""
        self._remember(response_id, is_cut=True)
        self._send(say.withdraw_response(self._new_id(), response_id))

    # The server's side: what it tells of responses.

    def began(self, response_id: str, metadata: Mapping[str, Any], *, is_detached: bool) -> tuple[str, ...] | None:
        """A response was created: the asks that it answers; None when that was told before.

        Args:
            response_id: Its id.
            metadata: What its create carried.
            is_detached: Whether it is said to belong to no conversation.
        """
        if response_id and (response_id in self._live or response_id in self._over):
            return None
        tag = str(metadata.get(_TAG, ""))
        aside = self._take_aside(tag, is_detached=is_detached)
        if aside is not None:
            self._live[response_id] = _Live(aside.ask_ids, is_out_of_band=True)
            return aside.ask_ids
        ask, is_wanted = self._take_answered(response_id, tag)
        self._step_create("moved")
        self._step_response("began")
        self.response_id = response_id
        self._collisions = 0
        self._live[response_id] = _Live(ask.ask_ids if ask else ())
        if not is_wanted:
            self._step_response("cancel")
            self.withdraw(response_id)
        return self._live[response_id].ask_ids

    def _take_aside(self, tag: str, *, is_detached: bool) -> Ask | None:
        if tag not in self._aside and is_detached and self._aside and not self._brings_back:
            tag = next(iter(self._aside))  # a server that drops the metadata answers in order
        return self._aside.pop(tag, None)

    def _take_answered(self, response_id: str, tag: str) -> tuple[Ask | None, bool]:
        """The create that a response answers, if it is ours, and whether the response is still wanted."""
        ask, guess = self._in_flight, self._guess
        if ask is not None and tag == ask.tag != "":
            self._brings_back, self._guess = True, None
        elif guess is not None and tag == guess.ask.tag != "":
            self._brings_back = True
            self._disown(guess)
            return guess.ask, guess.is_wanted
        elif ask is None or (self._brings_back and ask.tag):
            return None, True
        else:
            self._guess = _Guess(response_id, ask, is_wanted=self.create != "doomed")
        is_wanted = self.create != "doomed"
        self._in_flight = None
        self._step_create("answered")
        return ask, is_wanted

    def _disown(self, guess: _Guess) -> None:
        """The response that was taken for ours was the server's own."""
        self._guess = None
        if guess.response_id in self._live:
            self._live[guess.response_id].ask_ids = ()

    def ended(self, response_id: str, *, is_completed: bool) -> tuple[str, ...]:
        """A response that had begun is over; the asks that it has answered."""
        live = self._live.pop(response_id)
        self._remember(response_id, is_cut=not is_completed)
        if response_id == self.response_id and not live.is_out_of_band:
            self._step_response("ended")
        self._step_create("moved")
        self._release()
        return live.ask_ids

    def collided(self, event_id: str, message: str) -> tuple[tuple[str, ...], bool]:
        """A create met an active response.

        Returns:
            The asks that are given up, and whether all is well: sent again, to be sent again, or not wanted any more.
        """
        ask, guess = self._in_flight, self._guess
        if ask is not None and event_id in ("", ask.ask_ids[0]):
            self._in_flight = None
            return self._in_flight_collided(ask, named_response(message))
        if guess is not None and event_id in ("", guess.ask.ask_ids[0]):
            self._disown(guess)
            if not guess.is_wanted:
                return guess.ask.ask_ids, True
            self._pending = guess.ask.joined(self._pending)
            self._release()
            return (), True
        given_up = self.refused(event_id)
        return given_up, not given_up

    def _in_flight_collided(self, ask: Ask, named_id: str) -> tuple[tuple[str, ...], bool]:
        if self.create == "doomed":
            self._step_create("collided")
            self._release()
            return (), True
        if self.response != "idle":  # then it comes after that one
            self._step_create("collided")
            self._pending = ask.joined(self._pending)
            return (), True
        self._collisions += 1
        is_over = not named_id or (named_id in self._over and named_id not in self._live)
        is_given_up = self._collisions > MAX_COLLISIONS
        if not is_given_up:
            self._pending = ask.joined(self._pending)
        # The end of the other one was told already: to wait for it would be for ever.
        self._step_create("collided" if is_over or is_given_up else "stuck")
        if self.create == "idle":
            self._release()
        return (ask.ask_ids, False) if is_given_up else ((), True)

    def refused(self, event_id: str) -> tuple[str, ...]:
        """A create was answered with another error than a collision; the asks that are thereby given up."""
        for key, aside in self._aside.items():
            if event_id and aside.ask_ids[0] == event_id:
                del self._aside[key]
                return aside.ask_ids
        ask, guess = self._in_flight, self._guess
        if ask is not None and event_id in ("", ask.ask_ids[0]):
            self._in_flight = None
            self._step_create("refused")
            self._release()
            return ask.ask_ids
        if guess is not None and event_id == guess.ask.ask_ids[0]:
            self._disown(guess)
            return guess.ask.ask_ids
        return ()

    def not_active(self) -> None:
        """The server knows of no response to cancel: if we wait for its end still, we have missed it."""
        if self._step_response("not_active"):
            self._release()

    def _remember(self, response_id: str, *, is_cut: bool) -> None:
        if not response_id:
            return
        self._over[response_id] = is_cut or self._over.pop(response_id, False)
        if len(self._over) > _REMEMBERED:
            del self._over[next(iter(self._over))]
