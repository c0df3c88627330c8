"""Binder's steps that need no download; ``make binder`` runs all of them."""

from __future__ import annotations

import os
import re
import site
import subprocess
import sys
import tomllib

import pytest

from tests.source import ROOT

BINDER = ROOT / "binder"


def test_the_runtime_is_a_python_that_the_package_supports():
    runtime = (BINDER / "runtime.txt").read_text().strip()

    found = re.fullmatch(r"python-3\.(\d+)", runtime)

    assert found is not None
    assert int(found[1]) >= 11


def test_the_requirements_are_the_package_with_extras_that_exist():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]

    (requirement,) = (BINDER / "requirements.txt").read_text().split()

    named = re.fullmatch(r"\.\[([\w,]+)\]", requirement)
    assert named is not None
    assert set(named[1].split(",")) <= set(extras)


@pytest.mark.slow
def test_post_build_works_in_a_clean_environment(tmp_path):
    venv = tmp_path / "venv"
    python = venv / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    # The libraries of the tests' own environment stand in for the download; the package itself is installed anew.
    (found,) = venv.glob("lib/python*/site-packages")
    (found / "libraries.pth").write_text("\n".join(site.getsitepackages()))
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "."]
    subprocess.run([str(python), *install], cwd=ROOT, check=True, capture_output=True)
    environment = {"HOME": str(tmp_path), "PATH": f"{venv / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin"}

    run = subprocess.run(
        [str(BINDER / "postBuild")], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stderr
    assert "intentional-nb" in run.stdout
    assert (venv / "share/jupyter/lab/settings/overrides.json").is_file()
