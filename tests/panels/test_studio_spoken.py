"""The studio of a bot that really speaks, changed while it does: what each part tells its page."""

from __future__ import annotations

import pytest

from intentional_nb.events import ReplyText
from intentional_nb.local.realtime.script import VoiceStep, prompted, say, sent, until
from tests.bots.conftest import speaking as speaking  # the fixture of the bots' own tests
from tests.bots.test_update import edited
from tests.bots.test_voice import HUM, heard, route, watch
from tests.panels.conftest import Page

TEA = edited(order={"goal": "Sell tea."})


@pytest.fixture
def studio(speaking):
    """Call it with what the server does: the bot, and a page for each of the studio's four parts."""
    made = []

    def make(*steps):
        bot = speaking(*steps)
        made.append(bot.studio(title="Coffee"))
        pages = [Page(part) for part in made[-1].parts]
        for page in pages:
            page.send("hello")
            page.wait_for(lambda view: True)
        return bot, pages

    yield make
    for studio in made:
        studio.close()


def draws(view, words):
    """Whether there is a picture, and these words stand in it."""
    return words in view.get("picture_TB", {}).get("svg", "")


def is_done(view):
    return view["turns"] and not view["busy"]


def test_all_parts_follow_a_spoken_turn(studio):
    bot, (voice, graph, calls, timeline) = studio(heard("A coffee.", route("chosen")), say("Cash or card?"))

    bot.speak(HUM)

    said = voice.wait_for(is_done)["turns"][-1]
    assert (said["user"], said["entries"][-1]["k"]) == ("A coffee.", "text")
    assert graph.wait_for(lambda view: is_done(view) and view["stage"] == "pay")["turns"][-1]["user"] == "A coffee."
    [call] = calls.wait_for(is_done)["turns"][-1]["entries"]
    assert (call["k"], call["choice"], call["said"], call["target"]) == ("route", "chosen", "A coffee.", "pay")
    times = timeline.wait_for(is_done)["turns"][-1]
    assert [bar["k"] for bar in times["entries"]][:3] == ["listening", "transcript", "routing"]
    assert times["waited"] is not None
    assert [page.gaps for page in (voice, graph, calls, timeline)] == [[]] * 4


def test_an_update_while_the_bot_speaks_is_shown_before_it_has_ended_and_tears_no_reply(studio):
    spoken = VoiceStep([say("One."), until("session.update"), say(" Two.")])
    asked = VoiceStep(say("Tea?"), expect=[prompted("Sell tea."), sent("response.create")])
    bot, (voice, graph, _, timeline) = studio(spoken, asked)
    speaks = watch(bot, ReplyText)

    running = bot.submit("hello")
    speaks.wait()
    graph.wait_for(lambda view: draws(view, "what to drink"))
    bot.update(TEA)
    changed = graph.wait_for(lambda view: draws(view, "Sell tea."))["changed"]

    assert any("Sell tea." in line for line in changed)
    assert running.result(20).status == "completed"
    assert bot.say("well").text == "Tea?"
    bot.undo()
    graph.wait_for(lambda view: draws(view, "what to drink") and view["changed"] != changed)
    for page in (voice, timeline):
        both = page.wait_for(lambda view: len(view["turns"]) == 2 and not view["busy"])
        assert [turn["status"] for turn in both["turns"]] == ["completed", "completed"]
