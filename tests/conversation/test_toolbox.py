from __future__ import annotations

import pytest

from intentional_nb.conversation.loading import load_graph
from intentional_nb.conversation.router import IntentRouter
from intentional_nb.conversation.toolbox import tools_by_stage
from intentional_nb.errors import GraphError
from intentional_nb.tools.end import EndConversationTool
from intentional_nb.tools.function import tool
from intentional_nb.tools.tool import Tool
from tests.conversation.graphs import TRAVEL


@tool
def platform(train: int) -> str:
    """Tell from which platform a train leaves."""
    return f"platform {train % 9}"


def graph_with(where: list, pay: list = ()):
    stages = {name: dict(stage) for name, stage in TRAVEL["stages"].items()}
    stages["where"]["tools"] = where
    stages["pay"]["tools"] = list(pay)
    return load_graph({"stages": stages})


def made(where: list, pay: list = ()):
    return tools_by_stage(graph_with(where, pay), (EndConversationTool(), platform), reserved="classify_response")


def problems(where: list, pay: list = ()):
    with pytest.raises(GraphError) as caught:
        made(where, pay)
    return caught.value.problems


def test_tools_are_found_among_those_given_and_those_registered():
    tools = made(["platform", "get_current_date_and_time"])

    assert list(tools["where"]) == ["platform", "get_current_date_and_time"]
    assert tools["where"]["platform"] is platform


class Odd:
    """What no JSON Schema describes."""


def crate(content: Odd) -> None:
    """Take what cannot be written."""


def future(content: Nowhere) -> None:  # noqa: F821
    """Take what there is not."""


class Spaced(Tool):
    name = "two words"
    parameters = ()

    async def run(self, params):
        return "done"


@pytest.mark.parametrize(
    ("use", "given", "why"),
    [
        ("crate", tool(crate), "Odd"),
        ("future", tool(future), "'Nowhere' is not defined"),
        ("two words", Spaced(), "its name 'two words' must be 1 to 64 letters, digits, '_' or '-'"),
    ],
)
def test_a_tool_of_which_no_model_could_be_told_is_found_before_the_first_turn(use, given, why):
    with pytest.raises(GraphError) as caught:
        tools_by_stage(graph_with([use]), (EndConversationTool(), given), reserved="classify_response")

    [problem] = [item for item in caught.value.problems if item.is_error]
    assert (problem.code, problem.stage, problem.field) == ("bad-tool", "where", "tools[0]")
    assert why in problem.message


@pytest.mark.parametrize("given", ["abc", [print], [None]])
def test_what_is_handed_over_and_is_no_tool_is_refused(given):
    router = IntentRouter(TRAVEL)

    with pytest.raises(TypeError, match="a function with @tool above it"):
        IntentRouter(TRAVEL, tools=given)
    with pytest.raises(TypeError, match="a function with @tool above it"):
        router.equip(TRAVEL, given)


def test_the_end_has_the_tool_that_ends():
    assert list(made([])["_end_"]) == ["end_conversation"]


def test_stages_share_a_tool_with_the_same_options():
    clock = {"id": "get_current_date_and_time", "now": "2026-11-23T18:00"}

    tools = made(["reschedule_interview", clock], ["reschedule_interview", {**clock, "now": "2027-01-01T00:00"}])

    assert tools["where"]["reschedule_interview"] is tools["pay"]["reschedule_interview"]
    assert tools["where"]["get_current_date_and_time"] is not tools["pay"]["get_current_date_and_time"]


def test_all_unknown_tools_are_told_together_with_the_nearest_ids():
    found = problems(["platfrom", "nonsense"], ["reschedule"])

    assert [(problem.code, problem.stage, problem.value) for problem in found] == [
        ("unknown-tool", "where", "platfrom"),
        ("unknown-tool", "where", "nonsense"),
        ("unknown-tool", "pay", "reschedule"),
    ]
    assert [problem.suggestion for problem in found] == ["platform", None, "reschedule_interview"]


def test_an_unknown_tool_is_told_with_file_and_line(tmp_path):
    file = tmp_path / "talk.yml"
    file.write_text(
        "stages:\n  a:\n    accessible_from: _start_\n    goal: g\n    tools:\n      - id: nonsense\n      - more\n"
    )

    with pytest.raises(GraphError) as caught:
        tools_by_stage(load_graph(file), (EndConversationTool(),), reserved="classify_response")

    errors = [problem for problem in caught.value.problems if problem.is_error]
    assert [(problem.file, problem.line) for problem in errors] == [(str(file), 6), (str(file), 7)]


@pytest.mark.parametrize(
    "use",
    [
        {"id": "get_current_date_and_time", "noon": True},
        {"id": "get_current_date_and_time", "now": "soon"},
        {"id": "platform", "train": 3},
    ],
)
def test_a_tool_that_does_not_take_its_options_is_told(use):
    (problem,) = problems([use])

    assert (problem.code, problem.stage, problem.field) == ("bad-tool", "where", "tools[0]")
    assert f"tool '{use['id']}' in stage 'where' cannot be made: " in problem.message


def test_two_tools_of_one_name_cannot_be_told_apart():
    (problem,) = problems(["platform", "get_current_date_and_time", "platform"])

    assert (problem.code, problem.field) == ("tool-name", "tools[2]")


def test_no_tool_may_be_named_like_the_router():
    @tool(name="classify_response")
    def impostor() -> None:
        """Pretend."""

    with pytest.raises(GraphError, match="has the name of the intent router"):
        tools_by_stage(
            graph_with(["classify_response"]), (EndConversationTool(), impostor), reserved="classify_response"
        )
