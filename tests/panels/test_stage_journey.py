from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.panels import stage_journey
from intentional_nb.panels.adding_up import LIVELY, Total
from intentional_nb.panels.stage_journey import Journey
from intentional_nb.panels.stage_map import StageMap
from tests.panels.stage_samples import SHOP, talk

LONG = (("?", "menu"), ("!", "told")) * 30


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=20))
def test_a_journey_that_is_followed_is_the_one_that_is_told_afterwards(steps):
    turns, position = talk(SHOP, *LONG[:14])
    followed = Journey(StageMap(SHOP))

    for length, changed in steps:  # turns come, are taken back, and change, in any order
        shown = [replace(turn, user_text="later") if turn.number == changed else turn for turn in turns[:length]]

        assert followed.view(shown, position.stage) == Journey(StageMap(SHOP)).view(shown, position.stage)
        assert followed.past(shown) == Journey(StageMap(SHOP)).past(shown)


def test_of_a_long_past_only_the_end_is_looked_at_again(monkeypatch):
    turns, position = talk(SHOP, *LONG)
    journey = Journey(StageMap(SHOP))
    journey.view(turns[:-1], position.stage)
    looked_at = []
    tally = stage_journey.tally
    monkeypatch.setattr(stage_journey, "tally", lambda decisions: (looked_at.append(1), tally(decisions))[1])

    journey.view(turns, position.stage)

    assert len(looked_at) <= LIVELY + 1


def test_what_an_older_value_has_become_counts():
    total = Total(0, lambda so_far, value: so_far + value)
    values = [1000 + number for number in range(20)]

    assert total.of(values) == sum(values)
    values[3] = 5
    assert total.of(values) == sum(values)
    assert total.of(values[:2]) == sum(values[:2])
    assert total.of([]) == 0
