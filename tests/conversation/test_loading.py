from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb import examples
from intentional_nb.conversation.builder import Conversation
from intentional_nb.conversation.graph import ConversationGraph
from intentional_nb.conversation.loading import load_graph, read_config
from intentional_nb.conversation.problems import Problem
from intentional_nb.errors import GraphError
from tests.conversation.graphs import TRAVEL, conversations, nearly_conversations, visible_names, yaml_values

MADE_FOR_INTENTIONAL = """
interface: terminal
modality: audio_stream
plugins:
  - intentional_terminal
  - intentional_openai

bot:
  type: direct_to_llm
  llm:
    client: openai_realtime
    name: gpt-4o-realtime-preview
    voice: alloy

conversation:
  background: "You ask people about breakfast."
  initial_message: "Good morning!"
  stages:
    ask:
      goal: "Find out what they had for breakfast."
      accessible_from: _start_
      outcomes:
        told:
          description: "they say what they had"
          move_to: _end_
    explain:
      goal: "Explain why you ask."
      description: "they wonder why you ask"
      accessible_from:
        - ask
      tools:
        - id: get_current_date_and_time
      outcomes:
        fine:
          description: "they understand"
          move_to: _backtrack_
"""


def problems(source: object) -> tuple[Problem, ...]:
    return read_config(source, strict=False).problems


def told(source: object) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.line) for problem in problems(source)]


def test_a_file_made_for_intentional_loads_with_a_word_about_its_interface():
    config = read_config(MADE_FOR_INTENTIONAL)

    assert (config.interface, config.modality) == ("terminal", "audio_stream")
    assert config.plugins == ("intentional_terminal", "intentional_openai")
    assert config.bot["llm"] == {"client": "openai_realtime", "name": "gpt-4o-realtime-preview", "voice": "alloy"}
    assert [(problem.code, problem.line) for problem in config.problems] == [("other-interface", 2)]
    assert config.graph.by_name["explain"].tools[0].id == "get_current_date_and_time"


def test_what_the_file_leaves_out_has_its_usual_value():
    config = read_config({"conversation": TRAVEL})

    assert (config.interface, config.modality, config.plugins, config.bot) == ("notebook", "text_messages", (), {})


def test_settings_of_another_interface_are_let_pass():
    assert told(MADE_FOR_INTENTIONAL + "\nport: 80\n") == [("other-interface", 2), ("other-setting", 38)]
    assert told({"port": 80, "conversation": TRAVEL}) == [("unknown-key", None)]


def test_a_file_a_text_a_dict_a_builder_and_a_graph_load_alike(tmp_path):
    file = tmp_path / "travel.yml"
    file.write_text(yaml.safe_dump({"conversation": TRAVEL}, sort_keys=False))
    builder = Conversation("b").stage("a", goal="g", start=True).outcome("x", "d", to="_end_")

    graph = load_graph(file)

    assert graph == load_graph(str(file)) == load_graph(file.read_text()) == load_graph(TRAVEL)
    assert graph == load_graph({"conversation": TRAVEL}) == load_graph(graph)
    assert graph.source == str(file)
    assert load_graph(builder) == builder.build()


def test_the_order_of_the_file_is_kept():
    assert [stage.name for stage in load_graph(TRAVEL).stages] == ["where", "pay", "timetable", "complaint"]


def test_a_dict_stays_as_it_is_however_often_it_is_loaded():
    config = {"bot": {"llm": {"client": "local"}}, "conversation": copy.deepcopy(TRAVEL)}
    before = copy.deepcopy(config)

    first = read_config(config)
    first.bot["llm"]["client"] = "changed"

    assert read_config(config).graph == first.graph
    assert config == before


def test_options_of_a_tool_are_kept_and_cannot_be_changed_through_the_dict():
    options = {"days": [1, 2]}
    stage = {"goal": "g", "accessible_from": "_start_", "tools": ["clock", {"id": "calendar", **options}]}

    clock, calendar = load_graph({"stages": {"a": stage}}).start.tools
    options["days"].append(3)

    assert (clock.id, dict(clock.options)) == ("clock", {})
    assert (calendar.id, dict(calendar.options)) == ("calendar", {"days": [1, 2]})


def test_words_that_yaml_takes_for_something_else_stay_words():
    text = """
    stages:
      on:
        accessible_from: _start_
        goal: 42
        say: [10:30, no]
        outcomes:
          yes: {description: yes, move_to: off, examples: [yes, ~, 1.50, 2026-11-23]}
      off: {goal: on, outcomes: {1: {description: null now, move_to: _end_}}}
    """

    graph = load_graph(text)

    on, off = graph.stages
    assert (on.name, on.goal, on.say) == ("on", "42", ("10:30", "no"))
    assert (on.outcomes[0].name, on.outcomes[0].move_to) == ("yes", "off")
    assert on.outcomes[0].examples == ("yes", "~", "1.50", "2026-11-23")
    assert (off.goal, off.outcomes[0].name) == ("on", "1")


def test_all_problems_are_told_together_each_with_its_line():
    text = """
    modality: text_mesages
    conversation:
      stages:
        a:
          accessible_from: _start_
          gaol: begin
          outcomes:
            x: {description: done, move_to: bb}
            x: {description: [done], move_to: _end_}
        b:
          goal: g
          accessible_from:
            - a
            - c
          tools: [{name: clock}]
          say: {a: b}
    """

    with pytest.raises(GraphError) as caught:
        load_graph(text)

    assert [(problem.code, problem.line) for problem in caught.value.problems] == [
        ("bad-value", 2),
        ("missing-goal", 5),
        ("unknown-key", 7),
        ("duplicate-key", 10),
        ("wrong-type", 10),
        ("missing-description", 11),
        ("unknown-stage", 15),
        ("missing-tool-id", 16),
        ("wrong-type", 17),
        ("dead-end", 11),
    ]


def test_the_file_is_named_as_it_was_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("bad.yml").write_text("stages:\n  a:\n    accessible_from: _start_\n    gaol: g\n")

    lines = [str(problem) for problem in problems("bad.yml")]

    assert "bad.yml:4: error [unknown-key] stage 'a' has an unknown key 'gaol'; did you mean 'goal'?" in lines
    assert all(line.startswith("bad.yml:") for line in lines)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("stages", value) for value in ("text", 3, ["a"], {"a": "text"}, {"a": ["b"]})),
        *(("background", value) for value in (3, [], {}, ["a"])),
        ("initial_message", ["Hello"]),
    ],
)
def test_a_value_of_the_wrong_type_is_told(key, value):
    found = problems({**TRAVEL, key: value})

    assert "wrong-type" in [problem.code for problem in found]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("goal", value) for value in (1, True, ["g"], {"g": 1}, b"g")),
        *(("accessible_from", value) for value in (1, {"a": 1}, [["a"]], [None], [1])),
        *(("outcomes", value) for value in ("x", ["x"], {"x": "y"}, {"x": {"move_to": 3, "description": "d"}})),
        *(("tools", value) for value in ("clock", {"id": "clock"}, [3], [None], [["clock"]], [{"id": 3}])),
        *(("examples", value) for value in (2, {"a": "b"}, [{"a": "b"}])),
    ],
)
def test_a_field_of_the_wrong_type_is_told_with_stage_and_field(field, value):
    stage = {"goal": "g", "accessible_from": "_start_", field: value}

    (problem,) = [item for item in problems({"stages": {"a": stage}}) if item.code == "wrong-type"]

    assert problem.stage == "a"
    assert problem.field.startswith(field)


def test_a_field_that_cannot_be_read_is_not_called_missing_too():
    stage = {"goal": ["g"], "accessible_from": "_start_", "outcomes": {"x": {"description": 1, "move_to": "_end_"}}}

    assert [problem.code for problem in problems({"stages": {"a": stage}})] == ["wrong-type", "wrong-type"]


def test_a_section_in_the_wrong_place_is_told():
    found = problems({"bot": {}, **TRAVEL})

    assert any("'stages' belongs under 'conversation'" in problem.message for problem in found)


@pytest.mark.parametrize(
    ("section", "field"),
    [
        ({"bot": "direct_to_llm"}, "bot"),
        ({"bot": {"llm": "gpt"}}, "bot.llm"),
        ({"bot": {"type": 3}}, "bot.type"),
        ({"bot": {"llm": {"name": ["gpt"]}}}, "bot.llm.name"),
        ({"plugins": {"a": 1}}, "plugins"),
        ({"interface": ["notebook"]}, "interface"),
    ],
)
def test_settings_of_the_wrong_type_are_told(section, field):
    found = problems({**section, "conversation": TRAVEL})

    assert [(problem.code, problem.field) for problem in found] == [("wrong-type", field)]


def test_the_bot_may_have_settings_of_its_own():
    config = read_config({"bot": {"type": "mine", "speed": 3, "llm": {"temperature": 0.5}}, "conversation": TRAVEL})

    assert config.bot == {"type": "mine", "speed": 3, "llm": {"temperature": 0.5}}


@pytest.mark.parametrize("nothing", ["\n", "# only a comment\n", "--- \n", {}, None])
def test_nothing_at_all_has_no_stage(nothing):
    with pytest.raises(GraphError, match=r"The conversation must have at least one stage\."):
        load_graph(nothing)


@pytest.mark.parametrize("source", ["- a\n- b\n", "just text\n", [], 3, object()])
def test_something_else_than_a_mapping_is_told(source):
    assert [code for code, _ in told(source)] == ["wrong-type"]


def test_a_missing_file_is_told_with_its_neighbour(tmp_path):
    (tmp_path / "interview.yaml").write_text("stages: {}")

    (problem,) = problems(tmp_path / "interview.yml")

    assert problem.code == "unreadable-file"
    assert problem.suggestion == str(tmp_path / "interview.yaml")


def test_a_folder_is_not_told_to_be_its_own_neighbour(tmp_path):
    (tmp_path / "interviews").mkdir()

    (problem,) = problems(tmp_path / "interviews")

    assert (problem.code, problem.suggestion) == ("unreadable-file", None)


@pytest.mark.parametrize("name", ["", ".", "no\0file", "x" * 5000, "{stages: {}}"])
def test_a_name_that_no_file_can_have_is_told(name):
    assert [code for code, _ in told(name)] == ["unreadable-file"]


def test_a_file_that_is_not_utf_8_is_told_with_its_line(tmp_path):
    file = tmp_path / "latin.yml"
    file.write_bytes("stages:\n  caf\xe9: {}\n".encode("latin-1"))

    assert told(file) == [("not-utf-8", 2)]


def test_a_byte_order_mark_does_no_harm(tmp_path):
    file = tmp_path / "windows.yml"
    file.write_bytes(b"\xef\xbb\xbf" + yaml.safe_dump(TRAVEL, sort_keys=False).replace("\n", "\r\n").encode())

    assert load_graph(file) == load_graph(TRAVEL)


def test_text_that_cannot_be_sent_is_told():
    assert "bad-text" in [code for code, _ in told('stages: {a: {goal: "half \\ud800"}}\n')]


def test_a_conversation_of_thousands_of_stages_is_refused():
    stages = {
        f"s{number}": {"goal": "g", "description": f"asks {number}", "accessible_from": "_all_"}
        for number in range(3000)
    }

    graph = load_graph({"stages": stages}, strict=False)

    assert graph.problems[0].code == "too-large"
    assert len(graph.stages) == 500


def test_a_broken_graph_can_be_had_all_the_same():
    graph = load_graph({"stages": {"a": {"outcomes": {"x": {"move_to": "b"}}}}}, strict=False)

    assert graph.stages[0].outcomes[0].move_to == "b"
    assert any(problem.is_error for problem in graph.problems)


def test_a_broken_graph_is_refused_when_it_is_loaded_again():
    text = "stages:\n  a:\n    accessible_from: _start_\n    goal: g\n    extra: 1\n"
    broken = load_graph(text, strict=False)

    with pytest.raises(GraphError) as caught:
        load_graph(broken)

    assert caught.value.problems == broken.problems


def test_a_graph_without_a_start_says_so():
    with pytest.raises(GraphError, match="No start stage found!"):
        _ = ConversationGraph(()).start


def test_the_examples_are_without_fault():
    for name in examples.names():
        assert load_graph(examples.path(name)).problems == ()


@given(conversations(names=visible_names))
def test_what_is_written_as_yaml_is_read_back(config):
    text = yaml.safe_dump({"conversation": config}, sort_keys=False)

    assert load_graph(text) == load_graph(config)


def loads_or_explains(source: object) -> bool:
    """Whether the source is loaded when nothing is wrong with it, and refused with reasons otherwise."""
    drawn = load_graph(source, strict=False)
    if not any(problem.is_error for problem in drawn.problems):
        return load_graph(source).start in drawn.stages
    try:
        load_graph(source)
    except GraphError as refused:
        return all(str(problem) for problem in refused.problems)
    return False


@settings(max_examples=300)
@given(nearly_conversations | yaml_values)
def test_any_value_gives_a_graph_or_a_graph_error(value):
    assert loads_or_explains(value)


@settings(max_examples=300)
@given(nearly_conversations)
def test_any_value_under_stages_gives_a_graph_or_a_graph_error(value):
    assert loads_or_explains({"conversation": {"stages": {"a": value, "b": {"goal": "g", "outcomes": value}}}})


@given(nearly_conversations | yaml_values)
def test_any_yaml_gives_a_graph_or_a_graph_error(value):
    assert loads_or_explains(yaml.dump(value, allow_unicode=True) + "\n")


INTERVIEW = examples.path("interview").read_text(encoding="utf-8")
snippets = st.text(st.characters() | st.sampled_from("&*<>!|%@`{}[]:#-?,'\"\\ \n\t~=."), max_size=5)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, len(INTERVIEW)), st.integers(0, 8), snippets), min_size=1, max_size=3))
def test_a_damaged_file_gives_a_graph_or_a_graph_error(damages):
    text = INTERVIEW
    for start, length, snippet in damages:
        text = text[:start] + snippet + text[start + length :]

    assert loads_or_explains(text + "\n")


@given(raw=st.binary(max_size=200))
def test_any_bytes_in_a_file_give_a_graph_or_a_graph_error(raw, tmp_path_factory):
    file = tmp_path_factory.getbasetemp() / "any.yml"
    file.write_bytes(raw)

    assert loads_or_explains(file)
