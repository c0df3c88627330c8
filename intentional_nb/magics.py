"""The magics of a notebook, after ``%load_ext intentional_nb``: conversations in cells of their own.

    %%conversation NAME          makes a bot of the YAML in the cell; if it is there already, it goes on in this graph
    %%stage NAME.STAGE           the same for one stage of its graph
    %chat NAME                   shows it in a panel; %voice and %studio likewise

A name in the YAML's ``tools`` means the tool, or the function, that has this name in the notebook. The names of bots
and stages are completed.
"""

# mypy: disallow-untyped-decorators=False
# IPython's decorators have no types.

from __future__ import annotations

import builtins
import contextlib
import keyword
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import FunctionType
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher
from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

from intentional_nb.bots.loading import load_bot
from intentional_nb.bots.structure import BotStructure
from intentional_nb.conversation.difference import Difference
from intentional_nb.conversation.graph import ConversationGraph
from intentional_nb.conversation.loading import load_graph, with_stage
from intentional_nb.conversation.problems import Problem, nearest
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.errors import GraphError, IntentionalError
from intentional_nb.panels.frame import title_of
from intentional_nb.tools.function import FunctionTool
from intentional_nb.tools.registry import known_ids
from intentional_nb.tools.tool import Tool

__all__ = ["ConversationMagics", "offered"]

OPTIONS = ("client", "model", "modality", "base_url", "api_key_name")
"""What ``%%conversation`` hands on to `load_bot`."""
MATCHER = "intentional_nb.magics"
"""Under this name IPython knows what completes the names of bots and stages."""
MOST_PROBLEMS = 20
"""Problems told below a cell; more would not be read."""


@magics_class
class ConversationMagics(Magics):  # type: ignore[misc]  # IPython's magics have no types
    """Defines and changes the bots of a notebook from the YAML in its cells, and shows them."""

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self._given: dict[str, dict[str, str]] = {}  # the options with which bots were made here, by name
        self._functions: dict[str, FunctionTool] = {}  # the notebook's functions as tools, by name
        matchers = shell.Completer.custom_matchers
        matchers[:] = [*(other for other in matchers if not _is_ours(other)), self.matcher]

    @magic_arguments()
    @argument("name", help="the bot's name in the notebook")
    @argument("--client", help="local, openai or openai_realtime")
    @argument("--model", help="the model's name")
    @argument("--modality", help="text_messages or audio_stream")
    @argument("--base-url", help="address of a server that speaks OpenAI's protocol")
    @argument("--api-key-name", help="environment variable that holds the key")
    @argument(
        "--new", action="store_true", help="begin anew, with a new bot, instead of changing the one that is there"
    )
    @argument("--stages", action="append", default=[], metavar="OLD=NEW", help="stand in NEW where stage OLD is gone")
    @no_var_expand
    @cell_magic
    def conversation(self, line: str, cell: str) -> ConversationGraph | Difference:
        """Make a bot of the conversation in this cell; where there is one, let it go on in this graph.

        The cell holds what a conversation file holds. Nothing happens when something is wrong with it.
        """
        arguments = parse_argstring(self.conversation, line)
        name = _variable(arguments.name)
        given = {option: _unquoted(value) for option in OPTIONS if (value := getattr(arguments, option)) is not None}
        text = self._placed(cell)
        bot = None if arguments.new else self._open_bot(name, given)
        with _told_briefly(text):
            tools = self._tools(load_graph(text, strict=False))
            if bot is not None:
                return _updated(bot, text, text, tools=tools, stages=_places(arguments.stages))
            made = load_bot(text, tools=tools, **given)
        self._close(name)
        self._given[name] = given
        self.shell.user_ns[name] = made
        return made.graph

    @magic_arguments()
    @argument("place", metavar="NAME.STAGE", help="the bot's name, and the stage's")
    @no_var_expand
    @cell_magic
    def stage(self, line: str, cell: str) -> Difference:
        """Let a bot go on with one stage as this cell describes it; a stage that is not there is added.

        The cell holds what stands below the stage's name in a conversation file: its goal, its outcomes and so on, all
        of them; only the start stage stays the start without ``accessible_from``. Nothing happens when something is
        wrong with it.
        """
        name, dot, stage = _unquoted(parse_argstring(self.stage, line).place).partition(".")
        if not (dot and stage):
            raise UsageError(f"%%stage needs the name of a bot and of a stage, such as bot.greeting, not {line!r}")
        bot = self._bot(_variable(name))
        text = self._placed(cell)
        with _told_briefly(text, stage):
            graph = with_stage(bot.graph, stage, text)
            return _updated(bot, graph, text, tools=self._tools(graph, stage))

    @line_magic
    def chat(self, line: str) -> Any:
        """Show a bot in a chat panel: %chat NAME."""
        from intentional_nb.panels.chat import ChatPanel

        bot = self._bot(_variable(line))
        return ChatPanel(bot, title=_title(bot, line))

    @line_magic
    def voice(self, line: str) -> Any:
        """Show a bot in a panel with a microphone: %voice NAME."""
        from intentional_nb.panels.voice import VoicePanel

        bot = self._bot(_variable(line))
        try:
            return VoicePanel(bot, title=_title(bot, line))
        except TypeError as error:
            raise UsageError(str(error)) from error

    @line_magic
    def studio(self, line: str) -> Any:
        """Show all there is to see of a bot, side by side: %studio NAME."""
        bot = self._bot(_variable(line))
        return bot.studio(title=_title(bot, line))

    # -- the notebook's names

    def _bots(self) -> dict[str, BotStructure]:
        """The bots by name, without those that are outputs of before."""
        every = tuple(self.shell.user_ns.items())
        return {name: bot for name, bot in every if isinstance(bot, BotStructure) and not name.startswith("_")}

    @context_matcher(identifier=MATCHER)
    def matcher(self, context: CompletionContext) -> SimpleMatcherResult:
        """What IPython offers behind our magics: the names of bots and stages, and nothing else where one fits."""
        stages = {name: [stage.name for stage in bot.graph.stages] for name, bot in self._bots().items()}
        typed, names = offered(context.text_until_cursor, stages)
        return {
            "completions": [SimpleCompletion(text=name, type="bot") for name in names],
            "matched_fragment": typed,
            "suppress": bool(names),
            "ordered": True,
        }

    def _bot(self, name: str) -> BotStructure:
        found = self.shell.user_ns.get(name)
        if isinstance(found, BotStructure):
            return found
        close = nearest(name, self._bots())
        hint = f"did you mean {close!r}?" if close else f"make one with %%conversation {name}, or with load_bot"
        if found is not None:
            raise UsageError(f"{name!r} is no bot but something else, of type {type(found).__name__}")
        raise UsageError(f"there is no bot called {name!r}; {hint}")

    def _open_bot(self, name: str, given: dict[str, str]) -> BotStructure | None:
        """The bot of this name, to be changed; None where one is to be made."""
        bot = self.shell.user_ns.get(name)
        if bot is None:
            if keyword.iskeyword(name) or hasattr(builtins, name):
                raise UsageError(f"{name!r} is a word of Python, which the bot would hide; choose another name for it")
            return None
        if not isinstance(bot, BotStructure):
            kind = type(bot).__name__  # not the value, which may be a key
            raise UsageError(f"{name!r} is the name of something else, of type {kind}; choose another name for the bot")
        if bot.is_closed:
            return None
        if given and given != self._given.get(name):
            options = ", ".join(f"--{option.replace('_', '-')}" for option in given)
            raise UsageError(f"{name!r} is there already and keeps its model; add --new to make it anew with {options}")
        return bot

    def _close(self, name: str) -> None:
        before = self.shell.user_ns.get(name)
        if isinstance(before, BotStructure) and not before.is_closed:
            before.close()

    def _tools(self, graph: ConversationGraph, stage: str | None = None) -> list[Tool]:
        """What the notebook has for the tools that the stages, or one of them, name."""
        stages = [other for other in graph.stages if stage in (None, other.name)]
        names = dict.fromkeys(use.id for other in stages for use in other.tools)
        found = (self._tool_called(name) for name in names if name not in known_ids())
        return [value for value in found if value is not None]

    def _tool_called(self, name: str) -> Tool | None:
        """The tool of this name, or the function as a tool; None where the notebook has neither."""
        direct = self.shell.user_ns.get(name)
        if isinstance(direct, FunctionType):
            return self._as_tool(name, direct)
        # What begins with "_" is an output of before, and may be older than the tool that is meant.
        named = (value for variable, value in tuple(self.shell.user_ns.items()) if not variable.startswith("_"))
        tools = (value for value in (direct, *named) if isinstance(value, Tool) and not isinstance(value, IntentRouter))
        return next((value for value in tools if name in (value.name, value.id)), None)

    def _as_tool(self, name: str, function: FunctionType) -> Tool:
        """The same tool each time, so that a cell that is run again changes nothing."""
        known = self._functions.get(name)
        if known is None or known.function is not function:
            try:
                known = self._functions[name] = FunctionTool(function, name=name)
            except (TypeError, ValueError) as error:
                raise UsageError(str(error)) from error
        return known

    def _placed(self, cell: str) -> str:
        """The text with the lines above it empty, so that its lines have the numbers that they have in the cell."""
        whole, below = self.shell.history_manager.input_hist_raw[-1], cell.rstrip("\n")
        above = whole.removesuffix(below) if whole.endswith(below) else ""
        return "\n" * max(1, above.count("\n")) + cell


def offered(line: str, stages: Mapping[str, Sequence[str]]) -> tuple[str, list[str]]:
    """What may follow in a line with one of our magics.

    Args:
        line: As far as the cursor.
        stages: The names of each bot's stages, by the bot's name.

    Returns:
        The end of the line that is completed, and by what; nothing where another thing stands there.

    >>> offered("%%stage door.gr", {"door": ["greeting", "two words"]})
    ('door.gr', ['door.greeting'])
    >>> offered("%%stage door.t", {"door": ["greeting", "two words"]})
    ('door.t', ["'door.two words'"])
    """
    found = re.fullmatch(r"\s*(%%stage|%%conversation|%chat|%voice|%studio)\s+(.*)", line)
    if found is None:
        return "", []
    magic, typed = found[1], found[2]
    if magic == "%%stage":
        names = [f"{bot}.{stage}" for bot, of_it in stages.items() for stage in of_it]
    elif magic == "%%conversation" and " " in typed:
        typed = typed.rpartition(" ")[2]
        names = [f"--{option.replace('_', '-')}" for option in (*OPTIONS, "new", "stages")] if typed else []
    else:
        names = list(stages)
    begun = typed.lstrip("'\"")
    return typed, [f"'{name}'" if " " in name else name for name in names if name.startswith(begun)]


def _is_ours(matcher: object) -> bool:
    return getattr(matcher, "matcher_identifier", "") == MATCHER


def _variable(text: str) -> str:
    name = _unquoted(text.strip())
    if not name.isidentifier():
        raise UsageError(f"{name!r} cannot be a bot's name: a name has letters, digits and '_' only")
    return name


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


def _places(pairs: list[str]) -> dict[str, str | None]:
    places: dict[str, str | None] = {}
    for pair in pairs:
        old, equals, new = _unquoted(pair).partition("=")
        if not (old and equals):
            raise UsageError(f"--stages takes the names of two stages, such as old=new, not {pair!r}")
        places[old] = new or None
    return places


def _title(bot: BotStructure, name: str) -> str:
    return title_of(bot, _unquoted(name.strip()).replace("_", " ").capitalize())


def _updated(bot: BotStructure, source: str | ConversationGraph, text: str, **given: Any) -> Difference:
    """Let the bot go on in another graph; a warning that the one before did not have is printed."""
    known = {(problem.code, problem.stage, problem.field, problem.value) for problem in bot.graph.problems}
    difference = bot.update(source, **given)
    for problem in bot.graph.problems:
        if (problem.code, problem.stage, problem.field, problem.value) not in known:
            print("\n".join(_pointed_out(problem, text.splitlines())))  # noqa: T201  # below the cell
    return difference


# -- errors


@contextlib.contextmanager
def _told_briefly(text: str, stage: str | None = None) -> Iterator[None]:
    """Whatever the package raises is shown in a few lines, with those of the cell that are to blame."""
    try:
        yield
    except IntentionalError as error:
        lines = _explained(error, text, stage)
        # IPython asks an exception for this, and shows a traceback of the package's insides only where it has none.
        error._render_traceback_ = lambda: lines  # type: ignore[attr-defined]
        raise


def _explained(error: IntentionalError, text: str, stage: str | None) -> list[str]:
    name = type(error).__name__
    if not isinstance(error, GraphError):
        return [f"{name}: {error}"]
    source = text.splitlines()
    lines = [f"{name}: nothing was changed"]
    for problem in error.problems[:MOST_PROBLEMS]:
        lines += _pointed_out(replace(problem, file=None) if stage in (problem.stage, None) else problem, source)
    if len(error.problems) > MOST_PROBLEMS:
        lines.append(f"… and {len(error.problems) - MOST_PROBLEMS} more")
    return lines


def _pointed_out(problem: Problem, source: list[str]) -> list[str]:
    """The problem, and below it the line of the cell that it is about."""
    if problem.file is not None or problem.line is None:
        return [str(problem)]
    number = min(problem.line, len(source))  # what is missing at the end is missing below the last line
    return [str(problem), f"{number:>6} | {source[number - 1].rstrip()}"]
