"""A conversation turn by turn as plain records, with how long everything took and what it cost, and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, overload

from intentional_nb.bots import prices
from intentional_nb.bots.timing import Span, Stopwatch, Tokens, TurnTimes
from intentional_nb.bots.transcript import Transcript
from intentional_nb.bots.turn import RouteEntry, ToolEntry, Turn
from intentional_nb.events import ReplyStatus

__all__ = ["TurnRecord", "Turns", "dollars", "first_word_ms", "turns_of"]

MOST_ROWS = 200
"""Rows of the table as it is displayed; the records are all there."""
LONGEST_CELL = 60
"""Characters of what was said that stand in the table."""

_NOTHING = Tokens()
_TIMES = ("first_word_ms", "duration_ms", "spans")

_FRAME = "font-size:13px;line-height:1.4"
_TABLE = "border-collapse:collapse;margin:4px 0"
_CELL = "padding:3px 10px;vertical-align:top;border-bottom:1px solid rgba(128,128,128,.3)"
_NOTE = "margin:4px 0;font-size:12px;opacity:.85"


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One turn.

    Attributes:
        turn: Its number.
        user: What the user said; None when the bot spoke first.
        bot: What the bot said.
        status: How the reply ended, ``running`` until then.
        stage_before: Where the conversation stood when the turn began.
        stage_after: Where it stood after it.
        routes: What the model chose, in order; one that was refused too.
        tools: The names of the tools that it called, in order.
        requests: How many requests were sent to the model.
        tokens: What they took together, as far as the server told.
        first_word_ms: From the end of what the user said to the first word or sound of the reply; None when none came.
        duration_ms: From the beginning of the turn to its end; None while it runs.
        cost_usd: What it cost in dollars, as `prices.cost_of_turn` tells; None when no price is known.
        spans: Where the time went.
    """

    turn: int
    user: str | None
    bot: str
    status: ReplyStatus | Literal["running"]
    stage_before: str
    stage_after: str
    routes: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    requests: int = 0
    tokens: Tokens = _NOTHING
    first_word_ms: float | None = None
    duration_ms: float | None = None
    cost_usd: float | None = None
    spans: tuple[Span, ...] = ()

    def __repr__(self) -> str:
        way = (
            self.stage_before if self.stage_before == self.stage_after else f"{self.stage_before} -> {self.stage_after}"
        )
        return f"TurnRecord({self.turn}, user={self.user!r}, bot={self.bot!r}, stage={way!r}, status={self.status!r})"

    def to_dict(self) -> dict[str, Any]:
        """The record as plain values that JSON can hold; the tokens stand beside the rest, each under its name."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in ("tokens", "spans")}
        tokens = {f"{name}_tokens": count for name, count in asdict(self.tokens).items()}
        spans = [{**asdict(span), "duration_ms": span.duration_ms} for span in self.spans]
        record: dict[str, Any] = {**plain, "routes": [*self.routes], "tools": [*self.tools], **tokens, "spans": spans}
        return {name: _rounded(name, value) for name, value in record.items()}


@dataclass(frozen=True, slots=True, repr=False)
class Turns(Sequence[TurnRecord]):
    """The turns of a conversation as they were when they were asked for, oldest first.

    The last expression of a cell shows them as a table. What takes time differs from run to run; `without_times` leaves
    it out, for a notebook that must come out the same when it is executed again.

    Attributes:
        records: The turns.
        has_times: Whether the table and the dicts tell how long everything took.
        price_notes: Who says what each model costs that was asked.
    """

    records: tuple[TurnRecord, ...] = ()
    has_times: bool = True
    price_notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.records)

    @overload
    def __getitem__(self, index: int) -> TurnRecord: ...
    @overload
    def __getitem__(self, index: slice) -> Turns: ...
    def __getitem__(self, index: int | slice) -> TurnRecord | Turns:
        if isinstance(index, slice):
            return replace(self, records=self.records[index])
        return self.records[index]

    def without_times(self) -> Turns:
        """The same turns, of which nothing tells how long it took."""
        return replace(self, has_times=False)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One dict for each turn, of values that JSON can hold: ``pandas.DataFrame(bot.turns.to_dicts())``."""
        left_out = () if self.has_times else _TIMES
        return [
            {name: value for name, value in record.to_dict().items() if name not in left_out} for record in self.records
        ]

    @property
    def tokens(self) -> Tokens:
        """What all turns took together."""
        return sum((record.tokens for record in self.records), Tokens())

    @property
    def cost_usd(self) -> float | None:
        """What all turns cost together; None when that of one is not known."""
        costs = [record.cost_usd for record in self.records]
        known = [one for one in costs if one is not None]
        return round(sum(known), 12) if len(known) == len(costs) else None

    # -- as a table

    def __repr__(self) -> str:
        tokens = self.tokens.input + self.tokens.output
        return f"Turns({len(self)} turn{'' if len(self) == 1 else 's'}, {tokens:,} tokens)"

    def __str__(self) -> str:
        rows = [self._columns(), *map(self._row, self.records[-MOST_ROWS:])]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
        return "\n".join([*lines, *self._notes()])

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self._repr_html_()}

    def _repr_html_(self) -> str:
        head = "".join(_html("th", name, align=_align(name)) for name in self._columns())
        rows = [f"<tr>{head}</tr>"]
        for record in self.records[-MOST_ROWS:]:
            cells = zip(self._columns(), self._row(record), strict=True)
            rows.append(f"<tr>{''.join(_html('td', cell, align=_align(name)) for name, cell in cells)}</tr>")
        notes = "".join(f'<div style="{_NOTE}">{_escaped(note)}</div>' for note in self._notes())
        return f'<div style="{_FRAME}"><table style="{_TABLE}">{"".join(rows)}</table>{notes}</div>'

    def _columns(self) -> list[str]:
        times = ["first word", "duration"] if self.has_times else []
        names = ["turn", "user", "stage", "route", "tools", "requests", "tokens in", "tokens out"]
        return [*names, *times, "cost", "status"]

    def _row(self, record: TurnRecord) -> list[str]:
        times = [_seconds(record.first_word_ms), _seconds(record.duration_ms)] if self.has_times else []
        stages = dict.fromkeys((record.stage_before, record.stage_after))
        return [
            str(record.turn),
            _short(record.user) if record.user is not None else "",
            " → ".join(map(_short, stages)),
            _short(", ".join(record.routes)),
            _short(", ".join(record.tools)),
            str(record.requests),
            f"{record.tokens.input:,}",
            f"{record.tokens.output:,}",
            *times,
            dollars(record.cost_usd),
            record.status,
        ]

    def _notes(self) -> list[str]:
        left = len(self) - MOST_ROWS
        left_out = [f"{left:,} earlier turn{'' if left == 1 else 's'} not shown"] if left > 0 else []
        return [*left_out, *self.price_notes]


def turns_of(transcript: Transcript, stopwatch: Stopwatch) -> Turns:
    """What is known of the turns of a conversation by now."""
    taken = [(turn, stopwatch.of(turn.number)) for turn in transcript.turns]
    return Turns(
        tuple(_record(turn, times) for turn, times in taken),
        price_notes=tuple(prices.notes(times for _, times in taken)),
    )


def _record(turn: Turn, times: TurnTimes) -> TurnRecord:
    return TurnRecord(
        turn=turn.number,
        user=turn.user_text,
        bot=turn.text,
        status=turn.status,
        stage_before=turn.stage_before,
        stage_after=turn.stage_after,
        routes=tuple(entry.decision.choice for entry in turn.entries if isinstance(entry, RouteEntry)),
        tools=tuple(entry.name for entry in turn.entries if isinstance(entry, ToolEntry)),
        requests=len(times.requests),
        tokens=times.tokens,
        first_word_ms=first_word_ms(times),
        duration_ms=times.duration_ms,
        cost_usd=prices.cost_of_turn(times, on=turn.started_at.date()),
        spans=times.spans,
    )


def first_word_ms(times: TurnTimes) -> float | None:
    """From the end of what the user said, or typed, to the first word or sound of the reply; None when none came."""
    if times.first_ms is None:
        return None
    return times.first_ms - min((span.start_ms for span in times.of("listening")), default=0.0)


def dollars(cost_usd: float | None) -> str:
    """A cost as people read it, with two digits that count; a dash when it is not known."""
    if cost_usd is None:
        return "–"
    if cost_usd == 0:
        return "$0"
    if cost_usd < 0.000_001:
        return "<$0.000001"
    if cost_usd >= 1:
        return f"${cost_usd:,.2f}"
    whole, _, digits = f"{float(f'{cost_usd:.2g}'):.8f}".partition(".")
    return f"${whole}.{digits.rstrip('0').ljust(2, '0')}"


def _seconds(ms: float | None) -> str:
    if ms is None:
        return "–"
    return f"{ms:.0f} ms" if ms < 999.5 else f"{ms / 1000:.1f} s"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_CELL else line[: LONGEST_CELL - 1] + "…"


def _align(name: str) -> str:
    return "left" if name in ("user", "stage", "route", "tools", "status") else "right"


def _html(tag: str, text: str, *, align: str) -> str:
    wrap = "nowrap" if align == "right" else "normal"
    return f'<{tag} style="{_CELL};text-align:{align};white-space:{wrap}">{_escaped(text)}</{tag}>'


def _escaped(text: str) -> str:
    from intentional_nb.markup import escape, visible  # with all of Markdown behind it, which takes a while

    return escape(visible(text))


def _rounded(name: str, value: Any) -> Any:
    """Milliseconds with three digits after the point: what a clock can tell."""
    if isinstance(value, list):
        return [_rounded(name, item) for item in value]
    if isinstance(value, dict):
        return {key: _rounded(key, item) for key, item in value.items()}
    return round(value, 3) if isinstance(value, float) and name.endswith("_ms") else value
