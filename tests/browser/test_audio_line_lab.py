"""The audio line where people use it: a real kernel in a real JupyterLab sends back what the microphone hears."""

from __future__ import annotations

import importlib.util

import pytest

from tests.browser.echo import MAKE_ECHO, SHOW_ECHO
from tests.browser.lab import NotebookPage, wait_until
from tests.browser.sound import TAP, noise, write_wav

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install 'intentional-nb[dev]'"
)

needs_proxy = pytest.mark.skipif(
    importlib.util.find_spec("jupyter_server_proxy") is None, reason="jupyter-server-proxy is not installed"
)
ways = pytest.mark.parametrize("way", ["direct", pytest.param("proxy", marks=needs_proxy), "comm"])


BUSY = ["time.sleep(10)", "end = time.time() + 10\nwhile time.time() < end: pass"]


@pytest.fixture(scope="module")
def notebook(lab, listening, tmp_path_factory):
    """One notebook for all: in a browser whose microphone hears half a minute of noise."""
    profile = listening(write_wav(tmp_path_factory.mktemp("wav") / "noise.wav", noise(30, seed=7)))
    profile.add_init_script(TAP)
    page = NotebookPage(lab, profile, lab.notebook([MAKE_ECHO, SHOW_ECHO, *BUSY])).open()
    page.run(0)
    yield page
    page.close()


@pytest.fixture
def echo(notebook):
    """Call it with the ways that the line may take: a new echo in the notebook."""

    def show(*ways):
        notebook.problems.clear()
        notebook.ask(f"ways = {list(ways)}")
        notebook.evaluate("window.echo = null;")
        notebook.run(1)
        notebook.page.wait_for_function("() => window.echo")
        return notebook

    yield show
    notebook.evaluate("await echo.microphone.close(); echo.line.close(); await echo.speaker.close();")
    notebook.ask("echo.line.close()")


@ways
def test_what_the_microphone_hears_comes_back_whole_and_in_order(echo, way):
    page = echo(way)

    found = page.evaluate(
        """await echo.start();
        await echo.until(() => echo.sent.count >= 24000 * 4);
        await echo.stop();
        return { states: echo.states, isSame: echo.isSame(), sent: echo.sent.count, last: echo.played.at(-1),
                 stats: echo.line.stats, underruns: echo.speaker.stats.underruns };""",
        timeout_s=60,
    )

    assert found["states"] == ["connecting", f"open {way}"]
    assert found["isSame"]
    assert found["last"]["samples"] == found["sent"]
    assert (found["stats"]["lostChunks"], found["stats"]["gaps"]) == (0, 0)
    told = page.ask("print(echo.received, echo.line.counts.lost_chunks, echo.line.counts.garbage, echo.lost)")
    assert told.strip() == f"{found['sent']} 0 0 []"
    assert page.problems == []


@ways
def test_the_kernel_silences_the_page_and_learns_what_was_played(echo, way):
    page = echo(way)
    page.evaluate("await echo.start(); await echo.until(() => echo.played.length > 5);", timeout_s=30)

    page.ask("epoch = echo.line.flush()")
    found = page.evaluate(
        """await echo.until(() => echo.flushed);
        await echo.microphone.stop();
        return echo.flushed;""",
        timeout_s=30,
    )

    assert found["item"] == 1
    assert found["samples"] > 0
    told = wait_until(
        lambda: page.ask("print(*[told['samples'] for told in echo.told if told['kind'] == 'flushed'])").strip(),
        "the kernel to learn of it",
    )
    assert int(told) == found["samples"]


@pytest.mark.parametrize("cell", [2, 3], ids=["sleeping", "computing"])
def test_a_busy_kernel_does_not_disturb_a_socket(echo, cell):
    page = echo("direct")
    page.evaluate("await echo.start(); await echo.until(() => echo.back.count > 24000);", timeout_s=30)

    page.run(cell, wait=False)
    page.evaluate("await echo.until(() => kernel.status === 'busy');")
    came = page.evaluate(
        """const before = echo.back.count;
        await echo.until(() => echo.back.count >= before + 24000 * 2);
        return echo.back.count - before;"""
    )

    assert came >= 48_000
    assert page.evaluate("return kernel.status;") == "busy"  # two seconds of sound went round while the cell ran
    assert page.evaluate("return echo.states;") == ["connecting", "open direct"]
    page.evaluate("await echo.until(() => kernel.status === 'idle');")


@pytest.mark.parametrize("ways", [["direct", "comm"], pytest.param(["proxy", "comm"], marks=needs_proxy)])
def test_a_socket_that_dies_in_mid_speech_is_followed_by_the_comm_and_nothing_is_lost(echo, ways):
    page = echo(*ways)
    page.evaluate("await echo.start(); await echo.until(() => echo.back.count > 24000);", timeout_s=30)

    page.ask(
        "from intentional_nb.bots import runtime\n"
        "server = echo.line._server\n"
        "runtime.wait(runtime.submit(server.close()))"
    )
    found = page.evaluate(
        """const before = echo.back.count;
        await echo.until(() => echo.back.count > before + 24000);
        await echo.stop();
        const last = echo.played.at(-1).samples;
        return { states: echo.states, isSame: echo.isSame(), last, sent: echo.sent.count };""",
        timeout_s=60,
    )

    assert found["states"] == ["connecting", f"open {ways[0]}", "open comm"]
    assert found["isSame"]
    assert found["last"] == found["sent"]
    assert page.ask("print(echo.received, echo.line.counts.lost_chunks, echo.lost)").strip() == f"{found['sent']} 0 []"


def test_the_best_way_there_is_is_found(echo):
    page = echo("comm", "proxy", "direct")

    page.evaluate("await echo.start();", timeout_s=30)

    assert page.evaluate("return echo.states;") == ["connecting", "open direct"]


def test_a_restarted_kernel_is_gone_for_the_line(echo):
    page = echo("direct", "comm")
    page.evaluate("await echo.start();", timeout_s=30)

    page.restart_kernel()

    states = page.evaluate(
        """await echo.until(() => echo.line.state.state === 'lost');
        return echo.states;""",
        timeout_s=30,
    )
    assert states[:2] == ["connecting", "open direct"]
    assert states[2].startswith("lost")


@needs_proxy
def test_notebook_7_finds_its_proxy_too(lab, listening, tmp_path_factory):
    profile = listening(write_wav(tmp_path_factory.mktemp("wav") / "seven.wav", noise(5, seed=8)))
    page = NotebookPage(lab, profile, lab.notebook([MAKE_ECHO, "ways = ['proxy']", SHOW_ECHO]), app="notebook").open()

    page.run_all()
    page.page.wait_for_function("() => window.echo")
    page.evaluate("await echo.start(); await echo.until(() => echo.back.count > 9600);", timeout_s=30)

    assert page.evaluate("return echo.states;") == ["connecting", "open proxy"]
    page.close()
