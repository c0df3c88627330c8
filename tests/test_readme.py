from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import pytest

from intentional_nb.cli import main
from tests.source import ROOT

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^(<!-- not run: [^\n]+ -->\n)?```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
SHELL = [line for _, kind, block in BLOCKS if kind == "bash" for line in block.splitlines()]


def test_it_is_short():
    assert len(TEXT.splitlines()) <= 120


def test_the_first_command_opens_the_notebook_and_the_second_runs_the_tests():
    assert SHELL[0].split("#")[0].strip() == "make lab"
    assert SHELL[1].split("#")[0].strip() == "make test"


def test_the_code_prints_what_stands_below_it(tmp_path):
    code = [block for skip, kind, block in BLOCKS if kind == "python" and not skip]
    printed = [block for _, kind, block in BLOCKS if kind == "text"]
    assert code

    run = subprocess.run(
        [sys.executable, "-c", "\n".join(code)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.stdout == "".join(printed), run.stderr


def test_code_that_is_not_run_is_python_at_least():
    for skip, kind, block in BLOCKS:
        if kind == "python" and skip:
            assert compile(block, "README.md", "exec")


def test_every_make_command_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"\bmake ([a-z]+)", TEXT)) <= targets


@pytest.mark.parametrize("command", sorted(set(re.findall(r"^intentional-nb (\w+)", TEXT, re.MULTILINE))))
def test_every_command_of_the_program_exists(command, capsys):
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])

    assert left.value.code == 0
    assert "usage:" in capsys.readouterr().out


def test_every_extra_exists():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = {name for found in re.findall(r"intentional-nb\[([\w,]+)\]", TEXT) for name in found.split(",")}

    assert named <= set(extras)


def test_every_link_leads_somewhere():
    links = [link for link in re.findall(r"\]\(([^)#]+)", TEXT) if "://" not in link]

    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_notebook_is_in_the_table():
    assert [path.name for path in (ROOT / "notebooks").glob("*.ipynb") if path.name not in TEXT] == []
