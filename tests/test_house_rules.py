"""What every file of the package keeps to."""

from __future__ import annotations

import ast
import importlib
import re
import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.source import PACKAGE, ROOT, classes, functions, imports, module_name, modules, tracked, tree

LAYERS = [
    *("errors", "events", "markup", "wire", "tools", "conversation"),
    *("clients", "bots", "panels", "terminal", "cli"),
]
LOCAL_MAY_USE = {"errors", "wire", "local"}
MAY_USE_LOCAL = {"cli", "bots", "local"}
SURFACE = {"__init__", "__main__", "examples"}
"""Modules beside the layers: the public names, the entry point, and the examples, which are data."""

ONLY_IN = {
    "openai": {"clients"},
    "anywidget": {"panels"},
    "traitlets": {"panels"},
    "IPython": {"panels"},
    "aiohttp": {"local"},
}
SANS_IO = {"conversation", "wire", "markup"}
IO = {"asyncio", "socket", "ssl", "selectors", "logging", "threading", "subprocess", "http", "urllib"}
RUN_AS_PROGRAMS = {"graphviz-pure"}
"""Dependencies that are started, not imported."""
PART_OF = {"pydantic-core": "pydantic"}
"""Distributions that another one brings along in exactly the version that it needs."""


def layer_of(name: str) -> str:
    top = [*name.split("."), "__init__"][1]
    # What `intentional_nb` itself defines, such as `__version__`, is no layer.
    return top if (PACKAGE / top).is_dir() or (PACKAGE / f"{top}.py").is_file() else "__init__"


def modules_where(is_meant: Callable[[str], bool]) -> pytest.MarkDecorator:
    paths = [path for path in modules() if is_meant(layer_of(module_name(path)))]
    return pytest.mark.parametrize("path", paths, ids=module_name)


every_module = modules_where(lambda layer: True)


def own_imports(path: Path) -> list[tuple[str, int]]:
    return [(name, line) for name, line in imports(path) if name.split(".")[0] == PACKAGE.name]


def foreign_imports(path: Path) -> list[tuple[str, int]]:
    tops = [(name.split(".")[0], line) for name, line in imports(path)]
    return [(top, line) for top, line in tops if top not in sys.stdlib_module_names | {PACKAGE.name}]


@modules_where(lambda layer: layer not in SURFACE)
def test_imports_point_one_way(path):
    here = layer_of(module_name(path))
    wrong = []

    for name, line in own_imports(path):
        there = layer_of(name)
        if here == "local":
            is_allowed = there in LOCAL_MAY_USE
        elif there == "local":
            is_allowed = here in MAY_USE_LOCAL
        else:
            is_allowed = there in SURFACE or LAYERS.index(there) <= LAYERS.index(here)
        if not is_allowed:
            wrong.append(f"{path.name}:{line} imports {name}")

    assert not wrong


def test_one_place_in_bots_starts_the_local_server():
    places = [
        f"{module_name(path)}:{line}"
        for path in modules()
        if layer_of(module_name(path)) == "bots"
        for name, line in own_imports(path)
        if layer_of(name) == "local"
    ]

    assert len(places) <= 1


@every_module
def test_third_parties_are_imported_only_where_they_belong(path):
    here = layer_of(module_name(path))

    wrong = [f"{path.name}:{line} {top}" for top, line in foreign_imports(path) if here not in ONLY_IN.get(top, {here})]

    assert not wrong


@modules_where(SANS_IO.__contains__)
def test_the_pure_layers_do_no_input_and_output(path):
    assert not [name for name, _ in imports(path) if name.split(".")[0] in IO]


def test_the_dependencies_are_what_the_package_imports():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = {_distribution(entry) for entry in project["dependencies"]}
    optional = {_distribution(entry) for entry in project["optional-dependencies"]["local"]}
    known = packages_distributions()
    tops = {top for path in modules() for top, _ in foreign_imports(path)}
    imported = {PART_OF.get(dist, dist) for top in tops for dist in map(_normal, known.get(top, [top]))}

    assert imported - optional == needed - RUN_AS_PROGRAMS


def _distribution(requirement: str) -> str:
    return _normal(re.split(r"[\[<>=!~ ;]", requirement)[0])


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@modules_where(lambda layer: layer != "__main__")
def test_every_module_says_what_it_exports_and_has_it(path):
    module = importlib.import_module(module_name(path))
    only_a_docstring = len(tree(path).body) <= 1

    exported = getattr(module, "__all__", [] if only_a_docstring else None)

    assert exported is not None
    assert [name for name in exported if not hasattr(module, name)] == []


@every_module
def test_a_file_holds_one_idea(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@every_module
def test_functions_are_short(path):
    long = [
        f"{path.name}:{function.lineno} {function.name}"
        for function in functions(path)
        if (function.end_lineno or 0) - function.body[0].lineno + 1 > 60
    ]

    assert not long


@every_module
def test_classes_hold_few_attributes(path):
    fat = {found.name: len(names) for found in classes(path) if len(names := _attributes(found)) > 16}

    assert not fat


def _attributes(found: ast.ClassDef) -> set[str]:
    stores = (node for node in ast.walk(found) if isinstance(node, ast.Attribute))
    return {
        node.attr
        for node in stores
        if isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name) and node.value.id == "self"
    }


@every_module
def test_a_broad_except_says_why(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    silent = []

    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type):
            around = lines[node.lineno - 2 : node.lineno + 1]
            if not any("#" in line for line in around):
                silent.append(f"{path.name}:{node.lineno}")

    assert not silent


def _is_broad(caught: ast.expr | None) -> bool:
    return caught is None or ast.unparse(caught) in ("Exception", "BaseException")


def test_no_file_names_a_place_that_others_do_not_have():
    # Spelt in pieces, so that this file does not hold them itself.
    machine = ["/wor" + "k/", "/ro" + "ot/", "/tmp" + "/dev"]
    hosts = ["py" + "pi.org", "python" + "hosted", "npm" + "js.org", "deb." + "debian"]
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in tracked()
        for word in machine + hosts
        if word in path.read_text(encoding="utf-8", errors="replace")
    ]

    assert not found


def test_no_file_promises_work_to_come():
    words = re.compile("|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]))
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path.suffix in (".py", ".js", ".md", ".toml", ".yml", "")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(rf"\b({words.pattern})\b", line)
    ]

    assert not found
