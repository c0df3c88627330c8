from __future__ import annotations

from dataclasses import replace

import pytest

from intentional_nb.panels.frame import css_length, title_of


@pytest.mark.parametrize(("given", "css"), [(400, "400px"), ("60vh", "60vh"), ("22.5em", "22.5em"), ("50%", "50%")])
def test_a_height_is_pixels_or_a_length(given, css):
    assert css_length(given) == css


@pytest.mark.parametrize("height", [0, -3, True, "tall", "10px;color:red", "10 px", None, 2.5])
def test_what_is_no_length_is_refused(height):
    with pytest.raises(ValueError, match="height must be pixels or a CSS length such as '60vh'"):
        css_length(height)


@pytest.mark.parametrize(
    ("source", "title"), [(None, "Chat"), ("a/job_interview.yml", "Job interview"), ("tea-shop.yaml", "Tea shop")]
)
def test_a_panel_is_called_as_its_conversations_file(bot, source, title):
    bot.intent_router.graph = replace(bot.graph, source=source)

    assert title_of(bot, "Chat") == title
