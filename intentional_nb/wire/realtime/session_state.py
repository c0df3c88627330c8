"""The session as it is set, as it was asked to be set, and what had to wait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from intentional_nb.wire.realtime.session import differences, merged, permitted

__all__ = ["SessionState"]


class SessionState:
    """What is known of a session's settings.

    Attributes:
        settings: Those that hold, in the GA shape; empty before ``session.created``.
        session_id: The server's id; empty before ``session.created``.
        expires_at: When the server will close the session, in seconds since 1970, where it says so.
        held_back: Settings that wait for the end of the active response.
        refused: Settings that this session cannot take any more.
    """

    def __init__(self) -> None:
        self.settings: dict[str, Any] = {}
        self.session_id = ""
        self.expires_at: int | None = None
        self.held_back: dict[str, Any] = {}
        self.refused: dict[str, Any] = {}
        self._in_flight: dict[str, Mapping[str, Any]] = {}  # updates that are not confirmed yet, by event id

    @property
    def is_confirmed(self) -> bool:
        """Whether the session is open and every update sent so far has been answered."""
        return bool(self.session_id or self.settings) and not self._in_flight and not self.held_back

    def created(self, session: Mapping[str, Any], session_id: str, expires_at: int | None) -> None:
        """The server opened the session."""
        self.settings = dict(session)
        self.session_id = session_id
        self.expires_at = expires_at

    def sort(self, update: Mapping[str, Any], *, has_spoken: bool, is_responding: bool) -> dict[str, Any]:
        """The part of an update that can be sent now, as `permitted` finds; the rest is held back, or refused."""
        now, later, never = permitted(update, has_spoken=has_spoken, is_responding=is_responding)
        self.held_back = merged(self.held_back, later)
        self.refused.update(never)
        return now

    def take_held_back(self) -> dict[str, Any]:
        """What waited for the end of a response."""
        held_back, self.held_back = self.held_back, {}
        return held_back

    def sent(self, event_id: str, update: Mapping[str, Any]) -> None:
        """An update is on its way."""
        self._in_flight[event_id] = update

    @property
    def oldest_update(self) -> str:
        """The event id of the update that has been on its way for longest; empty when none is."""
        return next(iter(self._in_flight), "")

    def updated(self, session: Mapping[str, Any]) -> str:
        """The server confirmed an update; its event id, or empty.

        It is the oldest of those on their way that the settings do not contradict, since a server may have refused
        another one without a word about which. Some leave out what is null, or tell only what is new: what was asked
        for counts as done first.
        """
        fitting = (key for key, update in self._in_flight.items() if not differences(merged(update, session), update))
        event_id = next(fitting, self.oldest_update)
        self.settings = merged(merged(self.settings, self._in_flight.pop(event_id, {})), session)
        self.expires_at = session.get("expires_at") or self.expires_at
        return event_id

    def update_refused(self, event_id: str) -> None:
        """The server did not take an update."""
        self._in_flight.pop(event_id, None)
