"""Conversations that come with the package: data to load, show and change."""

from __future__ import annotations

from pathlib import Path

__all__ = ["names", "path"]

_FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The names that `path` takes.

    >>> names()
    ['coffee', 'interview']
    """
    return sorted(file.stem for file in _FOLDER.glob("*.yml"))


def path(name: str) -> Path:
    """The file of an example, to load it or to copy it.

    Args:
        name: One of `names`, with or without ``.yml``.

    Raises:
        FileNotFoundError: There is no example of this name.
    """
    stem = name.removesuffix(".yml")
    if stem not in names():
        raise FileNotFoundError(f"no example {name!r}; there are {', '.join(map(repr, names()))}")
    return _FOLDER / f"{stem}.yml"
