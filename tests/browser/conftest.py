"""The peers of the browser tests: a Chromium, a Jupyter server, notebooks, and blank pages for one module alone.

Everything here skips, saying why, where Chromium is missing; where Playwright is, the test files say so. The fixtures
live as long as this folder's tests and no longer: while Playwright runs, this thread counts as being inside an event
loop, and asynchronous tests elsewhere could not start theirs.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.blank import PanelPage, blank_page
from tests.browser.lab import LabServer, NotebookPage

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def launch() -> Iterator[Callable[..., Browser]]:
    """Call it with a browser's arguments for a Chromium without a window; the same arguments give the same one."""
    from playwright.sync_api import Error, expect, sync_playwright

    expect.set_options(timeout=20_000)
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    launched: dict[tuple[str, ...], Browser] = {}

    with sync_playwright() as playwright:

        def launch_browser(*arguments: str) -> Browser:
            if arguments not in launched:
                try:
                    launched[arguments] = playwright.chromium.launch(
                        executable_path=program, args=[*sandbox, *arguments]
                    )
                except Error as error:
                    pytest.skip(
                        "no Chromium to test in: install it, or say where it is in the variable CHROMIUM, or run "
                        f"'playwright install chromium' ({str(error).splitlines()[0]})"
                    )
            return launched[arguments]

        yield launch_browser
        for browser in launched.values():
            browser.close()


@pytest.fixture(scope="package")
def chromium(launch: Callable[..., Browser]) -> Browser:
    """One Chromium, without a window."""
    return launch()


@pytest.fixture(scope="package")
def listening(launch: Callable[..., Browser]) -> Iterator[Callable[..., BrowserContext]]:
    """Call it with a WAV file: a browser profile whose microphone hears it, from its beginning each time.

    It may sound without a click. The file is an argument of the browser, so there is one browser for each.
    """
    profiles: dict[Path, BrowserContext] = {}

    def open_profile(wav: Path) -> BrowserContext:
        if wav not in profiles:
            browser = launch(
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                f"--use-file-for-fake-audio-capture={wav}%noloop",
                "--autoplay-policy=no-user-gesture-required",
            )
            profiles[wav] = browser.new_context(viewport={"width": 1100, "height": 900}, reduced_motion="reduce")
            profiles[wav].grant_permissions(["microphone"])
        return profiles[wav]

    yield open_profile
    for profile in profiles.values():
        profile.close()


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[LabServer]:
    """One Jupyter server; started only when a browser is there to look at it."""
    pytest.importorskip("jupyterlab", reason="JupyterLab is not installed: pip install 'intentional-nb[lab]'")
    server = LabServer(tmp_path_factory.mktemp("lab"))
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture(scope="package")
def tab(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser profile; each test has pages of its own in it.

    One for all: in a new one the front end's four megabytes are fetched and compiled again.
    """
    context = chromium.new_context(viewport={"width": 1100, "height": 900}, reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield context
    context.close()


@pytest.fixture
def notebook(
    lab: LabServer, tab: BrowserContext, request: pytest.FixtureRequest
) -> Iterator[Callable[..., NotebookPage]]:
    """Call it with the sources of code cells, or with the name of a notebook: opened in JupyterLab, not yet run.

    Keep the picture of a page whose test failed by setting INB_SCREENSHOTS to a folder.
    """
    opened: list[NotebookPage] = []

    def open_notebook(*cells: str, name: str | None = None, app: str = "lab", shows: str | None = None) -> NotebookPage:
        page = NotebookPage(lab, tab, name or lab.notebook(cells), app=app)
        opened.append(page)
        return page.open(shows=shows)

    yield open_notebook
    _keep_picture(request.node.name, [page.page for page in opened])
    for page in opened:
        page.close()


@pytest.fixture
def blank(tab: BrowserContext) -> Iterator[Callable[..., PanelPage]]:
    """Call it with a panel's module and options: it is drawn on a blank page over a model that the test plays."""
    opened: list[PanelPage] = []

    def open_blank(name: str, options: dict[str, object] | None = None, **settings: object) -> PanelPage:
        opened.append(blank_page(tab, name, options or {}, **settings))
        return opened[-1]

    yield open_blank
    for shown in opened:
        shown.page.close()


def _keep_picture(name: str, pages: list[Page]) -> None:
    folder = os.environ.get("INB_SCREENSHOTS")
    if not folder:
        return
    for number, page in enumerate(pages):
        page.screenshot(path=Path(folder) / f"{re.sub(r'[^a-z0-9]+', '-', name.lower())}-{number}.png")
