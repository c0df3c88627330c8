from collections import deque
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intentional_nb.wire.realtime.responses import CREATES, MAX_COLLISIONS, RESPONSES, Sequencer

# The tables.

SERVER = {"answered", "refused", "collided", "stuck", "moved", "began", "ended", "not_active"}


@pytest.mark.parametrize(
    ("table", "states"),
    [(CREATES, {"idle", "sent", "doomed", "blocked"}), (RESPONSES, {"idle", "active", "cancelling"})],
    ids=["creates", "responses"],
)
def test_every_state_can_be_reached_and_left_again_by_what_a_server_says(table, states):
    assert table.keys() == states == {state for row in table.values() for state in row.values()}

    for state in states:
        seen, todo = set(), {state}
        while todo:
            here = todo.pop()
            seen.add(here)
            todo |= {there for trigger, there in table[here].items() if trigger in SERVER} - seen
        assert "idle" in seen


def test_a_create_is_sent_only_where_none_is_on_its_way():
    assert {state for state, row in CREATES.items() if "sent" in row} == {"idle", "blocked"}


def test_a_create_that_is_doomed_is_never_sent_again():
    assert set(CREATES["doomed"].values()) == {"idle"}


def test_a_response_that_begins_is_active_whatever_was_before():
    assert {row["began"] for row in RESPONSES.values()} == {"active"}


# One step at a time.


class Desk:
    """A sequencer, and what it sent."""

    def __init__(self):
        self.sent = []
        numbers = count(1)
        self.sequencer = Sequencer(self.sent.append, lambda: f"e{next(numbers)}")

    def __getattr__(self, name):
        return getattr(self.sequencer, name)

    def begin(self, response_id, metadata=None, *, is_detached=False):
        return self.sequencer.began(response_id, metadata or {}, is_detached=is_detached)

    def answer(self, response_id, ask_id):
        """The response to a create begins, and says so."""
        return self.begin(response_id, {"ask": ask_id})

    @property
    def state(self):
        return self.sequencer.create, self.sequencer.response

    def end(self, response_id, *, is_completed=True):
        return self.sequencer.ended(response_id, is_completed=is_completed)

    def take(self):
        frames = [(f["type"].removeprefix("response."), f.get("response_id") or f["event_id"]) for f in self.sent]
        self.sent.clear()
        return frames


@pytest.fixture
def desk():
    return Desk()


def collision(response_id):
    return f"Conversation already has an active response in progress: {response_id}. Wait until …"


def test_an_ask_is_sent_at_once_when_nothing_is_active(desk):
    assert desk.ask({"instructions": "x"}) == "e1"
    assert desk.sent == [
        {"type": "response.create", "event_id": "e1", "response": {"instructions": "x", "metadata": {"ask": "e1"}}}
    ]
    assert desk.state == ("sent", "idle")
    assert desk.answer("r1", "e1") == ("e1",)
    assert (desk.state, desk.response_id) == (("idle", "active"), "r1")
    assert desk.end("r1") == ("e1",)
    assert (desk.state, desk.response_id) == (("idle", "idle"), "")


def test_asks_that_wait_are_joined_and_the_latest_parameters_win(desk):
    desk.begin("r1")
    desk.ask({"instructions": "a", "tool_choice": "none"})
    desk.ask({"instructions": "b"})
    assert desk.take() == []

    desk.end("r1")

    [frame] = desk.sent
    assert frame["response"] == {"instructions": "b", "tool_choice": "none", "metadata": {"ask": "e1"}}
    assert desk.begin("r2") == ("e1", "e2")


def test_an_ask_while_one_is_on_its_way_becomes_a_response_of_its_own(desk):
    desk.ask({})
    desk.ask({})

    assert desk.begin("r1") == ("e1",)
    desk.end("r1")
    assert desk.begin("r2") == ("e2",)
    assert desk.take() == [("create", "e1"), ("create", "e2")]


def test_an_ask_that_met_the_servers_own_response_is_sent_again_after_it(desk):
    desk.ask({})
    assert desk.begin("r1") == ("e1",)  # as far as can be known

    assert desk.collided("e1", collision("r1")) == ((), True)

    assert desk.end("r1") == ()
    assert desk.take() == [("create", "e1"), ("create", "e1")]
    assert desk.begin("r2") == ("e1",)


def test_an_ask_that_met_a_response_that_has_ended_meanwhile_is_sent_again_at_once(desk):
    desk.ask({})
    desk.begin("r1")
    desk.end("r1")

    assert desk.collided("e1", collision("r1")) == ((), True)

    assert desk.take() == [("create", "e1"), ("create", "e1")]


def test_an_ask_that_met_a_response_whose_end_is_known_is_sent_again_at_once(desk):
    desk.begin("r1")
    desk.end("r1")
    desk.ask({})

    desk.collided("e1", collision("r1"))

    assert desk.take() == [("create", "e1"), ("create", "e1")]
    assert desk.state == ("sent", "idle")


@pytest.mark.parametrize("event_id", ["e1", ""])
def test_an_ask_that_met_a_response_never_seen_waits_for_whatever_comes(desk, event_id):
    desk.ask({})
    desk.collided(event_id, collision("r9"))
    assert desk.state == ("blocked", "idle")

    desk.begin("r9")
    assert desk.state == ("idle", "active")
    desk.end("r9")

    assert desk.take() == [("create", "e1"), ("create", "e1")]


def test_whoever_asks_again_tries_for_the_one_that_is_blocked_too(desk):
    desk.ask({"instructions": "a"})
    desk.collided("e1", collision("r9"))

    desk.ask({})

    assert desk.take() == [("create", "e1"), ("create", "e1")]
    assert desk.begin("r1") == ("e1", "e2")


def test_the_end_of_any_response_frees_the_one_that_is_blocked(desk):
    desk.ask({"conversation": "none"})
    desk.begin("aside", {"ask": "e1"})
    desk.ask({})
    desk.collided("e2", collision("r9"))
    desk.take()

    desk.end("aside")

    assert desk.take() == [("create", "e2")]


def test_a_create_that_collides_for_no_reason_is_given_up_in_the_end(desk):
    desk.ask({})

    outcomes = [desk.collided("e1", "busy") for _ in range(MAX_COLLISIONS + 1)]

    assert outcomes == [((), True)] * MAX_COLLISIONS + [(("e1",), False)]
    assert desk.state == ("idle", "idle")
    assert len(desk.take()) == MAX_COLLISIONS + 1


def test_who_asked_meanwhile_does_not_go_down_with_the_one_that_is_given_up(desk):
    desk.ask({})
    for _ in range(MAX_COLLISIONS):
        desk.collided("e1", "busy")
    desk.ask({})

    assert desk.collided("e1", "busy") == (("e1",), False)

    assert desk.begin("r1") == ("e2",)


def test_a_refused_create_makes_way_for_the_next(desk):
    desk.ask({"instructions": "a"})
    desk.ask({"instructions": "b"})

    assert desk.refused("e1") == ("e1",)
    assert desk.refused("e1") == ()
    assert desk.take() == [("create", "e1"), ("create", "e2")]


def test_cancelling_names_the_active_response(desk):
    desk.begin("r1")

    assert desk.cancel() == ()
    assert desk.take() == [("cancel", "r1")]
    assert desk.state == ("idle", "cancelling")
    assert desk.is_cut("r1")

    assert desk.cancel() == ()
    assert desk.take() == []
    desk.end("r1", is_completed=False)
    assert not desk.is_busy


def test_cancelling_with_nothing_active_says_nothing(desk):
    assert desk.cancel() == ()
    assert desk.take() == []


def test_a_response_cancelled_before_it_was_created_is_cancelled_as_soon_as_it_is(desk):
    desk.ask({})

    assert desk.cancel() == ("e1",)
    assert desk.state == ("doomed", "idle")
    desk.begin("r1")

    assert desk.take() == [("create", "e1"), ("cancel", "r1")]
    assert desk.is_cut("r1")


def test_who_asks_after_cancelling_waits_for_the_end_of_what_is_cancelled(desk):
    desk.ask({})
    desk.cancel()
    desk.ask({})
    desk.begin("r1")
    assert desk.take() == [("create", "e1"), ("cancel", "r1")]

    desk.end("r1", is_completed=False)

    assert desk.take() == [("create", "e2")]


def test_who_waits_when_it_is_cancelled_is_not_asked_for(desk):
    desk.begin("r1")
    desk.ask({})
    desk.ask({})

    assert desk.cancel() == ("e1", "e2")
    desk.end("r1", is_completed=False)

    assert desk.take() == [("cancel", "r1")]
    assert not desk.is_busy


@pytest.mark.parametrize("began", [False, True])
def test_a_create_that_collides_after_it_was_cancelled_is_not_sent_again(desk, began):
    desk.ask({})
    if began:
        desk.begin("r1")
    desk.cancel()
    desk.take()

    assert desk.collided("e1", collision("r1")) == (("e1",) if began else (), True)

    assert desk.take() == []
    assert desk.state == ("idle", "cancelling" if began else "idle")


def test_a_blocked_create_can_be_cancelled(desk):
    desk.ask({})
    desk.collided("e1", collision("r9"))

    assert desk.cancel() == ("e1",)

    assert not desk.is_busy
    desk.ask({})
    assert desk.take() == [("create", "e1"), ("create", "e2")]


def test_a_cancel_that_came_too_late_does_not_wait_for_an_end_that_was_missed(desk):
    desk.begin("r1")
    desk.cancel()
    desk.ask({})
    desk.take()

    desk.not_active()

    assert [kind for kind, _ in desk.take()] == ["create"]
    assert desk.state == ("sent", "idle")
    desk.not_active()
    assert desk.state == ("sent", "idle")


def test_a_response_that_takes_anothers_place_is_the_active_one(desk):
    desk.begin("r1")
    desk.begin("r2")
    desk.ask({})

    desk.end("r1")
    assert desk.take() == []
    desk.end("r2")
    assert desk.take() == [("create", "e1")]


def test_a_response_is_told_once(desk):
    desk.begin("r1")
    assert desk.begin("r1") is None

    desk.end("r1")

    assert desk.begin("r1") is None
    assert not desk.is_live("r1")


def test_responses_without_ids_follow_each_other(desk):
    for event_id in ("e1", "e2"):
        desk.ask({})
        assert desk.begin("") == (event_id,)
        assert desk.end("") == (event_id,)
    desk.ask({})
    desk.begin("")
    desk.cancel()

    assert "response_id" not in desk.sent[-1]


# Where the server brings the metadata back, whose a response is need not be guessed.


@pytest.fixture
def exact(desk):
    """A server that has been seen to do so."""
    desk.ask({})
    desk.answer("r0", "e1")
    desk.end("r0")
    desk.take()
    return desk


def test_the_servers_own_response_is_told_from_ours(exact):
    exact.ask({})

    assert exact.begin("r1") == ()
    assert exact.state == ("sent", "active")

    assert exact.collided("e2", collision("r1")) == ((), True)
    assert exact.take() == [("create", "e2")]
    exact.end("r1")
    assert exact.take() == [("create", "e2")]
    assert exact.answer("r2", "e2") == ("e2",)


def test_a_create_that_arrives_after_the_servers_own_response_is_answered(exact):
    exact.ask({})
    exact.begin("r1")
    exact.ask({})
    exact.end("r1")
    assert exact.take() == [("create", "e2")]

    assert exact.answer("r2", "e2") == ("e2",)
    exact.end("r2")
    assert exact.take() == [("create", "e3")]


def test_a_create_that_is_refused_while_the_server_responds_by_itself_leaves_that_alone(exact):
    exact.ask({})
    exact.begin("r1")

    assert exact.refused("e2") == ("e2",)

    assert exact.state == ("idle", "active")


def test_silence_ends_the_servers_own_response_and_ours_when_it_comes(exact):
    exact.ask({})
    exact.begin("r1")

    assert exact.cancel() == ("e2",)
    exact.ask({})
    exact.end("r1", is_completed=False)
    exact.answer("r2", "e2")

    assert exact.state == ("idle", "cancelling")
    assert [kind for kind, _ in exact.take()] == ["create", "cancel", "cancel"]
    exact.end("r2", is_completed=False)
    assert [kind for kind, _ in exact.take()] == ["create"]


def test_the_servers_answer_to_what_comes_after_the_silence_is_not_cancelled(exact):
    exact.ask({})
    exact.cancel()

    exact.begin("r1")

    assert exact.state == ("doomed", "active")
    assert not exact.is_cut("r1")


def test_a_guess_is_put_right_by_the_response_that_says_whose_it_is(desk):
    desk.ask({})
    assert desk.begin("r1") == ("e1",)

    assert desk.answer("r2", "e1") == ("e1",)

    assert desk.end("r1") == ()
    assert desk.end("r2") == ("e1",)


def test_a_guess_is_put_right_by_a_refusal(desk):
    desk.ask({})
    desk.begin("r1")

    assert desk.refused("e1") == ("e1",)

    assert desk.end("r1") == ()


def test_a_create_without_room_for_an_id_is_guessed(exact):
    full = {f"k{n}": "v" for n in range(16)}
    exact.ask({"metadata": full})

    assert exact.sent[0]["response"]["metadata"] == full
    assert exact.begin("r1", full) == ("e2",)


# Beside the conversation.


def test_out_of_band_responses_run_in_parallel_and_are_known_by_their_metadata(desk):
    desk.begin("r1")
    desk.ask({"conversation": "none", "metadata": {"topic": "mood"}})
    desk.ask({"conversation": "none"})
    assert [frame["response"]["metadata"] for frame in desk.sent] == [{"topic": "mood", "ask": "e1"}, {"ask": "e2"}]

    assert desk.begin("b", {"ask": "e2"}, is_detached=True) == ("e2",)
    assert desk.begin("a", {"ask": "e1", "topic": "mood"}) == ("e1",)

    assert (desk.response_id, desk.response) == ("r1", "active")
    assert desk.is_out_of_band("a")
    assert not desk.is_out_of_band("r1")
    assert desk.end("a") == ("e1",)
    assert desk.end("b") == ("e2",)
    assert desk.response == "active"


def test_without_metadata_out_of_band_responses_come_in_order(desk):
    desk.ask({"conversation": "none"})
    desk.ask({"conversation": "none"})
    desk.ask({})

    assert desk.begin("a", is_detached=True) == ("e1",)
    assert desk.begin("r1") == ("e3",)
    assert desk.begin("b", is_detached=True) == ("e2",)


def test_a_response_that_names_no_conversation_is_the_conversations_when_none_was_asked_for_beside_it(desk):
    desk.ask({})

    assert desk.begin("r1", is_detached=True) == ("e1",)
    assert not desk.is_out_of_band("r1")


def test_metadata_that_is_full_or_already_says_ask_is_left_as_it_is(desk):
    full = {f"k{n}": "v" for n in range(16)}
    desk.ask({"conversation": "none", "metadata": full})
    desk.ask({"conversation": "none", "metadata": {"ask": "mine"}})

    assert [frame["response"]["metadata"] for frame in desk.sent] == [full, {"ask": "mine"}]
    assert desk.begin("b", {"ask": "mine"}) == ("e2",)
    assert desk.begin("a", full, is_detached=True) == ("e1",)


@pytest.mark.parametrize("refuse", ["refused", "collided"])
def test_an_out_of_band_create_can_be_refused(desk, refuse):
    desk.ask({"conversation": "none"})
    desk.ask({})

    outcome = desk.refused("e1") if refuse == "refused" else desk.collided("e1", "busy")

    assert outcome in (("e1",), (("e1",), False))
    assert desk.begin("r1", is_detached=True) == ("e2",)


def test_a_collision_of_nobody_is_harmless(desk):
    assert desk.collided("e77", "busy") == ((), True)


def test_an_out_of_band_response_is_withdrawn_alone(desk):
    desk.ask({"conversation": "none"})
    desk.begin("a", {"ask": "e1"})
    desk.begin("r1")

    desk.withdraw("a")

    assert desk.take() == [("create", "e1"), ("cancel", "a")]
    assert desk.is_cut("a")
    assert not desk.is_cut("r1")


def test_only_the_latest_responses_are_remembered(desk):
    for number in range(1_000):
        desk.begin(f"r{number}")
        desk.end(f"r{number}", is_completed=False)

    assert desk.is_cut("r999")
    assert len(desk.sequencer._over) == 64
    assert desk.sequencer._live == {}


# Against a server that obeys the rules, in any interleaving.


class Server:
    """One active response at a time, frames in order, its own responses whenever it likes."""

    def __init__(self, *, brings_back):
        self._brings_back = brings_back
        self.active = None
        self.aside = []
        self.inbox = deque()
        self.outbox = deque()
        self.made_for = {}  # response id → event id of the create, or None
        self._numbers = count(1)

    def respond(self, event_id=None, *, is_aside=False, metadata=None):
        response_id = f"r{next(self._numbers)}"
        self.made_for[response_id] = event_id
        if is_aside:
            self.aside.append(response_id)
        else:
            self.active = response_id
        self.outbox.append(("created", response_id, metadata or {}, is_aside))

    def speak_up(self):
        if self.active is None:
            self.respond()

    def finish(self, *, is_completed=True):
        if self.active is not None:
            self.outbox.append(("done", self.active, is_completed))
            self.active = None

    def finish_aside(self):
        if self.aside:
            self.outbox.append(("done", self.aside.pop(0), True))

    def obey(self):
        """Take the oldest frame of the client."""
        if not self.inbox:
            return
        frame = self.inbox.popleft()
        params = frame.get("response", {})
        if frame["type"] == "response.cancel":
            if frame["response_id"] == self.active:
                self.finish(is_completed=False)
            else:
                self.outbox.append(("not_active",))
        elif params.get("instructions") == "bad":
            self.outbox.append(("refused", frame["event_id"]))
        elif params.get("conversation") == "none":
            self.respond(frame["event_id"], is_aside=True, metadata=self._back(params))
        elif self.active is None:
            self.respond(frame["event_id"], metadata=self._back(params))
        else:
            self.outbox.append(("collided", frame["event_id"], self.active))

    def _back(self, params):
        return params["metadata"] if self._brings_back else {}


class Meeting:
    """A sequencer and a server, and the laws that hold between them at every moment.

    Whose a response is can be known of a server that brings the metadata back, once it has been seen to do so.
    """

    def __init__(self, *, brings_back):
        self.server = Server(brings_back=brings_back)
        self.is_exact = False
        numbers = count(1)
        self.sequencer = Sequencer(self._send, lambda: f"e{next(numbers)}")
        self.unanswered = set()  # creates for the conversation whose outcome has not reached the client
        self.asks, self.dropped, self.given_up, self.answered = [], set(), set(), []

    def _send(self, frame):
        self.server.inbox.append(frame)
        if frame["type"] == "response.create" and frame.get("response", {}).get("conversation") != "none":
            self.unanswered.add(frame["event_id"])
            assert len(self.unanswered) == 1 or not self.is_exact, "two creates on their way"

    def ask(self, **params):
        self.asks.append(self.sequencer.ask(params))

    def cancel(self):
        self.dropped.update(self.sequencer.cancel())

    def deliver(self):
        """Give the client the server's oldest frame."""
        if self.server.outbox:
            kind, *told = self.server.outbox.popleft()
            getattr(self, f"_{kind}")(*told)

    def _created(self, response_id, metadata, is_aside):
        self.unanswered.discard(self.server.made_for[response_id])
        self.sequencer.began(response_id, metadata, is_detached=is_aside)

    def _done(self, response_id, is_completed):
        ask_ids = self.sequencer.ended(response_id, is_completed=is_completed)
        made_for = self.server.made_for[response_id]
        assert ask_ids[:1] == ((made_for,) if made_for else ()) or not self.is_exact, "whose it was is known"
        self.answered += ask_ids

    def _refused(self, event_id):
        self.unanswered.discard(event_id)
        self.given_up.update(self.sequencer.refused(event_id))

    def _collided(self, event_id, response_id):
        self.unanswered.discard(event_id)
        given_up, is_well = self.sequencer.collided(event_id, collision(response_id))
        assert is_well, "a rule-abiding server's collisions pass"
        self.given_up.update(given_up)

    def _not_active(self):
        self.sequencer.not_active()

    def settle(self):
        """Let everything that is under way come to its end."""
        for _ in range(10_000):
            if not (self.server.inbox or self.server.outbox or self.server.active or self.server.aside):
                return
            while self.server.outbox:
                self.deliver()
            self.server.obey()
            self.server.finish()
            self.server.finish_aside()
        raise AssertionError("the two never come to rest")


MOVES = {
    "ask": lambda m: m.ask(),
    "ask for something bad": lambda m: m.ask(instructions="bad"),
    "ask beside": lambda m: m.ask(conversation="none"),
    "cancel": lambda m: m.cancel(),
    "deliver": lambda m: m.deliver(),
    "server obeys": lambda m: m.server.obey(),
    "server responds": lambda m: m.server.speak_up(),
    "server finishes": lambda m: m.server.finish(),
    "server is interrupted": lambda m: m.server.finish(is_completed=False),
    "server finishes beside": lambda m: m.server.finish_aside(),
}


moves = st.lists(st.sampled_from(sorted(MOVES)), max_size=60)


@settings(max_examples=400, deadline=None)
@given(moves)
def test_in_any_interleaving_every_ask_has_one_outcome(moves):
    meeting = Meeting(brings_back=True)
    meeting.ask()
    meeting.settle()
    meeting.is_exact = True

    for move in moves:
        MOVES[move](meeting)
    meeting.settle()

    assert not meeting.sequencer.is_busy
    assert len(meeting.answered) == len(set(meeting.answered)), "an ask is answered once"
    assert set(meeting.answered) | meeting.dropped | meeting.given_up == set(meeting.asks), "and none is lost"
    assert not meeting.given_up & set(meeting.answered)
    assert meeting.sequencer._live == {}


@settings(max_examples=400, deadline=None)
@given(moves)
def test_where_whose_response_it_is_must_be_guessed_no_ask_is_lost_either(moves):
    meeting = Meeting(brings_back=False)
    for move in moves:
        MOVES[move](meeting)
    meeting.settle()

    assert not meeting.sequencer.is_busy
    assert set(meeting.answered) | meeting.dropped | meeting.given_up == set(meeting.asks)
    made = [event_id for event_id in meeting.server.made_for.values() if event_id]
    assert len(made) == len(set(made)), "and none is answered twice"


ids = st.sampled_from(["", "r1", "r2", "r3"])
noise = st.one_of(
    st.tuples(st.just("ask")),
    st.tuples(st.just("cancel")),
    st.tuples(st.just("not_active")),
    st.tuples(st.just("began"), ids, st.booleans()),
    st.tuples(st.just("ended"), ids, st.booleans()),
    st.tuples(st.just("refused"), st.sampled_from(["", "e1", "e2"])),
    st.tuples(st.just("collided"), st.sampled_from(["", "e1", "e2"]), ids),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(noise, max_size=40))
def test_after_any_nonsense_a_server_that_answers_again_is_asked_again(told):
    sent = []
    numbers = count(1)
    sequencer = Sequencer(sent.append, lambda: f"e{next(numbers)}")
    for kind, *args in told:
        _happen(sequencer, kind, *args)

    sequencer.cancel()
    event_id = sequencer.ask({})
    for number in range(4):
        if sequencer.create in ("sent", "doomed"):
            tag = sent[-1].get("response", {}).get("metadata", {})
            sequencer.began(f"fresh{number}", tag, is_detached=False)
        if sequencer.response != "idle":
            sequencer.ended(sequencer.response_id, is_completed=True)

    assert event_id in [frame["event_id"] for frame in sent]
    assert not sequencer.is_busy


def _happen(sequencer, kind, *args):
    if kind == "ask":
        sequencer.ask({})
    elif kind == "began":
        sequencer.began(args[0], {}, is_detached=args[1])
    elif kind == "ended":
        if sequencer.is_live(args[0]):
            sequencer.ended(args[0], is_completed=args[1])
    elif kind == "collided":
        sequencer.collided(args[0], collision(args[1]) if args[1] else "busy")
    else:
        getattr(sequencer, kind)(*args)
