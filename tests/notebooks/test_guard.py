from __future__ import annotations

import copy

import pytest

from tests.notebooks.guard import WIDGET_VIEW, complaints


def notebook():
    markdown = {"cell_type": "markdown", "id": "why", "metadata": {}, "source": ["Why."]}
    code = {
        "cell_type": "code",
        "id": "first-step",
        "metadata": {},
        "execution_count": 1,
        "source": ["print(1)"],
        "outputs": [{"output_type": "stream", "name": "stdout", "text": ["1\n"]}],
    }
    return {"cells": [markdown, code], "metadata": {"kernelspec": {"name": "python3"}}}


def test_a_good_notebook_has_no_complaints():
    assert complaints(notebook()) == []


def printing(text):
    return lambda nb: nb["cells"][1]["outputs"][0].update(text=[text])


SPOILT = {
    "not executed": lambda nb: nb["cells"][1].update(execution_count=None),
    "not executed once each": lambda nb: nb["cells"][1].update(execution_count=7),
    "state of widgets": lambda nb: nb["metadata"].update(widgets={}),
    "kernel is not": lambda nb: nb["metadata"].clear(),
    "same id": lambda nb: nb["cells"][0].update(id="first-step"),
    "the id is not": lambda nb: nb["cells"][1].update(id="3f2a91bc"),
    "no Markdown above": lambda nb: nb["cells"].pop(0),
    "more than 15 lines": lambda nb: nb["cells"][1].update(source=["x = 1\n"] * 16),
    "a line of more": lambda nb: nb["cells"][1].update(source=["x = '" + "x" * 100 + "'"]),
    "timings": lambda nb: nb["cells"][1]["metadata"].update(execution={}),
    "stderr": lambda nb: nb["cells"][1]["outputs"][0].update(name="stderr"),
    "a live widget": lambda nb: nb["cells"][1]["outputs"][0].update(data={WIDGET_VIEW: {}}),
    "an error": lambda nb: nb["cells"][1]["outputs"][0].update(output_type="error"),
    "code cells": lambda nb: nb.update(cells=nb["cells"] * 13),
    "an address in memory": printing("<Thing object at 0x7f00aa>"),
    "an absolute path": printing("read /home/ada/bot.yml"),
    "a key": printing("sk-proj-" + "abcdef123456"),
    "a port": printing("http://127.0.0.1:41234/v1"),
}


@pytest.mark.parametrize("complaint", SPOILT)
def test_a_spoilt_notebook_is_complained_about(complaint):
    spoilt = copy.deepcopy(notebook())
    SPOILT[complaint](spoilt)

    assert any(complaint.removeprefix("not executed").strip() in found for found in complaints(spoilt))
