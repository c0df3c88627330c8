"""The rule that no test leaves this machine.

An audit hook, not a patched socket: it sees every connection, also those that C code opens. Loaded by conftest in
the test process and by ``isolated/sitecustomize.py`` in the kernels that run the notebooks.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import Any

__all__ = ["NetworkRefused", "is_here", "refuse"]

_HERE = {"", "localhost", "ip6-localhost", "0.0.0.0", "::", socket.gethostname().lower()}


class NetworkRefused(RuntimeError):
    """A test tried to reach another machine."""


def is_here(host: Any) -> bool:
    """Whether ``host`` names this machine: a loopback address, its own name, or nothing at all."""
    if host is None:
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if name.lower() in _HERE:
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _check(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        # A Unix socket's address is a string, and stays on this machine by nature.
        host = address[0] if isinstance(address, tuple) and len(address) in (2, 4) else None
    else:
        return
    if not is_here(host):
        raise NetworkRefused(f"a test asked for {host!r}: tests may reach this machine only")


def refuse() -> None:
    """From now on refuse every connection and name look-up that leaves this machine; cannot be undone."""
    sys.addaudithook(_check)
