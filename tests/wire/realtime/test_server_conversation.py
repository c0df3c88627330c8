from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.wire.realtime import server_conversation
from intentional_nb.wire.realtime.server_conversation import Conversation
from intentional_nb.wire.realtime.server_items import Part, ServerItem


def speech(item_id: str, size: int = 960) -> ServerItem:
    return ServerItem(item_id, "message", role="user", parts=[Part.heard(bytes(size))])


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 99), st.booleans()), max_size=30))
def test_items_follow_the_one_they_were_put_after(moves):
    conversation = Conversation()
    model: list[str] = []
    for number, (choice, is_deletion) in enumerate(moves):
        if is_deletion and model:
            gone = model.pop(choice % len(model))
            conversation.delete(gone)
            assert gone not in conversation
            continue
        after = model[choice % len(model)] if model and choice % 3 else ("root" if choice % 2 else None)
        place = model.index(after) + 1 if after in model else (0 if after else len(model))
        previous = conversation.add(speech(f"item_{number}", 0), after)
        model.insert(place, f"item_{number}")
        assert previous == (model[place - 1] if place else None)

    assert [item.id for item in conversation] == model
    assert len(conversation) == len(model)
    assert conversation.last_id == (model[-1] if model else None)


def test_the_sound_of_old_items_is_let_go_and_its_length_kept(monkeypatch):
    monkeypatch.setattr(server_conversation, "AUDIO_KEPT_BYTES", 2000)
    conversation = Conversation()
    for number in range(4):
        conversation.add(speech(f"item_{number}"))

    conversation.let_audio_go()

    assert [len(item.speech.pcm) for item in conversation] == [0, 0, 960, 960]
    assert [item.speech.audio_ms for item in conversation] == [20.0] * 4


@pytest.mark.parametrize("role", ["user", "assistant"])
def test_the_model_has_spoken_when_it_was_heard(role):
    conversation = Conversation()
    conversation.add(ServerItem("a", "message", role=role, parts=[Part("output_text", text="Hi")]))
    assert not conversation.has_spoken

    conversation.add(ServerItem("b", "message", role=role, parts=[Part("output_audio")]))

    assert conversation.has_spoken is (role == "assistant")
