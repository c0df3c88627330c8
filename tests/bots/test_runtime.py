import _thread
import asyncio
import threading

import pytest

from intentional_nb.bots import runtime
from intentional_nb.local.script import text


async def value():
    return threading.current_thread().name


def test_coroutines_run_on_one_background_thread():
    assert runtime.wait(runtime.submit(value())) == runtime.wait(runtime.submit(value())) == "intentional-nb"


def test_an_error_reaches_the_one_who_waits():
    async def fail():
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        runtime.wait(runtime.submit(fail()))


async def test_cancelling_the_one_who_waits_cancels_the_work():
    cancelled = threading.Event()

    async def work():
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    waiting = asyncio.create_task(runtime.wait_async(runtime.submit(work())))
    await asyncio.sleep(0.05)
    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await asyncio.to_thread(cancelled.wait, 10)


def test_waiting_on_the_background_thread_is_refused():
    async def wait_for_itself():
        return runtime.wait(runtime.submit(value()))

    with pytest.raises(RuntimeError, match="'await' form"):
        runtime.wait(runtime.submit(wait_for_itself()))


def test_interrupting_the_cell_cancels_the_turn_and_the_next_one_works(scripted):
    bot = scripted(text("one two three four five six", pace_ms=300), text("Yes?"))
    spoken = threading.Event()

    def interrupt(event):
        if event.type == "reply_text" and not spoken.is_set():
            spoken.set()
            _thread.interrupt_main()

    bot.subscribe(interrupt)

    with pytest.raises(KeyboardInterrupt):
        bot.say("count")

    assert bot.transcript[0].status == "cancelled"
    assert bot.llm.history.messages[-1]["role"] == "assistant"
    assert bot.say("hello").text == "Yes?"
