"""The background loop: one daemon thread with one event loop for all bots of the process.

A notebook's own loop stands still while a cell computes; clients and tools must not. Coroutines are handed to this
loop from any thread, and waited for in a way that a notebook's *interrupt* ends at once.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["call_soon", "check_can_wait", "is_background_thread", "submit", "wait", "wait_async"]

T = TypeVar("T")

POLL_S = 0.1
"""How often a waiting cell looks up: a pure wait cannot be interrupted in a kernel until its loop wakes by itself."""

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_thread: threading.Thread | None = None


def _background_loop() -> asyncio.AbstractEventLoop:
    global _loop, _thread
    with _lock:
        if _loop is None or _thread is None or not _thread.is_alive():
            loop = asyncio.new_event_loop()
            thread = threading.Thread(target=_serve, args=(loop,), name="intentional-nb", daemon=True)
            thread.start()
            _loop, _thread = loop, thread
        return _loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()


def submit(coroutine: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
    """Run a coroutine on the background loop; returns at once, from any thread."""
    return asyncio.run_coroutine_threadsafe(coroutine, _background_loop())


def call_soon(callback: Callable[[], object]) -> None:
    """Call something short on the background loop; returns at once, from any thread."""
    _background_loop().call_soon_threadsafe(callback)


def is_background_thread() -> bool:
    """Whether the caller runs on the background loop's thread, where waiting for it would never end."""
    return threading.current_thread() is _thread


def check_can_wait() -> None:
    """Complain where `wait` would never end.

    Raises:
        RuntimeError: Called on the background loop itself.
    """
    if is_background_thread():
        raise RuntimeError("this call would wait for itself: use the 'await' form inside tools and async code")


def wait(future: concurrent.futures.Future[T]) -> T:
    """Wait for a submitted coroutine in a plain function.

    Raises:
        RuntimeError: Called on the background loop itself.
        KeyboardInterrupt: The cell was interrupted; the coroutine is cancelled and has ended.
    """
    if is_background_thread():
        future.cancel()
    check_can_wait()
    try:
        while True:
            try:
                return future.result(timeout=POLL_S)
            except TimeoutError:
                if future.done():  # the coroutine itself raised a TimeoutError
                    raise
    except KeyboardInterrupt:
        future.cancel()
        concurrent.futures.wait([future], timeout=5.0)
        raise


async def wait_async(future: concurrent.futures.Future[T]) -> T:
    """Wait for a submitted coroutine in a coroutine of any loop; cancelling the caller cancels it."""
    waiter = asyncio.wrap_future(future)
    try:
        while not waiter.done():
            await asyncio.wait({waiter}, timeout=POLL_S)
    except (asyncio.CancelledError, KeyboardInterrupt):
        future.cancel()
        raise
    return waiter.result()
