"""What is to be sent, in order, and what was sent under which id, so that an error can be traced to it."""

from __future__ import annotations

from dataclasses import dataclass

from intentional_nb.wire.realtime.client_frames import Frame, encode

__all__ = ["Command", "Outbox"]

_REMEMBERED = 256


@dataclass(frozen=True, slots=True)
class Command:
    """An event that was sent: its type, and the item that it is about, if any."""

    name: str = ""
    item_id: str = ""


_NOTHING = Command()


class Outbox:
    """Frames on their way out, and the ids that are made for them.

    Args:
        prefix: Part of every id made here, so that those of two sessions differ.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._count = 0
        self._frames: list[bytes] = []
        self._commands: dict[str, Command] = {}  # the latest, by event id

    def new_id(self, kind: str = "event") -> str:
        """An id that nothing else in this session has."""
        self._count += 1
        return f"{kind}_{self._prefix}{self._count}"

    def send(self, frame: Frame) -> str:
        """Put a frame at the end of what is to be sent, and return its event id."""
        self._frames.append(encode(frame))
        event_id: str = frame["event_id"]
        item_id = frame.get("item_id") or frame.get("item", {}).get("id", "")
        self._commands[event_id] = Command(frame["type"], item_id)
        if len(self._commands) > _REMEMBERED:
            del self._commands[next(iter(self._commands))]
        return event_id

    def send_encoded(self, frame: bytes) -> None:
        """Put a frame that has no event id at the end of what is to be sent."""
        self._frames.append(frame)

    def command(self, event_id: str) -> Command:
        """What was sent under an id, as far as it is remembered; nothing has no name."""
        return self._commands.get(event_id, _NOTHING)

    def drain(self) -> list[bytes]:
        """All that is to be sent, which is then up to the caller."""
        frames, self._frames = self._frames, []
        return frames
