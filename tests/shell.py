"""A notebook's shell without a notebook."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

__all__ = ["make_shell"]


def make_shell() -> InteractiveShell:
    """A shell that keeps no history: its file would be gone before the shell is, which complains at its end."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    return InteractiveShell(config=config)
