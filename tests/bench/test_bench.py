"""The tables themselves are printed by ``make bench``; here only that they can be."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

from tests.bench import __main__ as bench

FILES = sorted(Path(bench.__file__).parent.glob("bench_*.py"))


def test_a_table_has_even_columns():
    result = doctest.testmod(bench)

    assert (result.attempted, result.failed) == (1, 0)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_benchmark_has_a_title_and_rows(path):
    module = importlib.import_module(f"tests.bench.{path.stem}")

    assert (module.__doc__ or "").strip()
    assert callable(module.rows)
