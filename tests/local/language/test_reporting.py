from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.local.language.reporting import is_failure, report


@pytest.mark.parametrize(
    ("tool", "output", "said"),
    [
        (
            "reschedule_interview",
            {"status": "rescheduled", "date": "2026-12-01", "time": "15:30"},
            "Done: the interview is rescheduled for Tuesday 1 December 2026 at 15:30.",
        ),
        ("get_current_date_and_time", "Monday 23 November 2026, 18:05", "It is Monday 23 November 2026, 18:05."),
        ("get_weather", "The weather in Tokyo is sunny.", "The weather in Tokyo is sunny."),
        ("get_weather", {"city": "Tokyo", "degrees": 21}, "Here is what I found: city Tokyo and degrees 21."),
        ("send_email", {"status": "sent"}, "Done: the email is sent."),
        ("book", {"success": True, "code": "AB12"}, "Done (code AB12)."),
        ("book", {"status": "ok", "message": "your table is booked"}, "Your table is booked."),
        ("add", 5, "The answer is 5."),
        ("check", False, "No."),
        ("check", None, "Done."),
        ("find", [], "I found nothing."),
        ("find", [{"name": "Ada"}, {"name": "Bob"}], "I found Ada and Bob."),
        ("find", ["2026-12-01"], "I found Tuesday 1 December 2026."),
    ],
)
def test_a_result_is_said_in_a_sentence(tool, output, said):
    assert report(tool, output if isinstance(output, str) else json.dumps(output)) == said


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ('{"error": "no such user"}', "I'm sorry, that did not work: no such user."),
        ('{"error": {"message": "full"}}', "I'm sorry, that did not work: full."),
        ("tool 'x' failed: ValueError: boom", "I'm sorry, that did not work: ValueError: boom."),
        ("Error: closed", "I'm sorry, that did not work: closed."),
        ('{"success": false}', "I'm sorry, that did not work."),
        ("not at 19:00, that is impossible; ask for another time",
         "I'm sorry, that did not work: not at 19:00, that is impossible. Could you give me another time?"),
    ],
)  # fmt: skip
def test_a_failure_is_told_with_its_reason(output, said):
    assert is_failure(output)
    assert report("x", output) == said


def test_an_endless_text_is_cut():
    assert len(report("x", "word " * 10_000)) < 2000


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_json_can_be_reported(value):
    assert report("a_tool", json.dumps(value))
