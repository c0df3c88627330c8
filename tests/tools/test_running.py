import asyncio
import threading

import pytest

from intentional_nb.errors import ToolError
from intentional_nb.tools.function import tool
from intentional_nb.tools.running import ToolRunner, as_text
from intentional_nb.wire.calls import ToolCall


class Log:
    def __init__(self):
        self.started, self.ended = [], []
        self.runner = ToolRunner(self.started.append, self.ended.append)


@pytest.fixture
def log():
    return Log()


def call(name, arguments="{}", call_id=None):
    return ToolCall(call_id or f"id-{name}", name, arguments)


@tool
def add(a: int, b: int) -> int:
    """Add."""
    return a + b


async def test_results_come_in_the_order_of_the_calls_though_they_run_side_by_side(log):
    turn = asyncio.Event()

    @tool
    async def first() -> str:
        """Wait for the second."""
        await turn.wait()
        return "first"

    @tool
    async def second() -> str:
        """Let the first go on."""
        turn.set()
        return "second"

    results = await log.runner.run([call("first"), call("second")], {"first": first, "second": second})

    assert [result.output for result in results] == ["first", "second"]
    assert [result.call.name for result in log.ended] == ["second", "first"]


async def test_a_sync_function_runs_in_another_thread(log):
    @tool
    def where() -> str:
        """Tell the thread."""
        return threading.current_thread().name

    [result] = await log.runner.run([call("where")], {"where": where})

    assert result.output != threading.current_thread().name


async def test_an_unknown_tool_is_answered_with_the_nearest_one(log):
    [result] = await log.runner.run([call("ad")], {"add": add})

    assert result.status == "unknown"
    assert "Tool 'ad' not found. Did you mean 'add'?" in result.output


@pytest.mark.parametrize("arguments", ["{", "[1]", "3", '{"a": 1}', '{"a": "x", "b": 2}'])
async def test_arguments_that_cannot_be_used_are_explained_and_the_tool_does_not_run(log, arguments):
    [result] = await log.runner.run([call("add", arguments)], {"add": add})

    assert result.status == "invalid"
    assert "'add'" in result.output


async def test_empty_arguments_mean_none(log):
    @tool
    def ping() -> str:
        """Answer."""
        return "pong"

    [result] = await log.runner.run([call("ping", "")], {"ping": ping})

    assert result.output == "pong"


async def test_an_exception_is_told_to_the_model_and_kept_for_people(log):
    @tool
    def fail() -> None:
        """Fail."""
        raise ZeroDivisionError("by zero")

    [result] = await log.runner.run([call("fail")], {"fail": fail})

    assert (result.status, result.output) == ("error", "tool 'fail' failed: ZeroDivisionError: by zero")
    assert isinstance(result.error, ZeroDivisionError)


async def test_a_tool_error_speaks_to_the_model_alone(log):
    @tool
    def refuse() -> None:
        """Refuse."""
        raise ToolError("only on Mondays")

    [result] = await log.runner.run([call("refuse")], {"refuse": refuse})

    assert (result.status, result.output, result.error) == ("error", "only on Mondays", None)


async def test_leaving_the_thread_does_not_leave_the_call_unanswered(log):
    @tool
    def leave() -> None:
        """Leave."""
        raise SystemExit(3)

    [result] = await log.runner.run([call("leave")], {"leave": leave})

    assert result.status == "error"
    assert "SystemExit" in result.output


async def test_a_slow_tool_is_given_up(log):
    @tool(timeout_s=0.01)
    async def sleep() -> None:
        """Sleep."""
        await asyncio.Event().wait()

    [result] = await log.runner.run([call("sleep")], {"sleep": sleep})

    assert result.status == "timeout"
    assert "0.01 seconds" in result.output


async def test_a_timeout_inside_the_tool_is_the_tools_own(log):
    @tool
    async def fetch() -> None:
        """Fetch."""
        raise TimeoutError("the database did not answer")

    [result] = await log.runner.run([call("fetch")], {"fetch": fetch})

    assert (result.status, result.output) == ("error", "tool 'fetch' failed: TimeoutError: the database did not answer")


async def test_a_call_id_is_executed_once(log):
    runs = []

    @tool
    def order() -> str:
        """Order."""
        runs.append(1)
        return "ordered"

    tools = {"order": order}
    await log.runner.run([call("order", call_id="x")], tools)
    [again] = await log.runner.run([call("order", call_id="x")], tools)

    assert (again.output, len(runs)) == ("ordered", 1)


async def interrupted(log, calls, tools, when):
    task = asyncio.create_task(log.runner.run(calls, tools))
    await when.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_interruption_cancels_and_still_answers_every_call(log):
    running, cancelled = asyncio.Event(), asyncio.Event()

    @tool
    async def slow() -> None:
        """Be slow."""
        running.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    await interrupted(log, [call("slow"), call("add", '{"a": 1, "b": 2}')], {"slow": slow, "add": add}, running)

    await cancelled.wait()
    assert log.runner.results["id-slow"].status == "cancelled"
    assert "id-add" in log.runner.results


async def test_a_tool_that_says_keep_outlives_the_interruption(log):
    running, go_on = asyncio.Event(), asyncio.Event()

    @tool(on_interrupt="keep")
    async def pay() -> str:
        """Pay."""
        running.set()
        await go_on.wait()
        return "paid"

    await interrupted(log, [call("pay")], {"pay": pay}, running)
    assert "still running" in log.runner.results["id-pay"].output
    go_on.set()
    while not log.ended:
        await asyncio.sleep(0)

    assert [(result.status, result.output) for result in log.ended] == [("ok", "paid")]


async def test_an_interruption_can_be_told_without_waiting(log):
    running = asyncio.Event()

    @tool
    async def slow() -> None:
        """Be slow."""
        running.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(log.runner.run([call("slow"), call("add", '{"a": 1, "b": 2}')], {"slow": slow}))
    await running.wait()
    while "id-add" not in log.runner.results:
        await asyncio.sleep(0)

    log.runner.interrupt()
    log.runner.interrupt()

    assert [result.status for result in log.ended] == ["unknown", "cancelled"]
    assert [result.status for result in await task] == ["cancelled", "unknown"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        (None, "done"),
        ({"a": [1]}, '{"a":[1]}'),
        (object, "<class 'object'>"),
    ],
)
def test_results_become_text(value, text):
    assert as_text(value).strip('"') == text


@pytest.mark.parametrize("fails", [False, True])
async def test_half_a_character_of_a_tool_is_replaced_so_that_the_answer_can_be_sent(log, fails):
    @tool
    def name_of_file() -> str:
        """Tell a name that is no UTF-8."""
        if fails:
            raise FileNotFoundError("caf\udce9.txt")
        return "caf\udce9.txt"

    [result] = await log.runner.run([ToolCall("a", "name_of_file", "{}")], {"name_of_file": name_of_file})

    assert result.output.endswith("caf?.txt")
