"""What requests cost, against figures worked out by hand."""

from __future__ import annotations

import subprocess
import sys
from datetime import date

import pytest
from genai_prices.data_snapshot import DataSnapshot, get_snapshot, set_custom_snapshot
from genai_prices.types import ClauseEquals, ConditionalPrice, ModelInfo, ModelPrice, Provider, StartDateConstraint
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.bots import prices
from intentional_nb.bots.local_model import LOCAL_MODEL, LOCAL_VOICE_MODEL
from intentional_nb.bots.timing import OPENING, Span, Tokens, TurnTimes

DAY = date(2026, 11, 20)


def usd(amount):
    from decimal import Decimal

    return Decimal(amount)


def model(name, rates):
    return ModelInfo(id=name, match=ClauseEquals(equals=name), prices=rates)


CHAT = ModelPrice(input_mtok=usd("0.25"), cache_read_mtok=usd("0.025"), output_mtok=usd(2))
VOICE = ModelPrice(
    input_mtok=usd(4),
    cache_read_mtok=usd("0.4"),
    output_mtok=usd(16),
    input_audio_mtok=usd(32),
    cache_audio_read_mtok=usd("0.8"),
    output_audio_mtok=usd(64),
)
SCRIBE = ModelPrice(input_mtok=usd("2.5"), output_mtok=usd(10), input_audio_mtok=usd(6))
BY_TIME = ModelPrice(audio_hours=usd("0.36"))
DEARER = [
    ConditionalPrice(prices=CHAT),
    ConditionalPrice(
        prices=ModelPrice(input_mtok=usd(1), output_mtok=usd(2)),
        constraint=StartDateConstraint(start_date=date(2026, 11, 1)),
    ),
]


@pytest.fixture(autouse=True)
def published():
    """Published prices that stay as they are, whatever the package's next release says."""
    models = [model("chat-1", CHAT), model("voice-1", VOICE), model("dearer-1", DEARER)]
    models += [model("scribe-1", SCRIBE), model("scribe-by-time", BY_TIME)]
    provider = Provider(id="openai", name="OpenAI", api_pattern=r"https://api\.openai\.com", models=models)
    set_custom_snapshot(DataSnapshot(providers=[provider], from_auto_update=False))
    prices._cost.cache_clear()
    prices._known_until.cache_clear()
    yield
    set_custom_snapshot(None)
    for name in list(prices._yours):
        prices.unset(name)
    prices._cost.cache_clear()
    prices._known_until.cache_clear()


def test_text_costs_what_was_read_what_came_from_the_cache_and_what_was_made():
    # (1000 - 400) * 0.25 + 400 * 0.025 + 100 * 2 = 150 + 10 + 200 = 360 millionths
    tokens = Tokens(input=1000, output=100, cached=400, reasoning=60)

    assert prices.cost("chat-1", tokens, on=DAY) == pytest.approx(0.000_360)


def test_audio_has_prices_of_its_own_from_the_cache_too():
    # text 100 * 4 + 300 * 0.4, audio 400 * 32 + 200 * 0.8, made 100 * 16 + 200 * 64
    # = 400 + 120 + 12800 + 160 + 1600 + 12800 = 27880 millionths
    tokens = Tokens(input=1000, output=300, cached=500, input_audio=600, output_audio=200, cached_audio=200)

    assert prices.cost("voice-1", tokens, on=DAY) == pytest.approx(0.027_880)


COUNTS = st.integers(0, 2_000_000)


@given(*[COUNTS] * 6)
def test_a_price_set_by_hand_is_reckoned_as_a_published_one_is(text, cached_text, heard, cached_heard, made, spoken):
    tokens = Tokens(
        input=text + cached_text + heard + cached_heard,
        output=made + spoken,
        cached=cached_text + cached_heard,
        input_audio=heard + cached_heard,
        output_audio=spoken,
        cached_audio=cached_heard,
    )

    assert prices.price("voice-1").of(tokens) == pytest.approx(prices.cost("voice-1", tokens), abs=1e-12)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_two_requests_cost_what_each_of_them_costs(a, b, c, d):
    price = prices.Price("m", 0.25, 2)
    first, second = Tokens(input=a, output=b), Tokens(input=c, output=d)

    assert price.of(first + second) == pytest.approx(price.of(first) + price.of(second))


def test_the_price_is_that_of_the_day():
    tokens = Tokens(input=1_000_000)

    assert prices.cost("dearer-1", tokens, on=date(2026, 10, 31)) == 0.25
    assert prices.cost("dearer-1", tokens, on=date(2026, 11, 1)) == 1
    assert prices.price("dearer-1", on=date(2026, 10, 31)).input == 0.25


@pytest.mark.parametrize("name", ["chat-2", "chat-1-turbo", "chat", ""])
def test_a_model_that_is_not_known_has_no_price(name):
    assert prices.cost(name, Tokens(input=1)) is None
    assert prices.price(name) is None


@pytest.mark.parametrize("address", ["http://127.0.0.1:8000/v1", "https://models.example.org/v1", ""])
def test_a_known_name_at_an_address_that_belongs_to_nobody_known_has_no_price(address):
    assert prices.cost("chat-1", Tokens(input=1), address=address) is None


def test_a_session_is_at_the_same_address_over_a_socket():
    assert prices.cost("voice-1", Tokens(input=1_000_000), address="wss://api.openai.com/v1") == 4


def test_audio_of_a_model_that_has_no_price_for_it_has_no_price():
    assert prices.cost("chat-1", Tokens(input=10, input_audio=5)) is None
    assert prices.cost("chat-1", Tokens(output=10, output_audio=5)) is None
    assert prices.Price("m", 1, 1).of(Tokens(input=10, input_audio=5)) is None


def test_counts_that_disagree_have_no_price():
    assert prices.cost("chat-1", Tokens(input=1, cached=5)) is None
    assert prices.Price("m", 1, 1).of(Tokens(input=1, cached=5)) is None


@pytest.mark.parametrize("name", [LOCAL_MODEL, LOCAL_VOICE_MODEL])
def test_the_local_model_costs_nothing(name):
    tokens = Tokens(input=1000, output=1000, input_audio=500, output_audio=500)

    assert prices.cost(name, tokens, address="http://127.0.0.1:1/v1") == 0
    assert "your own machine" in prices.price(name).source


def test_a_price_set_by_hand_comes_first_everywhere_and_can_be_taken_back():
    million = Tokens(input=1_000_000)

    prices.set("chat-1", input=3, output=4, source="our contract")
    prices.set(LOCAL_MODEL, input=5, output=0)

    assert prices.cost("chat-1", million, address="http://127.0.0.1:1/v1") == 3
    assert prices.price("chat-1").source == "our contract"
    assert prices.cost(LOCAL_MODEL, million) == 5
    prices.unset("chat-1")
    prices.unset("never set")
    assert prices.cost("chat-1", million) == 0.25


def test_a_price_holds_for_the_dated_versions_of_the_model():
    prices.set("mine", input=1, output=1)

    assert prices.cost("mine-2026-01-31", Tokens(input=1_000_000)) == 1
    assert prices.cost("mine-mini", Tokens(input=1)) is None


def test_what_comes_from_the_cache_costs_as_much_as_the_rest_where_nothing_else_is_said():
    prices.set("mine", input=2, output=1, input_audio=10)

    assert prices.cost("mine", Tokens(input=1_000_000, cached=500_000)) == 2
    tokens = Tokens(input=1_000_000, input_audio=1_000_000, cached=400_000, cached_audio=400_000)
    assert prices.cost("mine", tokens) == 10


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), "0.25"])
def test_a_price_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match="the price 'output' of 'mine' must be dollars for a million tokens"):
        prices.set("mine", input=1, output=wrong)

    assert prices.price("mine") is None


# -- a turn


def turn(*usage, spans=None, address=prices.OPENAI):
    asked = tuple(Span("request", "request", 0, 1, key=str(part)) for part, _ in enumerate(usage))
    return TurnTimes(1, asked if spans is None else spans, usage=usage, address=address)


def test_a_turn_costs_what_its_requests_cost():
    million = Tokens(input=1_000_000)

    assert prices.cost_of_turn(turn(("chat-1", million), ("voice-1", million)), on=DAY) == 4.25


def test_a_turn_of_which_one_request_is_not_known_has_no_cost():
    assert prices.cost_of_turn(turn(("chat-1", Tokens(input=1)), ("unknown", Tokens(input=1)))) is None
    asked = (Span("request", "request", 0, 1, key="0"), Span("routing", "yes", 1, 2, key="1"))
    assert prices.cost_of_turn(turn(("chat-1", Tokens(input=1)), spans=asked)) is None


def test_a_turn_is_priced_at_the_address_at_which_its_model_was_reached():
    million = Tokens(input=1_000_000)

    assert prices.cost_of_turn(turn(("chat-1", million), address="http://127.0.0.1:1/v1")) is None
    assert prices.cost_of_turn(turn(("chat-1", million), address="")) is None


def test_a_request_that_is_still_running_does_not_count_yet():
    asked = (Span("routing", "yes", 0, 1, key="0"), Span("request", "request", 1, key="1"))

    assert prices.cost_of_turn(turn(("chat-1", Tokens(input=4_000_000)), spans=asked), on=DAY) == 1


def test_a_line_that_is_said_without_a_model_costs_nothing():
    assert prices.cost_of_turn(turn(spans=(Span("request", OPENING, 0, 1),))) == 0


def spoken(*transcriptions, voice="voice-1", **changes):
    asked = (Span("transcript", "transcript", 0, 1, key="i1"), Span("request", "request", 0, 1, key="0"))
    usage = ((voice, Tokens(input=1_000_000)),)
    given = {"spans": asked, "usage": usage, "transcriptions": transcriptions, "address": prices.OPENAI}
    return TurnTimes(1, **{**given, **changes})


def test_a_spoken_turn_costs_what_writing_down_the_users_words_costs_too():
    # 4 for the voice; 1000 * 2.5 + 9000 * 6 + 100 * 10 = 57500 millionths; 30 seconds of 0.36 an hour
    tokens = Tokens(input=10_000, output=100, input_audio=9000)

    assert prices.cost_of_turn(spoken(("scribe-1", tokens, 0.0)), on=DAY) == 4.0575
    assert prices.cost_of_turn(spoken(("scribe-by-time", Tokens(), 30.0)), on=DAY) == 4.003


@pytest.mark.parametrize(
    "transcriptions",
    [
        (),
        (("unknown", Tokens(input=1), 0.0),),
        (("scribe-1", Tokens(), 30.0),),
        (("scribe-by-time", Tokens(input=10, input_audio=9), 0.0),),
    ],
)
def test_a_spoken_turn_of_which_the_words_have_no_known_price_has_no_cost(transcriptions):
    assert prices.cost_of_turn(spoken(*transcriptions), on=DAY) is None


def test_words_that_are_still_being_written_down_do_not_count_yet():
    asked = (Span("transcript", "transcript", 0, key="i1"), Span("request", "request", 0, 1, key="0"))

    assert prices.cost_of_turn(spoken(spans=asked), on=DAY) == 4


def test_the_local_model_hears_for_nothing_whatever_its_ears_are_called():
    turn = spoken(("scribe-1", Tokens(input=9), 0.0), voice=LOCAL_VOICE_MODEL, address="http://127.0.0.1:1/v1")

    assert prices.cost_of_turn(turn) == 0
    assert prices.notes([turn]) == [f"price of {LOCAL_VOICE_MODEL}: the local model runs on your own machine"]


def test_a_price_by_the_minute_can_be_set_and_is_read_from_the_published_one():
    assert prices.price("scribe-by-time").audio_minute == pytest.approx(0.006)
    prices.set("mine", audio_minute=0.006)

    assert prices.cost("mine", Tokens(), audio_seconds=90) == 0.009
    assert prices.cost("mine", Tokens(input=1)) is None
    assert prices.notes([spoken(("scribe-by-time", Tokens(), 1.0))]) == [
        f"price of voice-1: {prices.source()}",
        f"price of scribe-by-time: {prices.source()}",
    ]


@pytest.mark.parametrize("given", [{}, {"input": 1}, {"output": 1, "input_audio": 3}])
def test_a_price_without_what_is_billed_is_refused(given):
    with pytest.raises(ValueError, match="'mine' needs 'input' and 'output', or 'audio_minute'"):
        prices.set("mine", **given)


def test_who_says_what_a_model_costs_stands_there_once_for_each():
    one = Tokens(input=1)
    prices.set("mine", input=1, output=1, source="our contract")

    notes = prices.notes([turn(("chat-1", one), ("unknown", one)), turn(("chat-1", one), ("mine", one))])

    assert notes == [
        f"price of chat-1: {prices.source()}",
        "price of unknown: not known",
        "price of mine: our contract",
    ]


# -- the package


def test_the_source_names_the_package_and_the_day_of_its_latest_price():
    assert prices.source().startswith("genai-prices ")
    assert prices.source().endswith(", as of 2026-11-01 or later")


def test_the_package_knows_what_openai_serves():
    set_custom_snapshot(None)
    prices._cost.cache_clear()

    assert get_snapshot().from_auto_update is False
    for name in ("gpt-5-mini", "gpt-5-mini-2025-08-07", "gpt-realtime", "gpt-realtime-mini"):
        assert prices.price(name).output > 0
    assert prices.price("gpt-realtime").output_audio > prices.price("gpt-realtime").output


@pytest.mark.slow
def test_prices_are_not_loaded_before_they_are_asked_for():
    code = "import sys, intentional_nb.bots.direct; print('genai_prices' in sys.modules)"

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "False"
