"""The commands of the Makefile, and what they say on a machine that lacks something."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.source import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")


@pytest.fixture
def project(tmp_path):
    """A folder with the set-up script, and a PATH on which there is no Python yet."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup", tmp_path / "scripts")
    (tmp_path / "bin").mkdir()
    for tool in ("bash", "env", "dirname", "mkdir", "cp", "touch"):
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool))
    return tmp_path


def set_up(project: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [project / "scripts" / "setup", ".venv", "lab"],
        env={"PATH": str(project / "bin"), "HOME": str(project), **extra},
        capture_output=True,
        text=True,
        check=False,
    )


def pretend_python(project: Path, name: str, script: str) -> None:
    path = project / "bin" / name
    path.write_text(f"#!/usr/bin/env bash\n{script}\n")
    path.chmod(0o755)


OLD = 'case "$2" in *print*) echo 3.9.2;; *) exit 1;; esac'
WITHOUT_VENV = 'case "$2" in *ensurepip*) exit 1;; *print*) echo 3.12.1;; esac'


def test_a_missing_python_is_named(project):
    result = set_up(project)

    assert result.returncode == 1
    assert "Python 3.11 or newer is needed; no python3 was found." in result.stderr


def test_an_old_python_is_named_with_its_version(project):
    pretend_python(project, "python3", OLD)

    result = set_up(project)

    assert result.returncode == 1
    assert "python3 is 3.9.2" in result.stderr


def test_a_newer_python_is_found_beside_an_old_one(project):
    pretend_python(project, "python3", OLD)
    pretend_python(project, "python3.12", WITHOUT_VENV)

    result = set_up(project)

    assert "python3.12 cannot make virtual environments" in result.stderr


def test_a_python_without_venv_is_told_what_to_install(project):
    pretend_python(project, "python3", WITHOUT_VENV)

    result = set_up(project)

    assert result.returncode == 1
    assert "apt-get install python3-venv" in result.stderr
    assert not (project / ".venv").exists()


def test_the_python_that_is_asked_for_is_the_one_that_counts(project):
    pretend_python(project, "python3", "exit 0")
    pretend_python(project, "mine", OLD)

    result = set_up(project, PYTHON="mine")

    assert "mine is 3.9.2" in result.stderr


def make(*arguments: str, folder: Path = ROOT) -> str:
    # The tests themselves may be run by make, which tells the makes that it starts of that.
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    command = ["make", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout


def test_nothing_is_installed_again_when_nothing_changed(tmp_path):
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    (tmp_path / ".venv").mkdir()
    stamp = tmp_path / ".venv" / ".lab"
    stamp.touch()

    def asked() -> str:
        return make("--dry-run", "lab", "ARGS=--no-browser", folder=tmp_path)

    fresh = asked()
    os.utime(stamp, (0, 0))
    stale = asked()

    assert "scripts/setup" not in fresh
    assert "--no-browser" in fresh
    assert "scripts/setup .venv lab" in stale


def test_help_lists_every_command():
    printed = make("help")
    commands = re.search(r"^\.PHONY: (.*)", MAKEFILE, re.MULTILINE)[1].split()

    assert [line.split()[1] for line in printed.splitlines()] == commands


@pytest.mark.parametrize("script", [".ci/run", "scripts/setup", "scripts/binder", "binder/postBuild"])
def test_a_script_can_be_run_and_stops_at_its_first_error(script):
    path = ROOT / script

    assert os.access(path, os.X_OK)
    assert "set -euo pipefail" in path.read_text()
    assert subprocess.run(["bash", "-n", path], check=False).returncode == 0


def test_continuous_integration_runs_the_readmes_test_command():
    assert (ROOT / ".ci" / "run").read_text().rstrip().splitlines()[-1] == "exec make test"
