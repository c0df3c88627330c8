"""The labelled sets keep to what the benchmark says of them."""

from __future__ import annotations

import pytest

from tests.bench.bench_routing import SETS, cases

FILES = list(SETS.values())


@pytest.mark.parametrize(("file", "stages", "messages"), [(FILES[0], 10, 100), (FILES[1], 7, 60)])
def test_a_set_is_large_enough_to_tell_something(file, stages, messages):
    found = list(cases(file, with_examples=True))

    assert len({case.stage for case in found}) >= stages
    assert len(found) >= messages
    assert 0.1 < sum(case.expected is None for case in found) / len(found) < 0.4


@pytest.mark.parametrize("file", FILES)
def test_every_label_is_an_option_with_two_examples(file):
    for case in cases(file, with_examples=True):
        assert case.expected in {None, *(option.name for option in case.options)}
        assert all(len(option.examples) == 2 for option in case.options)


@pytest.mark.parametrize("file", FILES)
def test_no_message_is_one_of_the_examples(file):
    for case in cases(file, with_examples=True):
        assert case.text.lower() not in {text.lower() for option in case.options for text in option.examples}


def test_the_sets_have_no_stage_in_common():
    seen, held_out = (list(cases(file, with_examples=False)) for file in FILES)

    assert not {case.stage for case in seen} & {case.stage for case in held_out}
