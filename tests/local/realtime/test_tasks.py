from __future__ import annotations

import asyncio
import gc

import pytest

from intentional_nb.local.realtime.tasks import ahead


async def failing():
    raise ZeroDivisionError


async def test_a_failure_that_nobody_waits_for_is_told_to_nobody():
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))
    task = ahead(failing())
    await asyncio.wait([task])
    del task
    gc.collect()

    assert told == []


async def test_who_waits_is_told():
    with pytest.raises(ZeroDivisionError):
        await ahead(failing())


async def test_what_is_not_wanted_any_more_can_be_cancelled():
    task = ahead(asyncio.sleep(60))
    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
