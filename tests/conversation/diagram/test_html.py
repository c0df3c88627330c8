import base64
import re
import sysconfig
from html.parser import HTMLParser

import pytest

from intentional_nb.conversation.diagram import html, tally, to_mermaid, to_svg
from intentional_nb.conversation.position import Position, advance, start_position
from intentional_nb.events import RouteDecision
from tests.conversation.diagram.drawings import BROKEN, HOSTILE, TRAVELLING, chain


def elements(text):
    found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.append((tag, dict(attrs)))

    Reader().feed(text)
    return found


def picture(text):
    [(_, attributes)] = [element for element in elements(text) if element[0] == "img"]
    return attributes


def test_the_drawing_is_an_image_that_holds_itself():
    attributes = picture(html(TRAVELLING, position=Position("pay")))

    kind, _, data = attributes["src"].partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(data).decode() == to_svg(TRAVELLING, position=Position("pay"))


def test_nothing_is_used_that_an_untrusted_notebook_takes_away():
    found = elements(html(HOSTILE))

    assert [tag for tag, _ in found] == ["div", "img"]
    assert all(set(attributes) <= {"style", "alt", "src"} for _, attributes in found)


def test_a_wide_picture_is_moved_rather_than_made_unreadable():
    attributes = picture(html(chain(20), direction="LR"))
    width = int(re.search(r"max-width:(\d+)px", attributes["style"])[1])

    assert f"min-width:{round(width * 0.7)}px" in attributes["style"]


def test_the_picture_is_told_in_words():
    words = picture(html(TRAVELLING, position=Position("complaint")))["alt"]

    assert words.startswith("Conversation graph: 4 stages. the conversation stands in complaint.")
    assert "where: to timetable, place_named leads to pay." in words
    assert "calmed leads to back to where it came from" in words
    assert "start: to where" in words


def test_the_words_come_to_an_end():
    assert len(picture(html(chain(200)))["alt"]) == 1_500


def test_trouble_is_told_too():
    assert "wolrd" in picture(html(BROKEN))["alt"]


def test_without_graphviz_the_text_is_shown_and_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))

    text = html(HOSTILE)

    assert [tag for tag, _ in elements(text)] == ["div", "p", "pre"]
    assert "pip install graphviz-pure" in text
    assert to_mermaid(chain(2)).splitlines()[1] in html(chain(2)).replace("&quot;", '"')


def test_the_card_is_light_unless_asked():
    def style(**options):
        return base64.b64decode(picture(html(TRAVELLING, **options))["src"].partition(",")[2]).decode()

    assert 'class="inb-graph inb-light"' in style()
    assert 'class="inb-graph inb-dark"' in style(dark=True)
    assert "prefers-color-scheme" in style(dark=None)


# ---- counting


def decisions(*choices):
    position = start_position(TRAVELLING)
    for turn, choice in enumerate(choices, 1):
        after = position if choice == "refused" else advance(TRAVELLING, position, choice)
        kind = "refused" if choice == "refused" else "jump" if choice in TRAVELLING.by_name else "outcome"
        yield RouteDecision(
            turn=turn, source=position.stage, target=after.stage, kind=kind, options=(), choice=choice, user_text="…"
        )
        position = after


def test_a_conversation_is_counted():
    visits, moves = tally(decisions("complaint", "calmed", "refused", "complaint", "calmed", "place_named", "paid"))

    assert visits == {"where": 3, "complaint": 2, "pay": 1, "_end_": 1}
    assert moves == {
        ("where", "complaint"): 2,
        ("complaint", "calmed"): 2,
        ("where", "place_named"): 1,
        ("pay", "paid"): 1,
    }


def test_a_new_beginning_counts_as_entered():
    visits, _ = tally([*decisions("place_named", "paid"), *decisions("complaint")])

    assert visits["where"] == 2


@pytest.mark.parametrize("graph", [TRAVELLING, chain(3)])
def test_nothing_said_is_nothing_counted(graph):
    assert tally([]) == ({}, {})
    assert html(graph, visits={}, moves={})
