"""A conversation file that is followed while the bot talks."""

import gc
import itertools
import os
import threading
import weakref

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from intentional_nb.bots import watching
from intentional_nb.bots.watching import PATIENT_LOOKS, FileWatch, Look, Sighting
from intentional_nb.errors import ConfigError, GraphError
from intentional_nb.events import ErrorOccurred, GraphSwapped
from intentional_nb.local.script import Step, prompted, text
from tests.bots.test_update import edited, events_of
from tests.bots.test_voice import settled
from tests.clients.conftest import CONVERSATION


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(watching, "LOOK_EVERY_S", 0.01)


def written(conversation, path):
    path.write_text(yaml.safe_dump({"conversation": conversation}, sort_keys=False), encoding="utf-8")
    return path


@pytest.fixture
def file(tmp_path):
    return written(CONVERSATION, tmp_path / "cafe.yml")


def goal(bot):
    return bot.graph.by_name["order"].goal


TEA = edited(order={"goal": "Sell tea."})


def test_what_is_saved_holds_from_the_next_request_on(scripted, file):
    bot = scripted(Step(text("Tea?"), expect=prompted("Sell tea.")))

    with bot.watch(file):
        written(TEA, file)
        settled(lambda: goal(bot) == "Sell tea.")

    assert bot.say("hello").text == "Tea?"


def test_what_the_file_says_already_holds_when_watch_returns(scripted, file):
    bot = scripted()
    written(TEA, file)

    bot.watch(file).stop()

    assert goal(bot) == "Sell tea."


def test_the_file_that_the_conversation_came_from_need_not_be_named(scripted, file):
    bot = scripted(conversation=str(file))

    with bot.watch() as follows:
        written(TEA, file)
        settled(lambda: goal(bot) == "Sell tea.")

    assert follows.path == file


def test_without_a_file_there_is_nothing_to_watch(scripted):
    with pytest.raises(ConfigError, match="say which file"):
        scripted().watch()


def test_a_file_that_cannot_be_used_is_refused_at_once(scripted, tmp_path):
    with pytest.raises(GraphError, match=r"cannot read .*nowhere\.yml"):
        scripted().watch(tmp_path / "nowhere.yml")


def test_a_file_that_takes_the_place_of_the_old_one_is_followed_too(scripted, file, tmp_path):
    bot = scripted()

    with bot.watch(file):
        os.replace(written(TEA, tmp_path / "new.yml"), file)
        settled(lambda: goal(bot) == "Sell tea.")
        os.replace(written(edited(order={"goal": "Sell milk."}), tmp_path / "new.yml"), file)
        settled(lambda: goal(bot) == "Sell milk.")

    assert goal(bot) == "Sell milk."


def test_the_same_file_is_followed_in_whatever_folder_the_notebook_is(scripted, file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bot = scripted()

    with bot.watch("cafe.yml"):
        (tmp_path / "other").mkdir()
        monkeypatch.chdir(tmp_path / "other")
        written(TEA, file)
        settled(lambda: goal(bot) == "Sell tea.")

    assert goal(bot) == "Sell tea."


def test_a_mistake_is_told_with_its_line_and_the_bot_goes_on_until_it_is_mended(scripted, file):
    bot = scripted()
    errors = events_of(bot, ErrorOccurred)
    graph = bot.graph

    with bot.watch(file):
        file.write_text("conversation:\n  stages:\n    order: [\n", encoding="utf-8")
        settled(lambda: errors)
        assert (bot.graph.by_name, errors[0].where) == (graph.by_name, "graph")
        assert "cafe.yml, line 4" in errors[0].error or "cafe.yml:4" in errors[0].error
        written(TEA, file)
        settled(lambda: goal(bot) == "Sell tea.")

    assert len(errors) == 1


def test_a_file_without_the_stage_of_now_is_told_and_changes_nothing(scripted, file):
    bot = scripted()
    errors, swapped = events_of(bot, ErrorOccurred), events_of(bot, GraphSwapped)

    with bot.watch(file):
        written(edited(order=None, chat={"accessible_from": "_start_"}), file)
        settled(lambda: errors)

    assert "stands in stage 'order', which is gone" in errors[0].error
    assert (bot.stage, swapped) == ("order", [])


def test_saving_the_same_again_tells_nobody(scripted, file):
    bot = scripted()
    seen = events_of(bot, (GraphSwapped, ErrorOccurred))

    with bot.watch(file):
        written(CONVERSATION, file)
        written(TEA, file)
        settled(lambda: goal(bot) == "Sell tea.")
        os.utime(file)
        written(edited(order={"goal": "Sell milk."}), file)
        settled(lambda: goal(bot) == "Sell milk.")

    assert [event.type for event in seen] == ["graph_swapped"] * 2


def test_a_file_that_stays_away_is_told_and_followed_again_when_it_is_back(scripted, file):
    bot = scripted()
    errors = events_of(bot, ErrorOccurred)

    with bot.watch(file):
        file.unlink()
        settled(lambda: errors)
        written(TEA, file)
        settled(lambda: goal(bot) == "Sell tea.")

    assert "cannot read" in errors[0].error


def test_a_watch_ends_with_the_bot_or_when_it_is_stopped(scripted, file):
    bot = scripted()
    stopped, left = bot.watch(file), bot.watch(file)
    assert repr(left) == f"FileWatch({str(file)!r}, following)"

    stopped.stop()
    stopped.stop()
    assert (stopped.is_running, left.is_running) == (False, True)
    bot.close()

    assert not left.is_running
    settled(lambda: not any(thread.name == "watch cafe.yml" for thread in threading.enumerate()))


def test_a_watch_keeps_no_bot_that_nobody_has_any_more(scripted, file):
    class Bot:
        is_closed = False

    bot = Bot()
    follows = FileWatch(file, bot, print, print, first=Look.at(file))
    gone = weakref.ref(bot)
    assert follows.is_running

    del bot

    settled(lambda: gc.collect() >= 0 and gone() is None)
    assert not follows.is_running
    settled(lambda: not any(thread.name == "watch cafe.yml" for thread in threading.enumerate()))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_before_anybody_waits_for_what_it_says(scripted, tmp_path):
    bot = scripted()
    os.mkfifo(tmp_path / "pipe.yml")

    with pytest.raises(ConfigError, match=r"cannot follow .*pipe\.yml': it is a pipe or a device"):
        bot.watch(tmp_path / "pipe.yml")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_the_place_of_the_file_is_told_and_the_file_is_followed_again(scripted, file, tmp_path):
    bot = scripted()
    errors = events_of(bot, ErrorOccurred)

    with bot.watch(file):
        os.mkfifo(tmp_path / "pipe")
        os.replace(tmp_path / "pipe", file)
        settled(lambda: errors)
        os.replace(written(TEA, tmp_path / "new.yml"), file)
        settled(lambda: goal(bot) == "Sell tea.")

    assert "a pipe or a device" in errors[-1].error


def test_a_watch_can_be_stopped_by_whoever_is_told_of_its_update(scripted, file):
    bot = scripted()
    follows = bot.watch(file)
    bot.subscribe(lambda event: follows.stop() if isinstance(event, GraphSwapped) else None)

    written(TEA, file)
    settled(lambda: not follows.is_running)

    assert goal(bot) == "Sell tea."


# ---- when to read

whole = st.integers(1, 3).map(lambda size: Look((size, size, 1)))
broken = st.sampled_from([Look(None), Look((1, 0, 1))])


@given(st.lists(whole | broken, max_size=30), whole)
def test_however_it_is_written_the_file_is_read_once_when_it_has_come_to_rest(looks, last):
    sighting = Sighting(Look((9, 9, 9)))
    read = [look for look in looks if sighting.is_due(look)]

    rest = [sighting.is_due(last) for _ in range(4)]

    assert sum(rest) == (0 if read and read[-1] == last else 1)
    assert not any(before == after for before, after in itertools.pairwise(read))


@given(broken)
def test_a_file_that_is_gone_or_empty_is_given_time(look):
    sighting = Sighting(Look((9, 9, 9)))

    assert [sighting.is_due(look) for _ in range(PATIENT_LOOKS + 3)].index(True) == PATIENT_LOOKS
