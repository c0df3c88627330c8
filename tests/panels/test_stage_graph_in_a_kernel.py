from __future__ import annotations

import pytest

pytest.importorskip("nbclient", reason="nbclient is not installed: pip install 'intentional-nb[dev]'")

from tests.browser.cells import talking_bot
from tests.panels.test_in_a_kernel import VIEW, executed

SHOW = "from intentional_nb import StageGraph\ngraph = StageGraph(bot, title='Talk')\ngraph"
CELLS = (
    talking_bot('calls(("classify_response", {"outcome": "bye"}))', 'text("Goodbye.")', panel=SHOW),
    'bot.say("I have to go")',
    "graph.freeze()",
    "graph.close()\nbot.close()\nserver.close()",
)


def test_a_notebook_that_a_program_executes_keeps_a_picture_that_is_always_the_same():
    first, second = executed(*CELLS), executed(*CELLS)

    for outputs in (*first, *second):
        for output in outputs:
            output.get("data", {}).pop(VIEW, None)
    assert first == second
    shown, _, frozen, closed = first
    assert [list(output["data"]) for output in shown] == [["text/plain"], ["text/plain", "text/html"]]
    assert "decision" not in shown[1]["data"]["text/html"]
    assert "the conversation stands in end" in frozen[0]["data"]["text/html"]
    assert "“I have to go”" in frozen[0]["data"]["text/html"]
    assert frozen[0]["data"]["text/plain"] == "StageGraph('Talk', stage='_end_')"
    assert closed == []
