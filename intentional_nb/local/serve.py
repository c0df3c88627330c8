"""The local model as a program, for clients of any kind: ``intentional-nb serve``."""

from __future__ import annotations

import signal
import sys
import threading

from intentional_nb.local.server import LocalServer

__all__ = ["serve"]


def serve(port: int = 0, api_key: str | None = None) -> None:
    """Run the local model until it is interrupted or told to end.

    Once requests are answered, the base URL, the key, and the address of the voice model are printed, each on a line of
    its own; programs that start this one read them there.

    Args:
        port: Where to listen; 0 finds a free port.
        api_key: What clients must send; None makes one up.

    Raises:
        ServerError: The port is taken.
    """
    ended = threading.Event()
    before = {number: signal.signal(number, lambda *_: ended.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with LocalServer(port=port, api_key=api_key) as server:
            _tell(server.base_url)
            _tell(server.api_key)
            _tell(server.realtime_url)
            for notice in (server.notice, server.voice_notice):
                if notice:
                    sys.stderr.write(f"{notice}\n")
            # Waking up now and then: an endless wait would not notice the signal on Windows.
            while not ended.wait(1.0):
                pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
