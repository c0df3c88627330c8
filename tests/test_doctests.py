from __future__ import annotations

import doctest
import importlib

import pytest

from tests.source import module_name, modules

WITH_EXAMPLES = [path for path in modules() if ">>> " in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=module_name)
def test_the_examples_in_docstrings_are_true(path):
    result = doctest.testmod(importlib.import_module(module_name(path)), optionflags=doctest.ELLIPSIS)

    assert result.attempted > 0
    assert result.failed == 0
