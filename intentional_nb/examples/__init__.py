"""Conversations that come with the package, and a few spoken sentences: data to load, show, hear and change."""

from __future__ import annotations

from pathlib import Path

__all__ = ["clips", "names", "path"]

_FOLDER = Path(__file__).parent
_CLIPS = _FOLDER / "clips"


def names() -> list[str]:
    """The conversations that `path` finds.

    >>> names()
    ['coffee', 'interview', 'interview_spoken']
    """
    return sorted(file.stem for file in _FOLDER.glob("*.yml"))


def clips() -> list[str]:
    """The spoken sentences that `path` finds: what a candidate may say in the spoken interview.

    >>> clips()
    ['age.wav', 'available.wav', 'correct.wav', 'friday.wav', 'name.wav', 'thanks.wav', 'thursday.wav']
    """
    return sorted(file.name for file in _CLIPS.glob("*.wav"))


def path(name: str) -> Path:
    """The file of an example, to load it or to copy it.

    Args:
        name: One of `names`, with or without ``.yml``, or one of `clips`.

    Raises:
        FileNotFoundError: There is no example of this name.
    """
    if name in clips():
        return _CLIPS / name
    stem = name.removesuffix(".yml")
    if stem not in names():
        raise FileNotFoundError(f"no example {name!r}; there are {', '.join(map(repr, [*names(), *clips()]))}")
    return _FOLDER / f"{stem}.yml"
