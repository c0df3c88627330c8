"""The program as people start it: a process of its own, from a folder that is not the clone."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import yaml

import intentional_nb
from intentional_nb import LocalServer, Script, script
from intentional_nb.events import ReplyText, ToolCallEnded
from intentional_nb.terminal import Screen
from tests.source import ROOT

GOOD = """\
background: You sell tickets.
stages:
  ask:
    accessible_from: _start_
    goal: Ask how many tickets they want.
    outcomes:
      done:
        description: The user said how many.
        move_to: _end_
"""
BROKEN = GOOD.replace("_end_", "pay").replace("goal:", "gaol:")


def environment(**extra: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8", **extra}


def run(folder, *arguments: str, stdin: str = "", **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "intentional_nb", *arguments],
        cwd=folder,
        env=environment(**extra),
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


@pytest.fixture
def files(tmp_path):
    (tmp_path / "good.yml").write_text(GOOD)
    (tmp_path / "broken.yml").write_text(BROKEN)
    (tmp_path / "warned.yml").write_text(GOOD + "  lost:\n    goal: Be lost.\n    outcomes: {}\n")
    return tmp_path


def test_the_version_is_that_of_the_package(tmp_path):
    assert run(tmp_path, "--version").stdout == f"intentional-nb {intentional_nb.__version__}\n"


def test_the_program_that_pip_installs_is_the_same():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]

    assert scripts == {"intentional-nb": "intentional_nb.cli:main"}


@pytest.mark.parametrize("arguments", [[], ["sing"], ["check"], ["serve", "--port", "70000"], ["draw", "a", "b"]])
def test_a_wrong_use_is_explained_and_leaves_with_2(tmp_path, arguments):
    result = run(tmp_path, *arguments)

    assert result.returncode == 2
    assert "usage: intentional-nb" in result.stderr


# ---- check


def test_check_finds_nothing_wrong_with_a_good_file(files):
    result = run(files, "check", "good.yml")

    assert (result.returncode, result.stderr) == (0, "")
    assert "no problems" in result.stdout


def test_check_lists_every_problem_with_its_line_and_leaves_with_1(files):
    result = run(files, "check", "broken.yml")

    assert result.returncode == 1
    assert "broken.yml:5: error [unknown-key]" in result.stdout
    assert "did you mean 'goal'?" in result.stdout
    assert "unknown stage 'pay'" in result.stdout


def test_check_leaves_with_0_when_there_are_only_warnings(files):
    result = run(files, "check", "warned.yml")

    assert result.returncode == 0
    assert "warning [unreachable]" in result.stdout


def test_check_of_several_files_fails_when_one_of_them_is_wrong(files):
    result = run(files, "check", "good.yml", "broken.yml")

    assert result.returncode == 1
    assert "good.yml" in result.stdout
    assert "broken.yml:5" in result.stdout


def test_check_prints_json_for_programs(files):
    result = run(files, "check", "--json", "good.yml", "broken.yml")

    problems = json.loads(result.stdout)
    assert result.returncode == 1
    assert {"code", "severity", "message", "stage", "field", "value", "suggestion", "file", "line"} <= set(problems[0])
    assert {problem["file"] for problem in problems} == {"broken.yml"}


def test_check_says_which_file_is_missing(files):
    result = run(files, "check", "god.yml")

    assert result.returncode == 1
    assert "god.yml" in result.stdout
    assert "did you mean 'good.yml'?" in result.stdout


# ---- draw


def test_draw_prints_svg(files):
    result = run(files, "draw", "good.yml")

    assert result.returncode == 0
    assert result.stdout.lstrip().startswith("<")
    assert result.stdout.rstrip().endswith("</svg>")
    assert "ask" in result.stdout


def test_draw_looks_different_on_a_dark_page(files):
    assert run(files, "draw", "good.yml", "--dark").stdout != run(files, "draw", "good.yml").stdout


@pytest.mark.parametrize(("name", "holds"), [("out.svg", "</svg>"), ("out.dot", "digraph"), ("out.mmd", "--> ")])
def test_draw_writes_the_format_that_the_name_asks_for(files, name, holds):
    result = run(files, "draw", "good.yml", "-o", name)

    assert (result.returncode, result.stdout) == (0, "")
    assert holds in (files / name).read_text(encoding="utf-8")


def test_draw_draws_a_broken_graph_too(files):
    result = run(files, "draw", "broken.yml")

    assert result.returncode == 0
    assert "pay" in result.stdout


def test_draw_does_not_guess_a_format(files):
    result = run(files, "draw", "good.yml", "-o", "out.png")

    assert result.returncode == 2
    assert "'out.png' must end in .svg, .dot or .mmd" in result.stderr


def test_a_reader_that_stops_early_is_no_trouble(files):
    command = f"'{sys.executable}' -m intentional_nb draw good.yml | head -c 10"

    result = subprocess.run(
        command, shell=True, cwd=files, env=environment(), capture_output=True, text=True, check=True
    )

    assert result.stderr == ""


# ---- chat


def test_chat_talks_with_the_bot_of_a_file_until_the_input_ends(files):
    result = run(files, "chat", "good.yml", stdin="Three tickets please\n")

    assert result.returncode == 0, result.stderr
    assert "bot> " in result.stdout
    assert "→ _end_ (end 'done')" in result.stdout


def test_chat_takes_the_shipped_interview_where_no_file_is_named(tmp_path):
    result = run(tmp_path, "chat", stdin="/quit\n")

    assert result.returncode == 0, result.stderr
    assert "bot> " in result.stdout


def test_chat_starts_over_on_reset(files):
    result = run(files, "chat", "good.yml", stdin="Three\n/reset\nThree\n/quit\n")

    assert result.returncode == 0, result.stderr
    assert "A new conversation." in result.stdout
    assert result.stdout.count("→ _end_") == 2


def test_chat_does_not_start_without_its_file(tmp_path):
    result = run(tmp_path, "chat", "nowhere.yml")

    assert result.returncode == 2
    assert "there is no file 'nowhere.yml'" in result.stderr


def test_chat_goes_on_where_the_terminal_has_no_letters_for_what_is_said(files):
    answers = Script(script.text("Grüße 🎉 aus"), script.text("Fine."))
    with LocalServer(answers) as server, chatting(files, server, PYTHONIOENCODING="ascii") as (process, seen):
        say(process, "Hello")
        seen.wait_for("bot> Gr??e ? aus")
        say(process, "And?")
        seen.wait_for("Fine.")
        process.stdin.close()

        assert process.wait(timeout=30) == 0


def test_what_a_model_or_a_tool_says_does_not_steer_the_terminal(capsys):
    screen = Screen()

    screen.show(ReplyText(turn=1, delta="a\x1b]52;c;aGk=\x07b\tc\r\nd\re\x9bJ"))
    screen.show(ToolCallEnded(turn=1, call_id="1", name="look", status="ok", duration_ms=1, output="one\n\x1b[2Jtwo"))

    assert capsys.readouterr().out == (
        "bot> a[U+001B]]52;c;aGk=[U+0007]b\tc\nd[U+000D]e[U+009B]J\n     ⚙ look: one\n     [U+001B][2Jtwo\n"
    )


def test_chat_goes_on_after_the_reply_was_interrupted(files):
    answers = Script(script.stalled("Once upon"), script.text("Fine."))
    with LocalServer(answers) as server, chatting(files, server) as (process, seen):
        say(process, "Tell me a story")
        seen.wait_for("Once")
        process.send_signal(signal.SIGINT)
        seen.wait_for("(cancelled")
        say(process, "Thanks")
        seen.wait_for("Fine.")
        process.stdin.close()

        assert process.wait(timeout=30) == 0


class Seen:
    """What a process has printed so far, and a way to wait for more."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._text = ""
        self._grown = threading.Condition()
        self._thread = threading.Thread(target=self._read, args=[process.stdout], daemon=True)
        self._thread.start()

    def _read(self, stream) -> None:
        while piece := stream.read(1):
            with self._grown:
                self._text += piece
                self._grown.notify_all()

    def wait_for(self, words: str) -> None:
        with self._grown:
            assert self._grown.wait_for(lambda: words in self._text, timeout=30), self._text
            self._text = self._text.partition(words)[2]


@contextmanager
def chatting(folder, server, **extra) -> Iterator[tuple[subprocess.Popen[str], Seen]]:
    llm = {"client": "openai", "name": "local-chat", "base_url": server.base_url, "api_key_name": "TICKET_KEY"}
    config = {"bot": {"type": "direct_to_llm", "llm": llm}, "conversation": yaml.safe_load(GOOD)}
    (folder / "bot.yml").write_text(yaml.safe_dump(config))
    process = subprocess.Popen(
        [sys.executable, "-m", "intentional_nb", "chat", "bot.yml"],
        cwd=folder,
        env=environment(TICKET_KEY=server.api_key, **extra),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        yield process, Seen(process)
    finally:
        process.kill()
        process.wait()


def say(process, words: str) -> None:
    process.stdin.write(f"{words}\n")
    process.stdin.flush()


# ---- serve


def test_serve_prints_its_address_and_its_key_and_answers(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "intentional_nb", "serve"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        lines = [process.stdout.readline() for _ in range(2)]
        url = re.fullmatch(r"(http://127\.0\.0\.1:\d+/v1)\n", lines[0])[1]
        key = lines[1].strip()
        request = urllib.request.Request(f"{url}/models", headers={"Authorization": f"Bearer {key}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            models = json.load(answer)
    finally:
        process.send_signal(signal.SIGINT)
        left = process.wait(timeout=30)

    assert "local-chat" in [model["id"] for model in models["data"]]
    assert left == 0


def test_serve_says_when_the_variable_of_the_key_is_empty(tmp_path):
    result = run(tmp_path, "serve", "--api-key-env", "NO_SUCH_KEY")

    assert result.returncode == 2
    assert "the environment variable NO_SUCH_KEY is not set, or empty" in result.stderr
