"""What requests cost, in US dollars: published prices of the package ``genai-prices``, and prices that you set.

Prices are data of a certain day and change without notice, so that every figure here is an estimate. Nothing is ever
fetched: the published prices are those that came with the installed package (`source` says which), and a newer package
brings newer ones. A price that you `set` comes first. A model of which no price is known has none: nothing is guessed
from names that look alike, nor from a name alone where the model is reached at an address that belongs to nobody known.

>>> set("my-model", input=0.50, output=2.00, cached_input=0.05)
Price(model='my-model', input=0.5, output=2.0, cached_input=0.05, source='set by you')
>>> cost("my-model", Tokens(input=1_000_000, output=1000, cached=400_000))
0.322
>>> unset("my-model")
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from intentional_nb.bots.local_model import LOCAL_MODEL, LOCAL_VOICE_MODEL
from intentional_nb.bots.timing import Span, Tokens, TurnTimes

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, Provider

__all__ = ["OPENAI", "Price", "cost", "cost_of_turn", "edition", "notes", "price", "set", "source", "unset"]

OPENAI = "https://api.openai.com/v1"
"""The address for which prices are told when no other is given."""

_MILLION = 1_000_000
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs, in US dollars: for a million tokens, or for a minute of speech.

    Attributes:
        model: The model's name.
        input: Tokens read; None for a model that is not billed by tokens.
        output: Tokens made, reasoning included; None likewise.
        cached_input: Tokens read from the cache; None when they cost what the others cost.
        input_audio: Tokens heard; None when that is not known.
        cached_input_audio: Tokens heard that came from the cache; None when they cost what the others cost.
        output_audio: Tokens spoken; None when that is not known.
        audio_minute: A minute of speech that is written down; None for a model that is not billed by time.
        source: Who says so.
    """

    model: str
    input: float | None = None
    output: float | None = None
    cached_input: float | None = None
    input_audio: float | None = None
    cached_input_audio: float | None = None
    output_audio: float | None = None
    audio_minute: float | None = None
    source: str = "set by you"

    def __post_init__(self) -> None:
        for item in fields(self)[1:-1]:
            value = getattr(self, item.name)
            if value is not None and not (isinstance(value, int | float) and math.isfinite(value) and value >= 0):
                unit = "a minute" if item.name == "audio_minute" else "a million tokens"
                raise ValueError(
                    f"the price {item.name!r} of {self.model!r} must be dollars for {unit}, such as 0.25, "
                    f"got {value!r:.60}"
                )
        if (self.input is None or self.output is None) and self.audio_minute is None:
            raise ValueError(f"the price of {self.model!r} needs 'input' and 'output', or 'audio_minute'")

    def __repr__(self) -> str:
        given = ((item.name, getattr(self, item.name)) for item in fields(self))
        return f"Price({', '.join(f'{name}={value!r}' for name, value in given if value is not None)})"

    def of(self, tokens: Tokens, audio_seconds: float = 0.0) -> float | None:
        """What these tokens and this time cost; None when there is no price of some of it, or the counts disagree."""
        cached_text, heard = tokens.cached - tokens.cached_audio, tokens.input_audio - tokens.cached_audio
        cached_audio = self.input_audio if self.cached_input_audio is None else self.cached_input_audio
        parts = (
            (tokens.input - tokens.input_audio - cached_text, self.input),
            (cached_text, self.input if self.cached_input is None else self.cached_input),
            (heard, self.input_audio),
            (tokens.cached_audio, cached_audio),
            (tokens.output - tokens.output_audio, self.output),
            (tokens.output_audio, self.output_audio),
        )
        total = Decimal(0)
        for count, dollars in parts:
            if count < 0 or (count and dollars is None):
                return None
            total += count * Decimal(str(dollars or 0))
        if audio_seconds and self.audio_minute is None:
            return None
        return float(total / _MILLION + Decimal(str(audio_seconds)) * Decimal(str(self.audio_minute or 0)) / 60)


_yours: dict[str, Price] = {}
_edition = 0


def set(
    model: str,
    *,
    input: float | None = None,
    output: float | None = None,
    cached_input: float | None = None,
    input_audio: float | None = None,
    cached_input_audio: float | None = None,
    output_audio: float | None = None,
    audio_minute: float | None = None,
    source: str = "set by you",
) -> Price:
    """Say what a model costs from now on, wherever it is reached; it comes before every published price.

    Args:
        model: Its name in the conversation file. It holds for its dated versions too, such as ``NAME-2026-01-31``.
        input: Dollars for a million tokens read; only a model that is billed by time can do without.
        output: Dollars for a million tokens made; likewise.
        cached_input: The same for what was read from the cache; by default the price of ``input``.
        input_audio: The same for audio heard.
        cached_input_audio: The same for audio from the cache; by default the price of ``input_audio``.
        output_audio: The same for audio spoken.
        audio_minute: Dollars for a minute of speech that is written down.
        source: Where you have it from, such as ``"our contract, March 2026"``.

    Raises:
        ValueError: A price is missing, negative, or no number.
    """
    audio = {"input_audio": input_audio, "cached_input_audio": cached_input_audio, "output_audio": output_audio}
    audio["audio_minute"] = audio_minute
    _yours[model] = Price(model, input, output, cached_input, **audio, source=source)
    _changed()
    return _yours[model]


def unset(model: str) -> None:
    """Forget what `set` said of a model; harmless when it said nothing."""
    _yours.pop(model, None)
    _changed()


def edition() -> int:
    """How often a price was set or unset: as long as it stays, so does what anything costs."""
    return _edition


def _changed() -> None:
    global _edition
    _edition += 1
    _cost.cache_clear()


def source() -> str:
    """Where the published prices come from, and the day of the latest change that they know of."""
    from genai_prices import __version__

    return f"genai-prices {__version__}, as of {_known_until().isoformat()} or later"


def price(model: str, *, address: str = OPENAI, on: date | None = None) -> Price | None:
    """What a model costs; None when that is not known.

    Args:
        model: Its name, as in the conversation file or as the server tells it.
        address: Where it is reached: one name may cost something else elsewhere.
        on: The day of the request; today by default.
    """
    if (known := _set_by_hand(model) or _of_local(model)) is not None:
        return known
    found = _published(model, address)
    if found is None:
        return None
    rates = found[1].get_prices(_noon(on))
    read, made, hour = (_rate(rates, name) for name in ("input_mtok", "output_mtok", "audio_hours"))
    if hour is None and (read is None or made is None):
        return None
    return Price(
        model,
        read,
        made,
        _rate(rates, "cache_read_mtok"),
        _rate(rates, "input_audio_mtok"),
        _rate(rates, "cache_audio_read_mtok"),
        _rate(rates, "output_audio_mtok"),
        None if hour is None else hour / 60,
        source(),
    )


def cost(
    model: str, tokens: Tokens, *, audio_seconds: float = 0.0, address: str = OPENAI, on: date | None = None
) -> float | None:
    """What one request cost, in dollars; None when no price is known.

    The local model runs on your own machine and costs nothing: 0.

    Args:
        model: As for `price`.
        tokens: What the server said that the request took.
        audio_seconds: How much speech was written down, where the server counts that instead.
        address: As for `price`.
        on: As for `price`.
    """
    return _cost(model, tokens, audio_seconds, address, on or datetime.now(UTC).date())


def cost_of_turn(times: TurnTimes, *, on: date | None = None) -> float | None:
    """What all requests of a turn cost together, as far as they have ended; a line said without a request costs 0.

    The user's speech is written down by a model of its own, which is billed apart: that is in it, once it has ended.
    None when that of a single one is not known, or the server did not say how much it took.
    """
    if len(times.usage) < _ended(times.requests):
        return None
    costs = [cost(model, tokens, address=times.address, on=on) for model, tokens in times.usage]
    if not _hears_by_itself(times):
        if len(times.transcriptions) < _ended(times.of("transcript")):
            return None
        costs += [
            cost(model, tokens, audio_seconds=seconds, address=times.address, on=on)
            for model, tokens, seconds in times.transcriptions
        ]
    known = [Decimal(str(one)) for one in costs if one is not None]
    return float(sum(known, Decimal(0))) if len(known) == len(costs) else None


def _ended(spans: Iterable[Span]) -> int:
    return sum(span.end_ms is not None for span in spans)


def _hears_by_itself(times: TurnTimes) -> bool:
    """Whether the local model was spoken with: whatever the settings call its ears, they are its own."""
    return bool(times.usage) and all(_of_local(model) for model, _ in times.usage)


def notes(turns: Iterable[TurnTimes]) -> list[str]:
    """Who says what each model costs that was asked in these turns, one line for each."""
    asked: dict[tuple[str, str], None] = {}
    for times in turns:
        heard = () if _hears_by_itself(times) else times.transcriptions
        models = (*(model for model, _ in times.usage), *(model for model, *_ in heard))
        asked |= dict.fromkeys((model, times.address) for model in models)
    known = [(model, price(model, address=address)) for model, address in asked]
    return [*dict.fromkeys(f"price of {model}: {'not known' if one is None else one.source}" for model, one in known)]


@lru_cache(maxsize=4096)  # panels ask for all turns again and again
def _cost(model: str, tokens: Tokens, audio_seconds: float, address: str, on: date) -> float | None:
    if (known := _set_by_hand(model) or _of_local(model)) is not None:
        return known.of(tokens, audio_seconds)
    found = _published(model, address)
    if found is None:
        return None
    provider, info = found
    rates = info.get_prices(_noon(on))
    counted = {
        "input_mtok": tokens.input,
        "output_mtok": tokens.output,
        "input_audio_mtok": tokens.input_audio,
        "output_audio_mtok": tokens.output_audio,
        "audio_hours": audio_seconds,
    }
    if any(count and getattr(rates, name) is None for name, count in counted.items()):
        return None  # the package would take what has no price for free
    return _by_package(info, provider, tokens, audio_seconds, on)


def _by_package(info: ModelInfo, provider: Provider, tokens: Tokens, audio_seconds: float, on: date) -> float | None:
    """By the package's own arithmetic, which knows of prices that depend on the length of a request."""
    from genai_prices import Usage

    usage = Usage(
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        cache_read_tokens=tokens.cached,
        input_audio_tokens=tokens.input_audio,
        cache_audio_read_tokens=tokens.cached_audio,
        output_audio_tokens=tokens.output_audio,
        output_reasoning_tokens=tokens.reasoning,
        **({"audio_seconds": audio_seconds} if audio_seconds else {}),
    )
    try:
        return float(info.calc_price(usage, provider, genai_request_timestamp=_noon(on)).total_price)
    except ValueError:  # the server's counts disagree, such as more cached than read
        return None


def _set_by_hand(model: str) -> Price | None:
    return _yours.get(model) or _yours.get(_DATED.sub("", model))


def _of_local(model: str) -> Price | None:
    if model not in (LOCAL_MODEL, LOCAL_VOICE_MODEL):
        return None
    return Price(model, 0, 0, 0, 0, 0, 0, 0, "the local model runs on your own machine")


def _published(model: str, address: str) -> tuple[Provider, ModelInfo] | None:
    from genai_prices.data_snapshot import get_snapshot

    try:
        # A session's address begins with ws.
        return get_snapshot().find_provider_model(model, None, None, re.sub("^ws", "http", address))
    except LookupError:  # nobody known is at this address, or no such model there
        return None


def _rate(rates: ModelPrice, name: str) -> float | None:
    rate = getattr(rates, name)
    # Of a price that depends on the length of a request, that of a short one.
    return None if rate is None else float(getattr(rate, "base", rate))


def _noon(on: date | None) -> datetime:
    day = on or datetime.now(UTC).date()
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


@cache
def _known_until() -> date:
    """The latest day in the past from which one of the published prices holds."""
    from genai_prices.data_snapshot import get_snapshot

    today = datetime.now(UTC).date()
    models = [model for provider in get_snapshot().providers for model in provider.models]
    dated = [one.constraint for model in models if isinstance(model.prices, list) for one in model.prices]
    variants = [variant.constraint for model in models for variant in model.price_variants or ()]
    days = [getattr(constraint, "start_date", None) for constraint in (*dated, *variants)]
    return max((day for day in days if day is not None and day <= today), default=date.min)
