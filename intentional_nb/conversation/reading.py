"""From the entries of a file to the values of a graph: everything that has the wrong form is noted, nothing is raised.

What a well-formed value means for the conversation is not looked at here; `checks` does that on the finished graph.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from types import MappingProxyType
from typing import Any, TypeVar

from intentional_nb.conversation.document import Entry
from intentional_nb.conversation.fields import (
    CONVERSATION_FIELDS,
    OUTCOME_FIELDS,
    STAGE_FIELDS,
    Field,
)
from intentional_nb.conversation.graph import Outcome, Stage, ToolUse
from intentional_nb.conversation.problems import Problem, found, nearest, shown

__all__ = ["Reader"]

Value = TypeVar("Value")
_ABSENT = Entry(None)
_MOST_STAGES = 500


class Reader:
    """Reads entries, and remembers what was wrong and where things stood.

    Attributes:
        problems: What had the wrong form.
        lines: Line of each field by (stage, field), for the checks that come later.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.lines: dict[tuple[str | None, str], int | None] = {}

    def note(
        self,
        code: str,
        message: str,
        entry: Entry,
        stage: str | None,
        field: str,
        *,
        value: object = None,
        suggestion: str | None = None,
    ) -> None:
        """Add a problem with the line of ``entry``."""
        self.problems.append(
            found(code, message, stage=stage, field=field, value=value, suggestion=suggestion, line=entry.line)
        )

    def mapping(self, entry: Entry, stage: str | None, field: str) -> dict[str, Entry]:
        """The entries of a mapping; of none when it is absent or something else."""
        if isinstance(entry.value, dict):
            for key, child in entry.value.items():
                self.lines.setdefault((stage, f"{field}.{key}" if field else key), child.line)
            return entry.value
        self._expect("a mapping", entry, stage, field)
        return {}

    def known_keys(
        self,
        entries: Mapping[str, Entry],
        known: Mapping[str, Field],
        stage: str | None,
        field: str,
        owner: str,
        *,
        code: str = "unknown-key",
    ) -> None:
        """Note each key that is not in ``known``."""
        for key, entry in entries.items():
            if key in known:
                continue
            close = nearest(key, known)
            hint = "" if close else f"; it may have {', '.join(known)}"
            path = f"{field}.{key}" if field else key
            self.note(
                code,
                f"{owner} has an unknown key {shown(key)}{hint}",
                entry,
                stage,
                path,
                value=key,
                suggestion=close,
            )

    def text(self, entry: Entry, stage: str | None, field: str) -> str | None:
        """A text; None when it is absent or something else."""
        if isinstance(entry.value, str) or (entry.text is not None and entry.value is not None):
            text = entry.value if isinstance(entry.value, str) else entry.text or ""
            if _can_be_sent(text):
                return text
            self.note("bad-text", f"{_name(stage, field)} has half a surrogate pair", entry, stage, field)
            return None
        self._expect("text", entry, stage, field)
        return None

    def texts(self, entry: Entry, stage: str | None, field: str) -> tuple[str, ...]:
        """A list of texts, or one text on its own."""
        if not isinstance(entry.value, list):
            single = self.text(entry, stage, field)
            return () if single is None else (single,)
        texts = []
        for index, item in enumerate(entry.value):
            place = f"{field}[{index}]"
            self.lines[(stage, place)] = item.line
            if item.value is None and not item.text:
                self._wrong("text", item, stage, place)
            elif (text := self.text(Entry(item.text or item.value, item.line), stage, place)) is not None:
                self.lines.setdefault((stage, f"{field}={text}"), item.line)
                texts.append(text)
        return tuple(texts)

    def _expect(self, kind: str, entry: Entry, stage: str | None, field: str) -> None:
        """Note a wrong type, unless the value is just absent."""
        if entry.value is not None:
            self._wrong(kind, entry, stage, field)

    def _wrong(self, kind: str, entry: Entry, stage: str | None, field: str) -> None:
        value = entry.plain()
        self.note(
            "wrong-type",
            f"{_name(stage, field)} must be {kind}, not {_KINDS.get(type(value), '')}{shown(value)}",
            entry,
            stage,
            field,
            value=value,
        )

    def conversation(self, entry: Entry) -> tuple[tuple[Stage, ...], str, str | None]:
        """The stages, the background and the opening line."""
        body = self.mapping(entry, None, "")
        self.known_keys(body, CONVERSATION_FIELDS, None, "", "the conversation")
        background = self.text(body.get("background", _ABSENT), None, "background")
        opening = self.text(body.get("initial_message", _ABSENT), None, "initial_message")
        stages = body.get("stages", _ABSENT)
        self.lines[None, "stages"] = stages.line or entry.line
        named = self.mapping(stages, None, "stages")
        if len(named) > _MOST_STAGES:
            message = f"there are {len(named)} stages, more than {_MOST_STAGES}; only the first are looked at"
            self.note("too-large", message, stages, None, "stages", value=len(named))
            named = dict(islice(named.items(), _MOST_STAGES))
        return tuple(self.stage(name, child) for name, child in named.items()), background or "", opening

    def line_of(self, problem: Problem) -> int | None:
        """The line of the problem's field, or of the nearest thing around it that has one."""
        place = f"{problem.field}={problem.value}"
        if (problem.stage, place) not in self.lines:
            place = problem.field or ""
        while (problem.stage, place) not in self.lines and place:
            place = place.rpartition(".")[0]
        return self.lines.get((problem.stage, place))

    def stage(self, name: str, entry: Entry) -> Stage:
        """The stage that an entry describes."""
        self.lines[(name, "")] = entry.line
        keys = self.mapping(entry, name, "")
        self.known_keys(keys, STAGE_FIELDS, name, "", f"stage {shown(name)}")

        def read(field: str, how: Callable[[Entry, str | None, str], Value]) -> Value:
            return how(keys.get(field, _ABSENT), name, field)

        return Stage(
            name=name,
            goal=read("goal", self.text) or "",
            description=read("description", self.text) or "",
            accessible_from=read("accessible_from", self.texts),
            not_accessible_from=read("not_accessible_from", self.texts),
            outcomes=read("outcomes", self._outcomes),
            tools=read("tools", self._tools),
            custom_template=read("custom_template", self.text),
            say=read("say", self.texts),
            examples=read("examples", self.texts),
        )

    def _outcomes(self, entry: Entry, stage: str | None, field: str) -> tuple[Outcome, ...]:
        named = self.mapping(entry, stage, field)
        return tuple(self._outcome(name, child, stage, f"{field}.{name}") for name, child in named.items())

    def _outcome(self, name: str, entry: Entry, stage: str | None, field: str) -> Outcome:
        keys = self.mapping(entry, stage, field)
        self.known_keys(keys, OUTCOME_FIELDS, stage, field, f"outcome {shown(name)} of stage {shown(stage)}")
        return Outcome(
            name=name,
            description=self.text(keys.get("description", _ABSENT), stage, f"{field}.description") or "",
            move_to=self.text(keys.get("move_to", _ABSENT), stage, f"{field}.move_to") or "",
            examples=self.texts(keys.get("examples", _ABSENT), stage, f"{field}.examples"),
        )

    def _tools(self, entry: Entry, stage: str | None, field: str) -> tuple[ToolUse, ...]:
        if not isinstance(entry.value, list):
            self._expect("a list", entry, stage, field)
            return ()
        uses = [self._tool(item, stage, f"{field}[{index}]") for index, item in enumerate(entry.value)]
        return tuple(use for use in uses if use is not None)

    def _tool(self, entry: Entry, stage: str | None, field: str) -> ToolUse | None:
        self.lines[(stage, field)] = entry.line
        if not isinstance(entry.value, dict):
            tool_id = self.text(entry, stage, field)
            if entry.value is None:
                self._wrong("a tool's id", entry, stage, field)
            return ToolUse(tool_id, line=entry.line) if tool_id else None
        tool_id = self.text(entry.value.get("id", _ABSENT), stage, f"{field}.id")
        if not tool_id:
            if "id" not in entry.value or entry.value["id"].value in (None, ""):
                message = f"Tool definitions must have an 'id' field: {_name(stage, field)} has none"
                self.note("missing-tool-id", message, entry, stage, field)
            return None
        options: dict[str, Any] = {key: item.plain() for key, item in entry.value.items() if key != "id"}
        return ToolUse(tool_id, MappingProxyType(options), entry.line)


_KINDS = {dict: "the mapping ", list: "the list ", int: "the number ", float: "the number ", str: "the text "}


def _name(stage: str | None, field: str) -> str:
    if stage is None:
        return f"{field!r}" if field else "the conversation file"
    return f"{field!r} of stage {shown(stage)}" if field else f"stage {shown(stage)}"


def _can_be_sent(text: str) -> bool:
    """Whether it can be written as UTF-8, as every request must be."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
