"""A picture for a notebook's output, which keeps no style sheet, no script and no SVG that is not an image."""

from __future__ import annotations

import base64

from intentional_nb.conversation.diagram.picture import Box, Line, Picture
from intentional_nb.markup import escape, visible

__all__ = ["image", "in_words", "source"]

SMALLEST = 0.7
"""To what part of its size a picture is shrunk in a narrow notebook; below that it is moved, not made unreadable."""
LONGEST_WORDS = 1_500


def image(svg: str, words: str) -> str:
    """The drawing as an image with ``words`` for those who do not see it, in its own size where there is room."""
    width = int(svg.partition(' width="')[2].partition('"')[0])
    data = base64.b64encode(svg.encode()).decode()
    style = f"display:block;width:100%;min-width:{round(width * SMALLEST)}px;max-width:{width}px;height:auto"
    return (
        f'<div style="overflow-x:auto"><img alt="{escape(words)}" style="{style}" '
        f'src="data:image/svg+xml;base64,{data}"></div>'
    )


def source(mermaid: str, reason: str) -> str:
    """What is shown where no picture can be drawn: its text, and why."""
    return f'<div><p>{escape(visible(reason))}</p><pre style="overflow-x:auto">{escape(mermaid)}</pre></div>'


def in_words(picture: Picture) -> str:
    """What the picture shows, one sentence for each stage that leads somewhere, as far as there is room."""
    boxes = {box.key: box for box in picture.boxes}
    sentences = [picture.title]
    if picture.notice:
        sentences.append(picture.notice)
    sentences += [f"the conversation stands in {box.text}" for box in picture.boxes if box.marks.is_now]
    for box in picture.boxes:
        ways = [_way(line, boxes) for line in picture.lines if line.source == box.key]
        if ways:
            sentences.append(f"{box.text}: {', '.join(ways)}")
    words = ". ".join(sentences) + "."
    return words if len(words) <= LONGEST_WORDS else words[: LONGEST_WORDS - 1] + "…"


def _way(line: Line, boxes: dict[str, Box]) -> str:
    target = boxes[line.target].text
    names = " or ".join(label.text for label in line.labels if label.choice is not None)
    return f"{names} leads to {target}" if names else f"to {target}"
