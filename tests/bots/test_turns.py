"""The turns of a conversation as plain records and as a table."""

from __future__ import annotations

import json
import re

import pytest

from intentional_nb.audio import Clip
from intentional_nb.bots import prices
from intentional_nb.bots.timing import Span, Tokens
from intentional_nb.bots.turns import MOST_ROWS, TurnRecord, Turns, dollars
from intentional_nb.local.realtime.script import VoiceStep, say, spoke, tone, transcript
from intentional_nb.local.script import calls, text
from intentional_nb.tools.function import tool
from tests.clients.conftest import CONVERSATION

GREETED = {**CONVERSATION, "initial_message": "Welcome!"}


def route(outcome):
    return calls(("classify_response", {"outcome": outcome}))


@tool
def look_up(drink: str) -> str:
    """Look up a price."""
    return f"{drink}: 3 euros"


@pytest.fixture
def bot(scripted):
    """A bot that has opened, moved on, and called a tool."""
    conversation = {**GREETED, "stages": {**GREETED["stages"]}}
    conversation["stages"]["pay"] = {**conversation["stages"]["pay"], "tools": ["look_up"]}
    steps = [route("chosen"), calls(("look_up", {"drink": "coffee"})), text("Three euros. Cash?")]
    made = scripted(*steps, conversation=conversation, tools=[look_up])
    made.say("a coffee")
    return made


def test_each_turn_is_a_record_of_what_happened_and_how_long_it_took(bot):
    opening, asked = bot.turns

    assert (opening.user, opening.bot, opening.requests, opening.cost_usd) == (None, "Welcome!", 0, 0)
    assert (asked.turn, asked.user, asked.bot, asked.status) == (2, "a coffee", "Three euros. Cash?", "completed")
    assert (asked.stage_before, asked.stage_after) == ("order", "pay")
    assert (asked.routes, asked.tools, asked.requests) == (("chosen",), ("look_up",), 3)
    assert [(span.kind, span.name) for span in asked.spans] == [
        ("routing", "chosen"),
        ("request", "request"),
        ("tool", "look_up"),
        ("request", "request"),
    ]
    assert 0 < asked.first_word_ms <= asked.duration_ms
    assert all(0 <= span.start_ms <= span.end_ms <= asked.duration_ms for span in asked.spans)


def test_tokens_and_cost_are_those_the_server_told(bot):
    asked = bot.turns[1]

    assert asked.tokens.input > 0
    assert asked.tokens.output > 0
    assert asked.cost_usd == 0, "the local model runs on one's own machine"
    prices.set("local-chat", input=1, output=10)
    try:
        dear = bot.turns
    finally:
        prices.unset("local-chat")
    assert dear[1].cost_usd == pytest.approx((asked.tokens.input + 10 * asked.tokens.output) / 1e6)
    assert dear.cost_usd == pytest.approx(dear[1].cost_usd)


def test_the_table_says_who_says_what_the_model_costs(bot):
    note = "price of local-chat: the local model runs on your own machine"

    assert str(bot.turns).splitlines()[-1] == note
    assert note in bot.turns.without_times()._repr_html_()


def test_what_was_asked_for_stays_as_it_is(bot):
    before = bot.turns

    bot.reset()

    assert len(before) == 2
    assert before[1].bot == "Three euros. Cash?"
    assert len(bot.turns) == 0


def test_a_turn_that_was_taken_back_is_gone(bot):
    bot.rewind(2)

    assert [record.turn for record in bot.turns] == [1]


def test_a_spoken_turn_is_timed_from_the_end_of_the_speech(speaking):
    bot = speaking(VoiceStep([transcript("a coffee"), say("Sure.")], expect=spoke()))

    bot.speak(Clip(tone(800)))

    [record] = bot.turns
    kinds = [span.kind for span in record.spans]
    assert kinds[:2] == ["listening", "transcript"]
    assert "request" in kinds
    silence = record.spans[0]
    assert silence.start_ms <= 0
    first = next(span.first_ms for span in record.spans if span.first_ms is not None)
    assert record.first_word_ms == pytest.approx(first - silence.start_ms)
    assert record.cost_usd == 0


# -- as data


def test_the_dicts_hold_only_what_json_can_and_one_value_for_each_column(bot):
    dicts = bot.turns.to_dicts()

    assert json.loads(json.dumps(dicts)) == dicts
    assert len({tuple(row) for row in dicts}) == 1
    assert {"turn", "user", "routes", "tools", "input_tokens", "first_word_ms", "duration_ms", "cost_usd"} <= {
        *dicts[0]
    }
    assert [span["name"] for span in dicts[1]["spans"]] == ["chosen", "request", "look_up", "request"]


def test_without_times_nothing_differs_from_run_to_run(bot):
    plain = bot.turns.without_times()

    assert not any(name.endswith("_ms") or name == "spans" for row in plain.to_dicts() for name in row)
    for shown in (str(plain), plain._repr_html_(), repr(plain), repr(plain[1]), *map(str, plain.to_dicts())):
        assert not re.search(r"\d (ms|s)\b|duration|first word", shown), shown


def test_the_turns_are_a_sequence(bot):
    turns = bot.turns

    assert [record.turn for record in reversed(turns)] == [2, 1]
    assert isinstance(turns[:1], Turns)
    assert turns[-1:].without_times().has_times is False
    assert turns[1] in turns
    assert repr(turns[:1]) == "Turns(1 turn, 0 tokens)"
    assert repr(turns[1]) == (
        "TurnRecord(2, user='a coffee', bot='Three euros. Cash?', stage='order -> pay', status='completed')"
    )


# -- as a table


def record(number=1, user="hello", **fields):
    given = {"bot": "Hi!", "status": "completed", "stage_before": "a", "stage_after": "a", **fields}
    return TurnRecord(number, user, **given)


def test_the_table_has_a_row_for_each_turn():
    asked = record(
        2,
        "yes",
        stage_after="b",
        routes=("x", "y"),
        tools=("look",),
        requests=3,
        tokens=Tokens(1234, 56),
        first_word_ms=340.4,
        duration_ms=2345,
        cost_usd=0.00123,
        spans=(Span("request", "request", 0, 1),),
    )

    assert str(Turns((record(1, None, cost_usd=0), asked))).splitlines() == [
        "turn  user  stage  route  tools  requests  tokens in  tokens out  first word  duration  cost     status",
        "1           a                    0         0          0           –           –         $0       completed",
        "2     yes   a → b  x, y   look   3         1,234      56          340 ms      2.3 s     $0.0012  completed",
    ]


def test_the_displayed_table_has_inline_styles_only_and_shows_words_as_words():
    hostile = "<img src=x onerror=alert(1)>\u202e"
    html = Turns((record(1, hostile, stage_after=hostile, routes=(hostile,), tools=(hostile,)),))._repr_html_()

    assert {*re.findall(r"<(\w+)", html)} == {"div", "table", "tr", "th", "td"}
    assert {*re.findall(r"<\w+ (\w+)=", html)} == {"style"}
    assert "&lt;img" in html
    assert "\u202e" not in html


def test_a_notebook_gets_both_forms():
    turns = Turns((record(),))

    assert turns._repr_mimebundle_() == {"text/plain": str(turns), "text/html": turns._repr_html_()}


def test_long_words_and_many_turns_are_cut_in_the_table_alone():
    turns = Turns(tuple(record(number, "word " * 100) for number in range(1, MOST_ROWS + 3)))

    assert str(turns).splitlines()[-1] == "2 earlier turns not shown"
    assert str(turns).splitlines()[1].startswith("3 ")
    assert max(map(len, str(turns).splitlines())) < 220
    assert turns._repr_html_().count("<tr>") == MOST_ROWS + 1
    assert len(turns.to_dicts()) == MOST_ROWS + 2
    assert turns.to_dicts()[0]["user"] == "word " * 100


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (None, "–"),
        (0, "$0"),
        (0.000000012, "<$0.000001"),
        (0.0000456, "$0.000046"),
        (0.5, "$0.50"),
        (0.999, "$1.00"),
        (1234.5, "$1,234.50"),
    ],
)
def test_a_cost_is_told_with_the_digits_that_count(cost, words):
    assert dollars(cost) == words


def test_turns_of_which_one_has_no_known_cost_have_none_together():
    assert Turns((record(cost_usd=0.1), record(cost_usd=0.2))).cost_usd == pytest.approx(0.3)
    assert Turns((record(cost_usd=0.1), record())).cost_usd is None
    assert Turns().cost_usd == 0
