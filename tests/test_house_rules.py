"""What every file of the package keeps to. A failure lists all offenders."""

from __future__ import annotations

import ast
import importlib
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.source import PACKAGE, ROOT, classes, functions, imports, module_name, modules, tracked, tree

LAYERS = [
    *("errors", "events", "markup", "audio", "wire", "tools", "conversation"),
    *("clients", "bots", "panels", "magics", "terminal", "cli"),
]
"""A module imports only from its own layer and those before it."""
LOCAL_MAY_USE = {"errors", "audio", "wire", "local"}
MAY_USE_LOCAL = {"cli", "bots", "local"}
SURFACE = {"__init__", "__main__", "examples"}
"""Modules beside the layers: the public names, the entry point, and the examples, which are data."""

ONLY_IN = {
    "openai": {"clients"},
    "anywidget": {"panels"},
    "traitlets": {"panels"},
    "IPython": {"panels", "audio", "magics"},
    "aiohttp": {"local"},
    "websockets": {"clients", "panels"},
    "genai_prices": {"bots"},
    "soxr": {"audio"},
    "onnxruntime": {"local"},
    "ctranslate2": {"local"},
    "hibari": {"local"},
}
SANS_IO = {"conversation", "wire", "markup", "audio"}
IO = {"asyncio", "socket", "ssl", "selectors", "logging", "threading", "http", "urllib"}
RUN_AS_PROGRAMS = {"graphviz-pure"}
"""Dependencies that are started, not imported."""
PART_OF = {"pydantic-core": "pydantic"}
"""Distributions that another one brings along in exactly the version that it needs."""


def layer_of(name: str) -> str:
    top = [*name.split("."), "__init__"][1]
    # What `intentional_nb` itself defines, such as `__version__`, is no layer.
    return top if (PACKAGE / top).is_dir() or (PACKAGE / f"{top}.py").is_file() else "__init__"


def place(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def own_imports() -> Iterator[tuple[str, str, str]]:
    """Layer, place and imported name of every import within the package."""
    for path in modules():
        for name, line in imports(path):
            if name.split(".")[0] == PACKAGE.name:
                yield layer_of(module_name(path)), place(path, line), name


def foreign_imports() -> Iterator[tuple[str, str, str]]:
    """Layer, place and top-level name of every import of a third party."""
    for path in modules():
        for name, line in imports(path):
            top = name.split(".")[0]
            if top not in sys.stdlib_module_names | {PACKAGE.name}:
                yield layer_of(module_name(path)), place(path, line), top


def test_imports_point_one_way():
    wrong = [f"{where} imports {name}" for here, where, name in own_imports() if not _may_use(here, layer_of(name))]

    assert wrong == []


def _may_use(here: str, there: str) -> bool:
    if here in SURFACE:
        return True
    if here == "local":
        return there in LOCAL_MAY_USE
    if there == "local":
        return here in MAY_USE_LOCAL
    return there in SURFACE or LAYERS.index(there) <= LAYERS.index(here)


def test_one_place_in_bots_starts_the_local_server():
    places = [where for here, where, name in own_imports() if here == "bots" and layer_of(name) == "local"]

    assert len(places) <= 1, places


def test_third_parties_are_imported_only_where_they_belong():
    assert [f"{where} {top}" for here, where, top in foreign_imports() if here not in ONLY_IN.get(top, {here})] == []


def test_the_pure_layers_open_no_connection_and_start_no_thread():
    pure = [path for path in modules() if layer_of(module_name(path)) in SANS_IO]

    assert [place(path, line) for path in pure for name, line in imports(path) if name.split(".")[0] in IO] == []


def test_the_dependencies_are_what_the_package_imports():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {_distribution(entry) for entry in project["dependencies"]}
    extras = project["optional-dependencies"]
    optional = {_distribution(entry) for name in ("local", "voice") for entry in extras[name]}
    known = packages_distributions()
    tops = {top for _, _, top in foreign_imports()}
    imported = {PART_OF.get(dist, dist) for top in tops for dist in map(_normal, known.get(top, [top]))}

    assert imported - optional == needed - RUN_AS_PROGRAMS


def _distribution(requirement: str) -> str:
    return _normal(re.split(r"[\[<>=!~ ;]", requirement)[0])


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_module_says_what_it_exports_and_has_it():
    wrong = []

    for path in modules():
        if path.name == "__main__.py" or len(tree(path).body) <= 1:
            continue  # runs the program when imported, or is a docstring only
        module = importlib.import_module(module_name(path))
        exported = getattr(module, "__all__", ["__all__"])
        wrong += [f"{module.__name__}.{name}" for name in exported if not hasattr(module, name)]

    assert wrong == []


def test_a_file_holds_one_idea():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}

    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_functions_are_short():
    long = [
        f"{place(path, function.lineno)} {function.name}"
        for path in modules()
        for function in functions(path)
        if (function.end_lineno or 0) - function.body[0].lineno + 1 > 60
    ]

    assert long == []


def test_classes_hold_few_attributes():
    fat = [
        f"{place(path, found.lineno)} {found.name}: {len(names)}"
        for path in modules()
        for found in classes(path)
        if len(names := _attributes(found)) > 16
    ]

    assert fat == []


def _attributes(found: ast.ClassDef) -> set[str]:
    return {
        node.attr
        for node in ast.walk(found)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self"
    }


def test_a_broad_except_says_why():
    silent = []

    for path in modules():
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ExceptHandler) and _is_broad(node.type):
                around = lines[node.lineno - 2 : node.lineno + 1]
                silent += [] if any("#" in line for line in around) else [place(path, node.lineno)]

    assert silent == []


def _is_broad(caught: ast.expr | None) -> bool:
    return caught is None or ast.unparse(caught) in ("Exception", "BaseException")


def test_no_file_names_a_place_that_others_do_not_have():
    # Spelt in pieces, so that this file does not hold them itself.
    machine = ["/wor" + "k/", "/ro" + "ot/", "/tmp" + "/dev"]
    hosts = ["py" + "pi.org", "python" + "hosted", "npm" + "js.org", "deb." + "debian"]

    assert _lines_with("|".join(map(re.escape, machine + hosts))) == []


def test_no_file_promises_work_to_come():
    words = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]

    assert _lines_with(rf"\b({'|'.join(words)})\b", {".py", ".js", ".css", ".md", ".toml", ".yml", ".ipynb", ""}) == []


def _lines_with(pattern: str, suffixes: set[str] | None = None) -> list[str]:
    return [
        place(path, number)
        for path in tracked()
        if suffixes is None or path.suffix in suffixes
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if re.search(pattern, line)
    ]
