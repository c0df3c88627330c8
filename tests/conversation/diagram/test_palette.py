from dataclasses import fields

import pytest

from intentional_nb.conversation.diagram.palette import DARK, LIGHT, PAIRS
from tests.contrast import contrast


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground", "needed"), PAIRS)
def test_everything_can_be_read_on_what_it_stands_on(palette, text, ground, needed):
    assert contrast(getattr(palette, text), getattr(palette, ground)) >= needed


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_no_two_things_have_the_same_colour(palette):
    colours = [getattr(palette, field.name) for field in fields(palette)]

    assert len(set(colours)) == len(colours)


def test_every_colour_for_text_or_lines_is_among_the_pairs():
    grounds = {"card", "rim", "stage", "visited", "muted", "hatch", "halo"}

    assert {field.name for field in fields(LIGHT)} - grounds <= {text for text, _, _ in PAIRS} | {
        g for _, g, _ in PAIRS
    }
