from __future__ import annotations

import wave

import pytest
import yaml

from intentional_nb import examples
from intentional_nb.audio import Clip
from intentional_nb.conversation.flow import flow_of
from intentional_nb.conversation.loading import load_graph, read_config
from intentional_nb.conversation.router import IntentRouter


@pytest.mark.parametrize("name", examples.names())
def test_every_example_is_a_bot_that_needs_no_key(name):
    config = read_config(examples.path(name))

    assert config.problems == ()
    assert config.interface == "notebook"
    assert config.bot["llm"]["client"] == "local"
    assert config.graph.initial_message
    assert IntentRouter(config.graph).options()


@pytest.mark.parametrize("name", examples.names())
def test_a_model_without_experience_finds_something_to_say_and_examples_to_compare(name):
    for stage in load_graph(examples.path(name)).stages:
        assert stage.say, stage.name
        assert len(stage.examples) >= (2 if stage.description else 0), stage.name
        assert all(len(outcome.examples) >= 2 for outcome in stage.outcomes), stage.name


def test_an_example_is_found_with_and_without_its_ending():
    assert examples.path("interview") == examples.path("interview.yml")
    assert (
        "availability"
        in yaml.safe_load(examples.path("interview").read_text(encoding="utf-8"))["conversation"]["stages"]
    )


@pytest.mark.parametrize("name", ["missing", "../examples/interview", ""])
def test_an_unknown_example_is_answered_with_the_known_ones(name):
    with pytest.raises(FileNotFoundError, match="'coffee', 'interview'"):
        examples.path(name)


@pytest.mark.parametrize("name", examples.clips())
def test_every_clip_is_a_short_sentence(name):
    with wave.open(str(examples.path(name))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)

    clip = Clip.read(examples.path(name))
    assert 1000 < clip.duration_ms < 3000
    assert clip.level.peak == pytest.approx(0.5, abs=0.05)
    assert examples.path(name).stat().st_size < 100_000


def test_an_unknown_clip_is_answered_with_the_known_ones():
    with pytest.raises(FileNotFoundError, match=r"'available\.wav'"):
        examples.path("nobody.wav")


@pytest.mark.parametrize(("name", "modality"), [("interview", "text_messages"), ("interview_spoken", "audio_stream")])
def test_an_example_says_how_people_talk_to_it(name, modality):
    assert read_config(examples.path(name)).modality == modality


def test_every_spoken_line_is_short_and_free_of_what_cannot_be_spoken():
    graph = load_graph(examples.path("interview_spoken"))
    lines = [graph.initial_message, *(line for stage in graph.stages for line in stage.say)]

    assert [line for line in lines if len(line) > 110 or set(line) & set("*_#`|<>[](){}&/0123456789")] == []


async def test_the_interview_has_every_kind_of_move():
    router = IntentRouter(examples.path("interview"))
    kinds = []

    for turn, choices in enumerate([["available"], ["ask_to_continue"], ["goes_on", "name_given"], ["reschedule"]], 1):
        router.begin_turn("…", turn=turn)
        kinds += [router.route({"outcome": choice}).kind for choice in choices]
    await router.current_tools()["reschedule_interview"].run(
        router.current_tools()["reschedule_interview"].validated({"date": "2026-11-27", "time": "11:00"})
    )
    for turn, choices in enumerate(
        [["rescheduled", "age_declined"], ["city_given"], ["correct_information"], ["corrected"], ["confirmed"]], 5
    ):
        router.begin_turn("…", turn=turn)
        kinds += [router.route({"outcome": choice}).kind for choice in choices]

    assert kinds == [
        *("outcome", "jump", "backtrack", "outcome", "jump", "backtrack", "outcome", "outcome"),
        *("jump", "backtrack", "end"),
    ]
    assert list(router.current_tools()) == ["end_conversation"]


@pytest.mark.parametrize("name", examples.names())
def test_every_example_can_be_finished_from_everywhere(name):
    graph = load_graph(examples.path(name))

    assert flow_of(graph).finishing == graph.by_name.keys()
