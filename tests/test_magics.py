from __future__ import annotations

import pytest
from IPython.core.completer import provisionalcompleter

from intentional_nb import BotStructure, ChatPanel, ConversationGraph, GraphError, Studio, VoicePanel
from intentional_nb.conversation.difference import Difference
from intentional_nb.conversation.graph import END
from intentional_nb.magics import offered
from tests.shell import make_shell

DOOR = """
background: You stand at a door.
stages:
  name:
    accessible_from: _start_
    goal: Ask for the name.
    outcomes:
      told: {description: The user tells a name., move_to: why}
  why:
    goal: Ask why they come.
    outcomes:
      said: {description: The user says why., move_to: _end_}
"""
WHY = """goal: Ask whom they visit.
say: Whom do you visit?
outcomes:
  said: {description: The user names a person., move_to: _end_}
"""


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """An IPython of its own, as a kernel has one."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    made = make_shell()
    run(made, "%load_ext intentional_nb")
    yield made
    for value in list(made.user_ns.values()):
        if isinstance(value, BotStructure):
            value.close()


def run(shell, cell):
    """Run a cell that must not fail; what its last expression is."""
    result = shell.run_cell(cell, store_history=True)
    result.raise_error()
    return result.result


def failing(shell, cell, capsys):
    """Run a cell that must fail: the error, and what people see."""
    capsys.readouterr()
    result = shell.run_cell(cell, store_history=True)
    assert result.error_in_exec is not None, "the cell did not fail"
    shown = capsys.readouterr()
    return result.error_in_exec, shown.out + shown.err


@pytest.fixture
def bot(shell):
    """A bot called ``door`` in the notebook, one stage on its way."""
    run(shell, f"%%conversation door{DOOR}")
    made = shell.user_ns["door"]
    made.intent_router.begin_turn("I am Ada", turn=1)
    made.intent_router.route({"outcome": "told"})
    return made


# -- %%conversation


def test_a_cell_makes_a_bot_and_shows_its_graph(shell):
    graph = run(shell, f"%%conversation door{DOOR}")

    assert isinstance(graph, ConversationGraph)
    assert shell.user_ns["door"].graph is graph
    assert shell.user_ns["door"].stage == "name"


def test_the_bot_of_a_cell_can_be_talked_to(shell):
    run(shell, f"%%conversation door{DOOR}")

    turn = run(shell, 'door.say("I am Ada")')

    assert turn.user_text == "I am Ada"
    assert str(turn)


def test_the_cell_may_be_a_whole_file(shell):
    section = DOOR.replace("\n", "\n  ").rstrip()
    run(shell, f"%%conversation door\nbot:\n  llm: {{client: local}}\nconversation:{section}\n")

    assert [stage.name for stage in shell.user_ns["door"].graph.stages] == ["name", "why"]


def test_a_cell_run_again_changes_the_bot_that_is_there(shell, bot):
    difference = run(shell, f"%%conversation door{DOOR.replace('Ask why they come.', 'Ask whom they visit.')}")

    assert shell.user_ns["door"] is bot
    assert str(difference) == "~ stage 'why', goal: 'Ask why they come.' -> 'Ask whom they visit.'"
    assert (bot.stage, bot.graph.by_name["why"].goal) == ("why", "Ask whom they visit.")


def test_a_bot_that_was_loaded_otherwise_is_changed_too(shell, bot):
    shell.user_ns["other"] = bot

    assert isinstance(run(shell, f"%%conversation other{DOOR}"), Difference)


def test_a_closed_bot_is_made_anew(shell, bot):
    bot.close()

    run(shell, f"%%conversation door{DOOR}")

    assert shell.user_ns["door"] is not bot
    assert shell.user_ns["door"].stage == "name"


def test_a_new_one_is_made_on_demand_and_the_old_one_closed(shell, bot):
    run(shell, f"%%conversation door --new{DOOR}")

    assert shell.user_ns["door"] is not bot
    assert bot.is_closed


def test_options_choose_the_model_and_stay(shell):
    cell = f"%%conversation door --client local --modality 'text_messages'{DOOR}"
    run(shell, cell)
    bot = shell.user_ns["door"]

    run(shell, cell)

    assert shell.user_ns["door"] is bot


def test_other_options_for_a_bot_that_is_there_are_refused(shell, bot, capsys):
    _, shown = failing(shell, f"%%conversation door --model gpt{DOOR}", capsys)

    assert "'door' is there already and keeps its model; add --new to make it anew with --model" in shown
    assert not bot.is_closed


def test_an_option_that_there_is_not_is_refused(shell, capsys):
    _, shown = failing(shell, f"%%conversation door --modle gpt{DOOR}", capsys)

    assert "--modle" in shown
    assert "door" not in shell.user_ns


def test_a_stage_that_is_gone_can_be_replaced_by_another(shell, bot, capsys):
    renamed = DOOR.replace("why:", "reason:").replace("move_to: why", "move_to: reason").replace("come.", "are here.")
    error, shown = failing(shell, f"%%conversation door{renamed}", capsys)
    assert isinstance(error, GraphError)
    assert "the conversation stands in stage 'why', which is gone" in shown
    assert bot.stage == "why"

    run(shell, f"%%conversation door --stages why=reason{renamed}")

    assert bot.stage == "reason"


# -- errors


def test_an_error_points_at_its_line_in_the_cell_and_nothing_changes(shell, bot, capsys):
    before = bot.graph
    error, shown = failing(shell, f"%%conversation door{DOOR.replace('move_to: why', 'move_to: wy')}", capsys)

    assert isinstance(error, GraphError)
    assert error.problems[0].line == 8
    assert "GraphError: nothing was changed" in shown
    assert "line 8: error [unknown-target]" in shown
    assert "     8 |       told: {description: The user tells a name., move_to: wy}" in shown
    assert "did you mean 'why'?" in shown
    assert "Traceback" not in shown
    assert "loading.py" not in shown
    assert bot.graph is before


def test_an_error_in_a_new_bot_makes_none(shell, capsys):
    failing(shell, f"%%conversation door{DOOR.replace('goal: Ask for', 'gaol: Ask for')}", capsys)

    assert "door" not in shell.user_ns


def test_empty_lines_above_the_magic_count(shell, capsys):
    _, shown = failing(shell, f"\n\n%%conversation door{DOOR.replace('move_to: why', 'move_to: wy')}", capsys)

    assert "    10 |       told:" in shown


def test_what_is_no_yaml_points_at_its_line(shell, capsys):
    error, shown = failing(shell, "%%conversation door\nbackground: [\nstages: {}\n", capsys)

    assert isinstance(error, GraphError)
    assert "[bad-yaml]" in shown
    assert "     3 | stages: {}" in shown


def test_a_setting_that_is_wrong_is_told_in_one_line(shell, capsys):
    _, shown = failing(shell, f"%%conversation door --client abacus{DOOR}", capsys)

    assert shown.startswith("ConfigError: ")
    assert "abacus" in shown
    assert len(shown.splitlines()) == 1


def test_many_problems_are_told_in_part(shell, capsys):
    stages = "".join(f"  s{number}: {{gaol: x}}\n" for number in range(40))

    _, shown = failing(shell, f"%%conversation door\nstages:\n{stages}", capsys)

    assert len(shown.splitlines()) < 50
    assert shown.splitlines()[-1].endswith("more")


@pytest.mark.parametrize("name", ["a.b", "1st", "x-y"])
def test_a_name_that_python_does_not_have_is_refused(shell, capsys, name):
    _, shown = failing(shell, f"%%conversation {name}{DOOR}", capsys)

    assert f"'{name}' cannot be a bot's name" in shown


@pytest.mark.parametrize("name", ["class", "print"])
def test_a_word_of_python_is_refused(shell, capsys, name):
    _, shown = failing(shell, f"%%conversation {name}{DOOR}", capsys)

    assert f"'{name}' is a word of Python" in shown
    assert name not in shell.user_ns


def test_the_name_of_something_else_is_refused(shell, capsys):
    shell.user_ns["door"] = "sk-of-somebody"

    _, shown = failing(shell, f"%%conversation door{DOOR}", capsys)

    assert "'door' is the name of something else, of type str" in shown
    assert "sk-of" not in shown


# -- %%stage


def test_a_cell_replaces_one_stage(shell, bot):
    difference = run(shell, f"%%stage door.why\n{WHY}")

    assert "~ stage 'why', goal: 'Ask why they come.' -> 'Ask whom they visit.'" in str(difference)
    assert bot.graph.by_name["why"].say == ("Whom do you visit?",)
    assert bot.graph.by_name["name"].goal == "Ask for the name."
    assert bot.stage == "why"


def test_a_change_of_a_stage_can_be_undone(shell, bot):
    before = bot.graph
    run(shell, f"%%stage door.why\n{WHY}")

    bot.undo()

    assert bot.graph == before


def test_a_stage_that_is_not_there_is_added(shell, bot):
    difference = run(
        shell,
        '%%stage "door.opening hours"\naccessible_from: _all_\ndescription: They ask for the hours.\n'
        "goal: Tell the hours.\noutcomes:\n  known: {description: They know., move_to: _backtrack_}\n",
    )

    assert str(difference) == "+ stage 'opening hours'"
    assert list(bot.graph.by_name) == ["name", "why", "opening hours", END]


def test_an_error_in_a_stage_points_at_its_line_and_nothing_changes(shell, bot, capsys):
    before = bot.graph

    error, shown = failing(shell, f"%%stage door.why\n{WHY.replace('_end_', 'hall')}", capsys)

    assert isinstance(error, GraphError)
    assert "line 5: error [unknown-target] Stage 'why'" in shown
    assert "     5 |   said: {description: The user names a person., move_to: hall}" in shown
    assert bot.graph is before


def test_a_stage_of_a_bot_from_a_file_points_at_the_cell_and_not_at_the_file(shell, tmp_path, capsys):
    (tmp_path / "door.yml").write_text(DOOR)
    run(shell, f"from intentional_nb import load_bot\ndoor = load_bot({str(tmp_path / 'door.yml')!r})")

    _, shown = failing(shell, f"%%stage door.why\n{WHY}tools: [knok]\n", capsys)

    assert "line 6: error [unknown-tool] stage 'why' uses an unknown tool 'knok'" in shown
    assert "     6 | tools: [knok]" in shown
    assert shell.user_ns["door"].graph.source == str(tmp_path / "door.yml")


def test_the_start_stage_stays_the_start(shell, bot):
    run(shell, f"%%stage door.name\n{WHY}")

    assert bot.graph.start.name == "name"
    assert bot.graph.start.goal == "Ask whom they visit."


def test_a_stage_without_which_nothing_begins_is_refused(shell, bot, capsys):
    _, shown = failing(shell, f"%%stage door.name\naccessible_from: why\n{WHY}", capsys)

    assert "No start stage found!" in shown


@pytest.mark.parametrize("place", ["door", "door.", ".why"])
def test_a_place_that_is_no_stage_of_a_bot_is_refused(shell, bot, capsys, place):
    _, shown = failing(shell, f"%%stage {place}\n{WHY}", capsys)

    assert shown.startswith("UsageError: ")


@pytest.mark.parametrize("magic", ["%%stage door.hall", "%%conversation door"])
def test_a_warning_that_a_change_brings_is_told_once_with_its_line(shell, bot, capsys, magic):
    hall = "goal: Say welcome.\noutcomes:\n  seen: {description: They leave., move_to: _end_}\n"
    inside = f"{DOOR.rstrip()}\n  hall:\n    " + hall.replace("\n", "\n    ")
    cell = f"{magic}\n{hall}" if "stage" in magic else f"{magic}{inside}"

    run(shell, cell)
    told = capsys.readouterr().out
    run(shell, cell)

    assert "warning [unreachable] stage 'hall' cannot be reached from the start" in told
    assert ("    13 |   hall:" in told) == ("conversation" in magic)
    assert "unreachable" not in capsys.readouterr().out


# -- tools


def test_a_function_of_the_notebook_is_a_tool(shell):
    run(shell, 'def knock(times: int) -> str:\n    "Knock."\n    return "knock " * times')

    run(shell, f"%%conversation door{DOOR}    tools: [knock]\n")

    (knock,) = shell.user_ns["door"].intent_router.equipped.tools["why"].values()
    assert (knock.name, knock.description) == ("knock", "Knock.")


def test_a_tool_of_the_notebook_is_found_by_its_own_name(shell):
    run(shell, 'from intentional_nb import tool\n@tool(name="knock")\ndef hit(times: int):\n    "Knock."')

    run(shell, f"%%conversation door{DOOR}    tools: [knock]\n")

    (knock,) = shell.user_ns["door"].intent_router.equipped.tools["why"].values()
    assert knock is shell.user_ns["hit"]


def test_a_function_that_was_written_anew_is_used_after_the_cell_is_run_again(shell):
    cell = f"%%conversation door{DOOR}    tools: [knock]\n"
    run(shell, 'def knock():\n    "Softly."')
    run(shell, cell)
    run(shell, 'def knock():\n    "Loudly."')

    run(shell, cell)

    (knock,) = shell.user_ns["door"].intent_router.equipped.tools["why"].values()
    assert knock.description == "Loudly."


def test_a_cell_that_is_run_again_as_it_is_keeps_its_tools(shell):
    cell = f"%%conversation door{DOOR}    tools: [knock]\n"
    run(shell, 'def knock():\n    "Softly."')
    run(shell, cell)
    before = shell.user_ns["door"].intent_router.equipped.tools["why"]["knock"]

    difference = run(shell, cell)

    assert str(difference) == "no change"
    assert shell.user_ns["door"].intent_router.equipped.tools["why"]["knock"] is before


def test_a_stage_brings_its_tools(shell, bot):
    run(shell, 'def knock():\n    "Knock."')

    run(shell, f"%%stage door.why\n{WHY}tools: [knock]\n")

    assert list(bot.intent_router.equipped.tools["why"]) == ["knock"]


def test_a_tool_that_is_nowhere_is_told_with_its_line(shell, capsys):
    _, shown = failing(shell, f"%%conversation door{DOOR}    tools: [knock]\n", capsys)

    assert "    13 |     tools: [knock]" in shown


def test_a_function_that_no_model_can_call_is_refused(shell, capsys):
    run(shell, "def knock(*times): ...")

    _, shown = failing(shell, f"%%conversation door{DOOR}    tools: [knock]\n", capsys)

    assert "cannot be passed by name" in shown


# -- panels


def test_a_chat_is_shown_by_name(shell, bot):
    panel = run(shell, "%chat door")

    assert isinstance(panel, ChatPanel)
    assert panel.bot is bot
    assert panel.options["title"] == "Door"
    panel.close()


def test_all_there_is_to_see_is_shown_by_name(shell, bot):
    studio = run(shell, "%studio door")

    assert isinstance(studio, Studio)
    assert studio.bot is bot
    studio.close()


def test_a_spoken_bot_is_shown_with_a_microphone(shell):
    run(shell, f"%%conversation door --modality audio_stream{DOOR}")

    panel = run(shell, "%voice door")

    assert isinstance(panel, VoicePanel)
    panel.close()


def test_a_bot_that_does_not_speak_has_no_microphone(shell, bot, capsys):
    _, shown = failing(shell, "%voice door", capsys)

    assert "a voice panel needs a bot that speaks" in shown


@pytest.mark.parametrize("magic", ["%chat dor", "%voice dor", "%studio dor", "%%stage dor.why\ngoal: x"])
def test_a_name_that_no_bot_has_is_told_with_the_one_that_was_meant(shell, bot, capsys, magic):
    _, shown = failing(shell, magic, capsys)

    assert shown.startswith("UsageError: there is no bot called 'dor'; did you mean 'door'?")


@pytest.mark.parametrize("magic", ["%chat five", "%%stage five.why\ngoal: Ask."])
def test_a_name_of_something_else_is_told_what_it_is(shell, capsys, magic):
    shell.user_ns["five"] = 5

    _, shown = failing(shell, magic, capsys)

    assert "'five' is no bot but something else, of type int" in shown


def test_a_name_that_nothing_is_near_is_told_how_to_make_one(shell, capsys):
    _, shown = failing(shell, "%chat door", capsys)

    assert "make one with %%conversation door, or with load_bot" in shown


# -- completion


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("%%stage do", ["door.name", "'door.end of it'"]),
        ("%%stage door.n", ["door.name"]),
        ("%%stage door.e", ["'door.end of it'"]),
        ("%%stage 'door.end o", ["'door.end of it'"]),
        ("%%stage window.", []),
        ("%%conversation d", ["door"]),
        ("%%conversation door --mod", ["--model", "--modality"]),
        ("%%conversation door --model d", []),
        ("%chat ", ["door"]),
        ("%studio d", ["door"]),
        ("%voice x", []),
        ("%chatter d", []),
        ("say(door", []),
    ],
)
def test_names_are_completed_behind_a_magic_and_nowhere_else(line, names):
    stages = {"door": ["name", "end of it"]}

    typed, found = offered(line, stages)

    assert found == names
    assert not found or line.endswith(typed)


@pytest.mark.parametrize(
    ("code", "completed"),
    [
        ("%%stage door.n\ngoal: x", ["door.name"]),
        ("1\n%chat d", ["door"]),
        ("%%stage door.", ["door.name", "door.why"]),
    ],
)
def test_the_kernel_offers_nothing_but_the_names_that_fit(shell, bot, code, completed):
    run(shell, "%reload_ext intentional_nb")
    cursor = code.index("\n") if code.startswith("%%stage door.n") else len(code)

    with provisionalcompleter():
        found = list(shell.Completer.completions(code, cursor))

    assert [one.text for one in found] == completed


def test_the_magics_say_how_they_are_used(shell):
    magics = shell.magics_manager.magics

    for kind, name in [("cell", "conversation"), ("cell", "stage"), ("line", "chat"), ("line", "studio")]:
        assert magics[kind][name].__doc__
    assert "--api-key-name" in magics["cell"]["conversation"].__doc__
