import asyncio
import time

from intentional_nb.clients.watchdog import Watchdog


async def test_it_barks_once_after_silence():
    barked = asyncio.Event()
    count = []

    def bark():
        count.append(1)
        barked.set()

    dog = Watchdog(0.02, lambda: True, bark)
    dog.watch()
    await asyncio.wait_for(barked.wait(), 5)
    await asyncio.sleep(0.06)

    assert count == [1]


async def test_a_word_keeps_it_quiet():
    looks, barked = [], []
    dog = Watchdog(0.02, lambda: looks.append(1) or True, lambda: barked.append(1))
    dog.watch()
    dog.last_word_at = time.monotonic() + 1000  # a word that is not long ago, however busy this machine is

    async with asyncio.timeout(20):
        while not looks:
            await asyncio.sleep(0.001)

    assert barked == []
    assert dog._timer.when() > asyncio.get_running_loop().time() + 500
    dog.sleep()


async def test_it_does_not_bark_while_nothing_is_owed_or_while_it_sleeps():
    owed, barked = [], []
    dog = Watchdog(0.01, lambda: bool(owed), lambda: barked.append(1))
    dog.watch()
    await asyncio.sleep(0.05)
    assert barked == []

    dog.sleep()
    owed.append(True)
    await asyncio.sleep(0.05)

    assert barked == []
