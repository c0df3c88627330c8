"""One panel's module on a blank page, over a model that the test plays: no kernel, no server, a tenth of a second.

Pings are answered by themselves, unless the test moves the clock: a slow machine is no busy kernel.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from intentional_nb.panels.bundle import bundle

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page

__all__ = ["PanelPage", "blank_page"]

_PANELS = Path(__file__).parents[2] / "intentional_nb" / "panels"

_FAKE = """
({ source, css, options, hasControl, isAlive }) => {
  document.head.append(Object.assign(document.createElement('style'), { textContent: css }));
  const fakeModel = (traits) => {
    const listeners = [];
    const sent = [];
    const buffers = []; // those of the message of the same place in `sent`
    return {
      sent, buffers, listeners, isGone: false,
      get: (name) => traits[name],
      on: (name, listener) => listeners.push([name, listener]),
      off: () => {},
      send(message, callbacks, parts = []) {
        if (this.isGone) throw new Error('Cannot send');
        sent.push(structuredClone(message));
        buffers.push(structuredClone(parts));
        if (isAlive && message.kind === 'ping') setTimeout(answer, 0, message.command);
      },
      emit: (name, ...rest) => listeners.filter(([known]) => known === name).forEach(([, call]) => call(...rest)),
    };
  };
  const control = fakeModel({});
  let seq = 0; // of the latest numbered message
  const answer = (command) => control.emit('msg:custom', { kind: 'ack', command, seq });
  const model = fakeModel({ options: { ...options, control: 'control' } });
  model.widget_manager = {
    get_model: async (id) => {
      const part = window.parts?.[id];
      if (part) return part;
      if (!hasControl || id !== 'control') throw new Error('widget model not found');
      return control;
    },
    create_view: async (part) => part.view(),
  };
  model.on('msg:custom', (message) => { seq = message.seq ?? seq; });
  window.fake = { model, control };
  window.load = async () => {
    const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    const module = await import(url);
    const widget = typeof module.default === 'function' ? await module.default() : module.default;
    await widget.initialize?.({ model });
    window.draw = async (el) => widget.render({ model, el });
    window.cleanup = await window.draw(document.querySelector('#panel'));
  };
  return window.load();
}
"""


class PanelPage:
    """A panel on a blank page; the test is its kernel.

    Attributes:
        page: The page.
        problems: Uncaught exceptions of the page.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        self._seq = 0
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    @property
    def panel(self) -> Locator:
        """The panel's element."""
        return self.page.locator("#panel")

    def sent(self, kind: str | None = None, *, by: str = "control") -> list[dict[str, Any]]:
        """What the page has sent to the kernel, on the control model unless told otherwise."""
        messages: list[dict[str, Any]] = self.page.evaluate(f"() => window.fake.{by}.sent")
        return [message for message in messages if kind is None or message["kind"] == kind]

    def wait_for(self, kind: str, count: int = 1, *, by: str = "control") -> dict[str, Any]:
        """The page's ``count``-th message of this kind, waited for."""
        deadline = time.monotonic() + 20
        while len(found := self.sent(kind, by=by)) < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"the page did not send {kind!r} {count} times, only {self.sent(by=by)}")
            self.page.wait_for_timeout(10)
        return found[count - 1]

    def wait_for_frames(self, count: int = 2) -> None:
        """Wait until the page has been painted this often."""
        for _ in range(count):
            self.page.evaluate("() => new Promise(requestAnimationFrame)")

    def tell(self, message: Mapping[str, Any], *, by: str = "model") -> None:
        """Send a message to the page."""
        self.page.evaluate(f"(message) => window.fake.{by}.emit('msg:custom', message)", dict(message))

    def acknowledge(self, message: Mapping[str, Any]) -> None:
        """Answer a command, as the kernel does."""
        self.tell({"kind": "ack", "command": message["command"], "seq": self._seq}, by="control")

    def snapshot(self, view: Mapping[str, Any], *, epoch: str = "e1") -> None:
        """Send the page everything, as it asked."""
        self._seq += 1
        asking = [self.wait_for("hello")["client"]]
        self.tell({"kind": "snapshot", "epoch": epoch, "seq": self._seq, "for": asking, "view": dict(view)})

    def update(self, *ops: list[Any], epoch: str = "e1", lost: int = 0) -> None:
        """Send the page a change; ``lost`` messages before it never arrive."""
        self._seq += 1 + lost
        self.tell({"kind": "update", "epoch": epoch, "seq": self._seq, "ops": list(ops)})

    def lose_the_kernel(self) -> None:
        """From now on a message cannot be sent, as after a restart of the kernel."""
        self.page.evaluate(
            """() => {
              window.fake.model.isGone = window.fake.control.isGone = true;
              window.fake.model.emit('comm_live_update');
            }"""
        )


def blank_page(
    tab: BrowserContext,
    name: str,
    options: Mapping[str, Any],
    *,
    width: int = 900,
    theme: str = "light",
    has_control: bool = True,
    has_clock: bool = False,
    script: str = "",
    sheet: str = "",
    source: str | None = None,
) -> PanelPage:
    """Draw the panel ``name`` on a blank page.

    Args:
        tab: The browser profile.
        name: Name of the module in ``panels``.
        options: The panel's `options`.
        width: Of the panel, in pixels.
        theme: ``light`` or ``dark``, as JupyterLab says it.
        has_control: Whether the front end finds the control model.
        has_clock: Whether the test moves the page's clock, with ``page.clock``.
        script: Runs in the page before all else; ``window.parts`` may have other models by id, each with a ``view()``.
        sheet: Rules that the panel has besides those of its style sheet.
        source: The panel's module, where it is not that of the file.
    """
    page = tab.new_page()
    if has_clock:
        page.clock.install()
    if script:
        page.add_init_script(script)
    # A served page, not about:blank: storage and the clipboard need an origin.
    page.route(
        "http://localhost/blank", lambda route: route.fulfill(body=_html(width, theme), content_type="text/html")
    )
    page.goto("http://localhost/blank")
    shown = PanelPage(page)
    page.evaluate(
        _FAKE,
        {
            "source": bundle(_PANELS / f"{name}.js") if source is None else source,
            "css": bundle(_PANELS / f"{name}.css") + sheet,
            "options": dict(options),
            "hasControl": has_control,
            "isAlive": not has_clock,
        },
    )
    return shown


def _html(width: int, theme: str) -> str:
    is_light = "true" if theme == "light" else "false"
    back = "#ffffff" if theme == "light" else "#111111"
    return f"""<!doctype html><html lang="en"><title>panel</title>
      <body data-jp-theme-light="{is_light}" style="margin:0;background:{back}">
      <main id="panel" style="width:{width}px"></main></body></html>"""
