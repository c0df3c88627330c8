"""Audio line: a minute of microphone through the kernel and back to the loudspeaker, in JupyterLab, on each way.

The microphone's pieces have 40 ms. ``trip`` is from the page's thread to the kernel's listener and back; ``ear`` from
the mouth to the ear, with the player's 100 ms and what the browser says of its device. CPU is in percent of one core:
the browser, the notebook server, the kernel. ``in the page`` is the baseline: the microphone's pieces go straight to
the loudspeaker.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser.echo import MAKE_ECHO, SHOW_ECHO
from tests.browser.lab import LabServer, NotebookPage
from tests.browser.sound import noise, write_wav

__all__ = ["rows"]

SECONDS = 60
LOCAL = "in the page"


def rows() -> list[dict[str, Any]]:
    """One row for each way."""
    ways = [LOCAL, "direct", *(["proxy"] if importlib.util.find_spec("jupyter_server_proxy") else []), "comm"]
    with tempfile.TemporaryDirectory() as folder, _notebook(Path(folder)) as (page, kernel):
        found = [_measure(page, kernel, way) for way in ways]
    direct = next(row for row in found if row["way"] == "direct")
    for row in found:
        row["page / in the page"] = row["page CPU"] / found[0]["page CPU"]
        row["trip / direct"] = row["trip p50"] / direct["trip p50"]
    return found


@contextmanager
def _notebook(folder: Path) -> Iterator[tuple[NotebookPage, int]]:
    from playwright.sync_api import sync_playwright

    said = noise(SECONDS + 20)
    for pause in range(2, SECONDS + 20, 3):  # as people make them: a delay can be made up for only there
        said[pause * 24_000 : pause * 24_000 + 12_000] = 0
    wav = write_wav(folder / "said.wav", said)
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    flags = [
        *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
        *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
        f"--use-file-for-fake-audio-capture={wav}%noloop",
        "--autoplay-policy=no-user-gesture-required",
    ]
    lab = LabServer(folder / "lab")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        try:
            lab.start()
            context = browser.new_context(permissions=["microphone"])
            page = NotebookPage(lab, context, lab.notebook([MAKE_ECHO, SHOW_ECHO])).open()
            page.run(0)
            yield page, int(page.ask("import os; print(os.getpid())"))
        finally:
            lab.close()
            browser.close()


def _measure(page: NotebookPage, kernel: int, way: str) -> dict[str, Any]:
    page.ask(f"ways = {[way]}")
    page.evaluate("window.echo = null;")
    page.run(1)
    page.page.wait_for_function("() => window.echo")
    is_local = way == LOCAL
    page.evaluate("echo.isKept = false; echo.isLocal = argument; await echo.start();", is_local, timeout_s=60)
    page.page.wait_for_timeout(3000)
    before = _cpu_s(kernel)
    page.page.wait_for_timeout(SECONDS * 1000)
    spent = {name: (after - before[name]) / SECONDS * 100 for name, after in _cpu_s(kernel).items()}
    found = page.evaluate(
        """await echo.stop();
        const { underruns } = echo.speaker.stats;
        const { lostSamples, gaps } = echo.line.stats;
        const lost = echo.sent.count - echo.back.count;
        return { ...echo.trips(), samples: echo.sent.count, lost, lostSamples, gaps, underruns };""",
        timeout_s=60,
    )
    page.evaluate("echo.line.close(); await echo.speaker.close();")
    return {
        "way": way,
        "seconds": found["samples"] // 24_000,
        "samples lost": found["lost"],
        "trip p50": _part(found["line"], 50),
        "trip p95": _part(found["line"], 95),
        "ear p50": _part(found["ear"], 50),
        "ear p95": _part(found["ear"], 95),
        "underruns": found["underruns"],
        **{f"{name} CPU": value for name, value in spent.items()},
    }


def _part(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


def _cpu_s(kernel: int) -> dict[str, float]:
    """CPU seconds so far of the browser, the notebook server and the kernel."""
    import psutil

    spent = {"page": 0.0, "server": 0.0, "kernel": 0.0}
    for process in psutil.Process().children(recursive=True):
        try:
            times, name = process.cpu_times(), process.name()
        except psutil.NoSuchProcess:
            continue
        if "chrom" in name:
            spent["page"] += times.user + times.system
        elif process.pid == kernel:
            spent["kernel"] += times.user + times.system
        elif "python" in name or "jupyter" in name:
            spent["server"] += times.user + times.system
    return spent
