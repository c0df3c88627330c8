"""A file or a dict as a tree of entries that know their line: the same tree for both, so there is one reader.

Only plain YAML is understood. What a hostile file could do to a loader (tags that make objects, aliases that multiply,
nesting without end) ends in a `Problem`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from intentional_nb.conversation.problems import Problem, found, shown

if TYPE_CHECKING:
    import yaml

__all__ = ["Document", "Entry", "from_data", "from_yaml"]

_MOST_CHARACTERS = 2_000_000
_MOST_ENTRIES = 50_000
_DEEPEST = 60


@dataclass(frozen=True, slots=True)
class Entry:
    """A value in its place.

    Attributes:
        value: A dict of entries by key, a list of entries, or anything else as it is.
        line: Line of its key, or of itself in a list, from 1; None outside files.
        text: A scalar as the file writes it, so that ``yes`` can be the word and not the truth; None outside files.
    """

    value: Any
    line: int | None = None
    text: str | None = None

    def plain(self) -> Any:
        """The value without its places; the dicts and lists in it are new."""
        if isinstance(self.value, dict):
            return {key: entry.plain() for key, entry in self.value.items()}
        if isinstance(self.value, list):
            return [entry.plain() for entry in self.value]
        return self.value


@dataclass(frozen=True, slots=True)
class Document:
    """What was read.

    Attributes:
        root: The whole of it; None when nothing could be read.
        problems: What was wrong with its form.
    """

    root: Entry | None
    problems: tuple[Problem, ...] = ()


class _TooMuchError(Exception):
    """The tree is too large or too deep; the text says which."""


@dataclass(slots=True)
class _Tree:
    """Builds entries and stops before there are too many."""

    problems: list[Problem] = field(default_factory=list)
    entries: int = 0

    def add(self, value: Any, line: int | None, text: str | None = None) -> Entry:
        self.entries += 1
        if self.entries > _MOST_ENTRIES:
            raise _TooMuchError(f"more than {_MOST_ENTRIES} values, aliases counted each time")
        return Entry(value, line, text)

    def go_deeper(self, depth: int) -> int:
        if depth >= _DEEPEST:
            raise _TooMuchError(f"nested more than {_DEEPEST} levels deep, or inside itself")
        return depth + 1

    def report(self, code: str, message: str, line: int | None, value: object = None) -> None:
        self.problems.append(found(code, message, value=value, line=line))


def from_data(data: object) -> Document:
    """The tree of a dict, which stays as it is."""
    tree = _DataTree()
    try:
        root = tree.entry(data, 0)
    except _TooMuchError as error:
        tree.report("too-large", f"the configuration is {error}", None)
        return Document(None, tuple(tree.problems))
    return Document(root, tuple(tree.problems))


class _DataTree(_Tree):
    def entry(self, data: object, depth: int) -> Entry:
        if isinstance(data, Mapping):
            below = self.go_deeper(depth)
            return self.add({self._key(key): self.entry(value, below) for key, value in data.items()}, None)
        if isinstance(data, list | tuple):
            below = self.go_deeper(depth)
            return self.add([self.entry(item, below) for item in data], None)
        return self.add(data, None)

    def _key(self, key: object) -> str:
        if isinstance(key, str):
            return key
        if isinstance(key, int) and not isinstance(key, bool):
            return str(key)
        hint = "; in YAML, quote yes, no, on and off" if isinstance(key, bool) else ""
        self.report("bad-key", f"a key must be text, not {shown(key)}{hint}", None, key)
        return shown(key)


def from_yaml(text: str) -> Document:
    """The tree of a YAML text."""
    import yaml

    if len(text) > _MOST_CHARACTERS:
        message = f"the file has {len(text)} characters, more than {_MOST_CHARACTERS}"
        return Document(None, (found("too-large", message),))
    tree = _YamlTree()
    try:
        loader = yaml.SafeLoader(text)
        tree.loader = loader
        node = loader.get_single_node()
        root = None if node is None else tree.entry(node, node.start_mark.line + 1, 0)
    except yaml.YAMLError as error:
        line, message = _explained(error, text)
        tree.report("bad-yaml", f"this is not valid YAML: {message}", line)
        root = None
    except (ValueError, OverflowError) as error:
        # The parser lets these out for an escape such as "\\UFFFFFFFF", which is no character.
        tree.report("bad-yaml", f"this is not valid YAML: {error}", None)
        root = None
    except (_TooMuchError, RecursionError) as error:
        reason = error if isinstance(error, _TooMuchError) else "nested too deep"
        tree.report("too-large", f"the file is {reason}", None)
        root = None
    return Document(root, tuple(tree.problems))


def _explained(error: yaml.YAMLError, text: str) -> tuple[int | None, str]:
    """Line and message of an error of the YAML parser."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        parts = (getattr(error, "context", None), getattr(error, "problem", None))
        return mark.line + 1, ", ".join(part for part in parts if part)
    position = getattr(error, "position", None)
    if isinstance(position, int):
        return text.count("\n", 0, position) + 1, f"character {shown(text[position : position + 1])} is not allowed"
    return None, " ".join(str(error).split())


@dataclass(slots=True)
class _YamlTree(_Tree):
    loader: Any = None

    def entry(self, node: Any, line: int, depth: int) -> Entry:
        kind = type(node).__name__
        if kind == "ScalarNode":
            return self.add(self._scalar(node, line), line, node.value)
        expected = "tag:yaml.org,2002:map" if kind == "MappingNode" else "tag:yaml.org,2002:seq"
        if node.tag != expected:
            self.report("bad-yaml", f"tag {shown(node.tag)} is not allowed: use plain YAML", line, node.tag)
        below = self.go_deeper(depth)
        if kind == "MappingNode":
            return self.add(self._mapping(node, below), line)
        return self.add([self.entry(item, item.start_mark.line + 1, below) for item in node.value], line)

    def _scalar(self, node: Any, line: int) -> Any:
        import yaml

        try:
            return self.loader.construct_object(node)
        except yaml.YAMLError:
            if node.tag != "tag:yaml.org,2002:value":
                self.report("bad-yaml", f"tag {shown(node.tag)} is not allowed: use plain YAML", line, node.tag)
            return node.value
        except (ValueError, OverflowError, LookupError, AttributeError, TypeError):
            # The parser's own conversions raise these for a text that does not fit its tag: what only looks like a
            # date or a number, such as 2026-99-99, is the text that it is.
            return node.value

    def _mapping(self, node: Any, depth: int) -> dict[str, Entry]:
        merged: dict[str, Entry] = {}
        own: dict[str, Entry] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.tag == "tag:yaml.org,2002:merge":
                merged = {**self._merged(value, line, depth), **merged}
            elif type(key).__name__ != "ScalarNode":
                self.report("bad-key", "a key must be text, not a list or a mapping", line)
            else:
                self._check_twice(own, key.value, line)
                own[key.value] = self.entry(value, line, depth)
        return {**merged, **own}

    def _check_twice(self, own: dict[str, Entry], key: str, line: int) -> None:
        if key in own:
            self.report("duplicate-key", f"key {shown(key)} appears twice; first on line {own[key].line}", line, key)

    def _merged(self, value: Any, line: int, depth: int) -> dict[str, Entry]:
        """What ``<<`` brings in; of several mappings the first that has a key counts."""
        below = self.go_deeper(depth)
        sources = value.value if type(value).__name__ == "SequenceNode" else [value]
        found_keys: dict[str, Entry] = {}
        for source in sources:
            self.add(None, line)  # counted here too, or mappings of nothing but "<<" could multiply without end
            if type(source).__name__ == "MappingNode":
                found_keys = {**self._mapping(source, below), **found_keys}
            else:
                self.report("bad-yaml", "'<<' takes a mapping or a list of mappings", line)
        return found_keys
