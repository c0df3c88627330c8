"""The one place that starts the local model: one server for all bots of the process, found by its address."""

from __future__ import annotations

import atexit
import threading
from typing import TYPE_CHECKING

from intentional_nb.errors import ServerError

if TYPE_CHECKING:
    from intentional_nb.local.server import LocalServer

__all__ = ["LOCAL_MODEL", "LOCAL_VOICE_MODEL", "local_server", "voice_is_loading", "voice_notice"]

LOCAL_MODEL = "local-chat"
"""The name of the local chat model."""
LOCAL_VOICE_MODEL = "local-realtime"
"""The name of the local model that is spoken with."""

_lock = threading.Lock()
_server: LocalServer | None = None


def local_server() -> LocalServer:
    """The process's local model server, started when it is first asked for.

    Raises:
        ServerError: It could not start.
    """
    global _server
    with _lock:
        if _server is None:
            from intentional_nb.local.server import LocalServer

            _server = LocalServer().start()
            atexit.register(_server.close)
        return _server


def voice_notice(base_url: str) -> str | None:
    """One sentence about what the local voice at this address lacks, or how far making it ready has come.

    None when there is nothing to say, and when another server is at this address.
    """
    server = _server
    try:
        return server.voice_notice if server is not None and server.base_url == base_url else None
    except ServerError:  # it was closed
        return None


def voice_is_loading(base_url: str) -> bool:
    """Whether the local voice at this address has all it needs and is being made ready; it hears nothing until then."""
    server = _server
    try:
        return server is not None and server.base_url == base_url and server.speaks and bool(server.voice_notice)
    except ServerError:  # it was closed
        return False
