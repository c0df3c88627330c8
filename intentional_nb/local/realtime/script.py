"""Scripted mode for speech: a voice model that does what a test tells it to, and insists on what the test expects.

A script is a list of steps. Each waits for something, expects something of that moment, and then does something:

    script = VoiceScript(
        VoiceStep([transcript("A table for two."), say("For which day?")], expect=spoke(at_least_ms=500)),
        VoiceStep(calls(("book", {"day": "Friday"}), ("greet", {})), expect=says("On Friday.")),
        VoiceStep(say("It is booked."), expect=returned("done")),
        VoiceStep(drop(), on="input_audio_buffer.append", expect=appended(200)),
        say("An action alone is a step that takes any response that is asked for."),
    )
    with LocalServer(script) as server:
        ...

A step waits for a response to be asked for, by the client or by the end of a turn, unless `VoiceStep.on` says
otherwise. The protocol keeps itself: settings are merged, items kept, speech detected by its loudness, wrong events
refused. Leaving the ``with`` block raises `ScriptError` when a response was asked for that no step expected, or when
steps are left over.
"""

from __future__ import annotations

import threading
from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from intentional_nb.errors import ScriptError
from intentional_nb.local.expectations import (
    Expectation,
    Expected,
    as_expectations,
    matches,
    mentions,
    mismatch,
    offers,
    offers_only,
    prompted,
    returned,
    says,
)
from intentional_nb.local.realtime.acting import Action
from intentional_nb.local.realtime.actions import (
    begin,
    calls,
    done,
    fails,
    incomplete,
    pause,
    say,
    silence,
    speech_started,
    speech_stopped,
    stays_open,
    stays_silent,
    transcript,
    transcript_fails,
    until,
)
from intentional_nb.local.realtime.mischief import (
    close,
    collision,
    drop,
    error,
    expire,
    frame,
    huge,
    limits,
    malformed,
    refuse_key,
    unknown_event,
)
from intentional_nb.local.realtime.moments import appended, cancelled, sent, spoke, truncated, updated
from intentional_nb.local.realtime.sounds import tone

__all__ = [
    "Action",
    "Expectation",
    "VoiceScript",
    "VoiceStep",
    "appended",
    "begin",
    "calls",
    "cancelled",
    "close",
    "collision",
    "done",
    "drop",
    "error",
    "expire",
    "fails",
    "frame",
    "huge",
    "incomplete",
    "limits",
    "malformed",
    "matches",
    "mentions",
    "offers",
    "offers_only",
    "pause",
    "prompted",
    "refuse_key",
    "returned",
    "say",
    "says",
    "sent",
    "silence",
    "speech_started",
    "speech_stopped",
    "spoke",
    "stays_open",
    "stays_silent",
    "tone",
    "transcript",
    "transcript_fails",
    "truncated",
    "unknown_event",
    "until",
    "updated",
]

Event = Mapping[str, Any]
Actions = Action | Iterable[Action]

RESPONSE = "response"
"""What steps wait for if they do not say otherwise."""


@dataclass(frozen=True, slots=True)
class VoiceStep:
    """One thing that is expected, and what is done about it."""

    reply: Actions = ()
    expect: Expected | Iterable[Expected] = ()
    """Conditions that must all hold; none means that any moment will do."""
    on: str = RESPONSE
    """What the step waits for: ``response`` (one is asked for), ``committed`` (the user's speech has become an item),
    ``connect`` (a client comes, before it is greeted), or the type of a client's event, such as
    ``conversation.item.truncate``. Events that do not fit are let by, and the step goes on waiting."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "expect", as_expectations(self.expect))
        reply = self.reply
        actions = tuple(reply) if isinstance(reply, Iterable) else (reply,)
        object.__setattr__(self, "reply", actions)

    @property
    def conditions(self) -> tuple[Expectation, ...]:
        """The expectations, each with its words."""
        return as_expectations(self.expect)

    @property
    def actions(self) -> tuple[Action, ...]:
        """What is done, in order."""
        assert isinstance(self.reply, tuple)
        return self.reply

    def fits(self, request: dict[str, Any]) -> bool:
        """Say whether this is the moment expected."""
        return all(condition.holds(request) for condition in self.conditions)

    def __str__(self) -> str:
        wanted = " and ".join(condition.wanted for condition in self.conditions)
        due = "a response" if self.on == RESPONSE else self.on
        done = ", ".join(map(str, self.actions)) or "nothing"
        return f"on {due}{f' when {wanted}' if wanted else ''} -> {done}"


class VoiceScript:
    """Steps for the spoken sessions of a `LocalServer`, and the record of what clients sent.

    It goes on over any number of connections, and may be read from any thread.

    Args:
        steps: In order. An action stands for a step with it alone; a list stands for its items.
        strict: Whether each response must be that of the next step. If not, the first unused step that fits is played,
            and steps may be left over.
        hears: Whether loud audio is taken for speech; if not, only the script's own actions make turns.
        dialect: ``ga``, or ``beta`` to speak as servers of the beta do.
    """

    def __init__(
        self,
        *steps: VoiceStep | Action | Iterable[VoiceStep | Action],
        strict: bool = True,
        hears: bool = True,
        dialect: Literal["ga", "beta"] = "ga",
    ) -> None:
        self.hears = hears
        self.dialect = dialect
        self._steps = [step if isinstance(step, VoiceStep) else VoiceStep(step) for step in _flat(steps)]
        self._is_strict = strict
        self._is_used = [False] * len(self._steps)
        self._near_misses: dict[int, str] = {}
        self._events: list[Event] = []
        self._connections = 0
        self._complaints: list[str] = []
        # The server plays in its own thread while a test looks at the record; a test's check may look too.
        self._lock = threading.RLock()

    @property
    def events(self) -> list[Event]:
        """Everything that clients sent so far, decoded, in order."""
        with self._lock:
            return list(self._events)

    @property
    def connections(self) -> int:
        """How many clients have come."""
        with self._lock:
            return self._connections

    @property
    def audio(self) -> bytes:
        """All audio that clients sent, 24 kHz PCM."""
        return b"".join(b64decode(event["audio"]) for event in self.sent("input_audio_buffer.append"))

    @property
    def remaining(self) -> tuple[str, ...]:
        """The steps that have not been played, in words."""
        with self._lock:
            return self._left_over()

    def sent(self, type: str) -> list[Event]:
        """The events of one type that clients sent, in order."""
        return [event for event in self.events if event.get("type") == type]

    def assert_complete(self) -> None:
        """Check that every response was expected and, when strict, that every step was played.

        Raises:
            ScriptError: With each unexpected response and each step left over.
        """
        with self._lock:
            left = self._left_over() if self._is_strict else ()
            complaints = list(self._complaints)
            if left:
                complaints.append("\n".join([f"{len(left)} of {len(self._steps)} steps not used:", *left]))
            if complaints:
                raise ScriptError("\n".join(complaints), remaining=left)

    def __repr__(self) -> str:
        return f"<VoiceScript: {sum(self._is_used)} of {len(self._steps)} steps used>"

    # ---- for the server

    def connected(self) -> None:
        """Count a client that came."""
        with self._lock:
            self._connections += 1

    def record(self, event: Event) -> None:
        """Keep an event of a client."""
        with self._lock:
            self._events.append(event)

    def take(self, due: str, request: dict[str, Any]) -> VoiceStep | None:
        """Use the step that waits for this, if there is one and the moment fits."""
        with self._lock:
            unused = [index for index, is_used in enumerate(self._is_used) if not is_used]
            for index in unused[:1] if self._is_strict else unused:
                step = self._steps[index]
                if step.on != due:
                    continue
                if step.fits(request):
                    self._is_used[index] = True
                    return step
                self._near_misses[index] = "\n".join(mismatch(step.conditions, request))
            return None

    def complain(self, request: dict[str, Any]) -> str:
        """Remember that a response was asked for which no step expects; the difference is returned."""
        with self._lock:
            total, index = len(self._steps), self._is_used.index(False) if not all(self._is_used) else None
            if index is None:
                message = f"a response was asked for, but no step is left of the script's {total}"
            elif self._steps[index].on != RESPONSE:
                message = f"a response was asked for, but step {index + 1} of {total} waits for {self._steps[index].on}"
            else:
                told = mismatch(self._steps[index].conditions, request)
                message = "\n".join(
                    [f"a response was asked for that step {index + 1} of {total} does not expect:", *told]
                )
            self._complaints.append(message)
            return message

    def fail(self, message: str) -> None:
        """Remember that a step could not be played."""
        with self._lock:
            self._complaints.append(message)

    def _left_over(self) -> tuple[str, ...]:
        left = []
        for index, (step, is_used) in enumerate(zip(self._steps, self._is_used, strict=True)):
            if not is_used:
                told = self._near_misses.get(index)
                left.append(f"step {index + 1}: {step}" + (f"\n{told}" if told else ""))
        return tuple(left)


def _flat(steps: Iterable[VoiceStep | Action | Iterable[VoiceStep | Action]]) -> list[VoiceStep | Action]:
    flat: list[VoiceStep | Action] = []
    for item in steps:
        if isinstance(item, Iterable):
            flat.extend(item)
        else:
            flat.append(item)
    return flat
