"""Stage graph: a move shown at 60 stages, from the message to the finished layout, against a bare class toggle.

Both happen in one page, in turn: ``toggle`` takes a class from one stage of the same drawing and gives it to another;
``ours`` is the numbered message of a move, with marks, badges, counts and what can be reached; in the last rows with a
stage open beside the picture. Style and layout are forced each time, so that they count. A page's clock ticks in tenths
of a millisecond, so toggles are timed ten at a time. ``frame`` is the time from one frame to the next while there is
such a change in each, painting included; 16.7 ms is as fast as the screen.
"""

from __future__ import annotations

import os
import shutil
import statistics
from collections.abc import Sequence
from typing import Any

from intentional_nb.bots.turn import RouteEntry
from intentional_nb.conversation.diagram import page_sheet
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.panels.entries import turn_changes
from tests.browser.blank import PanelPage, blank_page
from tests.panels.samples import turn
from tests.panels.stage_samples import city, stage_view, told

__all__ = ["rows"]

MOVES = 400
OPTIONS = {"title": "City", "height": "560px", "direction": "TB"}
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

_MEASURE = """async ({ updates }) => {
  const sheet = document.querySelector('.inb-s-sheet');
  const stages = [...sheet.querySelectorAll('[data-stage]')];
  const finish = () => {
    getComputedStyle(stages[0].querySelector('.inb-g-box')).fill;
    return sheet.querySelector('.inb-g-page').getBoundingClientRect().width;
  };
  const show = (n) => window.fake.model.emit('msg:custom', updates[n]);
  const toggle = (n) => {
    stages[n % stages.length].classList.remove('is-selected');
    stages[(n + 1) % stages.length].classList.add('is-selected');
  };
  const took = (work, n, times) => {
    const start = performance.now();
    for (let k = 0; k < times; k++) {
      work(n + k);
      finish();
    }
    return (performance.now() - start) / times;
  };
  const frames = async (work, from, to) => {
    const found = [];
    let last = await new Promise(requestAnimationFrame);
    for (let n = from; n < to; n++) {
      work(n);
      const now = await new Promise(requestAnimationFrame);
      found.push(now - last);
      last = now;
    }
    return found;
  };
  const direct = { toggle: [], ours: [] };
  const half = updates.length / 2;
  for (let n = 0; n < half; n++) {
    direct.toggle.push(took(toggle, n, 10));
    direct.ours.push(took(show, n, 1));
    if (n % 20 === 19) await new Promise(requestAnimationFrame);
  }
  const framed = { toggle: await frames(toggle, 0, half), ours: await frames(show, half, updates.length) };
  return { direct, framed };
}"""


def _moves() -> tuple[dict[str, Any], list[list[Any]]]:
    """A view of 60 stages, and the operations of each of many moves: jumps from a street, and the ways back."""
    graph = city()
    router = IntentRouter(graph)
    turns: list[Any] = []
    view = first = stage_view(graph)
    changes = []
    for number in range(1, MOVES + 1):
        router.begin_turn("…", turn=number)
        choice = f"question_{number % 12}" if number % 2 else "answered"
        turns.append(turn(number, f"words {number}", RouteEntry(router.route({"outcome": choice}))))
        new = stage_view(graph, turns, router.position, directions=())
        state = {name: value for name, value in new.items() if name != "turns" and view.get(name) != value}
        changes.append([["state", state], *turn_changes(view["turns"], new["turns"])])
        view = new
    return first, changes


def _measured(page: PanelPage, view: dict[str, Any], changes: Sequence[list[Any]], *, is_open: bool) -> dict[str, Any]:
    page.acknowledge(page.wait_for("hello"))
    stage = view["graph"]["stages"][0]["id"]
    page.snapshot({**view, "told": {stage: told("# Goal\n" + "Walk on. " * 400)}})
    if is_open:
        page.panel.locator(f'[data-key="{stage}"]').dispatch_event("click")
    updates = [{"kind": "update", "epoch": "e1", "seq": 2 + n, "ops": ops} for n, ops in enumerate(changes)]
    found: dict[str, Any] = page.page.evaluate(_MEASURE, {"updates": updates})
    return found


def _row(what: str, times: dict[str, list[float]]) -> dict[str, Any]:
    middle = {name: statistics.median(values) for name, values in times.items()}
    last = {name: statistics.quantiles(values, n=100)[98] for name, values in times.items()}
    return {
        "of a move": what,
        "toggle ms": middle["toggle"],
        "ours ms": middle["ours"],
        "ours/toggle": middle["ours"] / middle["toggle"],
        "toggle p99 ms": last["toggle"],
        "ours p99 ms": last["ours"],
        "p99 ours/toggle": last["ours"] / last["toggle"],
    }


def rows() -> list[dict[str, Any]]:
    """One row for the work alone and one for whole frames, without and with a stage open."""
    from playwright.sync_api import sync_playwright

    view, changes = _moves()
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=sandbox)
        try:
            tab = browser.new_context(viewport={"width": 1100, "height": 700}, reduced_motion="reduce")
            for words, is_open in (("", False), (", a stage open", True)):
                page = blank_page(tab, "stage_graph", OPTIONS, width=1080, sheet=page_sheet())
                times = _measured(page, view, changes, is_open=is_open)
                found += [_row(f"work{words}", times["direct"]), _row(f"frame{words}", times["framed"])]
                page.page.close()
        finally:
            browser.close()
    return found
