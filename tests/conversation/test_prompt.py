from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.conversation.loading import load_graph
from intentional_nb.conversation.position import Option, Position, options, start_position
from intentional_nb.conversation.prompt import JUST_ENTERED, option_line, routing_parameters, system_prompt
from tests.conversation.graphs import TRAVEL, conversations, sentences, visible_names

GRAPH = load_graph(TRAVEL)


def prompt(position: Position, *, graph=GRAPH, **more) -> str:
    return system_prompt(graph, position, options(graph, position), **more)


def sections(text: str) -> dict[str, str]:
    parts = re.split(r"^# (.*)\n", text, flags=re.MULTILINE)
    return {heading: body.strip() for heading, body in zip(parts[1::2], parts[2::2], strict=True)}


def with_template(template: str, **stage: object):
    return load_graph({**TRAVEL, "stages": {**TRAVEL["stages"], "pay": {"custom_template": template, **stage}}})


def read(line: str) -> tuple[str, str, list[str]]:
    """Name, description and examples, read by the documented form alone."""
    head, found, tail = line.partition(' (for example: "')
    examples = []
    tail = f'"{tail}' if found else ""
    while tail.startswith('"'):
        example, end = json.JSONDecoder().raw_decode(tail)
        examples.append(example)
        tail = tail[end:].removeprefix("; ")
    name, _, description = head.removeprefix("- ").partition(": ")
    return name, description, examples


def test_the_prompt_has_a_section_for_everything_there_is():
    found = sections(prompt(Position("where")))

    assert list(found) == [
        *("Background", "Your goal in this stage", "Outcomes", "Stages you can jump to", "How to route"),
    ]
    assert found["Background"] == "You sell train tickets."
    assert found["Your goal in this stage"] == "Find out where the traveller goes."
    assert found["Outcomes"] == '- place_named: the traveller names a station (for example: "to Basel")'
    assert found["Stages you can jump to"].splitlines() == [
        '- timetable: the traveller asks when trains leave (for example: "when is the next one?")',
        "- complaint: the traveller complains about the service",
    ]


def test_the_rules_of_routing_name_the_router():
    rules = sections(prompt(Position("where"), router_name="go_on"))["How to route"]

    assert "call go_on" in rules
    assert "Never call go_on after another tool's output, unless" in rules
    assert "classify_response" not in rules


def test_lines_to_say_are_quoted():
    stage = {**TRAVEL["stages"]["where"], "say": ["Where to?", 'Say "there"\nor not']}
    graph = load_graph({"stages": {**TRAVEL["stages"], "where": stage}})

    assert sections(prompt(Position("where"), graph=graph))["How you may sound"].splitlines() == [
        '- "Where to?"',
        '- "Say \\"there\\" or not"',
    ]


def test_a_backtrack_is_an_outcome():
    found = sections(prompt(Position("timetable", ("where",))))

    assert found["Outcomes"] == "- told: the traveller knows enough"


def test_without_options_nothing_is_said_of_routing():
    assert list(sections(prompt(Position("_end_")))) == ["Background", "Your goal in this stage", "How you may sound"]


def test_a_stage_just_entered_says_so_last():
    text = prompt(Position("where"), just_entered=True)

    assert text.endswith(f"# Just entered\n{JUST_ENTERED}")
    assert "Just entered" not in prompt(Position("where"))


def test_a_template_replaces_the_prompt():
    template = "{intent_router_tool}|{stage_name}|{background}|{current_goal}|{outcomes}|{transitions}"
    graph = with_template(template, goal="Cash!", outcomes={"paid": {"move_to": "_end_"}})

    assert prompt(Position("pay"), graph=graph).split("|") == [
        *("classify_response", "pay", "You sell train tickets.", "Cash!", "- paid"),
        '- timetable: the traveller asks when trains leave (for example: "when is the next one?")\n'
        "- complaint: the traveller complains about the service",
    ]


@pytest.mark.parametrize(
    "template", ['{"ok": true}', "{}", "{0} {unknown} {{stage_name", "100 % {", "{stage name}", "\\1"]
)
def test_other_braces_of_a_template_stay(template):
    assert prompt(Position("pay"), graph=with_template(template)) == template


def test_what_was_filled_in_is_not_filled_again():
    graph = with_template("{current_goal} {{stage_name}}", goal="say {background} and {stage_name}")

    assert prompt(Position("pay"), graph=graph) == "say {background} and {stage_name} {pay}"


def test_a_template_gets_below_it_what_it_has_no_place_for():
    graph = with_template("Sell.", say=["Two euros."])

    text = prompt(Position("pay"), graph=graph, just_entered=True)

    assert text == f'Sell.\n\n# How you may sound\n- "Two euros."\n\n# Just entered\n{JUST_ENTERED}'


def test_the_schema_allows_exactly_the_options():
    schema = routing_parameters(options(GRAPH, Position("where")))

    assert schema["required"] == ["outcome"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["outcome"]["enum"] == ["place_named", "timetable", "complaint"]
    assert schema["properties"]["outcome"]["description"].splitlines()[1:] == [
        '- place_named: the traveller names a station (for example: "to Basel")',
        '- timetable: the traveller asks when trains leave (for example: "when is the next one?")',
        "- complaint: the traveller complains about the service",
    ]


def test_a_schema_without_options_is_valid_still():
    assert "enum" not in routing_parameters(())["properties"]["outcome"]


@given(visible_names, sentences, st.lists(st.text(min_size=1)))
def test_an_option_is_one_line_from_which_it_can_be_read(name, description, examples):
    line = option_line(Option(name, "outcome", "x", description, tuple(examples)))

    assert len(line.splitlines()) == 1
    if ": " not in name and "(for example:" not in name + description:
        expected = [" ".join(text.split()) for text in (name, description)]
        assert read(line) == (*expected, [" ".join(example.split()) for example in examples])


@given(conversations(), st.booleans())
def test_any_conversation_has_a_prompt_and_a_schema(config, just_entered):
    graph = load_graph(config)
    offered = options(graph, start_position(graph))

    schema = routing_parameters(offered)

    assert system_prompt(graph, start_position(graph), offered, just_entered=just_entered)
    assert len(schema["properties"]["outcome"]["description"].splitlines()) == 1 + len(offered)
