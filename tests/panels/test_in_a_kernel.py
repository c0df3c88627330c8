from __future__ import annotations

import nbformat
import pytest

nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed: pip install 'intentional-nb[dev]'")

from tests.browser.cells import talking_bot  # noqa: E402

VIEW = "application/vnd.jupyter.widget-view+json"


def executed(*cells):
    """The outputs of each cell in a kernel that no page looks at."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = nbclient.NotebookClient(book, kernel_name="python3", timeout=60, store_widget_state=False)
    client.execute()
    return [cell.outputs for cell in book.cells]


CELLS = (
    talking_bot('text("An **answer**.")'),
    'bot.say("A question")',
    "panel.freeze()",
    "panel",
    "panel.close()\nbot.close()\nserver.close()",
)


def test_a_notebook_that_a_program_executes_keeps_a_copy_that_is_always_the_same():
    first, second = executed(*CELLS), executed(*CELLS)

    for outputs in (*first, *second):
        for output in outputs:
            output.get("data", {}).pop(VIEW, None)
    assert first == second
    shown, _, frozen, again, closed = first
    assert [list(output["data"]) for output in shown] == [["text/plain"], ["text/plain", "text/html"]]
    # What is said later stays out of the first copy: without a page, nothing is updated behind the reader's back.
    assert "An <strong>" not in shown[1]["data"]["text/html"]
    assert "An <strong>answer</strong>." in frozen[0]["data"]["text/html"]
    assert frozen[0]["data"]["text/plain"] == "ChatPanel('Talk', turns=2)"
    assert again[1]["data"]["text/html"] == frozen[0]["data"]["text/html"]
    assert closed == []
