import asyncio
import itertools

import pytest

from intentional_nb.clients.use_watch import LOOKS, UseWatch


@pytest.fixture
def unused():
    return asyncio.Event()


async def looked(uses, times):
    """Wait until the use was looked at so many times."""
    async with asyncio.timeout(20):
        while len(uses) < times:
            await asyncio.sleep(0.001)


async def test_what_is_not_used_is_told_and_not_watched_any_more(unused):
    watch = UseWatch(0.01, lambda: "the same", unused.set)
    watch.watch()

    await asyncio.wait_for(unused.wait(), 20)

    assert watch._timer is None


@pytest.mark.parametrize("use", ["used", "in use"])
async def test_what_is_used_or_in_use_is_left_alone(unused, use):
    uses = []
    numbers = itertools.count()

    def look():
        uses.append(1)
        return next(numbers) if use == "used" else None

    watch = UseWatch(0.01, look, unused.set)
    watch.watch()

    await looked(uses, 3 * LOOKS)
    watch.stop()

    assert not unused.is_set()


async def test_one_use_begins_the_time_anew(unused):
    uses = []

    def look():
        uses.append(1)
        return len(uses) > LOOKS  # one use, just before it would have been told

    UseWatch(0.01, look, unused.set).watch()
    await asyncio.wait_for(unused.wait(), 20)

    assert len(uses) == 2 * LOOKS + 1


async def test_for_ever_is_not_even_watched(unused):
    uses = []

    UseWatch(0, lambda: uses.append(1), unused.set).watch()

    assert uses == []
