"""A program that serves a script, as ``serve`` serves the local language: its address and key on a line each."""

from __future__ import annotations

import sys

from intentional_nb.local.script import Script, Step, calls, offers, returned, text
from intentional_nb.local.server import LocalServer

WEATHER = Script(
    Step(expect=offers("get_weather"), reply=calls(("get_weather", {"city": "Turin"}), text="Let me look. ")),
    Step(expect=returned("sunny"), reply=text("It is sunny in Turin.")),
)

if __name__ == "__main__":
    with LocalServer(WEATHER) as server:
        print(server.base_url, server.api_key, sep="\n", flush=True)
        sys.stdin.read()
