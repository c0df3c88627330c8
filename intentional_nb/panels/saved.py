"""The transcript that stays in the notebook: what people see on GitHub, or when the kernel is gone.

A live panel is drawn by its page from messages of the kernel, and neither is there when a saved notebook is read.
So beside the live view stands a second output with plain HTML, which the panel's style sheet hides as long as the live
view is there, and which is brought up to date at the end of each turn as long as a page is looking: a notebook that
a program executes keeps what stood there when the panel was displayed, and so is the same every time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

__all__ = ["SavedCopy", "StaticTranscript"]

DISPLAYS = 10
"""Cells in which the copy is kept up to date; of a panel that is shown in more, the latest ones."""


class StaticTranscript:
    """A transcript as plain HTML, for the notebook's file.

    Attributes:
        html: With inline styles only, and no script.
        text: What is shown where there is no HTML.
    """

    def __init__(self, html: str, text: str) -> None:
        self.html = html
        self.text = text

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self.html}


class SavedCopy:
    """The output with plain HTML beside the live view. Any thread may update it."""

    def __init__(self) -> None:
        # Ids are not stored in the notebook's file, so that they may differ from run to run. Each display has its own:
        # displaying under an old one would change what an earlier cell shows.
        self._display_ids: deque[str] = deque(maxlen=DISPLAYS)
        self._html = ""

    @property
    def is_displayed(self) -> bool:
        """Whether there is a copy; of a panel that is only a part of another one there is none."""
        return bool(self._display_ids)

    def display(self, view: Mapping[str, Any], copy: StaticTranscript) -> None:
        """Show a live view with the copy below it, in the cell that runs."""
        from IPython.display import display

        display_id = uuid4().hex
        display(dict(view), raw=True)
        display(copy._repr_mimebundle_(), raw=True, display_id=display_id)
        self._html = copy.html
        self._display_ids.append(display_id)

    def update(self, copy: StaticTranscript) -> bool:
        """Replace the copy wherever it was displayed; whether it is another than before."""
        from IPython.display import update_display

        if copy.html == self._html:
            return False
        self._html = copy.html
        for display_id in tuple(self._display_ids):
            update_display(copy._repr_mimebundle_(), raw=True, display_id=display_id)
        return True
