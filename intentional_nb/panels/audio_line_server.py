"""The loopback WebSocket server of one audio line, and who may come in.

A microphone is behind this door, so three things must fit before a connection is made. It is bound to 127.0.0.1: other
machines cannot reach it. The address holds a random token that only pages of this kernel's own notebook are told. And
the request's `Origin`, which a browser sets and no script can change, must be one that the page itself can have:

* the page comes from this machine (``http://localhost:8888``): its host is a loopback name, whatever its port;
* the page comes from elsewhere through Jupyter's proxy: the proxy has asked who it is and passes on the `Host` that the
  browser spoke to, which then is the page's own. A browser that connects here directly always names our own port in
  `Host`; that is how a page of a foreign name that points to 127.0.0.1 is told apart from one behind the proxy.

A program without an `Origin` is no page.
"""

from __future__ import annotations

import asyncio
import hmac
import http
import logging
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from intentional_nb.panels.audio_line_channels import SocketChannel
from intentional_nb.panels.audio_line_frames import Frame

if TYPE_CHECKING:
    from websockets.asyncio.server import Server, ServerConnection
    from websockets.http11 import Request, Response

__all__ = ["LineServer", "is_from_own_page"]

LARGEST_BYTES = 64 * 1024
"""Of one frame from a page: a second of speech and more."""
PAGES = 8
"""Connections at the same time."""
HELLO_S = 5.0
"""In which a page must say who it is."""

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

log = logging.getLogger(__name__)
# A refused page is nothing that belongs into a cell's output, where what nobody handles would go.
log.addHandler(logging.NullHandler())


def is_from_own_page(origin: str | None, host: str | None, port: int) -> bool:
    """Whether a request can come from the page of this kernel's notebook.

    Args:
        origin: The request's `Origin`.
        host: The request's `Host`.
        port: The port that this server listens on.
    """
    try:
        page, asked = urlsplit(origin or ""), urlsplit(f"//{host or ''}")
        if page.scheme not in ("http", "https") or not page.hostname or not asked.hostname:
            return False
        is_direct = asked.port == port
    except ValueError:  # a port that is none
        return False
    if is_direct:
        return page.hostname in _LOOPBACK and asked.hostname in _LOOPBACK
    return page.hostname == asked.hostname


class LineServer:
    """Accepts pages while it is open.

    Attributes:
        port: Where it listens.
    """

    def __init__(self, token: str, on_frame: Callable[[SocketChannel, Frame], None]) -> None:
        """Take a port at once; pages wait until `start`.

        Args:
            token: What an address must hold.
            on_frame: Is given each frame of a page, on the background loop.
        """
        import websockets.asyncio.server  # noqa: F401  # takes a while: here, not on the background loop

        self._token = token.encode()
        self._on_frame = on_frame
        self._count = 0
        self._server: Server | None = None
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])

    async def start(self) -> None:
        """Let pages in."""
        from websockets.asyncio.server import serve

        self._server = await serve(
            self._handle,
            sock=self._socket,
            process_request=self._check,
            compression=None,  # sound does not get smaller by it
            ping_interval=None,  # pages ping by themselves
            open_timeout=HELLO_S,
            close_timeout=1,
            max_size=LARGEST_BYTES,
            server_header=None,
            logger=log,
        )

    async def close(self) -> None:
        """Let nobody in any more and end all connections."""
        if self._server is None:
            self._socket.close()
            return
        self._server.close()
        await self._server.wait_closed()

    def _check(self, connection: ServerConnection, request: Request) -> Response | None:
        origins, hosts = request.headers.get_all("Origin"), request.headers.get_all("Host")
        sent = parse_qs(urlsplit(request.path).query).get("key", [""])[0]
        if len(origins) != 1 or len(hosts) != 1 or not is_from_own_page(origins[0], hosts[0], self.port):
            return connection.respond(http.HTTPStatus.FORBIDDEN, "only this notebook's own page may connect\n")
        if not hmac.compare_digest(sent.encode(errors="replace"), self._token):
            return connection.respond(http.HTTPStatus.FORBIDDEN, "the address is not that of a panel of this kernel\n")
        if self._count >= PAGES:
            return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "too many pages\n")
        return None

    async def _handle(self, connection: ServerConnection) -> None:
        from websockets.exceptions import ConnectionClosed

        host = urlsplit(f"//{connection.request.headers['Host']}") if connection.request else None
        channel = SocketChannel(connection, "direct" if host and host.port == self.port else "proxy")
        self._count += 1
        pump = asyncio.create_task(channel.pump())
        try:
            self._on_frame(channel, await asyncio.wait_for(connection.recv(), HELLO_S))
            async for frame in connection:
                self._on_frame(channel, frame)
        except (ConnectionClosed, TimeoutError):
            pass
        finally:
            self._count -= 1
            channel.is_open = False
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)
