import json

from intentional_nb.wire.realtime import client_frames as say
from intentional_nb.wire.realtime.outbox import Command, Outbox


def test_frames_come_out_once_in_order():
    outbox = Outbox("x_")
    outbox.send(say.clear_audio(outbox.new_id()))
    outbox.send_encoded(b"{}")

    assert outbox.drain() == [b'{"type":"input_audio_buffer.clear","event_id":"event_x_1"}', b"{}"]
    assert outbox.drain() == []


def test_ids_are_never_the_same():
    outbox = Outbox("x")
    ids = [outbox.new_id(kind) for kind in ("event", "item", "event")]

    assert ids == ["event_x1", "item_x2", "event_x3"]


def test_what_was_sent_is_known_by_its_id():
    outbox = Outbox("")
    one = outbox.send(say.truncate_item("e1", "i", 5))
    other = outbox.send(say.create_item("e2", {"id": "j", "type": "message"}))

    assert outbox.command(one) == Command("conversation.item.truncate", "i")
    assert outbox.command(other) == Command("conversation.item.create", "j")
    assert outbox.command("e3") == Command("", "")


def test_only_the_latest_are_remembered():
    outbox = Outbox("")
    for _ in range(1_000):
        outbox.send(say.clear_audio(outbox.new_id()))

    assert outbox.command("event_1").name == ""
    assert outbox.command("event_1000").name == "input_audio_buffer.clear"
    assert len(outbox._commands) <= 256
    assert len(json.loads(b"[" + b",".join(outbox.drain()) + b"]")) == 1_000
