"""Panels made of panels: the studio, and panels side by side."""

from __future__ import annotations

import pytest

from intentional_nb import load_bot
from intentional_nb.panels.chat import ChatPanel
from intentional_nb.panels.side_by_side import SideBySide
from intentional_nb.panels.stage_graph import StageGraph
from intentional_nb.panels.studio import Studio
from intentional_nb.panels.voice import VoicePanel
from tests.panels.conftest import GRAPH, Page, PlayedBot


@pytest.fixture
def bot():
    return PlayedBot()


@pytest.fixture
def studio(bot):
    studio = Studio(bot, title="Coffee")
    yield studio
    studio.close()


def test_a_studio_has_a_panel_for_each_thing_there_is_to_see(studio, bot):
    assert isinstance(studio.conversation, ChatPanel)
    assert studio.parts == (studio.conversation, studio.graph, studio.tool_calls, studio.timeline)
    assert {part.bot for part in studio.parts} == {bot}
    assert studio.options["parts"] == [part.model_id for part in studio.parts]


def test_a_bot_that_speaks_gets_a_voice_panel():
    with load_bot(GRAPH, client="openai_realtime", model="gpt-realtime", base_url="http://127.0.0.1:9/v1") as bot:
        studio = bot.studio()
        try:
            assert isinstance(studio.conversation, VoicePanel)
        finally:
            studio.close()


def test_every_bot_has_a_studio(bot):
    studio = bot.studio(title="Coffee", height="80vh")

    assert studio.options["height"] == "80vh"
    assert repr(studio) == "Studio('Coffee', turns=0, stage='order')"
    studio.close()


def test_the_copy_holds_the_conversation_and_the_picture_and_no_times(studio, bot):
    bot.exchange("A flat white, please", "One flat white.")
    html = studio.freeze().html

    assert "A flat white, please" in html
    assert "data:image/svg+xml" in html
    assert studio.freeze().html == html
    assert " ms" not in html


def test_the_parts_make_no_copies_of_their_own(studio, bot, monkeypatch):
    copied = []
    monkeypatch.setattr(studio.timeline, "freeze", lambda: copied.append(True))
    page = Page(studio.timeline)
    page.send("hello")

    for count in (1, 2):  # what followed the first one is over when the second one is told
        bot.exchange("hello", "Hi.")
        page.wait_for(lambda view, count=count: len(view["turns"]) == count and not view["busy"])

    assert copied == []
    assert not [message for message in page.data.messages() if message["kind"] == "keep"]


def test_closing_a_studio_closes_its_parts_and_leaves_the_bot(studio, bot):
    models = [part.comm for part in studio.parts]

    studio.close()

    assert [part.comm for part in studio.parts] == [None] * len(models)
    assert not bot.is_closed
    bot.exchange("hello", "Hi.")  # nobody is told any more, and nothing breaks


@pytest.mark.parametrize("height", [0, "tall", "10", None])
def test_a_height_that_is_none_is_refused(bot, height):
    with pytest.raises(ValueError, match="height must be pixels or a CSS length"):
        Studio(bot, height=height)


@pytest.mark.parametrize("other", [None, "bot", {}])
def test_a_studio_needs_a_bot(other):
    with pytest.raises(TypeError, match="a studio needs a bot, as load_bot makes it"):
        Studio(other)


def test_panels_of_two_bots_stand_side_by_side_and_keep_one_copy(bot):
    other = PlayedBot()
    both = SideBySide(ChatPanel(bot, title="before"), ChatPanel(other, title="after"))
    bot.exchange("hello", "Good day.")
    other.exchange("hello", "Hi!")

    html = both.freeze().html

    assert html.index("Good day.") < html.index("Hi!")
    assert repr(both) == "SideBySide(ChatPanel('before', turns=1), ChatPanel('after', turns=1))"
    both.close()


def test_closing_the_frame_leaves_the_panels_that_were_there_before(bot):
    chat, graph = ChatPanel(bot), StageGraph(bot)

    SideBySide(chat, graph).close()

    assert chat.comm is not None
    assert graph.comm is not None


def test_what_cannot_stand_side_by_side_is_refused(bot, studio):
    with pytest.raises(TypeError, match=r"only panels can stand side by side, such as ChatPanel\(bot\), got <"):
        SideBySide(studio.conversation, bot)
    with pytest.raises(ValueError, match="two panels or more, got 1"):
        SideBySide(studio.conversation)


def test_a_command_that_is_not_known_is_told(studio):
    studio._receive(studio, {"kind": "shout", "command": "a-1"}, [])

    [alert] = studio._view()["alerts"]
    assert "does not know: 'shout'" in alert["text"]
    studio._receive(studio, {"kind": "dismiss", "command": "a-2", "alert": alert["alert"]}, [])
    assert studio._view()["alerts"] == []
