import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.clients.user_words import UserWords
from intentional_nb.events import UsageReported, UserTranscribed


def heard(moves):
    told: list[UserTranscribed] = []
    words = UserWords(told.append)
    for move, *arguments in moves:
        getattr(words, move)(*arguments)
    return words, told


def test_words_grow_and_end():
    _, told = heard([("expect", "a", 1), ("grew", "a", "Hi"), ("grew", "a", " bot"), ("complete", "a", "Hi, bot.")])

    assert [(event.text, event.is_final) for event in told] == [("Hi", False), ("Hi bot", False), ("Hi, bot.", True)]


def test_what_was_recognised_until_then_is_kept_when_the_rest_fails():
    _, told = heard([("expect", "a", 1), ("grew", "a", "Hi"), ("failed", "a", "noise")])

    assert (told[-1].text, told[-1].error, told[-1].is_final) == ("Hi", "noise", True)


def test_speech_that_is_another_item_now_keeps_its_turn():
    words, told = heard(
        [("expect", "a", 3), ("replaced", "a", "b"), ("complete", "a", "old"), ("complete", "b", "new")]
    )

    assert [(event.turn, event.item_id, event.text) for event in told] == [(3, "b", "new")]
    assert words.pending() == ()


def test_nobodys_words_are_not_told():
    _, told = heard([("ignore", "a"), ("grew", "a", "x"), ("complete", "a", "x"), ("expect", "a", 1)])

    assert told == []


TOKENS = {"type": "tokens", "input_tokens": 40, "output_tokens": 5, "input_token_details": {"audio_tokens": 38}}


@pytest.mark.parametrize(
    ("usage", "told"),
    [
        (TOKENS, {"input_tokens": 40, "output_tokens": 5, "input_audio_tokens": 38}),
        ({"type": "duration", "seconds": 2.5}, {"input_tokens": 0, "output_tokens": 0, "audio_seconds": 2.5}),
    ],
)
@pytest.mark.parametrize("is_early", [False, True])
def test_what_it_took_is_told_once_with_the_turn_before_the_words_are_final(usage, told, is_early):
    events = []
    words = UserWords(events.append, "scribe-1")
    moves = [lambda: words.expect("a", 3), lambda: words.complete("a", "Hi.", usage)]
    for move in reversed(moves) if is_early else moves:
        move()

    words.complete("a", "Hi again.", usage)

    assert events[0] == UsageReported(turn=3, model="scribe-1", item_id="a", **told)
    assert [type(event) for event in events[1:]] == [UserTranscribed]


@pytest.mark.parametrize(
    "usage",
    [None, {}, {"type": "tokens"}, {"seconds": "2"}, {"seconds": -1}, {"seconds": float("nan")}, {"seconds": 1e99}],
)
def test_a_server_that_does_not_say_what_it_took_is_not_believed_to_have_said_nothing(usage):
    events = []
    words = UserWords(events.append, "scribe-1")
    words.expect("a", 1)

    words.complete("a", "Hi.", usage)

    assert [type(event) for event in events] == [UserTranscribed]


ITEMS = st.sampled_from(["a", "b", "c"])
MOVES = st.one_of(
    st.tuples(st.just("grew"), ITEMS, st.sampled_from(["x", " y"])),
    st.tuples(st.just("complete"), ITEMS, st.sampled_from(["", "x y"])),
    st.tuples(st.just("failed"), ITEMS, st.just("noise")),
)


PLACES = st.lists(st.integers(0, 12), min_size=3, max_size=3)


@given(st.lists(MOVES, max_size=12), st.permutations(["a", "b", "c"]), PLACES)
def test_in_any_order_each_item_ends_once_in_its_own_turn_and_is_silent_afterwards(moves, items, places):
    for turn, (item_id, place) in enumerate(zip(items, sorted(places), strict=True)):
        moves = [*moves[: place + turn], ("expect", item_id, turn), *moves[place + turn :]]

    words, told = heard(moves)

    for turn, item_id in enumerate(items):
        mine = [event for event in told if event.item_id == item_id]
        ends = [move for move in moves if move[0] in ("complete", "failed") and move[1] == item_id]
        assert {event.turn for event in mine} <= {turn}
        assert [event.is_final for event in mine].count(True) == min(1, len(ends))
        assert not ends or mine[-1].is_final
        assert (item_id in words) == (not ends)
