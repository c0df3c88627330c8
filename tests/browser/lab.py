"""A real Jupyter server of our own, and notebooks opened in it by a real browser.

`LabServer` runs JupyterLab (and Notebook 7, which the same server offers) with empty configuration folders, so that
nothing of the person running the tests is read or written. `NotebookPage` is one notebook open in one browser tab:
it runs cells, restarts the kernel, saves, reloads, and reads what was saved.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page

__all__ = ["LabServer", "NotebookPage", "wait_until"]

_REPOSITORY = Path(__file__).parents[2]
_STARTUP_S = 60


def wait_until(condition: Callable[[], Any], what: str, timeout_s: float = 20.0) -> Any:
    """The first true value of ``condition()``; fails naming ``what`` when there is none in time."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_s} s in vain: {what}")
        time.sleep(0.05)
    return value


class LabServer:
    """JupyterLab on a free port of this machine.

    Attributes:
        root: The folder it serves; notebooks of the tests go there.
        url: Where it answers, with no slash at the end.
        token: What a request must carry.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder / "notebooks"
        self.url = ""
        self.token = uuid.uuid4().hex
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> LabServer:
        """Start it and wait until it answers."""
        self.root.mkdir(parents=True)
        _write(
            self._folder / "config/labconfig/page_config.json",
            {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}},
        )
        _write(
            self._folder / "data/kernels/python3/kernel.json",
            {
                "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
                "display_name": "Python 3",
                "language": "python",
            },
        )
        command = [sys.executable, "-m", "jupyterlab", *self._options()]
        with (self._folder / "server.log").open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=self.root, env=self._environment(), stdout=log, stderr=subprocess.STDOUT
            )
        self.url = wait_until(self._address, f"the server's address; its log: {self.log()}", _STARTUP_S)
        return self

    def _options(self) -> list[str]:
        root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        return [
            "--no-browser",
            "--ServerApp.ip=127.0.0.1",
            "--ServerApp.port=0",
            f"--ServerApp.root_dir={self.root}",
            f"--IdentityProvider.token={self.token}",
            "--LabApp.expose_app_in_browser=True",
            "--JupyterNotebookApp.expose_app_in_browser=True",
            *root,
        ]

    def _environment(self) -> dict[str, str]:
        paths = [str(_REPOSITORY), str(_REPOSITORY / "tests" / "isolated")]
        own = {
            "HOME": str(self._folder),
            "JUPYTER_CONFIG_DIR": str(self._folder / "config"),
            "JUPYTER_DATA_DIR": str(self._folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(self._folder / "runtime"),
            "IPYTHONDIR": str(self._folder / "ipython"),
            "PYTHONPATH": os.pathsep.join(paths),
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }
        # The kernel made above must win over one of the same name that the environment brings along.
        kept = {name: value for name, value in os.environ.items() if name != "JUPYTER_PREFER_ENV_PATH"}
        return {**kept, **own}

    def _address(self) -> str | None:
        if self._process is not None and self._process.poll() is not None:
            raise AssertionError(f"the Jupyter server ended by itself; its log: {self.log()}")
        for file in (self._folder / "runtime").glob("jpserver-*.json"):
            port = json.loads(file.read_text())["port"]
            return f"http://127.0.0.1:{port}"
        return None

    def log(self) -> str:
        """The last of what the server printed."""
        file = self._folder / "server.log"
        return file.read_text(errors="replace")[-4000:] if file.exists() else ""

    def close(self) -> None:
        """End the server, and with it the kernels it started."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)

    def api(self, method: str, path: str) -> Any:
        """Ask the server's REST API."""
        request = urllib.request.Request(f"{self.url}/api/{path}", method=method)
        request.add_header("Authorization", f"token {self.token}")
        with urllib.request.urlopen(request, timeout=15) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def notebook(self, cells: Sequence[str], name: str | None = None) -> str:
        """Write a notebook with these code cells and return its name."""
        import nbformat

        name = name or f"test-{uuid.uuid4().hex[:8]}.ipynb"
        book = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        nbformat.write(book, self.root / name)
        return name


class NotebookPage:
    """One notebook in one browser tab.

    Attributes:
        page: The tab.
        name: The notebook's file name.
        problems: Uncaught exceptions of the page, as they came.
    """

    def __init__(self, server: LabServer, context: BrowserContext, name: str, *, app: str = "lab") -> None:
        self.name = name
        self.problems: list[str] = []
        self._server = server
        self._app = app
        self.page: Page = context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def open(self, *, shows: str | None = None) -> NotebookPage:
        """Go to the notebook and wait until its kernel is ready.

        Args:
            shows: A selector of what a live panel in it shows, to be waited for.
        """
        where = f"lab/workspaces/{uuid.uuid4().hex[:8]}/tree" if self._app == "lab" else "notebooks"
        self.page.goto(f"{self._server.url}/{where}/{self.name}?token={self._server.token}")
        self.wait_for_kernel()
        if shows is not None:
            self._wait_for_panel(shows)
        return self

    def reload(self, *, shows: str) -> None:
        """What F5 does; ``shows`` as in `open`."""
        self.page.reload()
        self.wait_for_kernel()
        self._wait_for_panel(shows)

    def _wait_for_panel(self, shows: str) -> None:
        """Wait for a panel of a kernel that was there before the page.

        On a busy machine the front end gives up on the widgets of such a kernel; people then load the page again.
        """
        lost = self.page.get_by_text("Error displaying widget")
        for _ in range(3):
            self.page.locator(shows).or_(lost).first.wait_for(timeout=60_000)
            if lost.count() == 0:
                return
            self.page.reload()
            self.wait_for_kernel()
        raise AssertionError("the front end gave up on the widgets of the running kernel three times")

    def wait_for_kernel(self) -> None:
        """Wait until the notebook is shown and its kernel is idle."""
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        self.page.wait_for_function(
            """() => {
              const app = window.jupyterapp ?? window.jupyterlab;
              const kernel = app?.shell.currentWidget?.sessionContext?.session?.kernel;
              return kernel?.status === 'idle';
            }""",
            timeout=60_000,
        )

    def evaluate(self, script: str, argument: Any = None, timeout_s: float = 20.0) -> Any:
        """Run an async function body in the page, with ``app``, ``panel``, ``kernel`` and ``argument`` at hand.

        ``page.evaluate`` alone would wait for ever for a reply that was lost.
        """
        body = f"""async ([argument, limit]) => {{
          const app = window.jupyterapp ?? window.jupyterlab;
          const panel = app.shell.currentWidget;
          const kernel = panel?.sessionContext?.session?.kernel;
          const late = new Promise((_, no) => setTimeout(() => no(new Error('no answer in time')), limit));
          const work = (async () => {{ {script} }})();
          return await Promise.race([work, late]);
        }}"""
        return self.page.evaluate(body, [argument, timeout_s * 1000])

    def run(self, index: int, *, wait: bool = True) -> None:
        """Run the cell at ``index``, and wait for its end unless told otherwise."""
        self.evaluate(
            """panel.content.activeCellIndex = argument;
            window.__running = app.commands.execute('notebook:run-cell');""",
            index,
        )
        if wait:
            self.evaluate("await window.__running;", timeout_s=60)

    def run_all(self) -> None:
        """Run every cell in order and wait for the last."""
        self.evaluate("await app.commands.execute('notebook:run-all-cells');", timeout_s=60)

    def ask(self, code: str) -> str:
        """What ``code`` prints in the kernel, run outside of every cell."""
        return str(
            self.evaluate(
                """let text = '';
                const future = kernel.requestExecute({code: argument, store_history: false});
                future.onIOPub = (message) => {
                  if (message.content.text) text += message.content.text;
                  if (message.content.traceback) text += message.content.traceback.join('\\n');
                };
                await future.done;
                return text;""",
                code,
            )
        )

    def restart_kernel(self) -> None:
        """Restart the kernel, as the menu does after its question."""
        self.evaluate("await kernel.restart();", timeout_s=60)

    def interrupt(self) -> None:
        """Interrupt the running cell."""
        self.evaluate("await kernel.interrupt();")

    def cell(self, index: int) -> Locator:
        """The cell at ``index``."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(index)

    def count_cells(self) -> int:
        """How many cells the notebook has."""
        return int(self.evaluate("return panel.content.model.cells.length;"))

    def source(self, index: int) -> str:
        """The text of the cell at ``index``."""
        return str(self.evaluate("return panel.content.model.cells.get(argument).sharedModel.source;", index))

    def save(self) -> dict[str, Any]:
        """Save, and return the notebook as it lies on the disk."""
        self.evaluate("await panel.context.save();")
        return json.loads((self._server.root / self.name).read_text())

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """The outputs of the cell at ``index``, as the notebook on the page holds them."""
        return list(self.evaluate("return panel.content.model.cells.get(argument).outputs.toJSON();", index))

    def theme(self, name: str) -> None:
        """Change the theme and wait until it holds."""
        self.evaluate("await app.commands.execute('apputils:change-theme', {theme: argument});", name)
        light = "false" if "Dark" in name else "true"
        self.page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached")

    def close(self) -> None:
        """Close the tab and end the notebook's kernel."""
        self.page.close()
        for session in self._server.api("GET", "sessions"):
            if session["path"] == self.name:
                self._server.api("DELETE", f"sessions/{session['id']}")


def _write(path: Path, value: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
