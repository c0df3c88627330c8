from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from intentional_nb.errors import ScriptError
from intentional_nb.local.reply import ErrorReply
from intentional_nb.local.script import Script, Step, mentions, offers, rate_limited, says, text
from tests.local.asking import chat


def test_steps_answer_one_after_the_other():
    script = Script(Step(text("Hi!"), expect=says("hello")), Step(expect=says("bye"), reply=text("Bye!")))

    assert script.answer(chat("hello")) == text("Hi!")
    assert script.answer(chat("bye")) == text("Bye!")
    assert script.requests == [chat("hello"), chat("bye")]
    assert script.remaining == ()
    script.assert_complete()


def test_replies_and_lists_stand_for_steps():
    script = Script(text("one"), [text("two"), Step(text("three"))], [rate_limited()] * 2)

    assert [script.answer(chat()) for _ in range(5)] == [
        *(text("one"), text("two"), text("three")),
        *(rate_limited(), rate_limited()),
    ]


def test_an_unexpected_request_is_answered_with_the_difference_and_remembered():
    script = Script(Step(text("Hi!"), expect=[says("hello"), offers("book"), mentions("hull")]))

    reply = script.answer(chat("hullo"))

    assert isinstance(reply, ErrorReply)
    assert (reply.status, reply.code) == (500, "unexpected_request")
    assert reply.message.splitlines() == [
        "request 1 is not what step 1 of 1 expects:",
        "- the user says 'hello'",
        "+ the user says 'hullo'",
        "- it offers 'book'",
        "+ it offers no tools",
        "  the user mentions 'hull'",
    ]
    with pytest.raises(ScriptError, match="request 1 is not what step 1 of 1 expects"):
        script.assert_complete()


def test_a_step_that_was_missed_is_still_there_for_the_right_request():
    script = Script(Step(text("Hi!"), expect=says("hello")))

    script.answer(chat("hullo"))

    assert script.answer(chat("hello")) == text("Hi!")
    with pytest.raises(ScriptError):
        script.assert_complete()


def test_a_request_after_the_last_step_is_unexpected():
    script = Script(text("Hi!"))
    script.answer(chat("hello"))

    reply = script.answer(chat("anybody there?"))

    assert reply.message == (
        "request 2 found no step left of the script's 1: the user says 'anybody there?', tools offered: none"
    )


def test_steps_that_are_left_over_are_listed():
    script = Script(text("one"), Step(text("two"), expect=[says("hello"), offers("book")]), text("three"))
    script.answer(chat())

    with pytest.raises(ScriptError) as raised:
        script.assert_complete()

    assert raised.value.remaining == script.remaining
    assert str(raised.value).splitlines() == [
        "2 of 3 steps not used:",
        "step 2: the user says 'hello' and it offers 'book' -> text 'two'",
        "step 3: any request -> text 'three'",
    ]


def test_without_strictness_the_first_step_that_fits_answers_and_some_may_be_left():
    script = Script(
        Step(text("A"), expect=mentions("a")), Step(text("B"), expect=mentions("b")), text("any"), strict=False
    )

    answers = [script.answer(chat(said)) for said in ("b", "a b", "b")]

    assert answers == [text("B"), text("A"), text("any")]
    script.assert_complete()


def test_without_strictness_a_request_that_nothing_fits_is_still_unexpected():
    script = Script(Step(text("A"), expect=mentions("a")), Step(text("B"), expect=mentions("b")), strict=False)

    reply = script.answer(chat("x"))

    assert "- the user mentions 'a'" in reply.message
    with pytest.raises(ScriptError) as raised:
        script.assert_complete()
    assert raised.value.remaining == ()


def test_a_check_may_look_at_the_record_while_it_is_asked():
    def is_first(request):
        return len(script.requests) == 1

    script = Script(Step(text("Hi!"), expect=is_first))

    assert script.answer(chat()) == text("Hi!")


def test_each_step_is_used_once_however_many_ask_at_the_same_time():
    script = Script([text(str(number)) for number in range(200)])

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda _: script.answer(chat()).text, range(200)))

    assert sorted(said, key=int) == [str(number) for number in range(200)]


def test_a_script_shows_how_far_it_is():
    script = Script(text("one"), text("two"))
    script.answer(chat())

    assert repr(script) == "<Script: 1 of 2 steps used>"
