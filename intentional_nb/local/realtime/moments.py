"""What a voice script may expect of the moment at which a step is due.

A moment is the chat request that the conversation amounts to, so that everything a chat script may expect of a request
can be expected here too (`says`, `mentions`, `offers`, `prompted`, `returned`), with what the client did beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intentional_nb.local.expectations import Expectation
from intentional_nb.local.realtime.chatting import chat_request
from intentional_nb.local.reply import shortened
from intentional_nb.wire.realtime.server_items import BYTES_PER_MS, ServerItem
from intentional_nb.wire.realtime.server_settings import ResponseSettings

__all__ = [
    "Moment",
    "appended",
    "audio_ms",
    "cancelled",
    "moment_request",
    "sent",
    "spoke",
    "truncated",
    "updated",
]

Event = Mapping[str, Any]
Request = dict[str, Any]

_APPEND = "input_audio_buffer.append"
_MOMENT = "moment"
"""The field of a request that holds its moment."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a step is judged by beside the words."""

    events: tuple[Event, ...]
    """What the client sent since the last step, its audio aside."""
    items: tuple[ServerItem, ...]
    audio_ms: float
    """How much audio the client sent since the last step."""

    @property
    def speech_ms(self) -> float:
        """How long the user's last item is; 0 when it was not spoken."""
        mine = [item for item in self.items if item.role == "user"]
        speech = mine[-1].speech if mine else None
        return speech.audio_ms if speech else 0.0


def moment_request(model: str, settings: ResponseSettings, moment: Moment) -> Request:
    """Make the request that expectations look at."""
    return chat_request(model, settings, moment.items) | {_MOMENT: moment}


def spoke(at_least_ms: float = 100, at_most_ms: float = float("inf")) -> Expectation:
    """Expect the user's last item to be speech of about this length."""
    return Expectation(
        f"the user speaks for {_between(at_least_ms, at_most_ms)}",
        lambda request: at_least_ms <= _moment(request).speech_ms <= at_most_ms,
        lambda request: f"the user's last item has {_moment(request).speech_ms:.0f} ms of speech",
    )


def appended(at_least_ms: float) -> Expectation:
    """Expect this much audio since the last step; for steps that wait for the microphone."""
    return Expectation(
        f"{at_least_ms:g} ms of audio come",
        lambda request: _moment(request).audio_ms >= at_least_ms,
        lambda request: f"{_moment(request).audio_ms:.0f} ms of audio came",
    )


def sent(type: str, **fields: Any) -> Expectation:
    """Expect an event of the client since the last step, with these fields, objects compared by what is named."""
    wanted = {"type": type, **fields}
    return Expectation(
        f"the client sends {_told(wanted)}",
        lambda request: any(_holds(event, wanted) for event in _moment(request).events),
        _client_sends,
    )


def updated(**fields: Any) -> Expectation:
    """Expect a ``session.update`` with these settings: ``updated(instructions="Be kind.")``."""
    return sent("session.update", session=fields)


def cancelled() -> Expectation:
    """Expect a ``response.cancel``."""
    return sent("response.cancel")


def truncated(at_least_ms: float = 1, at_most_ms: float = float("inf")) -> Expectation:
    """Expect a ``conversation.item.truncate`` at about this time."""

    def holds(request: Request) -> bool:
        cuts = [event for event in _moment(request).events if event.get("type") == "conversation.item.truncate"]
        times = [event.get("audio_end_ms") for event in cuts]
        return any(at_least_ms <= time_ms <= at_most_ms for time_ms in times if isinstance(time_ms, int | float))

    return Expectation(f"the client truncates at {_between(at_least_ms, at_most_ms)}", holds, _client_sends)


def audio_ms(event: Event) -> float | None:
    """Measure the audio that an event brings, which moments do not list; None for any other event."""
    if event.get("type") != _APPEND:
        return None
    audio = event.get("audio")
    return len(audio) * 3 / 4 / BYTES_PER_MS if isinstance(audio, str) else 0.0


def _moment(request: Request) -> Moment:
    found: Moment = request[_MOMENT]
    return found


def _between(least: float, most: float) -> str:
    return f"{least:g} ms or more" if most == float("inf") else f"{least:g} to {most:g} ms"


def _holds(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return all(_holds(found.get(name), value) for name, value in wanted.items())
    return bool(found == wanted)


def _client_sends(request: Request) -> str:
    events: Sequence[Event] = _moment(request).events
    return f"the client sends {', '.join(map(_told, events)) or 'nothing'}"


def _told(event: Event) -> str:
    fields = {name: value for name, value in event.items() if name not in ("type", "event_id")}
    return f"{event.get('type')}{' ' + shortened(repr(fields), 200) if fields else ''}"
