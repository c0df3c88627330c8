"""When a response may be asked for: the sequencer of ``response.create``.

A conversation has one active response at a time, and two writers: this client, and the server, which answers speech by
itself. So a create is sent only when no response is active as far as is known, at most one more waits, and whoever asks
meanwhile joins it. When the server was quicker, the create is refused as a collision, and is sent again once the other
response is over. Nothing is latched for ever: whatever was lost, the next response or the next ask goes on.

`TRANSITIONS` is all of it: in which state is what possible, and where it leads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from intentional_nb.wire.realtime import client_frames as say
from intentional_nb.wire.realtime.faults import named_response

__all__ = ["MAX_COLLISIONS", "TRANSITIONS", "Ask", "Sequencer", "State", "Trigger"]

State = Literal["free", "requested", "active", "cancelling", "doomed", "blocked"]
"""Where the conversation's response stands.

``free``: none. ``requested``: a create is on its way. ``active``: the model responds. ``cancelling``: a cancel is on
its way. ``doomed``: a create is on its way whose response will be cancelled as soon as it has an id. ``blocked``: a
create was refused because of a response that was never seen; it waits for whatever comes next.
"""

Trigger = Literal["sent", "created", "done", "refused", "collided", "cancel", "not_active"]
"""``sent``: a create went out. ``refused``, ``collided``: it was answered with an error. ``cancel``: we want silence.
``not_active``: the server knows of no response to cancel."""

TRANSITIONS: Mapping[State, Mapping[Trigger, State]] = {
    "free": {"sent": "requested", "created": "active"},
    "requested": {"created": "active", "refused": "free", "collided": "blocked", "cancel": "doomed"},
    "active": {"created": "active", "done": "free", "cancel": "cancelling"},
    "cancelling": {"created": "active", "done": "free", "not_active": "free"},
    "doomed": {"created": "cancelling", "refused": "free", "collided": "free"},
    "blocked": {"sent": "requested", "created": "active", "done": "free", "cancel": "free"},
}
"""A trigger that is not listed changes nothing: it comes too late, or is none of the conversation's business."""

MAX_COLLISIONS = 8
"""How often in a row a create may collide with a response that is over, before it is given up."""

_REMEMBERED = 64
_MAX_METADATA = 16


@dataclass(slots=True)
class Ask:
    """A create, and all the asks that it stands for.

    Attributes:
        ask_ids: What `Sequencer.ask` returned; the first is the event's id on the wire.
        params: Of the ``response.create``; those of a later ask win.
    """

    ask_ids: tuple[str, ...]
    params: dict[str, Any] = field(default_factory=dict)

    def joined(self, later: Ask | None) -> Ask:
        """This one and a later one in one."""
        if later is None:
            return self
        return Ask(self.ask_ids + later.ask_ids, {**self.params, **later.params})


@dataclass(slots=True)
class _Live:
    """A response that has begun and not ended."""

    ask_ids: tuple[str, ...] = ()
    is_out_of_band: bool = False


class Sequencer:
    """The responses of one session.

    Attributes:
        state: Where the conversation's own response stands.
        response_id: The active response's id; empty when none is.
    """

    def __init__(self, send: Callable[[say.Frame], object], new_id: Callable[[], str]) -> None:
        self.state: State = "free"
        self.response_id = ""
        self._send = send
        self._new_id = new_id
        self._in_flight: Ask | None = None  # sent, and neither created nor refused yet
        self._pending: Ask | None = None  # to be sent when nothing is active
        self._claimed: tuple[str, Ask] | None = None  # the last response that counts as ours, and the create it answers
        self._aside: dict[str, Ask] = {}  # out-of-band creates in flight, by ask id
        self._live: dict[str, _Live] = {}  # responses that have begun and not ended
        self._over: dict[str, bool] = {}  # the last ones that have ended, or whose rest is not wanted: is it cut?
        self._collisions = 0

    @property
    def is_busy(self) -> bool:
        """Whether a response of the conversation is active or asked for."""
        return self.state != "free" or self._pending is not None

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

    def _step(self, trigger: Trigger) -> bool:
        """Go where the trigger leads; False when it leads nowhere."""
        leads_to = TRANSITIONS[self.state].get(trigger)
        if leads_to is None:
            return False
        self.state = leads_to
        return True

    # Our side: asking and cancelling.

    def ask(self, params: Mapping[str, Any]) -> str:
        """Ask for a response: now, when nothing is active, else as soon as nothing is.

        One outside the conversation (``conversation: "none"``) needs no place in the order and goes out at once.
        """
        ask = Ask((self._new_id(),), dict(params))
        if params.get("conversation") == "none":
            self._ask_aside(ask)
            return ask.ask_ids[0]
        self._pending = self._pending.joined(ask) if self._pending else ask
        self._release()
        return ask.ask_ids[0]

    def _ask_aside(self, ask: Ask) -> None:
        metadata = dict(ask.params.get("metadata") or {})
        if len(metadata) < _MAX_METADATA:
            metadata.setdefault("ask", ask.ask_ids[0])  # by which its response will be known among others
            ask.params["metadata"] = metadata
        self._aside[metadata.get("ask", ask.ask_ids[0])] = ask
        self._send(say.create_response(ask.ask_ids[0], ask.params))

    def _release(self) -> None:
        """Send the create that waits, when it need not wait."""
        if self._pending is None or "sent" not in TRANSITIONS[self.state]:
            return
        self._step("sent")
        self._in_flight, self._pending = self._pending, None
        self._send(say.create_response(self._in_flight.ask_ids[0], self._in_flight.params))

    def cancel(self) -> tuple[str, ...]:
        """Want silence: the active response ends, one on its way will, and one that waits is not asked for.

        Returns:
            The asks for which no response will come.
        """
        dropped = self._pending.ask_ids if self._pending else ()
        self._pending = None
        if self.state == "requested" and self._in_flight is not None:
            dropped = self._in_flight.ask_ids + dropped
        if self._step("cancel") and self.state == "cancelling":
            self._claimed = None  # should it be told to have collided, it is not wanted any more
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
        aside = self._take_aside(metadata, is_detached=is_detached)
        if aside is not None:
            self._live[response_id] = _Live(aside.ask_ids, is_out_of_band=True)
            return aside.ask_ids
        ask, self._in_flight = self._in_flight, None
        was_doomed = self.state == "doomed"
        self._step("created")
        self.response_id = response_id
        self._collisions = 0
        self._live[response_id] = _Live(ask.ask_ids if ask else ())
        self._claimed = (response_id, ask) if ask and not was_doomed else None
        if was_doomed:
            self.withdraw(response_id)
        return self._live[response_id].ask_ids

    def _take_aside(self, metadata: Mapping[str, Any], *, is_detached: bool) -> Ask | None:
        key = metadata.get("ask")
        if key not in self._aside and is_detached and self._aside:
            key = next(iter(self._aside))  # a server that does not give metadata back answers in order
        return self._aside.pop(key, None) if isinstance(key, str) else None

    def ended(self, response_id: str, *, is_completed: bool) -> tuple[str, ...]:
        """A response that had begun is over; the asks that it has answered."""
        live = self._live.pop(response_id)
        is_active = response_id == self.response_id and not live.is_out_of_band
        self._remember(response_id, is_cut=not is_completed)
        if (is_active or self.state == "blocked") and self._step("done"):
            self.response_id = ""
            self._release()
        return live.ask_ids

    def collided(self, event_id: str, message: str) -> tuple[tuple[str, ...], bool]:
        """A create met an active response.

        Returns:
            The asks that are given up, and whether all is well: sent again, to be sent again, or not wanted any more.
        """
        if self._in_flight is not None and event_id in ("", self._in_flight.ask_ids[0]):
            return self._in_flight_collided(named_response(message))
        if self._claimed is not None and event_id in ("", self._claimed[1].ask_ids[0]):
            # The response that began was the server's own: it is known, so ours comes after it.
            response_id, ask = self._claimed
            self._claimed = None
            if response_id in self._live:
                self._live[response_id].ask_ids = ()
            self._pending = ask.joined(self._pending)
            self._release()
            return (), True
        given_up = self.refused(event_id)
        return given_up, not given_up

    def _in_flight_collided(self, named_id: str) -> tuple[tuple[str, ...], bool]:
        ask, self._in_flight = self._in_flight, None
        assert ask is not None
        was_doomed = self.state == "doomed"
        self._step("collided")
        if was_doomed:
            self._release()
            return (), True
        self._collisions += 1
        if self._collisions > MAX_COLLISIONS:
            self._collisions = 0
            self._step("cancel")
            self._release()
            return ask.ask_ids, False
        self._pending = ask.joined(self._pending)
        is_over = not named_id or (named_id in self._over and named_id not in self._live)
        if is_over:  # its end was told before its beginning had been forgotten there: waiting would be for ever
            self._release()
        return (), True

    def refused(self, event_id: str) -> tuple[str, ...]:
        """A create was answered with another error than a collision; the asks that are thereby given up."""
        for key, ask in self._aside.items():
            if event_id and ask.ask_ids[0] == event_id:
                del self._aside[key]
                return ask.ask_ids
        if self._in_flight is None or event_id not in ("", self._in_flight.ask_ids[0]):
            return ()
        ask_ids, self._in_flight = self._in_flight.ask_ids, None
        self._step("refused")
        self._release()
        return ask_ids

    def not_active(self) -> None:
        """The server knows of no response to cancel: if we wait for its end still, we have missed it."""
        if self._step("not_active"):
            self.response_id = ""
            self._release()

    def _remember(self, response_id: str, *, is_cut: bool) -> None:
        if not response_id:
            return
        self._over[response_id] = is_cut or self._over.pop(response_id, False)
        if len(self._over) > _REMEMBERED:
            del self._over[next(iter(self._over))]
