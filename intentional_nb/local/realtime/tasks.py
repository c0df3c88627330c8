"""Work that is begun before it is known whether anybody will want it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["ahead"]

T = TypeVar("T")


def ahead(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Begin something in advance; should it fail and nobody wait for it, nobody is told."""
    task = asyncio.create_task(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task
