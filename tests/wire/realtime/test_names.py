from typing import get_args

import pytest
from openai.types.realtime import RealtimeClientEvent, RealtimeServerEvent

from intentional_nb.wire.realtime.names import BETA_NAMES, CLIENT_EVENTS, KEPT, SERVER_EVENTS, ga_name
from intentional_nb.wire.realtime.reading import READERS


def names(union):
    members = get_args(get_args(union)[0])
    return {name for member in members for name in get_args(member.model_fields["type"].annotation)}


@pytest.mark.parametrize(
    ("ours", "official", "count"),
    [(CLIENT_EVENTS, RealtimeClientEvent, 11), (SERVER_EVENTS, RealtimeServerEvent, 46)],
    ids=["client", "server"],
)
def test_the_names_are_those_of_the_official_types(ours, official, count):
    assert ours == names(official)
    assert len(ours) == count


def test_every_server_event_is_read_or_kept_for_a_reason():
    assert READERS.keys() | KEPT.keys() == SERVER_EVENTS
    assert READERS.keys() & KEPT.keys() == set()
    assert all(KEPT.values())


def test_every_beta_name_stands_for_one_that_exists():
    assert set(BETA_NAMES.values()) <= SERVER_EVENTS
    assert not BETA_NAMES.keys() & SERVER_EVENTS


def test_a_name_that_was_never_changed_stays():
    assert ga_name("response.done") == "response.done"
    assert ga_name("response.text.done") == "response.output_text.done"
