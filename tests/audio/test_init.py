from __future__ import annotations

import subprocess
import sys

import pytest

from intentional_nb import audio


@pytest.mark.parametrize("name", audio.__all__)
def test_every_public_name_is_there(name):
    assert getattr(audio, name) is not None


def test_what_has_the_name_of_its_module_is_the_function():
    from intentional_nb.audio import resample

    assert len(resample(bytes(96), 48_000, 24_000)) == 48


@pytest.mark.parametrize(
    "code",
    [
        "from intentional_nb.audio import *",
        "from intentional_nb.audio import Clip; Clip.silence(100).save('silence.wav')",
        "from intentional_nb.audio import duration_ms; duration_ms(4800)",
        "from intentional_nb.audio import audio, Clip; audio(Clip.silence(100))",
    ],
)
def test_what_needs_no_array_loads_none_of_the_slow_libraries(code, tmp_path):
    check = "; import sys; print(sorted({'numpy', 'soxr', 'IPython'} & set(sys.modules)))"

    run = subprocess.run([sys.executable, "-c", code + check], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert run.stdout == "[]\n"
