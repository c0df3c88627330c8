"""A program that serves a voice script, as ``serve`` serves the local voice: its address and key on a line each."""

from __future__ import annotations

import sys

from intentional_nb.local.realtime.script import (
    VoiceScript,
    VoiceStep,
    calls,
    offers,
    returned,
    say,
    spoke,
    transcript,
)
from intentional_nb.local.server import LocalServer

WEATHER = (
    "It is sunny in Turin this morning, with 24 degrees and no wind at all. In the afternoon a few clouds come over "
    "the mountains. The evening stays dry and mild, and the night is clear."
)
TALK = VoiceScript(
    VoiceStep(
        [transcript("What is the weather in Turin?"), calls(("get_weather", {"city": "Turin"}))],
        expect=[spoke(at_least_ms=500), offers("get_weather")],
    ),
    VoiceStep(say(WEATHER, times_real_time=4.0), expect=returned("sunny")),
    VoiceStep([transcript("Thank you, that is enough."), say("You are welcome.")], expect=spoke(at_least_ms=500)),
)

if __name__ == "__main__":
    with LocalServer(TALK) as server:
        print(server.base_url, server.api_key, sep="\n", flush=True)
        sys.stdin.read()
