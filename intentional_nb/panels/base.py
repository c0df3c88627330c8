"""What all live panels have in common: a widget whose page and kernel talk by messages only.

    page  ── commands, each with an id ──>  kernel      hello, ping, and what the panel itself understands
    page  <── numbered messages ──────────  kernel      snapshot, update; at most 30 a second

Nothing that grows or that people type is ever a synchronised trait: a trait sends all of itself at each change, and a
trait set by the page can get stuck when a cell is awaiting something. Commands have a comm of their own, `Control`.
Recent kernels handle a comm's messages in the thread that last published on it; on this one only the answers to
commands are published, so a command is handled beside the running cell wherever the kernel can do that at all.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from intentional_nb.markup import visible
from intentional_nb.panels.link import Link
from intentional_nb.panels.saved import SavedCopy, StaticTranscript
from intentional_nb.panels.worker import Coalescer, Worker

__all__ = ["Control", "Panel"]

VIEW = "application/vnd.jupyter.widget-view+json"


class Control(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget has no types
    """A second comm, with nothing to see, for a panel's commands."""

    _esm = "export default {};"

    def __repr__(self) -> str:
        return "Control()"


class Panel(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget has no types
    """A live view. Subclasses say what it shows (`_view`, `_changes`), what it does (`_do`) and what stays of it.

    Attributes:
        options: What the page must know from the start; never changed later.
    """

    options = traitlets.Dict().tag(sync=True)

    _at_close: tuple[Callable[[], object], ...] = ()  # here too: a panel whose making failed is closed as well

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._control = Control()
        self._at_close = (self._control.close,)
        self._link = Link()
        self._saved = SavedCopy()
        self._sent: Any = None  # the view that pages have
        self._asking: deque[str] = deque()  # pages that wait for a snapshot
        self._is_watched = False  # whether anybody may be looking
        self._commands = Worker("intentional-nb panel commands", self._fail)
        self._coalescer = Coalescer(self._flush, Worker("intentional-nb panel", self._break))
        super().__init__(options={**options, "control": self._control.model_id})
        self._control.on_msg(self._receive)
        self.on_msg(self._receive)

    # -- what a panel is made of

    @abstractmethod
    def _view(self) -> Any:
        """Everything that the page shows, as a value that is not changed later."""

    @abstractmethod
    def _changes(self, old: Any, new: Any) -> list[Any]:
        """The operations that make ``new`` of ``old`` on the page; none when nothing changed."""

    @abstractmethod
    def _do(self, kind: str, message: Mapping[str, Any], buffers: Any) -> None:
        """Carry out a command; called in any thread, once for each command. Bytes sent along are in ``buffers``."""

    @abstractmethod
    def _fail(self, error: Exception) -> None:
        """Show an error to people; called in any thread."""

    @abstractmethod
    def freeze(self) -> StaticTranscript:
        """What the panel shows now, as plain HTML."""

    def _is_settled(self) -> bool:
        """Whether the view is worth keeping in the notebook, rather than in the middle of something."""
        return True

    def _opened(self) -> None:
        """Called, in any thread, when the first page shows the panel."""

    # -- from the page

    def _receive(self, widget: anywidget.AnyWidget, message: Any, buffers: Any) -> None:
        # The kernel may call this in any of its threads, with or without a cell running, and tells nobody of an error.
        try:
            kind, command = str(message["kind"]), str(message["command"])
            # Also for a repetition: the first answer may have been lost.
            answer = {"kind": "ack", "command": command, "seq": self._link.seq}
            (widget if message.get("alone") else self._control).send(answer)
            if self._link.is_new(command):
                self._handle(kind, message, buffers)
        except Exception as error:  # the kernel would only log it: people must see it in the panel
            self._fail(error)

    def _handle(self, kind: str, message: Mapping[str, Any], buffers: Any) -> None:
        if kind == "hello":
            self._greet(str(message["client"]))
        elif kind == "away":
            self._is_watched = self._link.leave(str(message["client"]))
        elif kind != "ping":
            self._do(kind, message, buffers)

    def _greet(self, page: str) -> None:
        is_first = not self._link.pages
        self._link.greet(page)
        self._ask(page)
        if is_first:
            self._opened()

    # -- to the page

    def _ask(self, page: str) -> None:
        self._asking.append(page)
        self._is_watched = True
        self._coalescer.touch()

    def _flush(self) -> None:
        asking = [self._asking.popleft() for _ in range(len(self._asking))]
        if self._is_watched:
            self._tell(asking)
        # Where no page ever says hello, a program executes the notebook: it is to find the same copy every time.
        if self._saved.is_displayed and self._link.pages and self._is_settled():
            self._keep(self.freeze(), is_asked=bool(asking))

    def _tell(self, asking: list[str]) -> None:
        view = self._view()
        operations = [] if self._sent is None else self._changes(self._sent, view)
        if operations:
            self.send(self._link.number({"kind": "update", "ops": operations}))
        self._sent = view
        if asking:
            self.send(self._link.number({"kind": "snapshot", "for": asking, "view": view}))

    def _break(self, error: Exception) -> None:
        # Not by way of the view, which could not be made: that would fail again, and again tell of it.
        words = f"This panel could not be brought up to date: {type(error).__name__}: {error}"
        self.send({"kind": "broken", "text": visible(words)})

    def _keep(self, copy: StaticTranscript, *, is_asked: bool) -> None:
        is_new = self._saved.update(copy)
        # A front end forgets which output an update is for when its page is loaded again: then the page does it.
        if is_asked or (is_new and len(self._link.pages) > 1):
            self.send({"kind": "keep", "model": self.model_id, "html": copy.html})

    # -- in the notebook

    def _ipython_display_(self) -> None:
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        self._saved.display({"text/plain": repr(self), VIEW: view}, self.freeze())
        # Its page cannot say hello before this cell has ended, and what the rest of the cell does should be seen.
        self._ask("")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        return {"text/plain": repr(self), "text/html": self.freeze().html, VIEW: view}

    def close(self) -> None:
        """Take the panel off every page; the bot goes on."""
        at_close, self._at_close = self._at_close, ()
        for undo in at_close:
            undo()
        super().close()
