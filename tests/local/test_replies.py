from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.local.replies import in_words
from intentional_nb.local.script import (
    Call,
    call,
    calls,
    dropped,
    error_in_stream,
    failed,
    malformed,
    no_stream_options,
    no_tools_with_reasoning,
    rate_limited,
    refusal,
    server_error,
    stalled,
    text,
    unauthorized,
)


@given(st.text())
def test_the_words_of_a_text_joined_are_the_text(said):
    assert "".join(in_words(said)) == said


def test_text_is_cut_in_words_and_a_list_is_taken_as_it_is():
    assert text("Good  day, Ada. ").chunks == ("Good", "  day,", " Ada.", " ")
    assert text(["Good da", "y", ""]).chunks == ("Good da", "y", "")
    assert text("").chunks == ()


def test_calls_take_values_raw_text_and_ids_of_their_own():
    made = calls(("book", {"name": "Zoë"}), ("ring", '{"a": '), call("book", id="call_7"), text="One moment.")

    assert [(item.name, item.arguments) for item in made.calls] == [
        ("book", '{"name": "Zoë"}'),
        ("ring", '{"a": '),
        ("book", "{}"),
    ]
    assert made.calls[2] == Call("book", "{}", "call_7")
    assert made.text == "One moment."


def test_ids_that_are_made_up_differ():
    assert len({item.id for item in calls(("a", {}), ("a", {}), ("a", {})).calls}) == 3


@pytest.mark.parametrize(
    ("reply", "status", "param", "code"),
    [
        (rate_limited(), 429, None, "rate_limit_exceeded"),
        (rate_limited(code="insufficient_quota"), 429, None, "insufficient_quota"),
        (unauthorized(), 401, None, "invalid_api_key"),
        (server_error(), 500, None, None),
        (server_error(503), 503, None, None),
        (no_stream_options(), 400, "stream_options", None),
        (no_tools_with_reasoning("m"), 400, "reasoning_effort", None),
        (failed(418, "tea only", param="model", code="teapot"), 418, "model", "teapot"),
    ],
)
def test_refusals_have_the_status_and_the_codes_of_the_real_ones(reply, status, param, code):
    assert (reply.status, reply.param, reply.code) == (status, param, code)


def test_a_rate_limit_tells_how_long_to_wait_when_it_knows():
    assert rate_limited(retry_after_s=0.1).headers == (("retry-after", "0.1"),)
    assert rate_limited(20).headers == (("retry-after", "20"),)
    assert rate_limited().headers == ()


def test_the_refusal_of_tools_names_the_model_as_clients_expect():
    assert no_tools_with_reasoning("m").message.startswith(
        "Function tools with reasoning_effort are not supported for m in"
    )


@pytest.mark.parametrize(
    ("reply", "described"),
    [
        (text("Hi!"), "text 'Hi!'"),
        (text(""), "empty text"),
        (text("x" * 100), f"text '{'x' * 59}…'"),
        (calls(("book", {}), ("ring", {}), text="Yes."), "text 'Yes.', call of 'book', call of 'ring'"),
        (refusal("No."), "refusal 'No.'"),
        (dropped(), "dropped before anything was sent"),
        (dropped(after="Hel"), "text 'Hel', then dropped"),
        (stalled(after=""), "then stalled"),
        (malformed(after=calls(("book", {}))), "call of 'book', then malformed"),
        (error_in_stream(after="Hel"), "text 'Hel', then error"),
        (failed(418, "tea only"), "error 418 'tea only'"),
    ],
)
def test_a_reply_describes_itself(reply, described):
    assert str(reply) == described


def test_a_failure_can_follow_a_paced_text_or_any_reply():
    assert stalled(after="a b", pace_ms=5).pace_ms == 5
    assert dropped(after=text("a b", pace_ms=7, quirks="no_role")).quirks == {"no_role"}
