"""Where the time of turns went, as pages show it: plain dicts with bars.

Pure: nothing here knows of a kernel, a thread or a widget. ``page/waterfall.js`` draws what `timeline_view` gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from intentional_nb.bots import prices
from intentional_nb.bots.timing import OPENING, Span, Stopwatch, Tokens, TurnTimes
from intentional_nb.bots.turn import Turn
from intentional_nb.bots.turns import dollars, first_word_ms
from intentional_nb.markup import visible
from intentional_nb.panels.adding_up import Total
from intentional_nb.panels.entries import shortened

__all__ = [
    "TimelineViews",
    "Totals",
    "View",
    "bar_words",
    "duration_words",
    "extent",
    "timeline_view",
    "token_words",
    "totals_words",
]

View = dict[str, Any]

LONGEST_NAME = 60
LONGEST_WORDS = 160
"""Characters of what the user said that stand at the head of a turn."""

_LABELS = {
    "listening": "End of speech",
    "transcript": "Transcript",
    "request": "Request",
    "routing": "Routing",
    "tool": "Tool",
    "playing": "Heard",
}
_LASTING = ("transcript", "playing")
"""What may go on after the turn has ended."""


def timeline_view(times: TurnTimes, *, now_ms: float | None = None, cost_usd: float | None = None) -> View:
    """One turn's times for the page.

    Args:
        times: What is known of them.
        now_ms: The present, in milliseconds after the turn began, while it runs.
        cost_usd: What its requests cost; None when that is not known.

    Returns:
        ``ms`` (duration, None while it runs), ``first`` (when the first words came), ``waited`` (from the end of what
        the user said until then), ``now``, ``tokens`` and ``cost`` in words, and under ``entries`` the bars in their
        order: ``k`` (kind), ``label``, ``name``, ``from``, ``to`` (None while it goes on) and ``first``.
        All times are in milliseconds after the turn began.
    """
    return {
        "ms": _tenth(times.duration_ms),
        "first": _tenth(times.first_ms),
        "waited": _tenth(first_word_ms(times)),
        "now": _tenth(now_ms) if times.duration_ms is None else None,
        "tokens": token_words(times.tokens),
        "cost": dollars(cost_usd),
        "entries": [_bar(span, times) for span in sorted(times.spans, key=lambda span: span.start_ms)],
    }


def _bar(span: Span, times: TurnTimes) -> View:
    end_ms = span.end_ms
    if end_ms is None and span.kind not in _LASTING:
        end_ms = times.duration_ms  # whatever it was, it ended with its turn
    label, name = _LABELS[span.kind], ""
    if span.kind in ("tool", "routing"):
        name = visible(shortened(span.name, LONGEST_NAME))
    elif span.name == OPENING:
        label = "Opening line"
    elif span.kind == "request" and span.first_ms is not None:
        label = "Reply"  # it brought words, others bring tool calls
    return {
        "k": span.kind,
        "label": label,
        "name": name,
        "from": _tenth(span.start_ms),
        "to": _tenth(end_ms),
        "first": _tenth(span.first_ms),
    }


class TimelineViews:
    """Views of all turns, made anew only where something changed."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, View]] = {}

    def of(self, turns: Sequence[Turn], watch: Stopwatch, now_s: float) -> list[View]:
        """The views of these turns; those of turns that did not change are the very same objects.

        Args:
            turns: From the transcript.
            watch: Knows their times.
            now_s: The present, on the stopwatch's clock.
        """
        known, self._known = self._known, {}
        for turn in turns:
            times = watch.of(turn.number)
            cost_usd = prices.cost_of_turn(times, on=turn.started_at.date())
            made_of = (turn.user_text, turn.status, turn.stage_before, turn.stage_after, times, cost_usd)
            before = known.get(turn.number)
            if before is None or before[0] != made_of:
                now_ms = watch.now_ms(turn.number, now_s) if turn.status == "running" else None
                before = made_of, _turn(turn, timeline_view(times, now_ms=now_ms, cost_usd=cost_usd))
            self._known[turn.number] = before
        return [view for _, view in self._known.values()]


def _turn(turn: Turn, view: View) -> View:
    stages = dict.fromkeys((turn.stage_before, turn.stage_after))
    return {
        "n": turn.number,
        "user": None if turn.user_text is None else visible(shortened(" ".join(turn.user_text.split()), LONGEST_WORDS)),
        "status": turn.status,
        "stages": [visible(stage) for stage in stages],
        **view,
    }


# -- words


def duration_words(ms: float) -> str:
    """A duration as people read it; ``page/words.js`` does the same."""
    if ms < 999.5:
        return f"{ms:.0f} ms"
    if ms < 59_950:
        return f"{ms / 1000:.1f} s"
    minutes, seconds = divmod(round(ms / 1000), 60)
    return f"{minutes} min {seconds} s"


def bar_words(bar: View) -> str:
    """All that a bar shows, in words."""
    name = f"{bar['label']} {bar['name']}".strip()
    words = [f"{name}: from {duration_words(bar['from'])}"]
    if bar["first"] is not None:
        words.append(f"first words after {duration_words(max(0, bar['first'] - bar['from']))}")
    words.append("not ended" if bar["to"] is None else f"took {duration_words(bar['to'] - bar['from'])}")
    return ", ".join(words)


def token_words(tokens: Tokens) -> str:
    """How many tokens, in words; nothing for none."""
    if not tokens:
        return ""
    read = [(tokens.cached, "cached"), (tokens.input_audio, "audio")]
    made = [(tokens.reasoning, "reasoning"), (tokens.output_audio, "audio")]
    return f"{tokens.input:,} in{_of_these(read)} · {tokens.output:,} out{_of_these(made)}"


def _of_these(parts: Iterable[tuple[int, str]]) -> str:
    words = ", ".join(f"{count:,} {name}" for count, name in parts if count)
    return f" ({words})" if words else ""


_Taken = tuple[TurnTimes, Tokens, float | None]
"""A turn's times, its tokens, and what they cost."""
_Sum = tuple[Tokens, int, float]
"""All tokens, of how many turns the cost is known, and that."""
_NOTHING: _Sum = (Tokens(), 0, 0.0)


class Totals:
    """What all turns took together, told in any thread; a turn is looked at again only where something changed."""

    def __init__(self) -> None:
        self._known: tuple[int, dict[int, _Taken]] = (-1, {})
        self._total = Total(_NOTHING, _with)

    def words(self, turns: Sequence[Turn], watch: Stopwatch) -> str:
        """The totals of these turns, in words."""
        edition = prices.edition()
        known = self._known[1] if self._known[0] == edition else {}
        taken = {}
        for turn in turns:
            times, before = watch.of(turn.number), known.get(turn.number)
            if before is None or before[0] is not times:
                before = times, times.tokens, prices.cost_of_turn(times, on=turn.started_at.date())
            taken[turn.number] = before
        self._known = edition, taken
        return _totals_words(len(taken), self._total.of(tuple(taken.values())))


def totals_words(times: Sequence[TurnTimes], costs: Iterable[float | None]) -> str:
    """What all turns took together."""
    taken = [(one, one.tokens, cost) for one, cost in zip(times, costs, strict=True)]
    return _totals_words(len(taken), Total(_NOTHING, _with).of(taken))


def _with(so_far: _Sum, taken: _Taken) -> _Sum:
    (tokens, known, cost_usd), (_, more, cost) = so_far, taken
    return tokens + more, known + (cost is not None), cost_usd + (cost or 0.0)


def _totals_words(count: int, total: _Sum) -> str:
    tokens, known, cost_usd = total
    words = [f"{count} turn{'' if count == 1 else 's'}", token_words(tokens)]
    if known and (known == count or cost_usd):
        words.append(dollars(cost_usd) + ("" if known == count else " and what is not known"))
    return " · ".join(filter(None, words))


# -- numbers


def extent(view: View) -> tuple[float, float]:
    """The first and the last moment of a turn's view."""
    bars = view["entries"]
    ends = [value for bar in bars for value in (bar["to"], bar["first"], bar["from"]) if value is not None]
    last = max([*ends, view["ms"] or 0.0, view["now"] or 0.0])
    return min([0.0, *(bar["from"] for bar in bars)]), last


def _tenth(ms: float | None) -> float | None:
    return None if ms is None else round(ms, 1)
