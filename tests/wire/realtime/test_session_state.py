from intentional_nb.wire.realtime.session_state import SessionState

PUSH_TO_TALK = {"audio": {"input": {"turn_detection": None}}}


def opened():
    state = SessionState()
    state.created({"id": "s", "instructions": "a"}, "s", 99)
    return state


def test_a_session_is_confirmed_when_every_update_is_answered():
    state = SessionState()
    assert not state.is_confirmed

    state = opened()
    assert state.is_confirmed

    state.sent("e1", {"instructions": "b"})
    state.sent("e2", {"instructions": "c"})
    assert state.updated({"instructions": "b"}) == "e1"
    assert not state.is_confirmed
    state.update_refused("e2")
    assert state.is_confirmed


def test_updates_are_confirmed_in_the_order_of_their_sending():
    state = opened()
    state.sent("e1", {"instructions": "b"})
    state.sent("e2", {"instructions": "c"})

    assert [state.updated({}), state.updated({}), state.updated({})] == ["e1", "e2", ""]
    assert state.settings["instructions"] == "c"


def test_an_update_that_was_refused_without_a_word_takes_no_other_ones_confirmation():
    state = opened()
    state.sent("e1", {"instructions": "b", "tools": [1]})
    state.sent("e2", {"instructions": "c"})

    assert state.updated({"instructions": "c", "tools": []}) == "e2"
    assert state.settings == {"id": "s", "instructions": "c", "tools": []}


def test_a_confirmation_that_contradicts_all_updates_is_the_oldest_ones():
    state = opened()
    state.sent("e1", {"instructions": "b "})
    state.sent("e2", {"instructions": "c "})

    assert [state.updated({"instructions": "b"}), state.updated({"instructions": "c"})] == ["e1", "e2"]


def test_what_a_server_leaves_out_because_it_is_null_counts_as_done():
    state = opened()
    state.sent("e1", PUSH_TO_TALK)

    state.updated({"instructions": "a", "audio": {"input": {}}})

    assert state.settings["audio"]["input"] == {"turn_detection": None}


def test_the_servers_word_counts_more_than_what_was_asked():
    state = opened()
    state.sent("e1", {"audio": {"output": {"speed": 9}}})

    state.updated({"audio": {"output": {"speed": 1.5}}, "expires_at": 100})

    assert state.settings["audio"]["output"] == {"speed": 1.5}
    assert state.expires_at == 100


def test_a_refused_update_changes_nothing():
    state = opened()
    state.sent("e1", {"instructions": "b"})

    state.update_refused("e1")
    state.updated({})

    assert state.settings["instructions"] == "a"


def test_what_must_wait_is_taken_once():
    state = opened()

    now = state.sort(
        {"instructions": "b", "model": "m", "audio": {"output": {"speed": 1.1}}}, has_spoken=False, is_responding=True
    )

    assert now == {"instructions": "b"}
    assert state.refused == {"model": "m"}
    assert not state.is_confirmed
    assert state.take_held_back() == {"audio": {"output": {"speed": 1.1}}}
    assert state.take_held_back() == {}
