"""A panel's page side as one text, made of the files that it is written in.

The front end gets a panel's module and its style sheet as texts, and from there neither can reach a file beside it. So
each line ``import { a, b } from "./x.js";`` of a module, and ``@import "./x.css";`` of a sheet, is replaced by the file
that it names, the first time, and by nothing after that. There is no more to it: all modules share one scope, in which
no two may use one name at the top. Comments that have lines of their own are left out; they would travel with every
panel and into the notebook's file.
"""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["bundle"]

_IMPORT = re.compile(r'^import \{([^{}]*)\} from "(\.[^"\n]*\.js)";\n?', re.MULTILINE)
_SHEET_IMPORT = re.compile(r'^@import "(\.[^"\n]*\.css)";\n?', re.MULTILINE)
_LEFT_OVER = re.compile(r"^(import\b.*|@import\b.*|export\s*(?:[{*]|.*\bfrom\b).*)", re.MULTILINE)
_DECLARED = re.compile(r"^(export )?(?:async )?(?:function\*? ?|class |const |let |var )([\w$]+|[\[{])", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*(?:/\*.*?\*/[ \t]*|//[^\n]*)\n", re.MULTILINE | re.DOTALL)
_GAPS = re.compile(r"\n{3,}")


def bundle(path: Path) -> str:
    """The module or style sheet at ``path`` with everything that it imports.

    Raises:
        ValueError: Something cannot be joined: an import of another form, of a name that is not exported, of a module
            that imports its importer, or a name that two modules use.
        FileNotFoundError: A file that is imported does not exist.
    """
    files: dict[Path, str] = {}
    _collect(path.resolve(), files, ())
    if path.suffix == ".js":
        _check_names(files)
    text = "".join(_IMPORT.sub("", _SHEET_IMPORT.sub("", source)) for source in files.values())
    return _GAPS.sub("\n\n", _COMMENT.sub("", text)).lstrip("\n")


def _collect(path: Path, files: dict[Path, str], importers: tuple[Path, ...]) -> None:
    """Add a file, after all that it imports."""
    if path in importers:
        round_trip = " -> ".join(file.name for file in (*importers[importers.index(path) :], path))
        raise ValueError(f"modules import each other in a circle: {round_trip}")
    if path in files:
        return
    source = path.read_text(encoding="utf-8")
    if strange := _LEFT_OVER.search(_IMPORT.sub("", _SHEET_IMPORT.sub("", source))):
        raise ValueError(
            f"{path.name}: only 'import {{ a, b }} from \"./x.js\";' can be joined, not {strange[0]!r:.120}"
        )
    for names, target in _IMPORT.findall(source):
        other = (path.parent / target).resolve()
        _collect(other, files, (*importers, path))
        _check_exports(path, names, other, files[other])
    for target in _SHEET_IMPORT.findall(source):
        _collect((path.parent / target).resolve(), files, (*importers, path))
    files[path] = source


def _check_exports(path: Path, names: str, other: Path, source: str) -> None:
    exported = {name for is_exported, name in _DECLARED.findall(source) if is_exported}
    wanted = {name.strip() for name in names.split(",")} - {""}
    if missing := sorted(wanted - exported):
        raise ValueError(f"{path.name} imports {', '.join(missing)}, which {other.name} does not export")


def _check_names(files: dict[Path, str]) -> None:
    homes: dict[str, Path] = {}
    for path, source in files.items():
        for _, name in _DECLARED.findall(source):
            if name in "[{":
                raise ValueError(f"{path.name}: names at the top must be declared one at a time, not taken apart")
            if name in homes:
                raise ValueError(f"{path.name} and {homes[name].name} both call something {name!r} at the top")
            homes[name] = path
