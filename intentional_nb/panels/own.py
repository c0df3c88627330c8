"""A panel of one's own: about thirty lines, most of them about what it shows.

    class Choices(BotPanel):
        page = '''
        export default panel(({ el, h }) => (view) => {
          el.replaceChildren(...view.rows.map(([name, times]) => h("p", {}, `${name}: ${times}`)));
        });
        '''

        def view(self):
            moves = [move.choice for turn in self.bot.transcript.turns for move in turn.route]
            return {"rows": Counter(moves).most_common()}

`BotPanel.view` says, as plain data, what is to be seen, and is asked again whenever something has happened in the
bot; the page is told what has changed in it. The rest is there already: messages are numbered and at most 30 a second,
a page that missed one asks for everything, what is typed in the panel stays in it, errors show in the panel, and the
saved notebook keeps a table.

In the script, ``panel`` takes a function that is called once for each place where the panel is shown, with

    el                 an empty element, all its own
    h                  makes an element: h("p", { class: "loud", onclick: … }, "text", other, …)
    send(what, data)   has `BotPanel.do` called in the kernel

and that returns a function to show a view, called with the first one and with each that is different. What users and
models have said may hold anything: as a child given to ``h``, or as ``textContent``, it stays text. Never put it into
``innerHTML``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from intentional_nb.bots.structure import BotStructure
from intentional_nb.events import Event
from intentional_nb.markup import visible
from intentional_nb.panels.alerts import Alerts
from intentional_nb.panels.base import Panel
from intentional_nb.panels.bundle import bundle
from intentional_nb.panels.frame import css_length
from intentional_nb.panels.own_view import changed_parts, parts_of, table_html
from intentional_nb.panels.saved import StaticTranscript

__all__ = ["BotPanel"]

_FOLDER = Path(__file__).parent
_SHARED = re.sub(r"^export ", "", bundle(_FOLDER / "own.js"), flags=re.MULTILINE)
_PRELUDE = f"const {{ panel, h }} = (() => {{\n{_SHARED}\nreturn {{ panel, h }};\n}})();\n"
"""What a script finds there, in a scope of its own: whatever its author calls something, it is not in the way."""
_SHEET = bundle(_FOLDER / "own.css")
_DEFAULT_PAGE = (_FOLDER / "own_default.js").read_text(encoding="utf-8")


class BotPanel(Panel):
    """A live view of a bot that you write yourself: subclass it, and say what it shows.

    Only `view` must be written. Without a `page`, what it returns is shown as a table.

    Attributes:
        page: The script of the page side, or the path of its file. It ends in ``export default panel(…)``; what
            ``panel`` takes is told at the top of this module.
        style: Rules for what the script draws, or the path of their file; they hold inside this panel only.
        bot: The bot.
        title: Stands above the panel.
    """

    page: ClassVar[str | Path] = _DEFAULT_PAGE
    style: ClassVar[str | Path] = ""

    _esm = _PRELUDE + _DEFAULT_PAGE
    _css = _SHEET
    _scope = ""  # the class of the elements that `style` is about

    def __init_subclass__(cls, **options: Any) -> None:
        if "page" in cls.__dict__:
            cls._esm = _PRELUDE + _checked_page(cls.__name__, _text(cls.page))
        if "style" in cls.__dict__:
            style = _text(cls.style)
            cls._scope = f"inb-own-{hashlib.sha256(style.encode()).hexdigest()[:10]}"
            cls._css = f"{_SHEET}\n.{cls._scope} .inb-own-body {{\n{style}\n}}\n"
        super().__init_subclass__(**options)

    def __init__(self, bot: BotStructure, *, title: str | None = None, height: int | str | None = None) -> None:
        """Make a panel; nothing is shown yet.

        A subclass that keeps something of its own makes it before it calls this: events come from then on.

        Args:
            bot: The bot to watch.
            title: Stands above the panel; by default the name of the class.
            height: Pixels, or a CSS length such as ``"60vh"``; by default as high as what it shows.

        Raises:
            TypeError: ``bot`` is not a bot.
            ValueError: ``height`` is not a length.
        """
        if not isinstance(bot, BotStructure):
            raise TypeError(f"a panel needs a bot, as load_bot makes it, got {bot!r:.100}")
        self.bot = bot
        self.title = title or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", type(self).__name__)
        length = None if height is None else css_length(height)
        super().__init__({"title": visible(self.title), "height": length, "scope": self._scope})
        self._alerts = Alerts(self._coalescer.touch)
        self._at_close += (bot.subscribe(self._note),)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title!r})"

    # -- what you write

    def view(self) -> Mapping[str, Any]:
        """What is to be seen now: a dict of text, numbers, lists and dicts, as JSON has them.

        Called in any thread, at most 30 times a second. Read `bot`, above all its ``transcript``, ``stage`` and
        ``trail``, rather than count events: then what was said before the panel was made, or was taken back, is
        right as well.
        """
        raise NotImplementedError(f"{type(self).__name__} must have a method view(self) that says what it shows")

    def note(self, event: Event) -> None:
        """Take note of an event, for what the transcript does not keep; otherwise leave it out.

        Called in the thread where the event happens, which waits for it: do nothing here that takes time.
        """

    def do(self, what: str, data: Any) -> None:
        """Do what the script asked for by ``send(what, data)``; called one after another in a thread of its own."""
        raise ValueError(f"the script sent {what!r:.60}: {type(self).__name__} needs a method do(self, what, data)")

    def saved(self, view: Mapping[str, Any]) -> Iterable[Iterable[Any]]:
        """What the saved notebook keeps of a view: the rows of a table, each headed by its first cell.

        It should hold no times, so that a notebook executed again comes out the same.
        """
        return view.items()

    # -- what is there already

    def freeze(self) -> StaticTranscript:
        """What the panel shows now as plain HTML: what a saved notebook keeps, for a cell of its own."""
        return StaticTranscript(table_html(self.saved(self.view()), title=self.title), repr(self))

    def refresh(self) -> None:
        """Show a view that has changed for another reason than an event; returns at once, from any thread."""
        self._coalescer.touch()

    def _view(self) -> dict[str, Any]:
        return {
            "busy": not self._is_settled(),
            "closed": self.bot.is_closed,
            "alerts": self._alerts.view(),
            **parts_of(self.view()),
        }

    def _changes(self, old: dict[str, Any], new: dict[str, Any]) -> list[Any]:
        changed = changed_parts(old, new)
        return [["state", changed]] if changed else []

    def _is_settled(self) -> bool:
        return not any(turn.status == "running" for turn in self.bot.transcript.turns[-1:])

    def _note(self, event: Event) -> None:
        try:
            self.note(event)
        except Exception as error:  # of the panel's author: it must not stop the bot
            self._fail(error)
        self._coalescer.touch()

    def _do(self, kind: str, message: Mapping[str, Any], buffers: Any) -> None:
        match kind:
            case "do":
                what, data = str(message["what"]), message.get("data")
                self._commands.submit(lambda: self._carry_out(what, data))
            case "dismiss":
                self._alerts.dismiss(int(message["alert"]))
            case _:
                raise ValueError(f"the page sent a command that this panel does not know: {kind!r:.60}")

    def _carry_out(self, what: str, data: Any) -> None:
        self.do(what, data)
        self._coalescer.touch()

    def _fail(self, error: Exception) -> None:
        self._alerts.fail(error)


def _text(source: str | Path) -> str:
    return source.read_text(encoding="utf-8") if isinstance(source, Path) else source


def _checked_page(owner: str, script: str) -> str:
    if not re.search(r"^\s*export default panel\(", script, re.MULTILINE):
        raise ValueError(f"the page of {owner} must have a line that begins with 'export default panel('")
    return script
