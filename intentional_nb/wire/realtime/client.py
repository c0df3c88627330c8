"""The client's half of the Realtime protocol: frames in, happenings out; commands in, frames out. No I/O.

    client = ClientHalf()
    for happening in client.receive(frame):  # each frame that comes
        ...
    client.update_session({...}); client.append_audio(pcm); client.ask()  # commands, at any time
    for frame in client.frames_to_send():  # after each frame and each command
        ...  # send it as a WebSocket text frame

One `ClientHalf` lives as long as one connection: a new session knows nothing of an earlier one. Frames that `receive`
itself makes necessary, such as the next ``response.create``, are among `frames_to_send` as well.

Audio passes through and is only counted. What stays is an `Item` of about 1 kB for each message and call; ended
responses, deleted items and sent events are remembered by id, the latest few. An hour of 360 responses takes 0.7 MB.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from intentional_nb.wire.realtime import client_frames as say
from intentional_nb.wire.realtime.happenings import Happening
from intentional_nb.wire.realtime.interruption import Interruption
from intentional_nb.wire.realtime.items import Item
from intentional_nb.wire.realtime.outbox import Outbox
from intentional_nb.wire.realtime.playback import Playback
from intentional_nb.wire.realtime.receiving import Receiver

__all__ = ["ClientHalf"]


class ClientHalf:
    """What a client knows of one session, and what it says in it.

    Args:
        id_prefix: Part of every id made here; made up when left out, so that two sessions share none.
    """

    def __init__(self, id_prefix: str | None = None) -> None:
        self._out = Outbox(uuid.uuid4().hex[:8] + "_" if id_prefix is None else id_prefix)
        self._in = Receiver(self._out, self.update_session)
        self._playback = Playback(self._in, self._out)

    # Frames in, frames out.

    def receive(self, frame: str | bytes) -> tuple[Happening, ...]:
        """Take in one frame of the server.

        What is missing in a frame, or is not of its type, counts as empty; what is of an unknown type, or cannot be
        read, comes out as `Unrecognised`. What still comes of a response that was cancelled, or of an item that was
        cut, comes out as nothing.

        Raises:
            RemoteProtocolError: The frame is no JSON object with a ``type``; the next one may be fine.
        """
        return self._in.receive(frame)

    def frames_to_send(self) -> list[bytes]:
        """The frames to send now, in order, as UTF-8 JSON for WebSocket *text* frames; each is given once."""
        return self._out.drain()

    # Commands: the session and the audio.

    def update_session(self, session: Mapping[str, Any]) -> str:
        """Change settings, in the shape of the session object; what is left out stays, and None clears.

        What the server would refuse is not sent: ``speed`` waits until no response is active (`held_back`), ``voice``
        after the first audio and ``model`` are left out (`refused_settings`).

        Returns:
            The event id, which the `SessionUpdated` or the `ErrorTold` that answers it will carry.
        """
        state = self._in.session
        now = state.sort(session, has_spoken=self.has_spoken, is_responding=self.is_busy)
        event_id = self._out.send(say.update_session(self._out.new_id(), now))
        state.sent(event_id, now)
        return event_id

    def append_audio(self, pcm: bytes) -> None:
        """Send audio, in the session's input format; nothing for none.

        Raises:
            AudioError: Half a sample is left over.
        """
        if pcm:
            for frame in self._in.incoming.append(pcm):
                self._out.send_encoded(frame)

    def commit_audio(self) -> str | None:
        """Make an item of the audio sent since the last commit; None, and nothing sent, when that is under 100 ms."""
        if not self._in.incoming.commit():
            return None
        return self._out.send(say.commit_audio(self._out.new_id()))

    def clear_audio(self) -> str:
        """Throw the audio sent since the last commit away."""
        self._in.incoming.clear()
        return self._out.send(say.clear_audio(self._out.new_id()))

    # Commands: the conversation.

    def add_item(self, item: Mapping[str, Any], *, previous_item_id: str | None = None) -> str:
        """Put an item into the conversation: at its end, after another item, or first after ``root``.

        Returns:
            The item's id, made here unless ``item`` has one. An `ErrorTold` that refuses it carries it too.
        """
        item_id = str(item.get("id") or self._out.new_id("item"))
        if previous_item_id is not None:
            self._in.conversation.known(item_id).previous_id = previous_item_id
        self._out.send(say.create_item(self._out.new_id(), {**item, "id": item_id}, previous_item_id))
        return item_id

    def answer_call(self, call_id: str, output: str) -> str:
        """Give the model the result of a tool call, as an item; it responds to it only when asked.

        Returns:
            The item's id.

        Raises:
            ValueError: The call was answered before.
        """
        self._in.outputs.calls.answer(call_id)
        return self.add_item({"type": "function_call_output", "call_id": call_id, "output": output})

    def delete_item(self, item_id: str) -> str:
        """Take an item out of the conversation; it stays in `items` until the server confirms that."""
        return self._out.send(say.delete_item(self._out.new_id(), item_id))

    def retrieve_item(self, item_id: str) -> str:
        """Ask for what the server holds of an item, audio included: an `ItemRetrieved`."""
        return self._out.send(say.retrieve_item(self._out.new_id(), item_id))

    # Commands: responses.

    def ask(self, **response_params: Any) -> str:
        """Ask for a response: at once when none is active, else when the active one is over.

        At most one ask waits; another joins it, and its parameters win. With ``conversation="none"`` the response
        stands beside the conversation, and needs not wait.

        Returns:
            An id that the `ResponseBegan`, and then the `ResponseEnded`, of the response will have among its
            ``ask_ids``; or the `ErrorTold` that says that none will come. After a `cancel`, there may be neither.
        """
        return self._in.responses.ask(response_params)

    def cancel(self, response_id: str | None = None) -> tuple[str, ...]:
        """Stop responding: the active response, and one that was asked for, whether it has begun or not.

        Args:
            response_id: An out-of-band response, to cancel that alone.

        Returns:
            The asks for which no response will be begun, or one that is cancelled as soon as it begins.
        """
        if response_id is not None and response_id != self._in.responses.response_id:
            if self._in.responses.is_live(response_id):
                self._in.responses.withdraw(response_id)
            return ()
        return self._in.responses.cancel()

    def note_played(self, item_id: str, played_ms: int) -> None:
        """Take a player's report of how much of an item was played so far."""
        self._playback.note(item_id, played_ms)

    def interrupt(
        self, played_ms: int | None = None, item_id: str | None = None, *, keep_response: bool = False
    ) -> Interruption | None:
        """Cancel the response, and make the server forget what of it was not heard.

        The item that is being played is cut where playing stopped: not at all when it was played to its end, as a
        whole when nothing of it was played. Spoken items after it, which nobody has heard, go.

        Args:
            played_ms: How much of the item was really played; None when all that came was.
            item_id: The item; when left out, the one that `note_played` told of last, or the one after it when that was
                played to its end; where no player reports, the first of the latest reply.
            keep_response: Leave the active response and its items alone: it answers the one who interrupted.

        Returns:
            What was done; None when nothing was being said.
        """
        responses = self._in.responses
        response_id, is_busy = responses.response_id, responses.is_busy
        if keep_response:
            playing, unheard = self._playback.at_stake_before(item_id, response_id)
            return self._playback.cut(playing, unheard, played_ms) if playing is not None or unheard else None
        playing, unheard = self._playback.at_stake(item_id, response_id)
        if playing is None and not unheard and not is_busy:
            return None
        responses.cancel()
        return replace(self._playback.cut(playing, unheard, played_ms), response_id=response_id)

    # What is known.

    @property
    def session(self) -> Mapping[str, Any]:
        """The settings that hold, in the shape of GA; empty before the session is open."""
        return self._in.session.settings

    @property
    def session_id(self) -> str:
        """The server's id of the session; empty before it is open."""
        return self._in.session.session_id

    @property
    def expires_at(self) -> int | None:
        """When the server will close the session, in seconds since 1970, where it says so."""
        return self._in.session.expires_at

    @property
    def is_confirmed(self) -> bool:
        """Whether the session is open and every update so far is answered, none held back."""
        return self._in.session.is_confirmed

    @property
    def held_back(self) -> Mapping[str, Any]:
        """Settings that will be sent when no response is active."""
        return self._in.session.held_back

    @property
    def refused_settings(self) -> Mapping[str, Any]:
        """Settings that were asked for and need another session: ``model``, and ``voice`` after the first audio."""
        return self._in.session.refused

    @property
    def has_spoken(self) -> bool:
        """Whether the assistant has made any audio in this session."""
        return self._in.outputs.has_spoken

    @property
    def active_response_id(self) -> str | None:
        """The conversation's response that is being made, also while it is being cancelled."""
        return self._in.responses.response_id or None

    @property
    def is_busy(self) -> bool:
        """Whether a response of the conversation is active, on its way, or waiting to be asked for."""
        return self._in.responses.is_busy

    @property
    def items(self) -> tuple[Item, ...]:
        """The items of the conversation, in its order."""
        return tuple(self._in.conversation)

    def item(self, item_id: str) -> Item | None:
        """An item by its id, in the conversation or of an out-of-band response that is not over."""
        return self._in.conversation.get(item_id)

    @property
    def input_ms(self) -> int:
        """How much audio was sent in this session, in milliseconds."""
        return int(self._in.incoming.sent_ms)

    @property
    def buffered_ms(self) -> int:
        """How much audio was sent since the last commit or clear, the server's own commits included."""
        return int(self._in.incoming.buffered_ms)

    def received_ms(self, item_id: str) -> int:
        """How much audio of an item has come and was handed on, in whole milliseconds."""
        return self._playback.received_ms(self.item(item_id))

    def heard_ms(self, item_id: str) -> int:
        """How much of an item was played, as far as that was told; all that came when nobody tells."""
        return self._playback.heard_ms(self.item(item_id))

    def heard_text(self, item_id: str) -> str:
        """What an item says, as far as the user has heard it; empty for an item that is not known."""
        item = self.item(item_id)
        return item.heard_text(self._in.outputs.bytes_per_ms) if item is not None else ""
