import os
import stat
import sysconfig
from pathlib import Path

import pytest

from intentional_nb.conversation.diagram import find_graphviz, layout, to_svg
from intentional_nb.errors import DiagramError, IntentionalError
from tests.conversation.diagram.drawings import TRAVELLING, Drawing, chain

OWN = find_graphviz()
posix = pytest.mark.skipif(os.name == "nt", reason="writes shell scripts")


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """An environment without Graphviz, and an empty folder on its path."""
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(scripts))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(folder: Path, name: str, script: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_the_program_of_this_environment_is_found():
    assert Path(find_graphviz()).name.startswith("graphviz-pure")


def test_where_there_is_none_the_error_says_what_to_install(elsewhere):
    with pytest.raises(DiagramError, match="pip install graphviz-pure") as caught:
        to_svg(TRAVELLING)

    assert isinstance(caught.value, IntentionalError)


@posix
def test_a_dot_on_the_path_does_as_well(elsewhere):
    found = program(elsewhere, "dot", f'exec {OWN} "$@"')

    assert find_graphviz() == found
    assert Drawing(to_svg(TRAVELLING)).stage("where") is not None


@posix
def test_what_the_program_complains_about_is_passed_on(elsewhere):
    program(elsewhere, "dot", "echo 'no such format' >&2; exit 3")

    with pytest.raises(DiagramError, match="exit code 3: 'no such format'"):
        to_svg(TRAVELLING)


@posix
def test_a_program_that_cannot_be_started_is_named(elsewhere):
    broken = program(elsewhere, "dot", "")
    Path(broken).write_text("#!/nowhere/at/all\n")

    with pytest.raises(DiagramError, match="dot could not lay out the graph"):
        to_svg(TRAVELLING)


@posix
def test_a_program_that_takes_too_long_is_given_up(elsewhere, monkeypatch):
    monkeypatch.setattr(layout, "LONGEST_S", 0.2)
    program(elsewhere, "dot", "exec /bin/sleep 30")

    with pytest.raises(DiagramError, match="timed out"):
        to_svg(chain(3))


@posix
@pytest.mark.parametrize("answer", ["", "{}", '{"bb": "0,0,10"}', "[]", "not json"])
def test_a_program_that_answers_something_else_is_no_graphviz(elsewhere, answer):
    program(elsewhere, "dot", f"echo '{answer}'")

    with pytest.raises(DiagramError, match="did not answer as Graphviz does"):
        to_svg(chain(4))
