"""The pictures of a bot's graph for a page: made beside the kernel when they are asked for, once for each direction."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from intentional_nb.conversation.diagram import to_mermaid, to_page_svg
from intentional_nb.conversation.difference import difference
from intentional_nb.conversation.graph import ConversationGraph
from intentional_nb.errors import DiagramError
from intentional_nb.markup import visible
from intentional_nb.panels.stage_map import StageMap
from intentional_nb.panels.worker import Worker

__all__ = ["Drawings", "Drawn", "drawing_view"]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A graph with the pictures of it that there are.

    Attributes:
        map: The graph, and what stands for what in the pictures.
        pictures: What the page is told of each picture, by direction.
    """

    map: StageMap
    pictures: dict[str, dict[str, Any]] = field(default_factory=dict)


class Drawings:
    """Draws one graph after another. Any thread may use it; a graph takes the place of the last one once it is drawn.

    Attributes:
        now: The graph that is shown.
        is_drawing: Whether a picture is being made.
    """

    def __init__(
        self, graph: ConversationGraph, changed: Callable[[], None], fail: Callable[[Exception], None]
    ) -> None:
        """Know the graph; no picture is made before it is wanted.

        Args:
            graph: The graph.
            changed: Called when a picture is there.
            fail: Is given what kept one from being made, other than a lack of Graphviz.
        """
        self.now = Drawn(StageMap(graph))
        self._changed = changed
        self._worker = Worker("intentional-nb drawing", fail)
        self._wanted: list[str] = []
        self._renamed: dict[str, str] = {}
        self._waiting = 0
        self._lock = threading.Lock()

    @property
    def is_drawing(self) -> bool:
        """Whether a picture is being made."""
        return self._waiting > 0

    def want(self, direction: str) -> None:
        """Have a picture in this direction, of this graph and of all that follow; returns at once."""
        with self._lock:
            if direction in self._wanted:
                return
            self._wanted.append(direction)
        self._submit(lambda: self._add(direction))

    def follow(self, graph: ConversationGraph) -> None:
        """Show another graph; returns at once."""
        self._submit(lambda: self._replace(graph))

    def _submit(self, job: Callable[[], None]) -> None:
        def draw() -> None:
            try:
                job()
            finally:
                with self._lock:
                    self._waiting -= 1
            self._changed()

        with self._lock:
            self._waiting += 1
        self._worker.submit(draw)

    def _add(self, direction: str) -> None:
        if direction not in self.now.pictures:
            picture = drawing_view(self.now.map.graph, direction)
            self.now = replace(self.now, pictures={**self.now.pictures, direction: picture})

    def _replace(self, graph: ConversationGraph) -> None:
        self._renamed |= difference(self.now.map.graph, graph).renamed
        pictures = {direction: drawing_view(graph, direction) for direction in tuple(self._wanted)}
        self.now = Drawn(StageMap(graph, self._renamed), pictures)


def drawing_view(graph: ConversationGraph, direction: str) -> dict[str, Any]:
    """A picture for the page: the SVG, or the Mermaid text and why there is no more; with a key that tells it apart."""
    try:
        svg = to_page_svg(graph, direction=direction)
    except DiagramError as error:
        mermaid = visible(to_mermaid(graph))
        return {"key": _key(mermaid), "mermaid": mermaid, "reason": visible(str(error))}
    return {"key": _key(svg), "svg": svg}


def _key(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()
