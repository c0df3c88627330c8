"""The project's own files, as the house-rule tests read them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

__all__ = ["PACKAGE", "ROOT", "classes", "functions", "imports", "module_name", "modules", "tracked", "tree"]

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "intentional_nb"


def modules() -> list[Path]:
    """Every Python file of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def module_name(path: Path) -> str:
    """``intentional_nb.wire.sse`` for ``…/intentional_nb/wire/sse.py``."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (n for n in ast.walk(tree(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def classes(path: Path) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef))


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """What a file imports when it runs, functions included, with the line; imports for types alone left out."""
    for node in _running(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from intentional_nb import events` imports a module, like `import intentional_nb.events`.
            names = [f".{alias.name}" for alias in node.names] if node.module == PACKAGE.name else [""]
            yield from ((node.module + name, node.lineno) for name in names)


def _running(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            yield from (part for branch in child.orelse for part in (branch, *_running(branch)))
            continue
        yield child
        yield from _running(child)


def tracked() -> list[Path]:
    """The text files that are in version control; empty where this is not a clone."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = [name for name in listing.stdout.split("\0") if name]
    return [ROOT / name for name in names if (ROOT / name).is_file() and _is_text(ROOT / name)]


def _is_text(path: Path) -> bool:
    return b"\0" not in path.read_bytes()[:8000]
