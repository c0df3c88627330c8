from __future__ import annotations

import pytest

from intentional_nb.conversation.position import Option as GraphOption
from intentional_nb.conversation.prompt import routing_parameters
from intentional_nb.local.language.options import Option, find_router, human
from intentional_nb.local.language.request import Request
from tests.local.language.requests import stage, tool


def read(request):
    return find_router(Request.read(request))


def router_with(outcome, prompt="", description=""):
    function = tool("classify_response", description, outcome=outcome)
    return read({"messages": [{"role": "system", "content": prompt}], "tools": [function]})


def test_the_documented_form_is_read_as_it_is_written():
    options = (
        GraphOption("yes", "outcome", "a", "The user agrees: all is well", ('say "go"', "fine; yes")),
        GraphOption("no thanks", "jump", "b", "The user declines"),
        GraphOption("bare", "jump", "c", "", ("whatever",)),
    )
    function = tool("classify_response") | {}
    function["function"]["parameters"] = routing_parameters(options)

    router = read({"messages": [], "tools": [function]})

    assert router.parameter == "outcome"
    assert router.options == (
        Option("yes", "The user agrees: all is well", ('say "go"', "fine; yes")),
        Option("no thanks", "The user declines"),
        Option("bare", "bare", ("whatever",)),
    )


def test_jumps_are_told_from_outcomes_by_the_section_of_the_prompt():
    router = read(stage(outcomes={"done": "All done."}, jumps={"menu": "Wants the menu."}))

    assert [(option.name, option.is_jump) for option in router.options] == [("done", False), ("menu", True)]


@pytest.mark.parametrize(
    "outcome",
    [
        {
            "type": "string",
            "oneOf": [{"const": "a", "description": "First."}, {"const": "b", "description": "Second."}],
        },
        {"anyOf": [{"const": "a", "description": "First."}, {"const": "b", "description": "Second."}]},
        {"type": "string", "enum": ["a", "b"], "description": "* `a` - First.\n* `b` - Second."},
        {"type": "string", "enum": ["a", "b"], "description": "1. **a**: First.\n2. **b**: Second."},
    ],
)
def test_descriptions_are_found_wherever_people_put_them(outcome):
    assert [option.description for option in router_with(outcome).options] == ["First.", "Second."]


def test_descriptions_may_stand_in_the_tool_or_in_the_prompt():
    names = {"type": "string", "enum": ["a", "b"]}

    told = router_with(names, prompt="Outcomes:\n- b: From the prompt", description="Pick.\n- a: From the tool")

    assert [option.description for option in told.options] == ["From the tool", "From the prompt"]


def test_an_option_that_nobody_describes_is_its_name_in_words():
    router = router_with({"type": "string", "enum": ["gave_their_name", "wantsHelp"]})

    assert [option.description for option in router.options] == ["gave their name", "wants help"]


@pytest.mark.parametrize(
    ("line", "examples"),
    [
        ('Agrees (for example: "ok"; "fine")', ("ok", "fine")),
        ("Agrees, e.g. 'ok' or 'it's fine'", ("ok", "it's fine")),
        ("Agrees. Examples: “ok”, “fine”", ("ok", "fine")),
        ('Agrees, such as "ok"', ("ok",)),
        ("Agrees", ()),
    ],
)
def test_examples_are_read_in_several_forms(line, examples):
    option = router_with({"type": "string", "enum": ["a"], "description": f"- a: {line}"}).options[0]

    assert option.examples == examples
    assert option.description.startswith("Agrees")


def test_the_routing_tool_is_the_one_that_only_takes_a_name():
    weather = tool("get_weather", city="string", unit={"type": "string", "enum": ["c", "f"]})
    route = tool("pick_next_stage", choice={"type": "string", "enum": ["a", "b"]})

    assert read({"tools": [weather, route]}).name == "pick_next_stage"
    assert read({"tools": [weather]}) is None
    assert read({"tools": []}) is None


def test_names_are_said_in_words():
    assert human("gaveTheirName_again-now") == "gave their name again now"
