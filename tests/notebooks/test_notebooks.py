from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from tests.notebooks.guard import complaints
from tests.notebooks.isolation import environment
from tests.source import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def test_there_are_notebooks():
    assert NOTEBOOKS


@every_notebook
def test_a_notebook_keeps_to_the_rules(path):
    assert complaints(json.loads(path.read_text(encoding="utf-8"))) == []


@every_notebook
@pytest.mark.slow
def test_a_notebook_prints_what_it_shows(path, tmp_path):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env"]

    run = subprocess.run(
        [*command, str(path)],
        cwd=ROOT,
        env=environment(tmp_path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr


@every_notebook
def test_the_links_of_a_notebook_lead_somewhere(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    targets = [target for target in re.findall(r"\]\(([^)#]+)", text) if "://" not in target]

    assert [target for target in targets if not (path.parent / target).exists()] == []
