"""The package as people install it: built, unpacked elsewhere, and used from a folder that is not the clone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.source import PACKAGE, ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The folder that holds the package and nothing else of this project."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]
    subprocess.run([*command, str(folder), str(wheel)], check=True, capture_output=True, text=True)
    return folder


def run(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, "-P", *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_jupyter_leaves_beside_the_notebooks_stays_out_of_the_wheel(tmp_path):
    clone = tmp_path / "clone"
    for name in ("intentional_nb", "notebooks"):
        shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    for name in ("pyproject.toml", ".gitignore", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, clone)
    checkpoints = clone / "notebooks/.ipynb_checkpoints"
    checkpoints.mkdir()
    shutil.copy(ROOT / "notebooks/05_voice.ipynb", checkpoints / "05_voice-checkpoint.ipynb")

    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=clone, check=True, capture_output=True, text=True)

    (built,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        names = archive.namelist()
    assert "intentional_nb/notebooks/05_voice.ipynb" in names
    assert [name for name in names if "checkpoint" in name] == []


def test_the_wheel_holds_every_file_of_the_package(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    files = (path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)

    assert {path.relative_to(ROOT).as_posix() for path in files} <= names


@pytest.mark.parametrize("suffix", [".js", ".css", ".yml", ".wav", ".ipynb", "schema.json", "py.typed"])
def test_the_wheel_holds_data(wheel, suffix):
    with zipfile.ZipFile(wheel) as archive:
        assert [name for name in archive.namelist() if name.endswith(suffix)]


def test_the_wheel_holds_nothing_of_the_workshop(wheel):
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0].split("-")[0] for name in archive.namelist()}

    assert tops == {"intentional_nb"}


def test_an_example_loads_far_from_the_clone(installed, tmp_path):
    code = (
        "import intentional_nb as nb; print(nb.__file__); "
        "print(nb.load_graph(nb.examples.path('interview')).start.name)"
    )

    result = run(installed, tmp_path, "-c", code)

    assert result.returncode == 0, result.stderr
    file, stage = result.stdout.split()
    assert Path(file).is_relative_to(installed)
    assert stage


def test_a_bot_answers_far_from_the_clone(installed, tmp_path):
    code = (
        "import intentional_nb as nb\n"
        "with nb.load_bot(nb.examples.path('interview')) as bot:\n"
        "    print(bot.say('Hello').status)\n"
    )

    result = run(installed, tmp_path, "-c", code)

    assert result.stdout.split() == ["completed"], result.stderr


def test_lab_lays_copies_of_the_lessons_into_the_current_folder(installed, tmp_path):
    mine = tmp_path / "02_stages_and_moves.ipynb"
    mine.write_text("mine")

    result = run(installed, tmp_path, "-m", "intentional_nb", "lab", "--help")

    assert result.returncode == 0
    code = "import intentional_nb.cli as cli; print(cli._lessons())"
    assert run(installed, tmp_path, "-c", code).returncode == 0
    assert sorted(path.name for path in tmp_path.glob("*.ipynb")) == sorted(
        {mine.name, *(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))}
    )
    assert mine.read_text() == "mine"


def test_lab_says_what_to_install_where_jupyterlab_is_missing(installed, tmp_path):
    blocker = (
        "import sys; sys.modules['jupyterlab'] = None; from intentional_nb.cli import main; sys.exit(main(['lab']))"
    )

    result = run(installed, tmp_path, "-c", blocker)

    assert result.returncode == 2
    assert "pip install 'intentional-nb[lab]'" in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_source_distribution_builds_the_same_wheel(wheel, tmp_path):
    build = [sys.executable, "-m", "hatchling", "build"]
    subprocess.run([*build, "-t", "sdist", "-d", str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    (archive,) = tmp_path.glob("*.tar.gz")
    # Our own archive; the first releases of Python 3.11 know no filter, and the later ones want one.
    shutil.unpack_archive(
        archive, tmp_path / "source", **({"filter": "data"} if hasattr(tarfile, "data_filter") else {})
    )
    (source,) = (tmp_path / "source").iterdir()
    subprocess.run([*build, "-t", "wheel", "-d", str(tmp_path)], cwd=source, check=True, capture_output=True)
    (again,) = tmp_path.glob("*.whl")

    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(again) as second:
        assert sorted(first.namelist()) == sorted(second.namelist())
