from __future__ import annotations

import ast
import json
import resource
import subprocess
import sys

import pytest

import intentional_nb
from tests.source import PACKAGE, tree

SLOW = ["aiohttp", "anywidget", "IPython", "markdown_it", "numpy", "onnxruntime", "openai", "pydantic", "yaml"]


def in_a_fresh_process(code: str) -> str:
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout


def test_the_import_loads_nothing_slow():
    code = "import sys, json, intentional_nb; print(json.dumps(sorted(sys.modules)))"

    loaded = set(json.loads(in_a_fresh_process(code)))

    assert not loaded & set(SLOW)


def test_the_import_costs_less_than_pythons_own_start():
    own = "-c", "pass"
    ours = "-c", "import intentional_nb"

    best = {args: min(_cpu_s(args) for _ in range(5)) for args in (own, ours)}

    # 100 ms is the budget; a bare interpreter takes some 15 ms, and slower machines are slower at both.
    assert best[ours] < 5 * best[own]


def _cpu_s(arguments: tuple[str, ...]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("name", intentional_nb.__all__)
def test_every_public_name_loads(name):
    assert getattr(intentional_nb, name) is not None


def test_the_public_names_are_sorted_and_listed():
    assert list(intentional_nb.__all__) == sorted(set(intentional_nb.__all__))
    assert set(dir(intentional_nb)) >= {*intentional_nb.__all__, "__version__"}


def test_a_name_that_does_not_exist_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'load_bott'"):
        _ = intentional_nb.load_bott


def test_type_checkers_and_python_find_the_names_in_the_same_places():
    root = tree(PACKAGE / "__init__.py")
    (block,) = (node for node in root.body if isinstance(node, ast.If))
    froms = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    typed = {alias.asname or alias.name: f"{node.module}.{alias.name}" for node in froms for alias in node.names}

    named = {name: f"{home}.{name}" for name, home in intentional_nb._HOME_OF.items()}
    modules = {name: f"intentional_nb.{path}" for name, path in intentional_nb._MODULES.items()}
    assert typed == named | modules
