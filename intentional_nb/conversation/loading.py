"""A conversation from a file, a YAML text, a dict or the builder: read as a whole, checked as a whole.

`load_graph` gives the graph, `read_config` all that the file says. Both look at everything before they complain.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from intentional_nb.conversation.checks import check
from intentional_nb.conversation.document import Document, Entry, from_data, from_yaml
from intentional_nb.conversation.fields import (
    BOT_FIELDS,
    CONVERSATION_FIELDS,
    FILE_FIELDS,
    INTERFACES,
    LLM_FIELDS,
    MODALITIES,
)
from intentional_nb.conversation.graph import START, ConversationGraph
from intentional_nb.conversation.problems import Problem, found, nearest, shown, sorted_problems
from intentional_nb.conversation.reading import Reader
from intentional_nb.errors import GraphError

__all__ = ["BotConfig", "Source", "SupportsToDict", "load_graph", "read_config", "with_stage"]


@runtime_checkable
class SupportsToDict(Protocol):
    """Something that can write itself as a conversation's dict, as the builder `Conversation` can."""

    def to_dict(self) -> dict[str, Any]:
        """The conversation as a dict."""


Source = str | os.PathLike[str] | Mapping[str, Any] | ConversationGraph | SupportsToDict
"""A path; a YAML text, which has more than one line; a dict; a graph; or the builder."""


@dataclass(frozen=True)
class BotConfig:
    """All that a conversation file says.

    Attributes:
        graph: The conversation.
        interface: Where people meet the bot.
        modality: ``text_messages`` or ``audio_stream``.
        plugins: Names of modules to import; nothing is imported here.
        bot: The section ``bot``, with ``type`` and ``llm`` where the file has them.
        problems: What the checks found, errors first; the same as ``graph.problems``.
    """

    graph: ConversationGraph
    interface: str = INTERFACES[0]
    modality: str = MODALITIES[0]
    plugins: tuple[str, ...] = ()
    bot: dict[str, Any] = field(default_factory=dict)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What the checks found, errors first."""
        return self.graph.problems


def load_graph(source: Source, *, strict: bool = True) -> ConversationGraph:
    """The checked conversation graph of a file, a YAML text, a dict or a builder.

    Args:
        source: A path; a YAML text, which is told from a path by its line breaks; a dict, which stays as it is; a
            builder; a graph, which is checked again. A file or dict may be a whole configuration, with a
            ``conversation`` section, or that section alone.
        strict: Whether errors are raised. Without, the graph holds what could be understood, so that a broken one can
            be drawn and its problems shown.

    Returns:
        The graph; its ``problems`` are the warnings, and without ``strict`` the errors too.

    Raises:
        GraphError: With every problem found, warnings included.
    """
    return read_config(source, strict=strict).graph


def read_config(source: Source, *, strict: bool = True) -> BotConfig:
    """Everything that a conversation file says: the graph, the bot's section, interface, modality and plugins.

    Args:
        source: As for `load_graph`.
        strict: As for `load_graph`.

    Raises:
        GraphError: With every problem found, warnings included.
    """
    if isinstance(source, ConversationGraph):
        config = BotConfig(_checked_again(source))
    else:
        document, file = _document(source)
        config = _read(document, file)
    if strict and any(problem.is_error for problem in config.problems):
        raise GraphError(config.problems)
    return config


def with_stage(graph: ConversationGraph, name: str, text: str) -> ConversationGraph:
    """The graph with one stage as a YAML text describes it, in the place of the one of this name or after the others.

    The start stage stays the start: where the text leaves ``accessible_from`` out, it keeps what it had.

    Args:
        graph: Stays as it is.
        name: The stage's name.
        text: What stands below the stage's name in a file.

    Raises:
        GraphError: With every problem of the graph that this would be; the lines are those of ``text``.
    """
    document = from_yaml(text)
    reader = Reader()
    reader.problems += document.problems
    stage = reader.stage(name, document.root or Entry(None))
    before = graph.by_name.get(name)
    if before is not None and START in before.accessible_from and (name, "accessible_from") not in reader.lines:
        stage = replace(stage, accessible_from=before.accessible_from)
    stages = {**{other.name: other for other in graph.stages}, name: stage}
    changed = replace(graph, stages=tuple(stages.values()), problems=())
    problems = _complete(reader, () if document.root is None and document.problems else check(changed), None)
    if any(problem.is_error for problem in problems):
        raise GraphError(problems)
    return replace(changed, problems=problems)


def _checked_again(graph: ConversationGraph) -> ConversationGraph:
    """The graph with the problems that it has now; lines, and what only the file could tell, are kept."""
    known = {(item.code, item.stage, item.field, item.value): item for item in graph.problems}
    fresh = {(item.code, item.stage, item.field, item.value): item for item in check(graph)}
    of_the_file = [item for item in graph.problems if item.code in _CODES_OF_THE_FILE]
    current = [known.get(key, item) for key, item in fresh.items()]
    problems = sorted_problems(dict.fromkeys([*of_the_file, *current]))
    return graph if problems == graph.problems else replace(graph, problems=problems)


_CODES_OF_THE_FILE = frozenset(
    {
        *("bad-key", "bad-text", "bad-value", "bad-yaml", "duplicate-key", "missing-tool-id", "not-utf-8"),
        *("other-interface", "other-setting", "too-large", "unknown-key", "unreadable-file", "wrong-type"),
    }
)


def _document(source: object) -> tuple[Document, str | None]:
    """The source as a tree, and the name of its file."""
    if isinstance(source, Mapping):
        return from_data(source), None
    if isinstance(source, str) and ("\n" in source or "\r" in source):
        return from_yaml(source), None
    if isinstance(source, str | os.PathLike):
        name = os.fsdecode(source)
        text = _text_of(name)
        return (Document(None, (text,)) if isinstance(text, Problem) else from_yaml(text)), name
    if isinstance(source, SupportsToDict):
        return from_data(source.to_dict()), None
    return from_data(source), None


def _text_of(name: str) -> str | Problem:
    try:
        raw = Path(name).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = getattr(error, "strerror", None) or str(error)
        message = f"cannot read {shown(name)}: {reason}"
        return found("unreadable-file", message, value=name, suggestion=_neighbour(name))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        bad = raw[error.start : error.start + 1]
        return found("not-utf-8", f"the file is not UTF-8: byte {bad!r}", line=line)


def _neighbour(name: str) -> str | None:
    """A file beside the missing one that it could have been."""
    try:
        path = Path(name)
        close = nearest(path.name, [other.name for other in path.parent.iterdir() if other.name != path.name])
    except (OSError, ValueError):
        return None
    return str(path.with_name(close)) if close else None


def _read(document: Document, file: str | None) -> BotConfig:
    reader = Reader()
    reader.problems += document.problems
    root = document.root or Entry(None)
    keys = reader.mapping(root, None, "")
    if not keys and reader.problems:
        # Nothing could be read, and that has been said: an empty graph has no other problems worth a word.
        graph = ConversationGraph((), source=file)
        return BotConfig(replace(graph, problems=_complete(reader, (), file)))
    if _is_section(keys):
        return BotConfig(_graph(root, reader, file))
    settings = _settings(keys, reader)
    _check_top_level(keys, reader, is_ours=settings["interface"] in INTERFACES)
    return BotConfig(_graph(keys.get("conversation", Entry(None)), reader, file), **settings)


def _is_section(keys: Mapping[str, Entry]) -> bool:
    """Whether this is the ``conversation`` section alone."""
    return not any(key in FILE_FIELDS for key in keys) and any(key in CONVERSATION_FIELDS for key in keys)


def _check_top_level(keys: Mapping[str, Entry], reader: Reader, *, is_ours: bool) -> None:
    """Note unknown keys; in a file for another interface they may be that one's settings."""
    for key in keys.keys() & CONVERSATION_FIELDS.keys():
        message = f"key {key!r} belongs under 'conversation'"
        reader.note("unknown-key", message, keys[key], None, key, value=key)
    others = {key: entry for key, entry in keys.items() if key not in CONVERSATION_FIELDS}
    reader.known_keys(others, FILE_FIELDS, None, "", "the file", code="unknown-key" if is_ours else "other-setting")


def _settings(keys: Mapping[str, Entry], reader: Reader) -> dict[str, Any]:
    """Everything of a whole file but the conversation."""

    def get(key: str) -> Entry:
        return keys.get(key, Entry(None))

    interface = reader.text(get("interface"), None, "interface") or INTERFACES[0]
    if interface not in INTERFACES:
        message = f"interface {shown(interface)} is not part of this package; the bot opens in the notebook"
        reader.note("other-interface", message, get("interface"), None, "interface", value=interface)
    modality = reader.text(get("modality"), None, "modality") or MODALITIES[0]
    if modality not in MODALITIES:
        message = f"modality {shown(modality)} is unknown; it is one of {', '.join(MODALITIES)}"
        close = nearest(modality, MODALITIES)
        reader.note("bad-value", message, get("modality"), None, "modality", value=modality, suggestion=close)
    return {
        "interface": interface,
        "modality": modality,
        "plugins": reader.texts(get("plugins"), None, "plugins"),
        "bot": _bot(get("bot"), reader),
    }


def _bot(entry: Entry, reader: Reader) -> dict[str, Any]:
    """The bot's section; its known keys are checked, the others are for the bot structure and the client."""
    bot = reader.mapping(entry, None, "bot")
    llm = reader.mapping(bot.get("llm", Entry(None)), None, "bot.llm")
    for prefix, entries, known in (("bot", bot, BOT_FIELDS), ("bot.llm", llm, LLM_FIELDS)):
        for key, item in known.items():
            if item.kind == "text":
                reader.text(entries.get(key, Entry(None)), None, f"{prefix}.{key}")
    plain = entry.plain() if isinstance(entry.value, dict) else {}
    return {**plain, "llm": {}} if bot.get("llm") and not isinstance(bot["llm"].value, dict) else plain


def _graph(entry: Entry, reader: Reader, file: str | None) -> ConversationGraph:
    stages, background, opening = reader.conversation(entry)
    graph = ConversationGraph(stages, background, opening, file)
    return replace(graph, problems=_complete(reader, check(graph), file))


def _complete(reader: Reader, checked: tuple[Problem, ...], file: str | None) -> tuple[Problem, ...]:
    """All problems with file and line; a field that could not be read is not said to be missing as well."""
    unread = {(item.stage, item.field) for item in reader.problems}
    fresh = [item for item in checked if (item.stage, item.field) not in unread]
    placed = [replace(item, line=reader.line_of(item)) for item in fresh]
    every = dict.fromkeys(replace(item, file=file) for item in [*reader.problems, *placed])
    return sorted_problems(every)
