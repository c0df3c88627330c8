"""What holds in every test: no other machine is reached, no key is known, nobody's home folder is read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import network

# No test asks how long something took: the machine may be busy with something else.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# What a change is judged by must not be left to chance; new examples are looked for wherever else the tests run.
settings.register_profile("judge", settings.get_profile("patient"), derandomize=True, print_blob=True)
settings.load_profile("judge" if os.environ.get("CI") else "patient")

_PERSONAL = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")


def pytest_configure() -> None:
    # Before any module is imported: what a library reads at its import must not hold a key either.
    for name in [name for name in os.environ if name.startswith("OPENAI_")]:
        del os.environ[name]
    network.refuse()


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty home folder, also for Jupyter and IPython, and for the programs that tests start."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        for name in _PERSONAL:
            patch.setenv(name, str(folder / name.lower()))
        # Kernels come from the environment that runs the tests, never from the machine's own list.
        patch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
        patch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
        yield folder
