"""A notebook whose kernel sends back what the microphone hears, as the bot's speech."""

from __future__ import annotations

from pathlib import Path

__all__ = ["MAKE_ECHO", "SHOW_ECHO"]

MAKE_ECHO = f"""
import pathlib, time
import anywidget, traitlets
from intentional_nb.panels.audio_line import AudioLine
from intentional_nb.panels.bundle import bundle


class Echo(anywidget.AnyWidget):
    _esm = bundle(pathlib.Path({str(Path(__file__).with_name("echo.js"))!r}))
    address = traitlets.Dict().tag(sync=True)
    ways = traitlets.List().tag(sync=True)

    def __init__(self, ways):
        self.received = 0
        self.lost = []
        self.told = []
        self.line = AudioLine(self.hear, self.take, self.lost.append, send_comm=lambda m, b: self.send(m, buffers=b))
        address = self.line.open()
        super().__init__(ways=ways, address={{"port": address.port, "path": address.path}})
        self.on_msg(lambda _, message, buffers: self.line.receive_comm(message, buffers))

    def hear(self, pcm):
        self.received += len(pcm) // 2
        self.line.speak(1, pcm)

    def take(self, message):
        self.told.append(message)
        if message["kind"] == "stop":
            self.line.end(1)
"""
"""A cell that says what an echo is."""

SHOW_ECHO = "echo = Echo(ways)\necho"
"""A cell that shows one, which may use ``ways``: then it is ``echo`` in the kernel and ``window.echo`` in the page."""
